/** Figures in the form in which operators published theirs, counted by hand. */
import { describe, expect, it } from 'vitest'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { measured } from '../measured.ts'
import { ms, row } from '../rows.ts'

const machine = (at: number, machineIndex: number, more: object): TraceRow =>
  row('machine_state', at, { machine: machineIndex as never, online: true, residentBuilds: 0, live: 0, ...more })

/** Two Macs, one warm and one with nothing; three requests: served idle, served busy by a second attempt, refused. */
const ROWS: readonly TraceRow[] = [
  row('registered', 0, { provider: 7 as never, machine: 0 as never }),
  row('registered', 0, { provider: 8 as never, machine: 1 as never }),
  machine(0, 0, { residentBuilds: 1 }),
  machine(0, 1, {}),
  row('arrived', 100, { request: 1 as never, model: 'm', estimatedPromptTokens: 400 }),
  row('preflight', 100, { request: 1 as never, candidates: 2 }),
  row('priced', 100, { request: 1 as never, ttft_ms: 900 }),
  row('dispatched', 110, { request: 1 as never, attempt: 0, provider: 7 as never, slotState: 'idle' }),
  machine(120, 0, { residentBuilds: 1, live: 1 }),
  row('arrived', 200, { request: 2 as never, model: 'm', estimatedPromptTokens: 600 }),
  row('preflight', 200, { request: 2 as never, candidates: 1 }),
  row('queued', 200, { request: 2 as never }),
  row('dispatched', 250, { request: 2 as never, attempt: 0, provider: 8 as never, slotState: 'unknown' }),
  row('attempt_ended', 300, { request: 2 as never, attempt: 0, provider: 8 as never, outcome: 'error', code: 500 }),
  row('dispatched', 310, { request: 2 as never, attempt: 1, provider: 7 as never, slotState: 'running' }),
  row('first_token', 410, { request: 1 as never, attempt: 0 }),
  row('first_token', 1_310, { request: 2 as never, attempt: 1 }),
  row('ended', 1_400, { request: 1 as never, outcome: 'served', status: 200, attempt: 0 }),
  row('ended', 1_500, { request: 2 as never, outcome: 'served', status: 200, attempt: 1 }),
  machine(1_500, 0, { residentBuilds: 1 }),
  row('arrived', 2_000, { request: 3 as never, model: 'm', estimatedPromptTokens: 5_000 }),
  row('preflight', 2_000, { request: 3 as never, candidates: 0 }),
  row('ended', 2_000, { request: 3 as never, outcome: 'rejected', status: 429, reason: 'ttft_too_slow', attempt: -1 }),
  row('arrived', 2_100, { request: 4 as never, model: 'm', estimatedPromptTokens: 50 }),
  row('ended', 2_200, { request: 4 as never, outcome: 'failed', status: 503, reason: 'provider_error', attempt: 0 }),
]

describe('what operators report', () => {
  const { reported, reported_by_model } = measured(ROWS, { warmup: ms(0) })

  it('has answers by status, and prompts of the served and of the refused', () => {
    expect(reported.answered).toEqual({ ok: 2, rate_limited: 1, server_error: 1 })
    expect(reported.prompt_tokens.served).toMatchObject({ count: 2, mean: 500, max: 600 })
    expect(reported.prompt_tokens.refused).toMatchObject({ count: 1, p50: 5_000 })
  })

  it('has where the served ones went, by the attempt that won', () => {
    expect(reported.served_on).toEqual({ idle_warm: 1, busy_warm: 1, cold: 0 })
  })

  it('has first tokens from the dispatch that won', () => {
    expect(reported.ttft_from_dispatch_ms).toMatchObject({ count: 2, mean: 650, max: 1_000 })
    expect(reported_by_model['m']!.ttft_from_dispatch_ms.max).toBe(1_000)
  })

  it('has who waited, what was expected, and how many could have served', () => {
    const m = reported_by_model['m']!
    expect(m.queued).toBe(1)
    expect(m.ttft_estimate_ms).toMatchObject({ count: 1, mean: 900 })
    expect(m.candidates).toMatchObject({ count: 3, mean: 1, max: 2 })
  })

  it('has failed attempts, and those of the Macs that failed most', () => {
    expect(reported.attempt_errors).toEqual({ all: 1, of_worst: 1, of_worst_nine: 1 })
  })

  it('has Macs that are connected, warm and active, on average over the time', () => {
    const end = measured(ROWS, { warmup: ms(0) }).simulated_s * 1_000
    expect(reported.macs.connected).toBeCloseTo(2, 9)
    expect(reported.macs.warm).toBeCloseTo(1, 9)
    expect(reported.macs.active).toBeCloseTo((1_500 - 120) / end, 6)
  })

  it('leaves out what arrived before the warm-up was over', () => {
    const late = measured(ROWS, { warmup: ms(1_900) })
    expect(late.reported.answered).toEqual({ ok: 0, rate_limited: 1, server_error: 1 })
    expect(late.reported.attempt_errors.all).toBe(0)
  })
})
