/** Requests of two arms are paired one by one only where they are the same requests. */
import { describe, expect, it } from 'vitest'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { withTruePairs } from '../../../sim/lab/compare/pairing.ts'
import { loadedFrom, SMALL } from '../../simulation/world.ts'

const compared = {
  baseline: 'a',
  both_served: { b: { m: {} }, c: { m: {} } },
  warnings: ['before'],
} as unknown as CompareResult

const arms = (b: readonly string[], a: readonly string[] = []) => [
  { name: 'a', settings: a },
  { name: 'b', settings: b },
  { name: 'c', settings: [] },
]

describe('pairs', () => {
  it('stay where all arms face the same requests', async () => {
    const settings = ['demand[0].max_tokens=5', 'demand[0].mix={m: 100%}', 'coordinator.TTFT_HARD_REJECT=true']
    expect(withTruePairs(compared, await loadedFrom(SMALL), arms(settings))).toBe(compared)
  })

  it('are none where users wait for their answers', async () => {
    const users = { ...SMALL.demand[0], arrivals: { users: { count: 3, think: '10s' } } }
    const result = withTruePairs(compared, await loadedFrom({ ...SMALL, demand: [...SMALL.demand, users] }), arms([]))
    expect(result.both_served).toEqual({})
    expect(result.warnings[1]).toMatch(/^demand\[1\] waits for answers, so arms do not face the same requests/)
  })

  it('leave out an arm with other arrivals, and are none when that is the baseline', async () => {
    const loaded = await loadedFrom(SMALL)
    for (const setting of ['demand[0].arrivals.poisson=2/s', 'demand[0].until=1m', 'demand=[]', 'demand[0]={}']) {
      const result = withTruePairs(compared, loaded, arms([setting]))
      expect(Object.keys(result.both_served)).toEqual(['c'])
      expect(result.warnings[1]).toMatch(/^arm b changes demand/)
      expect(withTruePairs(compared, loaded, arms([], [setting])).both_served).toEqual({})
    }
  })
})
