/**
 * What the answer rests on: rows of metric × model, a cell per arm with its interval and every seed's own value, the same
 * seeds in every cell. What is zero under every arm and seed is named in one line and takes no row.
 */
import type { ArmFigure, CompareResult } from '../../../sim/lab/compare/compare.ts'
import { shapeOf } from '../../../sim/lab/estimates/figure-shape.ts'
import type { JudgedDifference } from '../../../sim/lab/estimates/verdict.ts'
import { isUnseen, parseMetricPath, readMetric } from '../../../sim/metrics/index.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import { type CsvValue, formatCsv } from '../../../sim/report/form/csv.ts'
import {
  fragmentationMetrics,
  type HeadlineMetric,
  outcomeMetrics,
  servedMetrics,
} from '../../../sim/report/form/headline.ts'
import { type Unit, unitOf } from '../../../sim/report/form/unit.ts'
import { rowOf } from './compare-rows.ts'

export interface EvidenceCell {
  readonly arm: string
  readonly figure: ArmFigure | undefined
  /** From the baseline; undefined: it is the baseline. */
  readonly difference: JudgedDifference | undefined
  /** By seed, in the order of the seeds; null: that run has no data; empty: only the comparison is here. */
  readonly values: readonly (number | null)[]
}

export interface EvidenceRow {
  readonly path: string
  readonly label: string
  /** '': of the whole fleet. */
  readonly model: string
  readonly unit: Unit
  /** Of the axis that all its cells share; inside what the figure can be. */
  readonly domain: readonly [low: number, high: number]
  readonly cells: readonly EvidenceCell[]
}

export interface Evidence {
  readonly arms: readonly string[]
  readonly baseline: string
  readonly seeds: readonly number[]
  readonly rows: readonly EvidenceRow[]
  /** What is zero under every arm, by name. */
  readonly zero: readonly string[]
}

export interface SeedResult {
  readonly policy: string
  readonly seed: number
  readonly result: RunResult | undefined
}

export interface EvidenceOptions {
  /** Everything the tables of the command line begin with, not only the first few. */
  readonly everything: boolean
  /** Metrics that the scenario's expectations name. */
  readonly named: readonly string[]
  /** Arms left out; the baseline never is. */
  readonly hidden: readonly string[]
}

type MetricOf = (model: string) => HeadlineMetric

const place =
  (list: (model: string) => readonly HeadlineMetric[], at: number): MetricOf =>
  (model) =>
    list(model)[at]!

const tokens: MetricOf = (model) => ({
  label: 'completion tokens',
  path: `models[${JSON.stringify(model)}].served_tokens.completion`,
})

/** Goodput, 429, 5xx; TTFT p95 and decode rate of the served. */
const FIRST: readonly MetricOf[] = [
  place(outcomeMetrics, 0),
  place(outcomeMetrics, 2),
  place(outcomeMetrics, 3),
  place(servedMetrics, 1),
  place(servedMetrics, 3),
]
/** First token in 5 s, uptime, the other quantiles, capacity that lay idle, tokens. */
const MORE: readonly MetricOf[] = [
  place(outcomeMetrics, 1),
  place(outcomeMetrics, 4),
  place(servedMetrics, 0),
  place(servedMetrics, 2),
  place(fragmentationMetrics, 0),
  place(fragmentationMetrics, 1),
  tokens,
]
const FLEET: readonly HeadlineMetric[] = [
  { label: 'model loads', path: 'loads.count' },
  { label: 'pool moves', path: 'pool_moves' },
]
const MORE_FLEET: readonly HeadlineMetric[] = [
  { label: 'evictions', path: 'evictions' },
  { label: 'Macs busy', path: 'providers.busy_share' },
]

function metricsOf(
  models: readonly string[],
  { everything, named }: Pick<EvidenceOptions, 'everything' | 'named'>,
): readonly HeadlineMetric[] {
  const wanted = everything ? [...FIRST, ...MORE] : FIRST
  const usual = [...wanted.flatMap((metric) => models.map(metric)), ...FLEET, ...(everything ? MORE_FLEET : [])]
  const known = new Set(usual.map(({ path }) => path))
  const asked = [...new Set(named)].filter((path) => !known.has(path))
  return [...usual, ...asked.map((path) => ({ label: rowOf(path).label, path }))]
}

/** The next of 1, 2, 5 × a power of ten at or above. */
function niceStep(value: number): number {
  const power = 10 ** Math.max(-300, Math.floor(Math.log10(value)))
  return ([1, 2, 5].find((step) => step * power >= value * 0.9999) ?? 10) * power
}

/** Without what adding floats leaves behind. */
const tidy = (value: number): number => Number(value.toPrecision(10))

/** Round ends around all values, inside what the figure can be. */
export function niceDomain(values: readonly number[], [least, most]: readonly [number, number]): [number, number] {
  const finite = values.filter(Number.isFinite)
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  if (finite.length === 0) return [0, 1]
  const stepMin = Math.abs(high) * 1e-9
  const step = niceStep(Math.max(high > low ? (high - low) / 4 : Math.abs(high) / 4 || 0.25, stepMin))
  const from = Math.max(least, tidy(Math.floor(low / step) * step))
  const to = Math.min(most, tidy(Math.ceil(high / step) * step))
  if (from < to) return [from, to]
  return from === most ? [tidy(from - step), from] : [from, tidy(from + step)]
}

function rowFrom(
  { label, path }: HeadlineMetric,
  compare: CompareResult,
  arms: readonly string[],
  valuesOf: (arm: string, path: string) => readonly (number | null)[],
): EvidenceRow {
  const shape = shapeOf(path)
  const cells = arms.map((arm): EvidenceCell => {
    const values = valuesOf(arm, path)
    const known = values.some((value) => value !== null) ? values : []
    return {
      arm,
      figure: compare.policies[arm]?.[path],
      difference: compare.differences[arm]?.[path],
      values: known,
    }
  })
  const [least, most] = shape.bounds
  // A median of few seeds has an interval that nothing bounds: the axis ends at what was seen, and the band with it.
  const seen = cells.flatMap(({ figure, values }) => {
    const own = values.filter((value) => value !== null)
    const centre = figure?.median ?? figure?.mean ?? null
    return [...own, ...(centre === null ? [] : [centre]), ...(own.length > 0 ? [] : (figure?.ci95 ?? []))]
  })
  const { model } = rowOf(path)
  return { path, label, model, unit: unitOf(path), domain: niceDomain(seen, [least, most]), cells }
}

const isZero = ({ cells }: EvidenceRow): boolean =>
  cells.every(
    ({ figure, values }) => (figure?.mean ?? 0) === 0 && values.every((value) => value === null || value === 0),
  )

const isKnown = ({ cells }: EvidenceRow): boolean =>
  cells.some(({ figure }) => figure !== undefined && figure.mean !== null)

export function evidenceOf(compare: CompareResult, runs: readonly SeedResult[], options: EvidenceOptions): Evidence {
  const { seeds, baseline, policies, models } = compare
  const arms = Object.keys(policies).filter((arm) => arm === baseline || !options.hidden.includes(arm))
  const results = new Map(
    runs.flatMap(({ policy, seed, result }) => (result === undefined ? [] : [[`${policy}/${seed}`, result]])),
  )
  const valuesOf = (arm: string, path: string): readonly (number | null)[] =>
    seeds.map((seed) => {
      const result = results.get(`${arm}/${seed}`)
      return result === undefined ? null : (readMetric(result, path) ?? null)
    })
  /** Then nobody can say that it was 0 there. */
  const isUnseenInSome = ({ path }: EvidenceRow): boolean => {
    const names = parseMetricPath(path) ?? []
    return [...results.values()].some((result) => isUnseen(result, names))
  }
  const rows = metricsOf(models, options)
    .map((metric) => rowFrom(metric, compare, arms, valuesOf))
    .filter((row) => isKnown(row))
  return {
    arms,
    baseline,
    seeds,
    rows: rows.filter((row) => !isZero(row)),
    zero: [...groupedByLabel(rows.filter((row) => isZero(row) && !isUnseenInSome(row)))],
  }
}

/** `429 (gpt-oss-20b, gemma-4-26b)`. */
function* groupedByLabel(rows: readonly EvidenceRow[]): Generator<string> {
  for (const label of new Set(rows.map((row) => row.label))) {
    const models = rows.filter((row) => row.label === label && row.model !== '').map(({ model }) => model)
    yield models.length === 0 ? label : `${label} (${models.join(', ')})`
  }
}

const HEAD = ['metric', 'model', 'unit', 'policy', 'seed', 'value', 'mean', 'ci95_low', 'ci95_high'] as const
const AGAINST = ['difference', 'difference_ci95_low', 'difference_ci95_high', 'verdict'] as const

/** A line per metric, arm and seed, the arm's figures beside it. */
export function evidenceCsv({ rows, seeds }: Evidence): string {
  const lines = rows.flatMap(({ path, model, unit, cells }) =>
    cells.flatMap(({ arm, figure, difference, values }) => {
      const own: readonly (readonly [number | undefined, number | null | undefined])[] =
        values.length === 0 ? [[undefined, undefined]] : values.map((value, i) => [seeds[i], value])
      return own.map(([seed, value]): CsvValue[] => [
        path,
        model,
        unit,
        arm,
        seed,
        value,
        figure?.mean,
        figure?.ci95?.[0],
        figure?.ci95?.[1],
        difference?.mean,
        difference?.ci95?.[0],
        difference?.ci95?.[1],
        difference?.verdict,
      ])
    }),
  )
  return formatCsv([...HEAD, ...AGAINST], lines)
}
