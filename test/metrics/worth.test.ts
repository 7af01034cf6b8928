/** What users got and lost, what Macs did for nobody, who made them load, and what that drew. */
import { describe, expect, it } from 'vitest'
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../../sim/base/ids.ts'
import { END, measured, served } from './measured.ts'
import { ms, row } from './rows.ts'

describe('users', () => {
  const rows = [
    ...served({ at: 20_000, id: 0, end: 25_000 }),
    // Twice refused, then served.
    row('user_request', 30_000, { user: 1, model: 'oss' }),
    row('arrived', 30_000, { request: 1, user: 1, model: 'oss' }),
    row('ended', 30_000, { request: 1, outcome: 'rejected', status: 429, reason: 'queue_full', attempt: -1 }),
    row('arrived', 32_000, { request: 2, user: 1, model: 'oss' }),
    row('ended', 33_000, { request: 2, completionTokens: 101 }),
    row('user_ended', 33_000, { user: 1 }),
    // Never asked us.
    row('user_request', 40_000, { user: 2, model: 'oss', promptTokens: 700, outputTokens: 900, maxTokens: 256 }),
    row('user_ended', 40_000, { user: 2, outcome: 'elsewhere' }),
    // Before the warm-up was over, and a retry after it.
    row('user_request', 9_000, { user: 3, model: 'oss' }),
    row('arrived', 9_000, { request: 3, user: 3, model: 'oss' }),
    row('ended', 9_500, { request: 3, outcome: 'rejected', status: 429, reason: 'queue_full', attempt: -1 }),
    row('arrived', 11_000, { request: 4, user: 3, model: 'oss' }),
    row('ended', 12_000, { request: 4, completionTokens: 101 }),
    row('user_ended', 12_000, { user: 3 }),
    END,
  ]

  it('are served or lost once each, however often the router tried', () => {
    expect(measured(rows).upstream.oss).toMatchObject({
      users: 3,
      served: 2,
      lost: 1,
      elsewhere: 1,
      failed_over: 0,
      retries: 1,
      share: 2 / 3,
    })
  })

  it('wait from the first time they asked', () => {
    const { goodput, ttft_ms } = measured(rows).upstream.oss!
    expect(ttft_ms).toMatchObject({ count: 2, max: 5_000, mean: 4_000 })
    // Both within 5 s and 1 ms per token; the third was never ours.
    expect(goodput).toBeCloseTo(2 / 3, 12)
  })

  it('lose what they would have got within their own limit', () => {
    expect(measured(rows).upstream.oss!.lost_tokens).toEqual({ prompt: 700, completion: 256 })
  })

  it('are worth the catalogue price of their tokens', () => {
    const { upstream, revenue } = measured(rows)
    // 0.05 and 0.20 USD per million: attempts 0, 2 and the retry of user 3, 1,000 prompt and 101 completion tokens each.
    expect(upstream.oss!.earned_usd).toBeCloseTo((3 * (1000 * 0.05 + 101 * 0.2)) / 1e6, 12)
    expect(revenue.lost_usd).toBeCloseTo((700 * 0.05 + 256 * 0.2) / 1e6, 12)
  })
})

describe('uptime classes', () => {
  it('take shares of the time, by the requests of the window', () => {
    const good = Array.from({ length: 100 }, (_, i) => served({ at: 20_000, id: i, end: 25_000 })).flat()
    const bad = Array.from({ length: 30 }, (_, i) => [
      row('user_request', 50_000, { user: 200 + i, model: 'oss' }),
      row('arrived', 50_000, { request: 200 + i, user: 200 + i, model: 'oss' }),
      row('ended', 50_000, { request: 200 + i, outcome: 'failed', status: 502, reason: 'provider_error', attempt: -1 }),
      row('user_ended', 50_000, { user: 200 + i, outcome: 'failed' }),
    ]).flat()
    const { standing } = measured([...good, ...bad, END]).upstream.oss!
    // 90 s count: unjudged until 25 s, normal until 50 s, then down at 100 of 130.
    expect(standing.unjudged).toBeCloseTo(15 / 90, 6)
    expect(standing.normal).toBeCloseTo(25 / 90, 6)
    expect(standing.down).toBeCloseTo(50 / 90, 6)
  })
})

const stay = (at: number, request: number, attempt: number, decodedTokens: number, prefilledTokens = 1000) =>
  row('work', at, { request: request as RequestId, attempt, decodedTokens, prefilledTokens })

const sent = (at: number, request: number, attempt: number) =>
  row('dispatched', at, { request: request as RequestId, attempt })

describe('work for nobody', () => {
  it('is what losers and recalled attempts did, and what the winner decoded beyond its answer', () => {
    const { models } = measured([
      row('registered', 0),
      row('user_request', 20_000, { user: 1 }),
      row('arrived', 20_000, { request: 1, user: 1 }),
      sent(20_100, 1, 0),
      sent(22_000, 1, 1),
      stay(24_000, 1, 0, 7),
      stay(25_000, 1, 1, 103),
      row('ended', 25_030, { request: 1, completionTokens: 101, attempt: 1 }),
      row('user_ended', 25_030, { user: 1 }),
      // Nobody waits for this one any more, and its Mac works on.
      row('user_request', 30_000, { user: 2 }),
      row('arrived', 30_000, { request: 2, user: 2 }),
      sent(30_100, 2, 0),
      row('ended', 40_000, { request: 2, outcome: 'cancelled', status: 499, attempt: -1 }),
      row('user_ended', 40_000, { user: 2, outcome: 'gave_up' }),
      stay(60_000, 2, 0, 400),
      END,
    ])
    expect(models.oss!.wasted_tokens).toEqual({ prompt: 2000, completion: 7 + 2 + 400 })
  })
})

describe('loads', () => {
  const GPT = 'oss-20b' as BuildId
  const load = (from: number, machine: number, cause: 'demand' | 'command' | 'assign') => [
    row('load_started', from, { machine: machine as MachineIndex, build: GPT, cause }),
    row('load_ended', from + 4_000, { machine: machine as MachineIndex, build: GPT, took: ms(4_000) }),
  ]
  const rows = [
    // Connections are not numbered as Macs are.
    ...[0, 1, 2, 3, 4].map((machine) =>
      row('registered', 0, { provider: (10 + machine) as ProviderId, machine: machine as MachineIndex }),
    ),
    row('load_command', 20_000, { provider: 10 as ProviderId, build: GPT, by: 'warm_pool' }),
    ...load(20_100, 0, 'command'),
    row('load_command', 21_000, { provider: 11 as ProviderId, build: GPT, by: 'swap_planner' }),
    ...load(21_100, 1, 'command'),
    row('dispatched', 22_000, { provider: 12 as ProviderId, build: GPT, slotState: 'unknown' }),
    ...load(22_100, 2, 'demand'),
    row('dispatched', 23_000, { provider: 13 as ProviderId, build: GPT, slotState: 'running' }),
    ...load(23_100, 3, 'demand'),
    ...load(24_000, 4, 'assign'),
    ...load(2_000, 4, 'command'),
    END,
  ]

  it('are filed under who caused them, and the causes add up to all of them', () => {
    const { loads } = measured(rows)
    expect(loads.by_cause).toEqual({
      request: { count: 1, seconds: 4 },
      cold_spill: { count: 1, seconds: 4 },
      swap: { count: 1, seconds: 4 },
      warm_pool: { count: 1, seconds: 4 },
      plan: { count: 1, seconds: 4 },
    })
    expect(loads.count).toBe(5)
  })

  it('have a course over time by cause, warm-up included', () => {
    const { series } = measured(rows)
    const sum = (name: string) => (series[name] as readonly number[]).reduce((total, each) => total + each, 0)
    expect(sum('loads_by.warm_pool')).toBe(1)
    expect(sum('loads_by.plan')).toBe(2)
    expect(sum('loads')).toBe(6)
  })
})

describe('energy', () => {
  const power = [
    { busy_w: 40, idle_w: 2 },
    { busy_w: 20, idle_w: 2 },
  ]

  it('is busy and idle time at the Mac’s own watts, inside the window and while it is connected', () => {
    const { energy } = measured(
      [
        row('machine_state', 0, { machine: 0 as MachineIndex }),
        row('machine_state', 0, { machine: 1 as MachineIndex }),
        row('gpu_busy', 30_000, { machine: 0 as MachineIndex, since: ms(5_000) }),
        row('machine_state', 40_000, { machine: 1 as MachineIndex, online: false }),
        END,
      ],
      { power },
    )
    const wattSeconds = 20 * 40 + 70 * 2 + 30 * 2
    expect(energy.gpu_kwh).toBeCloseTo(wattSeconds / 3_600_000, 12)
  })

  it('is unknown where no power is', () => {
    expect(measured([END]).energy).toEqual({ gpu_kwh: null, gpu_wh_per_1k_tokens: null })
  })
})
