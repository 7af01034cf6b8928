/** Maps of a grid: every number is there with its interval, shades say what they stand for, names are text. */
import { parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import type { Estimate } from '../../../sim/lab/estimates/estimate.ts'
import { gridOf, type SweepResult } from '../../../sim/lab/compare/sweep.ts'
import { heatMapsSvg } from '../../../sim/report/picture/heat-map-svg.ts'
import { formatHeatMaps } from '../../../sim/report/text/compare/heat-map-text.ts'
import { sweepParquet } from '../../../sim/report/files/sweep-parquet.ts'

const METRIC = 'models["m"].goodput'
const between = (mean: number, low: number, high: number): Estimate => ({ mean, ci95: [low, high], n: 5 })

/** One estimate per cell, the policies of a point after each other. */
function swept(
  axes: SweepResult['axes'],
  policies: readonly string[],
  estimates: readonly (Estimate | undefined)[],
  name = 'grid',
): SweepResult {
  const places = gridOf(axes).flatMap((settings) => policies.map((policy) => ({ settings, policy })))
  return {
    format: 'fleetlab.sweep/1',
    scenario: { name },
    axes,
    policies,
    seeds: [1, 2, 3, 4, 5],
    models: ['m'],
    cells: places.map(({ settings, policy }, index) => {
      const estimate = estimates[index]
      return { settings, policy, metrics: estimate === undefined ? {} : { [METRIC]: estimate } }
    }),
    warnings: [],
    assumed: [],
    meta: {},
  }
}

const AXES = [
  { path: 'fleet[0].count', values: ['2', '4'] },
  { path: 'duration', values: ['1m', '2m'] },
]
const FOUR = [
  between(0.1, 0.09, 0.11),
  between(0.5, 0.2, 0.9),
  between(0.9, 0.89, 0.91),
  { mean: null, ci95: null, n: 0 },
]

describe('a heat map in a terminal', () => {
  it('shows the first setting down, the second across, numbers with intervals, and which shades are in doubt', () => {
    expect(formatHeatMaps(swept(AXES, ['open'], FOUR), 200, undefined, [METRIC]).split('\n')).toEqual([
      'means over 5 seeds (medians of quantiles) with 95 % intervals; ~ the interval reaches into another shade',
      '',
      METRIC,
      '·· 10.00 %  ░░ 26.00 %  ▒▒ 42.00 %  ▓▓ 58.00 %  ██ 74.00 %  to 90.00 %',
      '',
      'open',
      'fleet[0].count ↓  duration →  1m                         2m',
      '────────────────────────────  ─────────────────────────  ─────────────────────────',
      '2                             ·· 10.00 [9.00, 11.00] %   ▒▒~50.00 [20.00, 90.00] %',
      '4                             ██ 90.00 [89.00, 91.00] %     –',
    ])
  })

  it('puts columns that find no room below the others, and loses none', () => {
    const text = formatHeatMaps(swept(AXES, ['open'], FOUR), 60, undefined, [METRIC])
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(4)
          .map((line) => Array.from(line).length),
      ),
    ).toBeLessThanOrEqual(60)
    for (const number of ['10.00 [', '50.00 [', '90.00 [']) expect(text).toContain(number)
  })

  it('has policies across where one setting varies, and a map per policy and further setting otherwise', () => {
    const one = formatHeatMaps(swept([AXES[0]!], ['open', 'pools'], FOUR), 200, undefined, [METRIC])
    expect(one).toContain('fleet[0].count ↓  policy →  open')
    const three = [...AXES, { path: 'seed', values: ['8', '9'] }]
    const all = formatHeatMaps(swept(three, ['open', 'pools'], Array(16).fill(FOUR[0])), 200, undefined, [METRIC])
    for (const title of ['open, seed=8', 'pools, seed=8', 'open, seed=9', 'pools, seed=9']) expect(all).toContain(title)
    expect(all).toContain('10.00 % everywhere')
  })

  it('holds no control characters but line ends', () => {
    expect(formatHeatMaps(swept(AXES, ['open'], FOUR))).not.toMatch(/[^\P{Cc}\n]/u)
  })
})

describe('a heat map as SVG', () => {
  const hostile = '</text><script>alert(1)</script>&"\u0007'
  const svg = heatMapsSvg(swept(AXES, [hostile], FOUR, hostile), [METRIC])

  it('holds every number with its interval, the names of both settings, and both ends of the scale', () => {
    const texts = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!)
    for (const text of [
      '50.00 %',
      '[20.00, 90.00]',
      'fleet[0].count ↓',
      'duration →',
      '1m',
      '2m',
      '10.00 %',
      '90.00 %',
      '–',
    ])
      expect(texts).toContain(text)
    expect(texts.some((text) => text.includes('over 5 seeds'))).toBe(true)
  })

  it('draws an interval where it lies on the scale', () => {
    const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="3"/g)]
    expect(bars).toHaveLength(3)
    const widths = bars.map((match) => Number(match[2]))
    const cell = Number(/width="([\d.]+)" height="52"/.exec(svg)?.[1])
    // 0.2 … 0.9 on a scale of 0.1 … 0.9, which a cell has but for 6 on either side.
    expect(widths[1]).toBeCloseTo((cell - 12) * (0.7 / 0.8), 1)
  })

  it('is well formed, and names are text whatever they contain', () => {
    expect(svg).not.toContain('<script')
    expect(svg).not.toMatch(/[^\P{Cc}\n]/u)
    const depth = [...svg.matchAll(/<(\/?)([a-z]+)\b[^<>]*?(\/?)>/g)].reduce((open, [, closes, , isSingle]) => {
      const now = open + (closes === '/' ? -1 : isSingle === '/' ? 0 : 1)
      expect(now).toBeGreaterThanOrEqual(0)
      return now
    }, 0)
    expect(depth).toBe(0)
    expect(svg.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;|apos;|#)/)
  })
})

describe('a grid as Parquet', () => {
  it('has settings as numbers where they are, and NULL where nothing is known', async () => {
    const bytes = sweepParquet(swept(AXES, ['open'], FOUR))
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    const rows = await parquetReadObjects({ file })
    expect(rows).toHaveLength(4)
    expect(rows[1]).toEqual({
      'fleet[0].count': 2,
      duration: '2m',
      policy: 'open',
      metric: METRIC,
      unit: 'share',
      mean: 0.5,
      median: null,
      ci95_low: 0.2,
      ci95_high: 0.9,
      n: 5n,
    })
    expect(rows[3]).toMatchObject({ mean: null, ci95_low: null, ci95_high: null, n: 0n })
  })
})
