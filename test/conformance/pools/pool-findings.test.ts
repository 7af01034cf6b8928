/** H1 … H11 and H13: the findings on PR 432 in executable form (facts: coordinator-routing §13, §15.6), mended by `pools`. */
import { describe, expect, it } from 'vitest'
import type { BuildId, ProviderId } from '../../../sim/base/ids.ts'
import { pools } from '../../../sim/policy/pools.ts'
import { A, B, build, entry, onDisk, slot, Story, type StoryOptions } from '../world.ts'

const D = build('build-d')
const V = build('build-v')
const O = build('build-o')
const S = build('build-s')
const catalog = [A, B, D, V, O, S].map((name) => entry(name))
const al = { name: 'al', desired: D, previous: V }
const shared = [
  { name: 'alA', desired: S },
  { name: 'alB', desired: O, previous: S },
]

const story = (options: StoryOptions = {}): Story => new Story({ catalog, policy: pools, ...options })
const idle = (model: BuildId) => slot({ model, state: 'idle' })
const running = (model: BuildId, more = {}) => slot({ model, running: 1, maxConcurrency: 1, ...more })
const EXHAUSTED = { kind: 'rejected', status: 429, reason: 'pool_exhausted' }

const desiredOf = (told: Story, provider: ProviderId): string[] =>
  told.rowsOf('desired_models').flatMap((row) => (row.provider === provider ? [row.alias] : []))

describe('the findings on PR 432, mended', () => {
  it('H1 (F1): a machine with both builds of an alias and nothing loaded serves the alias after a cold load', () => {
    const told = story({ aliases: [al] })
    const mac = told.given({ models: [V, D], slots: [] })
    const { provider, door } = told.when({ model: 'al' })
    expect(provider).toBe(mac)
    expect(door).toMatchObject({ build: D, outcome: 'admitted' })
  })

  it('H2 (F2, F9): a machine that has a shared build only is told of both aliases and serves both', () => {
    const told = story({ aliases: shared })
    const mac = told.given({ models: [S], slots: [] })
    expect(desiredOf(told, mac)).toEqual(['alA', 'alB'])
    expect(told.when({ model: 'alA' })).toMatchObject({ provider: mac, door: { build: S } })
    expect(told.when({ model: 'alB' })).toMatchObject({ provider: mac, door: { build: S } })
  })

  it('H3 (F3): an alias for one machine of another pool is exhausted, not unavailable', () => {
    const told = story({ aliases: [al] })
    told.given({ serial: 'x', models: [A, D], slots: [idle(A)] })
    const { answer, door } = told.when({ model: 'al', serials: ['x'] })
    expect(answer).toMatchObject({ ...EXHAUSTED, retryAfter_s: 2 })
    expect(door.poolRejections).toBe(1)
  })

  it('H4 (F4): the load goes to the cold machine of the pool in the first tick, past a better one of another pool', () => {
    const told = story().start()
    told.given({ models: [B], slots: [running(B)], serial: 'full' })
    told.given({ models: [A, B], slots: [idle(A)], memory_gb: 128, decode: 200 })
    const cold = told.given({ models: [B], slots: [], decode: 20 })
    told.when({ model: B, serials: ['full'] })
    told.pass(10)
    expect(told.rowsOf('load_command').map(({ provider, build: model }) => [provider, model])).toEqual([[cold, B]])
  })

  it('H5 (F5): tools that only a machine of another pool could offer are a gap, not exhaustion', () => {
    const told = story()
    told.given({ models: [A, B], slots: [idle(A)], version: '0.6.5' })
    told.given({ models: [B], slots: [idle(B)], version: '0.6.2' })
    expect(told.when({ model: B, hasTools: true }).answer).toMatchObject({ status: 503, reason: 'model_unavailable' })
    expect(told.when({ model: B }).answer).toBeUndefined()
  })

  it('H5: the same for pictures, and the probe moves nobody (X2)', () => {
    const told = story()
    told.given({ models: [A, onDisk(B, { isVision: true })], slots: [idle(A)] })
    told.given({ models: [A], slots: [] })
    told.given({ models: [B], slots: [idle(B)] })
    const labels = told.rowsOf('relabel').length
    expect(told.when({ model: B, requiresVision: true }).answer).toMatchObject({ status: 503 })
    expect(told.rowsOf('relabel')).toHaveLength(labels)
  })

  it('H7 (F11, F17): a machine that comes back with B resident is told its desired models first, and serves B at once', () => {
    const told = story({ aliases: [{ name: 'alA', desired: A }] })
    const mac = told.given({ models: [A, B], reports: 'unheard' })
    told.hears(mac, { reports: 'capacity', slots: [running(B, { maxConcurrency: 8 })], active: B })
    expect(told.when({ model: B }).provider).toBe(mac)
    expect(told.rowsOf('load_command')).toEqual([])
  })

  it('H8 (F12, F16): two slots, V at work, D fits: D loads beside it', () => {
    const told = story({ aliases: [al] })
    const mac = told.given({ models: [V, D], slots: [running(V)], maxSlots: 2, free_gb: 30 })
    expect(told.when({ model: D })).toMatchObject({ provider: mac, preflight: [1, 0, 0] })
  })

  it('H8 (F8): one slot, V at work: a rejection for lack of room, and the alias falls back when V has some', () => {
    const told = story({ aliases: [al] })
    const mac = told.given({ models: [V, D], slots: [running(V)], maxSlots: 1, free_gb: 30 })
    expect(told.when({ model: D }).preflight).toEqual([0, 1, 0])
    told.hears(mac, { slots: [running(V, { maxConcurrency: 8 })] })
    expect(told.when({ model: 'al' })).toMatchObject({ provider: mac })
    expect(told.rowsOf('dispatched').at(-1)).toMatchObject({ build: V })
  })

  it('two slots, one at work and one idle: the idle one is given up; both at work: no room', () => {
    const told = story({ aliases: [{ name: 'al', desired: D, previous: V, retired: [O] }] })
    const mac = told.given({ models: [V, D, O], slots: [running(V), idle(O)], maxSlots: 2, free_gb: 30 })
    expect(told.when({ model: D }).preflight).toEqual([1, 0, 0])
    const full = story({ aliases: [{ name: 'al', desired: D, previous: V, retired: [O] }] })
    full.given({ models: [V, D, O], slots: [running(V), running(O)], maxSlots: 2, free_gb: 30 })
    expect(full.when({ model: D }).preflight).toEqual([0, 1, 0])
    expect(mac).toBe(0)
  })

  it('H9 (F13): D only on a machine of another pool, V warm in its own: 200 with V', () => {
    const told = story({ aliases: [al] })
    told.given({ models: [A, D], slots: [idle(A)] })
    const warm = told.given({ models: [V], slots: [idle(V)] })
    expect(told.when({ model: 'al' })).toMatchObject({ provider: warm, answer: undefined })
    expect(told.rowsOf('dispatched').at(-1)).toMatchObject({ build: V })
  })

  it('H9: V has no machine either: then it is exhausted', () => {
    const told = story({ aliases: [al] })
    told.given({ models: [A, D], slots: [idle(A)] })
    told.given({ models: [A, V], slots: [idle(A)] })
    expect(told.when({ model: 'al' }).answer).toMatchObject(EXHAUSTED)
  })

  it('H10 (F14): an alias is removed while its build is resident: the build is served', () => {
    const told = story({ aliases: [al] })
    const mac = told.given({ models: [D], slots: [idle(D)] })
    told.coordinator.deleteAlias('al')
    expect(told.when({ model: D }).provider).toBe(mac)
  })

  it('H11 (F15): a load of A is under way when B arrives: B is exhausted, A is served, the machine ends in the pool of A', () => {
    const told = story({ settings: { COLD_DISPATCH: false } }).start()
    const full = told.given({ models: [A], slots: [running(A)], serial: 'full' })
    const mac = told.given({ models: [A, B], slots: [] })
    told.when({ model: A, serials: ['full'] })
    told.pass(10)
    expect(told.rowsOf('load_command')).toMatchObject([{ provider: mac, build: A }])
    expect(told.when({ model: B }).answer).toMatchObject(EXHAUSTED)
    told.loaded(mac, A)
    expect(told.when({ model: A }).provider).toBe(mac)
    expect(told.coordinator.poolOf(mac)).toBe(A)
    expect(full).not.toBe(mac)
  })

  it('X12: a machine that reloads A is not given to B', () => {
    const told = story()
    const mac = told.given({ models: [A, B], slots: [idle(A)] })
    told.hears(mac, { slots: [slot({ model: A, state: 'reloading' })] })
    expect(told.when({ model: B }).answer).toMatchObject(EXHAUSTED)
    expect(told.coordinator.poolOf(mac)).toBe(A)
  })

  it('H13 (X4, X5): sustained refusals of B are demand, and an idle machine of A is given up after a minute', () => {
    const told = story().start()
    const mac = told.given({ models: [A, B], slots: [idle(A)], maxSlots: 1 })
    const refused = (): void => {
      expect(told.when({ model: B }).answer).toMatchObject(EXHAUSTED)
    }
    for (let second = 0; second < 55; second += 5) {
      refused()
      told.pass(5)
      told.hears(mac)
    }
    expect(told.rowsOf('warm_pool').some((row) => row.build === B && row.pressure)).toBe(true)
    expect(told.rowsOf('load_command')).toEqual([])
    refused()
    told.pass(10)
    expect(told.rowsOf('load_command')).toMatchObject([{ provider: mac, build: B }])
    told.loaded(mac, B)
    told.hears(mac, { slots: [idle(B)] })
    expect(told.when({ model: B }).provider).toBe(mac)
  })

  it('H13 (F10): a pool without machines takes an idle one at once from a pool that keeps another', () => {
    const told = story().start()
    const macs = told.givenMany(2, { models: [A, B], slots: [idle(A)], maxSlots: 1 })
    expect(told.when({ model: B }).answer).toMatchObject(EXHAUSTED)
    told.pass(10)
    expect(told.rowsOf('load_command')).toMatchObject([{ build: B }])
    expect(macs.map((mac) => told.coordinator.poolOf(mac)).sort()).toEqual([A, B])
  })

  it('a pool whose idle member has worked within the minute takes nobody; one whose member only stands there does', () => {
    const told = story().start()
    const mac = told.given({ models: [A, B], slots: [idle(A)], maxSlots: 1 })
    told.given({ models: [B], slots: [running(B)], serial: 'full' })
    const member = told.given({ models: [B], slots: [idle(B)], serial: 'member' })
    told.pass(50)
    told.serves(told.when({ model: B, serials: ['member'] }).id)
    told.pass(20)
    told.when({ model: B, serials: ['full'] })
    told.pass(10)
    expect(told.rowsOf('load_command')).toEqual([])
    told.hears(member)
    told.pass(50)
    told.when({ model: B, serials: ['full'] })
    told.pass(10)
    expect(told.rowsOf('load_command')).toMatchObject([{ provider: mac, build: B }])
  })
})
