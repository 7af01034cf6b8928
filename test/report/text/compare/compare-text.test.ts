/** A comparison as people read it. Numbers worked out by hand in test/lab/compare/compare.test.ts; here it is the shape and the words. */
import { describe, expect, it } from 'vitest'
import { compareArms } from '../../../../sim/lab/compare/compare.ts'
import { compareCsv, compareMarkdown, formatCompare } from '../../../../sim/report/text/compare/compare-text.ts'
import { textOf } from '../../../../sim/report/form/paint.ts'
import { verdicts } from '../../../../sim/report/form/verdict.ts'
import { aDistribution, aDone, type DoneSketch } from '../../../lab/a-result.ts'

interface Figures {
  readonly goodput: number
  readonly rejectedWhileIdle?: number
  readonly ttft_p50?: number
}

const sketch = ({ goodput, rejectedWhileIdle = 0, ttft_p50 = 1000 }: Figures): DoneSketch => ({
  models: { m: { goodput, ttft_ms: aDistribution(ttft_p50) } },
  fragmentation: { m: { rejected_while_idle: rejectedWhileIdle, waited_while_idle_s: 0, idle_capable_s: 50 } },
  samples: {
    m: [
      [1, ttft_p50],
      [2, ttft_p50 + 100],
    ],
  },
})

const armOf = (name: string, figures: readonly Figures[]) => ({
  name,
  runs: figures.map((run, index) => aDone(Object.assign({ policy: name, seed: index + 1 }, sketch(run)))),
})

function compared(open: readonly Figures[], pools: readonly Figures[]) {
  const seeds = open.map((_, index) => index + 1)
  return compareArms([armOf('open', open), armOf('pools', pools)], 'open', seeds)
}

const word = (open: readonly Figures[], pools: readonly Figures[]): string =>
  textOf(verdicts(compared(open, pools))[0]!.word)

const BASE = [0.5, 0.55, 0.6, 0.65, 0.7].map((goodput) => ({ goodput }))
const shifted = (by: number, more: Partial<Figures> = {}): Figures[] =>
  BASE.map(({ goodput }, index) => ({ goodput: goodput + by + index * 0.001, ...more }))

describe('the verdict', () => {
  it('is better when goodput rises by more than chance', () => {
    expect(word(BASE, shifted(0.05))).toBe('better')
  })

  it('is worse when goodput falls by more than chance', () => {
    expect(word(BASE, shifted(-0.05))).toBe('worse')
  })

  it('is mixed when more is served and more is refused beside an idle Mac', () => {
    const pools = shifted(0.05).map(({ goodput }, index) => ({ goodput, rejectedWhileIdle: 100 + index }))
    expect(word(BASE, pools)).toBe('mixed')
  })

  it('is not moved by the latency of the served, however much it falls', () => {
    expect(
      word(
        BASE,
        BASE.map(({ goodput }) => ({ goodput, ttft_p50: 1 })),
      ),
    ).toBe('equivalent')
  })

  it.each([1, 4])('is withheld when %d seeds are all there is', (seeds) => {
    expect(word(BASE.slice(0, seeds), shifted(0.2).slice(0, seeds))).toBe('no verdict: intervals need five seeds')
  })
})

describe('the report', () => {
  const pools = shifted(0.05, { rejectedWhileIdle: 3, ttft_p50: 800 })

  it('promises intervals from five seeds on, and none below', () => {
    const [five, four] = [5, 4].map(
      (seeds) => formatCompare(compared(BASE.slice(0, seeds), pools.slice(0, seeds)), 200).split('\n')[1],
    )
    expect(five).toContain('[ ] are 95 % intervals')
    expect(four).toBe(
      'means over 4 seeds, differences paired by seed; no intervals, they need 5 seeds; quantiles are medians over seeds',
    )
  })

  it('looks like this', () => {
    expect(formatCompare(compared(BASE, pools), 200)).toMatchInlineSnapshot(`
      "a-scenario
      means over 5 seeds, differences paired by seed; [ ] are 95 % intervals, * is more than chance and more than δ, all comparisons of a row together; quantiles are medians over seeds; intervals cover these arrivals, not other days

      Does it hold? (runs that fell below half of their best for ten minutes, if the scenario says nothing else)
      arm    model  outcome     falls (95 %)  onset (median [first–last])
      ─────  ─────  ──────────  ────────────  ───────────────────────────
      open   m      all 5 held   0 [0, 52] %                            –
      pools  m      all 5 held   0 [0, 52] %                            –

      m
                                               open                   pools                   − open
      ─────────────────────  ──────────────────────  ──────────────────────  ─────────────────────────
      goodput                60.00 [48.82, 71.34] %  65.20 [53.80, 76.77] %  +5.20 [+4.98, +5.43] pp *
      first token ≤ 5 s                     95.00 %                 95.00 %                  0.00 pp
      429                                    0.00 %                  0.00 %                  0.00 pp
      5xx                                    0.00 %                  0.00 %                  0.00 pp
      uptime                                99.00 %                 99.00 %                  0.00 pp
      tokens wasted                              20                      20                        0
      rejected while idle                         0                       3                       +3 *
      waited while idle                         0 s                     0 s                      0 s
      idle and capable                       50.0 s                  50.0 s                      0 s
      TTFT p50, served                     1,000 ms                  800 ms                  -200 ms *
      TTFT p95, served                     1,000 ms                  800 ms                  -200 ms *
      TTFT p99, served                     1,000 ms                  800 ms                  -200 ms *
      decode p50, served                          –                       –                        –
      TTFT p50, both served                                          850 ms                  -200 ms *
      TTFT p95, both served                                          895 ms                  -200 ms *
      TTFT p99, both served                                          899 ms                  -200 ms *

      the fleet
                                       open         pools        − open
      ───────────────────────  ────────────  ────────────  ──────────────
      loads                               4             4             0
        by warm pool                      4             4             0
      load time                      20.0 s        20.0 s           0 s
      earned                     0.4500 USD    0.4500 USD         0 USD
      GPU energy                 0.5000 kWh    0.5000 kWh         0 kWh
      evictions                           0             0             0
      pool moves                          0             0             0
      several resident models  0 provider-s  0 provider-s  0 provider-s
      several active pools     0 provider-s  0 provider-s  0 provider-s
      busy share of providers       40.00 %       40.00 %       0.00 pp

      pools against open, m: mixed
        more served within the SLO (+5.20 [+4.98, +5.43] pp)
        more refused while a capable Mac idled (+3)
        equal waiting beside an idle Mac
      goodput of m: pools is best
      Verdicts rest on goodput and fragmentation only: a policy can improve what the served ones waited by refusing."
    `)
  })

  it('folds arms into several tables when the terminal is narrow, each with the baseline', () => {
    const result = compareArms([armOf('open', BASE), armOf('a', pools), armOf('b', pools)], 'open', [1, 2, 3, 4, 5])
    const heads = (width: number): string[] =>
      formatCompare(result, width)
        .split('\n')
        .filter((line) => /^ +open /.test(line))
    expect(heads(1000)).toHaveLength(2)
    expect(heads(100).length).toBeGreaterThan(2)
    for (const line of formatCompare(result, 100)
      .split('\n')
      .filter((text) => text.startsWith('goodput '))) {
      expect(line.length).toBeLessThanOrEqual(100)
    }
  })

  it('gives every metric of every arm as CSV', () => {
    const lines = compareCsv(compared(BASE, pools)).trim().split('\n')
    expect(lines[0]).toBe(
      'policy,metric,mean,ci95_low,ci95_high,n,difference,difference_ci95_low,difference_ci95_high,relative,significant,verdict,delta,verdict_ci_low,verdict_ci_high',
    )
    expect(lines.filter((line) => line.includes('models[""m""].goodput'))).toHaveLength(2)
    expect(lines.find((line) => line.startsWith('open,"models[""m""].goodput"'))).toMatch(/,5,,,,,,,,,$/)
  })

  it('gives Markdown tables whose rows have as many cells as their heads', () => {
    const tables = compareMarkdown(compared(BASE, pools))
      .split('\n\n')
      .filter((block) => block.startsWith('|'))
    expect(tables).toHaveLength(3)
    for (const table of tables) {
      const widths = table
        .trim()
        .split('\n')
        .map((line) => line.split('|').length)
      expect(new Set(widths).size).toBe(1)
    }
  })
})
