/** The whole simulator as a textbook queue: not only in the mean, but request by request. */
import { describe, expect, it } from 'vitest'
import { must } from '../../../sim/base/assert.ts'
import { STACK_MODELS } from '../../../sim/evidence/validate/stack-models.ts'
import { loadedStack } from '../../../sim/evidence/validate/stack-run.ts'
import { BESIDES_S, TOKEN_S } from '../../../sim/evidence/validate/stack-scenario.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import { simulate } from '../../../sim/simulation.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'

interface Served {
  readonly arrivedAt: number
  receivedAt: number
  endedAt: number
  readonly tokens: number
}

const REQUESTS = 2_000

/** By request, those after which nobody came included. */
async function servedBy(id: string): Promise<Served[]> {
  const stack = must(
    STACK_MODELS.find((model) => model.id === id),
    id,
  )
  const served: Served[] = []
  const row = (each: TraceRow): void => {
    if (each.kind === 'user_request')
      served.push({ arrivedAt: each.at, receivedAt: -1, endedAt: -1, tokens: each.outputTokens })
    if (each.kind !== 'work') return
    served[each.request]!.receivedAt = each.receivedAt
    served[each.request]!.endedAt = each.at
  }
  await simulate({
    scenario: await loadedStack(stack, REQUESTS),
    policy: must(findPolicy('open'), 'open'),
    policyName: 'open',
    seed: 11,
    verify: true,
    subscribers: [row],
  })
  return served
}

/** First come, first served: each takes the server that is free first, as Kiefer and Wolfowitz put it. */
function idealStarts(served: readonly Served[], servers: number): number[] {
  const freeAt = Array.from({ length: servers }, () => 0)
  return served.map(({ arrivedAt, receivedAt, endedAt }) => {
    const first = freeAt.indexOf(Math.min(...freeAt))
    const start = Math.max(arrivedAt, freeAt[first]!)
    freeAt[first] = start + (endedAt - receivedAt)
    return start
  })
}

describe('the whole stack', () => {
  it.each(STACK_MODELS.map(({ id, macs }) => [id, macs] as const))(
    'starts every request of %s in the microsecond in which a first-come-first-served queue would',
    async (id, macs) => {
      const served = await servedBy(id)
      expect(served.length).toBeGreaterThan(REQUESTS)
      expect(served.map(({ receivedAt }) => receivedAt)).toEqual(idealStarts(served, macs))
    },
  )

  it('serves in a constant time per token and a little besides, which an idle Mac cuts by at most a millisecond', async () => {
    const served = await servedBy('stack/mm4/rho-0.7')
    const besides = served.map(({ receivedAt, endedAt, tokens }) => (endedAt - receivedAt) / 1e6 - tokens * TOKEN_S)
    expect(Math.max(...besides)).toBeLessThanOrEqual(BESIDES_S + 1e-6)
    expect(Math.min(...besides)).toBeGreaterThanOrEqual(BESIDES_S - 1e-3)
  })

  it('knows the mean and variance of exponential answers in whole tokens to a millionth', () => {
    const mean = 4_000
    // Rounded to the nearest whole number, and at least 1: P(K >= k) is the exponential's beyond k - 1/2.
    const beyond = (k: number): number => (k === 1 ? 1 : Math.exp(-(k - 0.5) / mean))
    let first = 0
    let second = 0
    for (let k = 1; k < 60 * mean; k++) {
      first += beyond(k)
      second += (2 * k - 1) * beyond(k)
    }
    expect(Math.abs(first / mean - 1)).toBeLessThan(1e-6)
    expect(Math.abs((second - first * first) / (mean * mean) - 1)).toBeLessThan(1e-6)
  })
})
