/** A comparison as rows for people: what each metric is called, what it is about, and every arm's figures beside it. */
import { goodDirection, namesBelow, parseMetricPath } from '../../../sim/metrics/index.ts'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { type CsvValue, formatCsv } from '../../../sim/report/form/csv.ts'
import { type Unit, unitOf } from '../../../sim/report/form/unit.ts'

export const GROUPS = ['outcome', 'latency', 'decode', 'interference', 'pools', 'fleet', 'upstream'] as const
export type CompareGroup = (typeof GROUPS)[number]

export interface CompareRow {
  readonly path: string
  readonly label: string
  /** A model's, or the pool's by its label; '': of the whole fleet. */
  readonly model: string
  readonly group: CompareGroup
  readonly unit: Unit
  readonly better: 'up' | 'down' | undefined
}

const NAMES: { readonly [name: string]: string } = {
  ttft_ms: 'TTFT',
  tpot_ms: 'time per output token',
  e2e_ms: 'end to end',
  queue_ms: 'queue wait',
  decode_tps: 'decode rate',
  rate_429: '429 rate',
  rate_5xx: '5xx rate',
  gpu_s: 'GPU',
  memory_s: 'memory',
  thermal_s: 'heat',
  load_s: 'load',
  queue_s: 'queue',
  none: 'nobody',
  earned_usd: 'earned, USD',
  lost_usd: 'lost, USD',
  gpu_kwh: 'of GPUs, kWh',
  gpu_wh_per_1k_tokens: 'of GPUs, Wh per 1,000 tokens served',
}

const named = (name: string): string =>
  Object.hasOwn(NAMES, name) ? NAMES[name]! : name.replace(/_s$/, '').replaceAll('_', ' ')

function groupOf(names: readonly string[]): CompareGroup {
  const [first = '', , third = ''] = names
  if (first === 'upstream' || first === 'interference') return first
  if (first === 'pools' || first === 'pool_moves' || first === 'audit' || first === 'fragmentation') return 'pools'
  if (first === 'requests') return 'outcome'
  if (first === 'reported_by_model') return third.endsWith('_ms') ? 'latency' : 'outcome'
  if (first !== 'models') return 'fleet'
  if (third === 'decode_tps' || third === 'tpot_ms' || third === 'served_tokens' || third === 'wasted_tokens')
    return 'decode'
  return third.endsWith('_ms') ? 'latency' : 'outcome'
}

function labelOf(names: readonly string[]): string {
  const [first = '', second = '', ...rest] = names
  if (first === 'interference') return `delayed by ${named(rest[0] ?? '')}, ${named(rest[1] ?? '')}`
  if (first === 'models') {
    if (rest[0] === 'ttft_within') return `first token ≤ ${rest[1]}`
    return rest.map(named).join(' ')
  }
  if (first === 'reported_by_model') return `${rest.map(named).join(' ')} (as reported)`
  if (first === 'fragmentation' || first === 'upstream' || first === 'pools') return rest.map(named).join(' ')
  return [first, second, ...rest]
    .filter((name) => name !== '')
    .map(named)
    .join(' ')
}

export function rowOf(path: string): CompareRow {
  const names = parseMetricPath(path) ?? [path]
  return {
    path,
    label: labelOf(names),
    model: namesBelow(names[0]!) !== undefined ? (names[1] ?? '') : '',
    group: groupOf(names),
    unit: unitOf(path),
    better: goodDirection(path),
  }
}

export interface RowFilter {
  readonly search: string
  /** '': all. */
  readonly model: string
  readonly group: CompareGroup | ''
  readonly significantOnly: boolean
  /** Leaves out what is 0 or unknown under every arm. */
  readonly withValues: boolean
}

const hasValue = (compare: CompareResult, path: string): boolean =>
  Object.values(compare.policies).some((figures) => (figures[path]?.mean ?? 0) !== 0)

const isSignificant = (compare: CompareResult, path: string): boolean =>
  Object.values(compare.differences).some((figures) => figures[path]?.significant === true)

/** Every word of the search must occur in the metric's label, path or model. */
export function matchingRows(
  compare: CompareResult,
  rows: readonly CompareRow[],
  filter: RowFilter,
): readonly CompareRow[] {
  const words = filter.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return rows.filter((row) => {
    if (filter.model !== '' && row.model !== filter.model) return false
    if (filter.group !== '' && row.group !== filter.group) return false
    if (filter.withValues && !hasValue(compare, row.path)) return false
    if (filter.significantOnly && !isSignificant(compare, row.path)) return false
    const text = `${row.label} ${row.path} ${row.model}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** Metrics of every arm, in order of first appearance. */
export const rowsOfCompare = (compare: CompareResult): readonly CompareRow[] =>
  [...new Set(Object.values(compare.policies).flatMap((figures) => Object.keys(figures)))].map(rowOf)

/** A line per metric and arm, in base units, for a spreadsheet or a notebook. */
export function compareCsv(compare: CompareResult, rows: readonly CompareRow[]): string {
  const head = ['metric', 'model', 'unit', 'policy', 'mean', 'ci95_low', 'ci95_high', 'seeds']
  const more = ['difference', 'difference_ci95_low', 'difference_ci95_high', 'relative', 'significant']
  const lines = rows.flatMap(({ path, model, unit }) =>
    Object.entries(compare.policies).map(([policy, figures]): CsvValue[] => {
      const { mean = null, ci95 = null, n = 0 } = figures[path] ?? {}
      const against = compare.differences[policy]?.[path]
      return [
        path,
        model,
        unit,
        policy,
        mean,
        ci95?.[0],
        ci95?.[1],
        n,
        against?.mean,
        against?.ci95?.[0],
        against?.ci95?.[1],
        against?.relative,
        against?.significant,
      ]
    }),
  )
  return formatCsv([...head, ...more], lines)
}
