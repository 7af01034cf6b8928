/** PL8, AS1 … AS7 and the HTTP pool test of PR 435 (facts: coordinator-routing §15.2, §16; coordinator-control §1.3, §1.4). */
import { describe, expect, it } from 'vitest'
import type { BuildId, ProviderId } from '../../../sim/base/ids.ts'
import type { ProviderErrorText } from '../../../sim/protocol/index.ts'
import { placement } from '../../../sim/policy/placement.ts'
import { A, B, build, type MacSpec, type SettingsInput, slot, Story } from '../world.ts'

const both: MacSpec = { models: [A, B], slots: [] }

class Placed extends Story {
  constructor(settings: SettingsInput = {}) {
    super({ policy: placement, settings })
    this.start()
  }

  pushes(provider?: ProviderId): { provider: ProviderId; build: BuildId; epoch: number }[] {
    return this.sent.flatMap(({ provider: to, message }) =>
      message.kind === 'assign_model' && (provider === undefined || to === provider)
        ? [{ provider: to, build: message.build, epoch: message.epoch }]
        : [],
    )
  }

  /** The machine acknowledges; by default its last push. */
  acks(
    provider: ProviderId,
    status: 'draining' | 'loading' | 'succeeded' | 'failed',
    { epoch = this.pushes(provider).at(-1)!.epoch, model = this.pushes(provider).at(-1)!.build } = {},
  ): void {
    const text: ProviderErrorText = 'model load failed: other'
    this.say(
      provider,
      status === 'failed'
        ? { kind: 'assign_status', build: model, epoch, status, text }
        : { kind: 'assign_status', build: model, epoch, status },
    )
    this.pass(0)
  }

  states(provider: ProviderId): string[] {
    return this.rowsOf('assignment')
      .filter((row) => row.provider === provider)
      .map(({ build: model, epoch, state }) => `${model} ${epoch} ${state}`)
  }
}

/** Floors as demand: a machine each. */
const floors = (a: number, b: number): SettingsInput => ({ WARM_POOL_MIN_WARM: { [A]: a, [B]: b } })

/** One machine, assigned to A and serving it. */
function onA(more: MacSpec = {}, settings: SettingsInput = {}) {
  const story = new Placed({ ...floors(1, 0), ...settings })
  const mac = story.given({ ...both, ...more })
  story.pass(10)
  story.acks(mac, 'succeeded')
  story.hears(mac, { slots: [slot({ model: A, state: 'idle', maxConcurrency: 8, activeTokenBudgetMax: 100_000 })] })
  return { story, mac }
}

describe('placement', () => {
  it('PL8: targets A 1 and B 1 on two machines: one push each', () => {
    const story = new Placed(floors(1, 1))
    story.givenMany(2, both)
    story.pass(10)
    expect(
      story
        .pushes()
        .map(({ build: model }) => model)
        .sort(),
    ).toEqual([A, B])
    expect(new Set(story.pushes().map(({ provider }) => provider)).size).toBe(2)
  })

  it('PL8: in shadow mode nothing is pushed, and the plan is on record', () => {
    const story = new Placed({ ...floors(1, 1), WARM_POOL_PLACEMENT_ENFORCE: false })
    story.givenMany(2, both)
    story.pass(10)
    expect(story.pushes()).toEqual([])
    expect(story.rowsOf('placement').map(({ build: model, current, desired }) => [model, current, desired])).toEqual([
      [A, 0, 1],
      [B, 0, 1],
    ])
    expect(story.rowsOf('placement_move').map(({ sent }) => sent)).toEqual([false, false])
  })

  it('PL8: machines too old to understand an assignment get none', () => {
    const story = new Placed({ ...floors(1, 1), ASSIGN_MODEL_MIN_VERSION: '0.8.0' })
    story.givenMany(2, both)
    story.given({ ...both, version: '0.8.0' })
    story.pass(10)
    expect(story.pushes().map(({ provider }) => provider)).toEqual([2])
  })

  it('a budget of 0 loads per tick counts as one (review finding P2)', () => {
    const story = new Placed({ ...floors(2, 0), WARM_POOL_MAX_LOADS_PER_TICK: 0 })
    story.givenMany(3, both)
    story.pass(10)
    expect(story.pushes()).toHaveLength(1)
  })

  it('a machine whose load is reserved is not switched before the reservation ends', () => {
    const story = new Placed({ ...floors(2, 0), WARM_POOL_MAX_GLOBAL_PENDING_LOADS: 1 })
    story.givenMany(2, both)
    story.pass(30)
    expect(story.pushes()).toHaveLength(1)
  })
})

describe('assignments', () => {
  it('AS1: a switch raises the epoch; the model that is served already is no change', () => {
    const { story, mac } = onA({}, { WARM_POOL_PLACEMENT_MIN_DWELL: '0s' })
    expect(story.pushes(mac)).toEqual([{ provider: mac, build: A, epoch: 1 }])
    story.pass(60)
    expect(story.pushes(mac)).toHaveLength(1)
    story.coordinator.set('WARM_POOL_MIN_WARM', { [B]: 1 })
    // It holds A: without pressure that is A's target, and priority decides.
    story.coordinator.set('WARM_POOL_PLACEMENT_PRIORITY', { [B]: 1 })
    story.pass(10)
    expect(story.pushes(mac).at(-1)).toEqual({ provider: mac, build: B, epoch: 2 })
  })

  it('AS2: words about an old epoch or another model are ignored; draining is heard', () => {
    const story = new Placed(floors(1, 0))
    const mac = story.given(both)
    story.pass(10)
    story.acks(mac, 'draining')
    story.acks(mac, 'succeeded', { epoch: 0, model: A })
    story.acks(mac, 'succeeded', { epoch: 1, model: B })
    expect(story.states(mac)).toEqual([`${A} 1 loading`, `${A} 1 draining`])
    story.acks(mac, 'loading')
    story.acks(mac, 'succeeded')
    expect(story.states(mac).at(-1)).toBe(`${A} 1 assigned`)
  })

  it('AS3: a failed assignment keeps its machine from everybody, and the pair cools down', () => {
    const story = new Placed(floors(1, 0))
    const mac = story.given(both)
    story.pass(10)
    story.acks(mac, 'failed')
    expect(story.when({ model: B }).answer).toMatchObject({ status: 429, reason: 'pool_exhausted' })
    const own = story.when({ model: A })
    expect(own.answer).toMatchObject({ status: 429, reason: 'pool_exhausted' })
    expect(story.fateOf(own.id, mac, 'preflight')).toBe('load_cooldown')
  })

  it('AS4: the gate keeps A and B apart, lets the owner through, and lifts when it is switched off', () => {
    const { story, mac } = onA({ account: 'me' })
    expect(story.when({ model: A }).provider).toBe(mac)
    expect(story.when({ model: B }).answer).toMatchObject({ status: 429, reason: 'pool_exhausted' })
    story.hears(mac, { slots: [slot({ model: A }), slot({ model: B })] })
    expect(story.when({ model: B, account: 'me', route: 'self' }).provider).toBe(mac)
    story.coordinator.set('ASSIGNMENT_GATE_ENABLED', false)
    expect(story.when({ model: B }).provider).toBe(mac)
  })

  it('AS5: loading serves nobody, success does', () => {
    const story = new Placed(floors(1, 0))
    const mac = story.given({ ...both, slots: [slot({ model: A, state: 'idle' })] })
    story.pass(10)
    expect(story.pushes(mac)).toHaveLength(1)
    expect(story.when({ model: A }).answer).toMatchObject({ reason: 'pool_exhausted' })
    story.acks(mac, 'succeeded')
    expect(story.when({ model: A }).provider).toBe(mac)
  })

  it('AS6: what is exhausted', () => {
    const { story, mac } = onA()
    const reason = (model: BuildId) => {
      const { answer } = story.when({ model })
      return answer !== undefined && 'reason' in answer ? answer.reason : 'served'
    }
    expect(reason(A)).toBe('served')
    expect(reason(B)).toBe('pool_exhausted')
    // In no catalog and on no disk: not exhausted, but unknown.
    expect(reason(build('model-x'))).toBe('model_not_found')
    story.coordinator.set('ASSIGNMENT_GATE_ENABLED', false)
    expect(reason(B)).not.toBe('pool_exhausted')
    story.coordinator.set('ASSIGNMENT_GATE_ENABLED', true)
    // An unmanaged machine that has B can serve it.
    const free = story.given({ ...both, slots: [slot({ model: B })] })
    expect(story.when({ model: B }).provider).toBe(free)
    expect(mac).not.toBe(free)
  })

  it('AS6: both machines on A: B is exhausted', () => {
    const story = new Placed(floors(2, 0))
    const macs = story.givenMany(2, both)
    story.pass(10)
    for (const mac of macs) story.acks(mac, 'succeeded')
    expect(story.when({ model: B }).answer).toMatchObject({ reason: 'pool_exhausted' })
  })

  it('AS7: the audit shows one machine that is managed and one that holds two models', () => {
    const { story, mac } = onA()
    story.coordinator.set('WARM_POOL_PLACEMENT_ENFORCE', false)
    story.given({ ...both, slots: [slot({ model: A, state: 'idle' }), slot({ model: B, state: 'idle' })] })
    story.pass(10)
    const managed = new Set(story.rowsOf('assignment').map(({ provider }) => provider))
    expect([...managed]).toEqual([mac])
    expect(story.rowsOf('audit').at(-1)).toMatchObject({ multipleResidentSlots: 1 })
  })

  it('HTTP (§15.2): A runs with room, B is on disk and no cold dispatch: 429, not 503, and not served', () => {
    const { story, mac } = onA({}, { COLD_DISPATCH: false })
    const { answer, provider } = story.when({ model: B })
    expect(provider).toBeUndefined()
    expect(answer).toMatchObject({ kind: 'rejected', status: 429, reason: 'pool_exhausted' })
    expect(answer).toHaveProperty('retryAfter_s', 2)
    expect(story.when({ model: A }).provider).toBe(mac)
  })
})
