/** The pool tests of PR 432 (coordinator-routing §15.1) under MODEL_POOLS_ENABLED: false, and the switch itself. */
import { describe, expect, it } from 'vitest'
import type { RequestId } from '../../../sim/base/ids.ts'
import { EXHAUSTED, PoolStory } from './pools-story.ts'
import { A, B, build, entry, type SettingsInput, type Slot } from '../world.ts'

const D = build('build-d')
const V = build('build-v')
const catalog = [A, B, D, V].map((name) => entry(name))
const off: SettingsInput = { MODEL_POOLS_ENABLED: false }

const full = (model: typeof A): Slot => ({ model, running: 1, maxConcurrency: 1 })
const free = (model: typeof A): Slot => ({ model, state: 'idle', maxConcurrency: 1 })

/** One machine with both builds, one request each at a time. */
const oneOfEach = (slots: readonly Slot[]) => {
  const story = new PoolStory({ settings: off })
  const mac = story.given({ models: [A, B], slots })
  return { story, mac }
}
const left = (story: PoolStory) => story.rowsOf('dequeued').map(({ request, why }) => ({ request, why }))
const assigned = (request: RequestId) => [{ request, why: 'assigned' }]

describe('switched off', () => {
  it.each([
    ['off: one entry, for the alias whose previous build it has', false, [{ alias: 'b', desired: D, previous: V }]],
    ['on: nothing, its pool is another', true, []],
  ] as const)('T14 desired models of a machine of pool A, pools %s', (_, MODEL_POOLS_ENABLED, entries) => {
    const story = new PoolStory({ catalog, settings: { MODEL_POOLS_ENABLED } })
    const mac = story.given({ models: [A, V], slots: [{ model: A, state: 'idle' }] })
    expect(story.labelOf(mac)).toBe(A)
    story.coordinator.setAlias({ name: 'b', desired: D, previous: V, retired: [] })
    expect(
      story.messagesTo(mac, 'desired_models').flatMap((message) => (message as { entries?: unknown[] }).entries),
    ).toEqual(entries)
  })

  it('T15 the capacity feed shows both builds: A full, B free', () => {
    const { story } = oneOfEach([full(A), { model: B, running: 0, maxConcurrency: 2 }])
    expect([...story.capacitySnapshot()]).toEqual([
      [A, { routable: 1, ready: false, active: 1 }],
      [B, { routable: 1, ready: true, active: 0 }],
    ])
  })

  it('T16 a machine that gets free for B takes the waiter for B while one for A keeps waiting behind a pending A', () => {
    const { story, mac } = oneOfEach([free(A), full(B)])
    expect(story.when({ model: A }).provider).toBe(mac)
    const forA = story.when({ model: A })
    const forB = story.when({ model: B })
    expect([forA.provider, forB.provider]).toEqual([undefined, undefined])
    story.hears(mac, { slots: [free(A), free(B)] })
    story.pass(0)
    expect(left(story)).toEqual(assigned(forB.id))
    expect(story.dispatches(forB.id)).toEqual([mac])
    expect(story.dispatches(forA.id)).toEqual([])
  })

  it('T17 when the pending A finishes, the waiter for A is served and the one for B keeps waiting', () => {
    const { story, mac } = oneOfEach([free(A), free(B)])
    const pendingA = story.when({ model: A })
    story.when({ model: B })
    const forA = story.when({ model: A })
    const forB = story.when({ model: B })
    expect([forA.provider, forB.provider]).toEqual([undefined, undefined])
    story.serves(pendingA.id)
    expect(left(story)).toEqual(assigned(forA.id))
    expect(story.dispatches(forA.id)).toEqual([mac])
    expect(story.dispatches(forB.id)).toEqual([])
  })
})

describe('the switch', () => {
  it.each([
    ['absent', {}, undefined, EXHAUSTED],
    ['false', off, 0, undefined],
  ] as const)('T18 MODEL_POOLS_ENABLED %s', (_, settings, provider, answer) => {
    const story = new PoolStory({ settings })
    story.given({
      models: [A, B],
      slots: [A, B].map((model) => ({ model, state: 'idle' as const })),
    })
    expect(story.when({ model: B })).toMatchObject({ provider, answer })
  })
})
