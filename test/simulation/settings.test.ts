/** Settings that the operator changes while the run is under way. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunResult } from '../../sim/metrics/result.ts'
import { loadedFrom, runOf, SMALL } from './world.ts'

/** Too much work for two Macs, of which one fails now and then. */
const BUSY = {
  ...SMALL,
  fleet: [
    {
      ...SMALL.fleet[0],
      count: 2,
      resident: SMALL.fleet[0]!.advertises,
      churn: { breakdowns: { every: '30s', for: '30s' } },
    },
  ],
  demand: [{ ...SMALL.demand[0], arrivals: { poisson: '2/s' }, patience: { enabled: false } }],
}

type Outcome = Pick<RunResult, 'requests' | 'models'>

async function outcomeOf(more: object): Promise<Outcome> {
  const { result } = await runOf(await loadedFrom({ ...BUSY, ...more }), 'open', { verify: true })
  return { requests: result.requests, models: result.models }
}

const CHANGES: readonly object[] = [
  { QUEUE_MAX_DEPTH: 2 },
  { QUEUE_MAX_WAIT: '3s' },
  { BREAKER_CONSECUTIVE: 1, ERROR_COOLDOWN_STRIKES: 1, BREAKER_BASE: '2m' },
  { decision: { service: '2s', servers: 1 } },
  { preset: 'main-2026-06-21' },
  { TTFT_HARD_REJECT: true },
]

describe('a setting changed at the very start', () => {
  let unchanged: Outcome
  beforeAll(async () => {
    unchanged = await outcomeOf({})
  })

  it.each(CHANGES)('does what it does from the start: %j', async (change) => {
    const changed = await outcomeOf({ timeline: [{ at: '0s', set: change }] })
    expect(changed).toEqual(await outcomeOf({ coordinator: change }))
    expect(changed).not.toEqual(unchanged)
  })
})

describe('a preset chosen later', () => {
  it('takes back what the one before it had set, and nothing else', async () => {
    const limits = { ACCOUNTS: {}, QUEUE_MAX_DEPTH: 3 }
    const back = await outcomeOf({
      coordinator: { preset: 'main-2026-06-21', SPECULATIVE_FRACTION: '20%' },
      timeline: [{ at: '0s', set: { preset: 'pr-432-base' } }],
    })
    expect(back).toEqual(await outcomeOf({ coordinator: { SPECULATIVE_FRACTION: '20%' } }))
    const beside = await outcomeOf({ timeline: [{ at: '0s', set: { preset: 'main-2026-06-21', ...limits } }] })
    expect(beside).toEqual(await outcomeOf({ coordinator: { preset: 'main-2026-06-21', ...limits } }))
  })
})
