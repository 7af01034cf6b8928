/**
 * What happens between looking and applying. A decision looks when its service starts and is applied 23 ms later; these
 * stories let one message in between, and hold the second look to coordinator-routing §5 ("Reserve") and §7 (D2, D3):
 * gates, headroom, slot state and vision are asked again, nothing else is; a decision that loses its machine keeps its
 * counters and queues at the first attempt, but gives up at a later one.
 */
import { describe, expect, it } from 'vitest'
import type { ProviderId, RequestId } from '../../../sim/base/ids.ts'
import { A, B, type MacOptions, openPolicy, slot, World, type WorldOptions } from '../world.ts'

/** One place. */
const ONE: MacOptions = { serial: 'mac-0', slots: [slot(A, { maxConcurrency: 1 })] }
const full = [slot(A, { maxConcurrency: 1, running: 1 })]

interface Story {
  readonly mac?: MacOptions
  readonly world?: WorldOptions
  readonly ask?: Parameters<World['ask']>[0]
}

/** One machine, one request, and what comes between its look and its application. */
function race(between: (world: World, mac: ProviderId) => void, { mac = ONE, world: options, ask = {} }: Story = {}) {
  const world = new World(options)
  const chosen = world.mac(mac)
  const request = world.ask(ask)
  world.pass(0.01)
  between(world, chosen)
  world.pass(0.013)
  const decision = world.rowsOf('decision').find((row) => row.request === request && row.phase === 'select')
  return { world, chosen, request, decision }
}

/** Lost to the second look: the counters of the first stay, nothing was sent, and the request waits. */
function expectLost({ world, request, decision }: ReturnType<typeof race>, gate: string) {
  expect(decision).toMatchObject({ attempt: 0, outcome: 'queued', provider: -1, recheck: gate, candidates: 1 })
  expect(decision).toMatchObject({ capacityRejections: 0, tooLargeRejections: 0, ttftRejections: 0 })
  expect(world.dispatches(request)).toEqual([])
  expect(world.rowsOf('queued').map((row) => row.request)).toEqual([request])
  expect(world.answersTo(request)).toEqual([])
}

function expectHeld({ world, request, chosen, decision }: ReturnType<typeof race>) {
  expect(decision).toMatchObject({ outcome: 'selected', provider: chosen, recheck: '' })
  expect(world.dispatches(request)).toEqual([chosen])
}

describe('a heartbeat while the decision is under way', () => {
  it('that shows the chosen machine full costs it the request', () => {
    const story = race((world, mac) => world.beat(mac, { slots: full }))
    expectLost(story, 'headroom')
    // It is served when there is room again.
    story.world.beat(story.chosen, { slots: [slot(A, { maxConcurrency: 1 })] })
    expect(story.world.dispatches(story.request)).toEqual([story.chosen])
  })

  it.each(['crashed', 'reloading'] as const)('that shows its slot %s costs it the request', (state) => {
    expectLost(
      race((world, mac) => world.beat(mac, { slots: [slot(A, { maxConcurrency: 1, state })] })),
      'slot_state',
    )
  })

  it('that shows it critically hot changes nothing: heat is not asked again', () => {
    expectHeld(race((world, mac) => world.beat(mac, { slots: [slot(A)], thermalState: 'critical' })))
  })

  it('that shows its token budget spent changes nothing: nor is memory', () => {
    const spent = slot(A, { activeTokenBudgetUsed: 9_990, activeTokenBudgetMax: 10_000 })
    expectHeld(race((world, mac) => world.beat(mac, { slots: [spent] })))
  })

  it('that moves the machine to another pool costs it the request', () => {
    let pool = A
    const policy = {
      ...openPolicy,
      test: ({ model }: { model: string }) => ({ allowed: model === '' || model === pool, why: '' }),
    }
    expectLost(
      race(
        (world, mac) => {
          pool = B
          world.beat(mac, { slots: [slot(A, { maxConcurrency: 1 })] })
        },
        { world: { policy } },
      ),
      'pool',
    )
  })

  it('of a better machine comes too late: the choice stands', () => {
    expectHeld(race((world) => void world.mac({ slots: [slot(A)], tps: 1_000 }), { mac: { ...ONE, tps: 10 } }))
  })

  it('of the first machine with room leaves the request waiting until that machine speaks again', () => {
    let late = -1 as ProviderId
    const story = race((world) => void (late = world.mac({ slots: [slot(A)] })), { mac: { slots: full } })
    expect(story.decision).toMatchObject({ outcome: 'queued', recheck: '', candidates: 0, capacityRejections: 1 })
    expect(story.world.dispatches(story.request)).toEqual([])
    story.world.beat(late, { slots: [slot(A)] })
    expect(story.world.dispatches(story.request)).toEqual([late])
  })
})

describe('a connection lost while the decision is under way', () => {
  it('never reserves on the machine that is gone', () => {
    expectLost(
      race((world, mac) => world.coordinator.disconnected(mac)),
      'status',
    )
  })

  it('holds for its owner as well', () => {
    const terms = { route: 'self', account: 'ann' } as const
    const story = race((world, mac) => world.coordinator.disconnected(mac), {
      mac: { ...ONE, account: 'ann', privateOnly: true },
      ask: terms,
    })
    expectLost(story, 'status')
  })

  it('does not follow the machine to its next connection: that one is found by its first heartbeat after', () => {
    let again = -1 as ProviderId
    const story = race((world, mac) => {
      world.coordinator.disconnected(mac)
      again = world.mac(ONE)
    })
    expectLost(story, 'status')
    story.world.beat(again, { slots: [slot(A)] })
    expect(story.world.dispatches(story.request)).toEqual([again])
  })
})

describe('a load that ends while the decision is under way', () => {
  const cold: MacOptions = { models: [A, B], slots: [slot(B)] }

  it('of the chosen build makes the cold choice a warm one', () => {
    const story = race((world, mac) => world.loaded(mac, A), { mac: cold })
    expectHeld(story)
    expect(story.world.rowsOf('priced')).toMatchObject([{ state_ms: 30_000 }])
    expect(story.world.rowsOf('dispatched')[0]).toMatchObject({ slotState: 'idle' })
  })

  it('lets the waiters take the last places, and the decision loses its own', () => {
    const world = new World()
    const mac = world.mac(ONE)
    const served = world.asked()
    const waiters = [0, 1, 2, 3].map(() => world.asked())
    world.coordinator.disconnected(mac)
    world.pass(0.023)
    expect(world.ending(served)).toMatchObject({ kind: 'failed', status: 502 })
    // It has not reported yet, and so counts as a machine with four places.
    const roomy = world.mac({ first: 'silent' })
    const late = world.ask()
    world.pass(0.01)
    world.loaded(roomy, A)
    world.pass(0.013)
    for (const waiter of waiters) expect(world.dispatches(waiter)).toEqual([roomy])
    expect(world.dispatches(late)).toEqual([])
    expect(world.rowsOf('decision').at(-1)).toMatchObject({ outcome: 'queued', recheck: 'headroom', candidates: 1 })
  })

  it('in failure changes nothing: the back-off after it keeps loads away, not requests', () => {
    const text = 'insufficient memory to load model'
    expectHeld(
      race((world, mac) => world.say(mac, { kind: 'load_status', build: A, status: 'failed', text }), { mac: cold }),
    )
  })
})

describe('trust that changes while the decision is under way', () => {
  it.each([
    ['self_signed', 'trust'],
    ['none', 'trust'],
    ['untrusted', 'status'],
  ] as const)('to %s costs the machine the request (%s)', (level, gate) => {
    expectLost(
      race((world) => world.coordinator.setTrust('mac-0', level)),
      gate,
    )
  })

  it('to hardware and back is not noticed', () => {
    const story = race((world) => {
      world.coordinator.setTrust('mac-0', 'none')
      world.coordinator.setTrust('mac-0', 'hardware')
    })
    expectHeld(story)
  })
})

describe('the operator and the owner while the decision is under way', () => {
  const model = { build: A, isVision: true, templateRenderOk: undefined, weightHash: '' }
  const alias = { name: 'chat', desired: A, previous: B, retired: [] } as const

  it('an alias that moves on does not move the request: its build was fixed when it was resolved', () => {
    const story = race((world) => world.coordinator.setAlias({ ...alias, desired: B, previous: A }), {
      world: { aliases: [alias] },
      ask: { model: 'chat' },
    })
    expectHeld(story)
    expect(story.world.rowsOf('dispatched')[0]).toMatchObject({ build: A })
  })

  it('nor does an alias that is deleted', () => {
    expectHeld(
      race((world) => world.coordinator.deleteAlias('chat'), { world: { aliases: [alias] }, ask: { model: 'chat' } }),
    )
  })

  it('a build superseded on the disk costs the machine the request', () => {
    const story = race((world, mac) => world.say(mac, { kind: 'models_update', models: [{ ...model, build: B }] }), {
      world: { aliases: [{ ...alias, desired: B, previous: A }] },
    })
    expectLost(story, 'catalog')
  })

  it.each([
    ['whose chat template is broken', { templateRenderOk: false }, false, 'template_broken'],
    ['without vision', { isVision: false }, true, 'vision'],
  ] as const)('a build replaced by one %s costs the machine the request', (_, change, requiresVision, gate) => {
    const story = race((world, mac) => world.say(mac, { kind: 'models_update', models: [{ ...model, ...change }] }), {
      mac: { ...ONE, vision: true },
      ask: { requiresVision },
    })
    expectLost(story, gate)
  })

  it('a client that has gone leaves no reservation', () => {
    const { world, request } = race((each) => each.cancel(0 as RequestId))
    expect(world.dispatches(request)).toEqual([])
    expect(world.rowsOf('queued')).toEqual([])
    expect(world.coordinator.openRequests).toBe(0)
  })
})

it('under the hard gate a lost decision is a 429 when somebody else was too slow, and not a wait', () => {
  const world = new World({ settings: { TTFT_HARD_REJECT: true } })
  const fast = world.mac(ONE)
  world.mac({ slots: [slot(A, { observedPrefillTps: 10 })] })
  const request = world.ask()
  world.pass(0.01)
  world.beat(fast, { slots: full })
  world.pass(0.013)
  const counters = { candidates: 1, ttftRejections: 1, capacityRejections: 0 }
  expect(world.rowsOf('decision').at(-1)).toMatchObject({ outcome: 'rejected', recheck: 'headroom', ...counters })
  expect(world.ending(request)).toMatchObject({ kind: 'rejected', status: 429, reason: 'ttft_too_slow' })
})

describe('a later attempt that loses its machine', () => {
  it('gives up with the error of the provider before, and does not queue', () => {
    const world = new World()
    const first = world.mac({ slots: [slot(A)] })
    const request = world.asked()
    const second = world.mac(ONE)
    world.errs(first, request, 500, 'All requests aborted')
    world.pass(0.01)
    world.beat(second, { slots: full })
    world.pass(0.013)
    expect(world.rowsOf('decision').at(-1)).toMatchObject({
      phase: 'retry',
      attempt: 1,
      outcome: 'none',
      recheck: 'headroom',
      candidates: 1,
    })
    expect(world.dispatches(request)).toEqual([first])
    expect(world.rowsOf('queued')).toEqual([])
    expect(world.ending(request)).toMatchObject({ kind: 'failed', status: 500 })
  })

  it('that was the backup leaves the first machine to race alone', () => {
    const world = new World()
    const first = world.mac({ slots: [slot(A)] })
    const request = world.asked()
    const second = world.mac(ONE)
    world.pass(2.56)
    world.coordinator.disconnected(second)
    world.pass(0.1)
    expect(world.rowsOf('decision').at(-1)).toMatchObject({ phase: 'backup', outcome: 'none', recheck: 'status' })
    world.says(first, 'first_content', request)
    world.completes(first, request)
    expect(world.ending(request)).toMatchObject({ kind: 'completed' })
  })
})
