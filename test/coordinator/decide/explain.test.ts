/** What `--explain` tells of a decision: sentences with the numbers that decided. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import type { ProviderVerdicts } from '../../../sim/coordinator/decide/decision.ts'
import { FOREVER } from '../../../sim/coordinator/view/provider-record.ts'
import { preflight } from '../../../sim/coordinator/decide/preflight.ts'
import { select } from '../../../sim/coordinator/decide/select.ts'
import { A, B, noColdBesideBusy, type ProviderSpec, type RequestSpec, request, stickyPolicy, World } from './world.ts'

function explained(world: World, spec: RequestSpec = {}): ProviderVerdicts {
  const explain: ProviderVerdicts = []
  select(world.fleet, request(spec), 0, explain)
  return explain
}

/** The reason and sentence for a lone provider. */
function reason(spec: ProviderSpec, asked: RequestSpec = {}, world = new World()): string {
  world.add(spec)
  const [verdict] = explained(world, asked)
  return verdict!.kind === 'dropped' ? `${verdict!.drop}: ${verdict!.why}` : `${verdict!.fate}: ${verdict!.why}`
}

const sized = (size_gb: number) => new World({ catalog: [{ build: A, size_gb }] })

describe('a machine passed over', () => {
  it.each<[ProviderSpec, RequestSpec, string]>([
    [{ models: [B] }, {}, 'catalog: It does not advertise model-a.'],
    [{}, { serials: ['mac-a'] }, 'not_listed: The request may only be served by mac-a.'],
    [
      {},
      { selfRouteOnly: true, account: 'ann' },
      'not_owned: It does not belong to the account, which asked for its own machines only.',
    ],
    [{ trust: { level: 'none' } }, {}, 'trust: Its trust level is none; public requests need hardware.'],
    [{ trust: { runtimeVerified: false } }, {}, 'runtime: Its runtime is not verified.'],
    [
      { trust: { privateText: false } },
      {},
      'private_text: It may not handle private text: a key, encryption or attestation is missing.',
    ],
    [{ trust: { challenge: 'lapsed' } }, {}, 'challenge: It answered no challenge within the last 16 min.'],
    [{ privateOnly: true }, {}, 'private_only: Its owner keeps it for private use.'],
    [{ version: '0.6.2' }, { hasTools: true }, 'tools_version: Tools need version 0.6.3; it runs 0.6.2.'],
    [{}, { requiresVision: true }, 'vision: The request has images, its copy of model-a takes text only.'],
    [{ slots: [{ state: 'crashed' }] }, {}, 'slot_state: Its slot for model-a is crashed.'],
    [
      { slots: [{ running: 1, maxConcurrency: 1 }] },
      {},
      'headroom: No room for another request: 1 of 1 on model-a, 0 of 6 pending in all.',
    ],
    [{ heartbeat: { thermalState: 'critical' } }, {}, 'thermal: Its thermal state is critical.'],
    [
      { slots: [{ activeTokenBudgetUsed: 900, activeTokenBudgetMax: 1_000 }] },
      {},
      'admission: Its token budget has no room: 900 committed and 356 asked for, of 1000.',
    ],
    [
      { decode: 100, slots: [{ state: 'idle_shutdown' }] },
      { maxTtft_ms: 10_000 },
      'ttft: First token expected after 20.1 s, the limit is 10.0 s.',
    ],
  ])('%j asked %j → %s', (spec, asked, expected) => {
    expect(reason(spec, asked)).toBe(expected)
  })

  it('says how much memory is missing', () => {
    expect(reason({ slots: [] }, {}, sized(40))).toBe(
      'too_large: model-a does not fit: it needs twice its 40.0 GB, the machine has 64.0 GB.',
    )
    expect(reason({ slots: [], capacity: { freeForLoad_gb: 9 } }, {}, sized(14))).toBe(
      'admission: Loading model-a takes 15.6 GiB, it reports 9.0 GiB free for that.',
    )
    expect(reason({ models: [B] }, { build: B }, sized(14))).toBe(
      "catalog: model-b is not in the catalog, so nobody's copy counts.",
    )
  })

  it('says how long it is spared', () => {
    const world = new World()
    const provider = world.add()
    provider.offers.get(A)!.errorCooldownUntil.base = (world.clock + 83_200_000) as Micros
    expect(explained(world)[0]!.why).toBe('Requests of shape "base" failed there; it is spared for another 83.2 s.')
    provider.offers.get(A)!.errorCooldownUntil.base = FOREVER
    expect(explained(world)[0]!.why).toBe('Requests of shape "base" failed there; it is spared.')
    provider.offers.get(A)!.errorCooldownUntil.base = 0 as Micros
    provider.breakerOpenUntil = FOREVER
    // Alone it would be asked in spite of its breaker.
    world.add()
    expect(explained(world)[0]!.why).toBe('Its health breaker is open.')
  })

  it('repeats the policy’s own words, without asking it again', () => {
    const world = new World({ policy: stickyPolicy })
    const provider = world.add({ models: [A, B] })
    world.select({ build: A })
    expect(explained(world, { build: B })[0]!.why).toBe('The pool policy refuses it for model-b: assigned to model-a.')
    expect(provider.assignedPool).toBe(A)
  })

  it('names the busy neighbour rule', () => {
    const world = new World({ policy: noColdBesideBusy })
    const spec = { models: [A, B], slots: [{ model: B, running: 1 }] }
    expect(reason(spec, {}, world)).toBe('busy_other_slot: model-a is not loaded there, and another model is busy.')
  })
})

describe('candidates', () => {
  it('each say what became of them', () => {
    const world = new World()
    world.add({ decode: 100, version: '0.7.0' })
    world.add({ decode: 100, version: '0.7.1' })
    world.add({ decode: 80, version: '0.7.1' })
    world.add({ decode: 30, version: '0.7.1' })
    world.add({ decode: 10, version: '0.7.1' })
    const fates = explained(world, { avoidVersion: '0.7.0', minDecodeTps: 15 }).map((verdict) =>
      verdict.kind === 'candidate' ? verdict.fate : verdict.drop,
    )
    expect(fates).toEqual(['avoided_version', 'winner', 'lost_tie', 'dearer', 'decode_floor'])
  })

  it('say whether they were in the tie window, and whether the draw was among them', () => {
    const world = new World()
    world.add({ decode: 100 })
    world.add({ decode: 100 })
    world.add({ decode: 300, slots: [{ running: 1 }] })
    world.add({ decode: 30 })
    const ties = explained(world).map((verdict) => (verdict.kind === 'candidate' ? verdict.tie : verdict.drop))
    expect(ties).toEqual(['equal', 'equal', 'near', 'none'])
  })

  it('the owner’s machine displaces the others', () => {
    const world = new World()
    world.add({ decode: 100 })
    world.add({ decode: 20, account: 'ann' })
    const verdicts = explained(world, { account: 'ann', preferOwner: true })
    expect(verdicts[0]).toMatchObject({ fate: 'not_owned', why: 'The owner has a machine that can serve this.' })
  })

  it('carry their cost term by term in the quick check too', () => {
    const world = new World()
    world.add({ decode: 100 })
    const explain: ProviderVerdicts = []
    preflight(world.fleet, request(), explain)
    expect(explain[0]).toMatchObject({
      kind: 'candidate',
      fate: 'admitted',
      why: 'It could serve this; 0 queued, 0 pending.',
      breakdown: { state_ms: 0, queue_ms: 0, pending_ms: 0, backlog_ms: 0 },
    })
  })
})
