/** Cache affinity from end to end: coordinator-routing §5 S1 and S8, coordinator-control §3.5. */
import { expect, it } from 'vitest'
import type { RequestView } from '../../../sim/protocol/index.ts'
import { A, B, type SettingsInput, World } from '../world.ts'

const turn = { account: 'ann', cacheKey: 'talk' } as const

/** The dearer of two machines has served the conversation; `over_ms` more than the other. */
const told = (over_ms: number, settings: SettingsInput = {}) => {
  const world = new World({ settings })
  const dear = world.mac({ models: [A, B], tps: 400, memoryPressure: over_ms / 4_000, cpuUsage: 0 })
  world.completes(dear, world.asked(turn))
  const cheap = world.mac({ models: [A, B], tps: 400, memoryPressure: 0, cpuUsage: 0 })
  const goesTo = (view: Partial<RequestView> = turn): 'dear' | 'cheap' => {
    const id = world.asked(view)
    const [mac] = world.dispatches(id)
    world.cancel(id)
    return mac === dear ? 'dear' : mac === cheap ? 'cheap' : expect.unreachable()
  }
  return { world, goesTo }
}

it('the machine that served the last turn takes the next one within 3,000 ms after a bonus of 1,500 ms', () => {
  // A pressure of at most 1 makes 4,000 ms; 4,500 ms would be the edge.
  expect(told(4_000).goesTo()).toBe('dear')
  expect(told(4_000, { CACHE_AFFINITY_BONUS_MS: 1_000 }).goesTo()).toBe('dear')
  expect(told(4_000, { CACHE_AFFINITY_BONUS_MS: 999 }).goesTo()).toBe('cheap')
})

it('is of one account, one build and one key', () => {
  const { goesTo } = told(4_000)
  expect(goesTo({ ...turn, cacheKey: 'other' })).toBe('cheap')
  expect(goesTo({ ...turn, cacheKey: '' })).toBe('cheap')
  expect(goesTo({ ...turn, account: 'bob' })).toBe('cheap')
  expect(goesTo({ ...turn, model: B })).toBe('cheap')
  expect(goesTo()).toBe('dear')
})

it('lasts 10 min from the last turn that was answered', () => {
  const { world, goesTo } = told(4_000)
  world.pass(599)
  expect(goesTo()).toBe('dear')
  // A cancelled turn teaches nothing.
  world.pass(1)
  expect(goesTo()).toBe('cheap')
})

it('of more conversations than CACHE_AFFINITY_ENTRIES the longest silent one is forgotten', () => {
  const { world, goesTo } = told(4_000, { CACHE_AFFINITY_ENTRIES: 2 })
  const answered = (cacheKey: string) => {
    const id = world.asked({ ...turn, cacheKey, serials: ['mac-0'] })
    world.completes(world.dispatches(id)[0]!, id)
  }
  answered('second')
  answered('talk')
  answered('third')
  expect(goesTo()).toBe('dear')
  expect(goesTo({ ...turn, cacheKey: 'second' })).toBe('cheap')
})
