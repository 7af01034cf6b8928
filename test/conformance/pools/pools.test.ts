/**
 * The pool tests of PR 432 (coordinator-routing §15.1), each as given, when, then, at the coordinator's door. "Reserve" is a
 * request that arrives: one refused at the door reserves nothing. The switch and the queue: pools-switched-off.test.ts.
 */
import { describe, expect, it } from 'vitest'
import { findPolicy } from '../../../sim/policy/index.ts'
import { AFE8135, C636354, EXHAUSTED, PoolStory } from './pools-story.ts'
import { WarmPoolStory } from '../warm-pool/warm-pool-story.ts'
import { A, B, build, entry, type MacSpec, onDisk } from '../world.ts'

const D = build('build-d')
const V = build('build-v')
const S = build('build-s')
const O = build('build-o')
const T = build('build-t')
const catalog = [A, B, D, V, S, O, T].map((name) => entry(name))

/** Both builds idle in memory, two requests each. */
const holdsBoth: MacSpec = {
  models: [A, B],
  slots: [
    { model: A, state: 'idle', maxConcurrency: 2 },
    { model: B, state: 'idle', maxConcurrency: 2 },
  ],
}
const holds = (model: typeof A, state: 'idle' | 'idle_shutdown'): MacSpec => ({
  models: [A, B],
  slots: [{ model, state }],
})
const UNAVAILABLE = { kind: 'rejected', status: 503, reason: 'model_unavailable' }

describe.each([AFE8135, C636354])('under %s', (policy) => {
  it('T1 a machine that holds A and B is pinned to the first: B finds nobody, and the pool is what refuses it', () => {
    const story = new PoolStory({ policy })
    story.given(holdsBoth)
    const { preflight, door, provider, answer } = story.when({ model: B })
    expect(preflight).toEqual([0, 0, 0])
    expect(door.poolRejections).toBe(1)
    expect(provider).toBeUndefined()
    expect(answer).toEqual(EXHAUSTED)
  })

  it('T4 with two unrelated builds on disk, the active one makes the pool', () => {
    const story = new PoolStory({ policy })
    const mac = story.given({ models: [A, B], reports: 'unheard' })
    story.hears(mac, { reports: 'capacity', active: B, warm: [B], slots: [{ model: B, state: 'idle' }] })
    expect(story.when({ model: B }).provider).toBe(mac)
    expect(story.when({ model: A })).toMatchObject({ door: { poolRejections: 1 }, answer: EXHAUSTED })
  })

  it('T10 the owner reaches the own machine past its pool, and leaves it in it', () => {
    const story = new PoolStory({ policy })
    const own = story.given({ ...holdsBoth, account: 'ann' })
    expect(story.when({ model: B, account: 'ann', route: 'self' }).provider).toBe(own)
    expect(story.labelOf(own)).toBe(A)
  })

  // [V0]'s capacity row also named the pool and its one assigned machine. A row of ours has no such columns, because all
  // later commits took them out of the public feed; the gauge of the same tick says both.
  it('T12 the capacity feed shows the pool of the machine and nothing of the other build it holds', () => {
    const story = new PoolStory({ policy })
    story.given(holdsBoth)
    expect([...story.capacitySnapshot()]).toEqual([[A, { routable: 1, ready: true, active: 0 }]])
    expect(story.rowsOf('pool')).toMatchObject([{ at: 10e6, pool: A, assignedProviders: 1 }])
    expect(story.rowsOf('capacity_feed')).toMatchObject([{ at: 10e6 }])
  })
})

describe('one pool per machine', () => {
  it('T2 a machine whose only slot has shut down moves to the build that is asked for', () => {
    const story = new PoolStory()
    const mac = story.given(holds(A, 'idle_shutdown'))
    expect(story.labelOf(mac)).toBe(A)
    expect(story.when({ model: B }).provider).toBe(mac)
    expect(story.labelOf(mac)).toBe(B)
  })

  it('T3 a machine that holds A idle does not move', () => {
    const story = new PoolStory()
    const mac = story.given(holds(A, 'idle'))
    const { preflight, provider } = story.when({ model: B })
    expect(preflight).toEqual([0, 0, 0])
    expect(provider).toBeUndefined()
    expect(story.labelOf(mac)).toBe(A)
  })

  it('T5 an inventory of unrelated builds seeds the first by name, not the first advertised', () => {
    const story = new PoolStory({ settings: { WARM_POOL_ENABLED: false } })
    story.given({ models: [B, A], slots: [] })
    expect([...story.capacitySnapshot().keys()]).toEqual([A])
  })
})

describe('aliases', () => {
  it('T6 two builds of one alias are one pool, whichever is advertised first', () => {
    const story = new PoolStory({ catalog, aliases: [{ name: 'al', desired: D, previous: V }] })
    const mac = story.given({ models: [V, D], reports: 'unheard' })
    expect(story.when({ model: D }).provider).toBe(mac)
    expect(story.labelOf(mac)).toBe('al')
  })

  it('T7 a build that two aliases share is served in the pool of either', () => {
    const aliases = [
      { name: 'alA', desired: S },
      { name: 'alB', desired: O, previous: S },
    ]
    const story = new PoolStory({ catalog, aliases })
    const slots = [O, S].map((model) => ({ model, state: 'idle' as const }))
    const mac = story.given({ models: [O, S], slots })
    // What it advertises has one pool in common; it was seeded when it was told what is desired.
    expect(story.labelOf(mac)).toBe('alB')
    expect(story.when({ model: S }).provider).toBe(mac)
    expect(story.labelOf(mac)).toBe('alB')
  })

  it('T8 a machine of the pool that is busy with the previous build has no room: capacity, not another pool', () => {
    const story = new PoolStory({ catalog, aliases: [{ name: 'al', desired: D, previous: V }] })
    story.given({ models: [V, D], slots: [{ model: V, running: 1, maxConcurrency: 1 }] })
    const { preflight, counts, provider, answer } = story.when({ model: D })
    expect(preflight).toEqual([0, 1, 0])
    expect(counts).toEqual([0, 1, 0])
    expect(provider).toBeUndefined()
    expect(answer).toBeUndefined()
    expect(story.rowsOf('queued')).toHaveLength(1)
  })

  it('T9 an alias leads to its build although the one listed machine is in another pool: exhausted, not unavailable', () => {
    const story = new PoolStory({ catalog, aliases: [{ name: 'pin', desired: D }] })
    story.given({ serial: 'X', models: [A, D], slots: [{ model: A, state: 'idle' }] })
    const { door, answer } = story.when({ model: 'pin', serials: ['X'] })
    expect(door).toMatchObject({ build: D, poolRejections: 1 })
    expect(answer).toEqual(EXHAUSTED)
  })
})

describe('other doors', () => {
  it('T11 a machine pinned to A has neither tools nor vision for T', () => {
    const story = new PoolStory({ catalog })
    const mac = story.given({
      version: '0.6.5',
      models: [A, onDisk(T, { isVision: true })],
      slots: [{ model: A, state: 'idle' }],
    })
    expect(story.when({ model: T, hasTools: true }).answer).toMatchObject(UNAVAILABLE)
    expect(story.when({ model: T, requiresVision: true }).answer).toMatchObject(UNAVAILABLE)
    expect(story.labelOf(mac)).toBe(A)
  })

  it('T13 the warm pool loads on the small cold machine of the pool, not on the big one of another', () => {
    const story = new WarmPoolStory({}, { catalog, policy: findPolicy(AFE8135)! })
    const full = story.fullMachine()
    story.given({ models: [A, B], slots: [{ model: B, state: 'idle' }], memory_gb: 128, decode: 200 })
    const own = story.coldMachine({ memory_gb: 64, decode: 20 })
    story.spill()
    expect(story.plan).toMatchObject({ warm: 1, eligibleCold: 1 })
    expect(story.loads()).toEqual([{ provider: own, build: A }])
    expect(story.messagesTo(full, 'load_model')).toEqual([])
  })
})
