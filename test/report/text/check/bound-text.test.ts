/** Values beside their bounds. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bound } from '../../../../sim/lab/check/expectation.ts'
import type { CheckedExpectation } from '../../../../sim/lab/check/check-result.ts'
import { formatValidation } from '../../../../sim/report/text/evidence/validate-text.ts'
import { boundText, valueText } from '../../../../sim/report/text/check/bound-text.ts'

const SHARE = 'models["m"].goodput'
const MS = 'models["m"].ttft_ms.p95'

const missed = (metric: string, value: number, bound: Bound, ci95: readonly [number, number] | null = null) =>
  ({
    metric,
    policy: 'open',
    entry: 0,
    file: 'a.yaml',
    verdict: 'missed',
    passed: false,
    value,
    ci95,
    bound,
  }) satisfies CheckedExpectation

const said = (expectation: CheckedExpectation): string => `${valueText(expectation)} | ${boundText(expectation)}`

describe('a value beside its bound', () => {
  it.each([
    [missed(SHARE, 1 / 3, { at_least: 0.33334 }), '33.33 % | at least 33.334 %'],
    [missed(SHARE, 2 / 3, { at_least: 0.6667 }), '66.667 % | at least 66.67 %'],
    [missed(SHARE, 0.333333, { at_least: 0.3333333 }), '33.33 % | at least 33.33333 %'],
    [missed(SHARE, 0.5, { at_least: 0.9 }), '50.00 % | at least 90.00 %'],
    [missed(SHARE, 0.020001, { at_most: 0.02 }), '2.0001 % | at most 2.00 %'],
    [missed(MS, 842.04, { at_most: 842 }), '842.04 ms | at most 842 ms'],
    [missed(MS, 20_000.4, { at_most: 20_000 }), '20,000.40 ms | at most 20.0 s'],
    [missed(MS, 25_000, { at_most: 20_000 }), '25.0 s | at most 20.0 s'],
    [missed('requests.served', 2.004, { at_least: 2.005 }), '2.00 | at least 2.005'],
    [missed('requests.served', 12_345, { equals: 12_346 }), '12,345 | exactly 12,346'],
  ])('is told from it: %#', (expectation, text) => {
    expect(said(expectation)).toBe(text)
  })

  it('never rounds to the bound, or past it', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(share, fc.double({ min: 1e-12, max: 1e-3, noNaN: true }), (bound, below) => {
        const value = bound - below
        fc.pre(value >= 0)
        const expectation = missed(SHARE, value, { at_least: bound })
        const [shown, wanted] = [valueText(expectation), boundText(expectation)].map((text) =>
          Number(/[\d.]+(?= %)/.exec(text)![0]),
        )
        expect(shown).toBeLessThan(wanted!)
      }),
    )
  })

  it('shows the interval where that decides', () => {
    const unclear = {
      ...missed(SHARE, 0.9, { at_least: 0.85 }, [0.84996, 0.95004]),
      verdict: 'inconclusive' as const,
      confidence: 0.95 as const,
    }
    expect(said(unclear)).toBe('90.00 %, 95 % interval 84.996 % to 95.00 % | at least 85.00 % at 95 % confidence')
  })
})

describe('a row of validation', () => {
  it('shows an error and how much is allowed with digits enough to differ', () => {
    const row = {
      id: 'mm1',
      measured: 1,
      simulated: 1.02000004,
      unit: 's',
      error: 0.02000004,
      fitted: false,
      tolerance: 0.02,
      passed: false,
      half_width: 0.01,
      half_width_relative: 0.01,
      precision: 0.03,
      replications: 10,
      arrivals: 1_000,
    } as const
    const text = formatValidation({
      format: 'fleetlab.validate/1',
      form: 'short',
      level: 0.99,
      passed: false,
      rows: [row],
    })
    expect(text).toContain('+2.000004 %')
    expect(text).toContain('±2.000000 %')
  })
})
