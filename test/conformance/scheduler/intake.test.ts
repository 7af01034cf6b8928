/** What machines report is cut to what can be true (coordinator-routing §1.1, §1.2). */
import { describe, expect, it } from 'vitest'
import { A, entry, type MacSpec, Story } from '../world.ts'

const given = (mac: MacSpec): Story => {
  const story = new Story()
  story.given(mac)
  return story
}

const prefill_ms = (prefill: number) =>
  given({ decode: 100, prefill }).when({ estimatedPromptTokens: 1_000, maxTokens: 100 }).row!.thisRequest_ms - 1_000

describe('registration', () => {
  it('§1.1 memory counts up to 1,024 GB, in whole GB', () => {
    expect(given({ memory_gb: 5_000 }).rowsOf('registered')).toMatchObject([{ memory_gb: 1_024 }])
    expect(given({ memory_gb: 36.7 }).rowsOf('registered')).toMatchObject([{ memory_gb: 36 }])
    expect(given({ memory_gb: -1 }).rowsOf('registered')).toMatchObject([{ memory_gb: 0 }])
  })

  it('§1.1 bandwidth counts up to 2,000 GB/s, decode up to 500 tok/s', () => {
    expect(given({ bandwidth_gbs: 1e6 }).when().row!.staticTps).toBe(Math.sqrt(2_000))
    expect(given({ decode: 9_999 }).when().row!.staticTps).toBe(500)
  })

  it('§1.1, §17 a registered prefill rate above 5,000 tok/s counts as 5,000', () => {
    expect(prefill_ms(4_000)).toBeCloseTo(250, 6)
    expect(prefill_ms(5_000)).toBeCloseTo(200, 6)
    expect(prefill_ms(7_000)).toBeCloseTo(200, 6)
  })
})

const free = (free_gb: number | undefined) =>
  given(free_gb === undefined ? {} : { free_gb }).rowsOf('heartbeat')[0]!.freeForLoad_gb

const full = (running: number) => given({ slots: [{ maxConcurrency: 128, running }] }).when().preflight

describe('heartbeat', () => {
  it('§1.2 a slot cap counts up to 24', () => {
    expect(full(23)).toEqual([1, 0, 0])
    expect(full(24)).toEqual([0, 1, 0])
  })

  it('§1.2 potential tokens count up to 1,000,000', () => {
    const { row } = given({ slots: [{ maxTokensPotential: 5e6, observedDecodeTps: 100 }] }).when()
    expect(row!.backlog_ms).toBe((1e6 / 100) * 1_000)
  })

  it('§1.2 token budgets count up to 10^10', () => {
    const story = given({ slots: [{ activeTokenBudgetUsed: 3e10, activeTokenBudgetMax: 3e10 }] })
    expect(story.rowsOf('slot')).toMatchObject([{ budgetUsed: 1e10, budgetMax: 1e10 }])
    expect(story.when().preflight).toEqual([0, 1, 0])
  })

  it('§1.2 an observed decode rate counts up to 500 tok/s', () => {
    expect(given({ slots: [{ observedDecodeTps: 9_999 }] }).when().row!.effectiveTps).toBe(500)
  })

  it('§1.2 memory free for loading is unreported when negative or above 1,024 GB; 0 is a report', () => {
    expect([free(9), free(0), free(1_024)]).toEqual([9, 0, 1_024])
    expect([free(undefined), free(-1), free(1_025), free(Number.NaN)]).toEqual([-1, -1, -1, -1])
  })

  it('§1.3 a catalog that lists nothing denies everything', () => {
    const story = new Story({ catalog: [] })
    story.given()
    const answer = { kind: 'rejected', status: 404, reason: 'model_not_found', retryAfter_s: undefined }
    expect(story.when()).toMatchObject({ preflight: [0, 0, 0], answer })
    expect(new Story({ catalog: [entry(A)] }).when().answer).toMatchObject({ status: 503 })
  })
})
