/** A grid for notebooks: a row per cell, policy and metric, as the CSV has them. */
import type { Estimate } from '../../lab/estimates/estimate.ts'
import type { SweepResult } from '../../lab/compare/sweep.ts'
import { type ParquetColumn, parquetFile } from './parquet.ts'
import { unitOf } from '../form/unit.ts'

interface Row {
  readonly settings: { readonly [path: string]: string }
  readonly policy: string
  readonly metric: string
  readonly estimate: Estimate
}

const FIGURES: readonly ParquetColumn<Row>[] = [
  { name: 'policy', type: 'text', about: 'the arm', value: ({ policy }) => policy },
  { name: 'metric', type: 'text', about: 'the figure, as a path into a result', value: ({ metric }) => metric },
  { name: 'unit', type: 'text', about: 'what the figure is in', value: ({ metric }) => unitOf(metric) },
  { name: 'mean', type: 'real', about: 'over the seeds that have data', value: ({ estimate }) => estimate.mean },
  {
    name: 'median',
    type: 'real',
    about: 'of quantiles, whose interval is about it',
    value: ({ estimate }) => estimate.median,
  },
  { name: 'ci95_low', type: 'real', about: 'of the 95 % interval; NULL: none, or without an end', value: low },
  { name: 'ci95_high', type: 'real', about: 'of the 95 % interval; NULL: none, or without an end', value: high },
  { name: 'n', type: 'whole', about: 'seeds with data', value: ({ estimate }) => estimate.n },
]

function low({ estimate: { ci95 } }: Row): number | null {
  return ci95 === null || !Number.isFinite(ci95[0]) ? null : ci95[0]
}

function high({ estimate: { ci95 } }: Row): number | null {
  return ci95 === null || !Number.isFinite(ci95[1]) ? null : ci95[1]
}

const NUMBER = /^-?\d+(?:\.\d+)?$/

/** A setting whose values are all plain numbers is one; any other is text, as it was written. */
function axisColumn({ path, values }: SweepResult['axes'][number]): ParquetColumn<Row> {
  const isReal = values.every((value) => NUMBER.test(value))
  const name = FIGURES.some((figure) => figure.name === path) ? `set.${path}` : path
  const about = 'a varied setting'
  const value = ({ settings }: Row): string | undefined => settings[path]
  if (!isReal) return { name, type: 'text', about, value }
  return { name, type: 'real', about, value: (row) => Number(value(row)) }
}

export function sweepParquet(result: SweepResult): Uint8Array {
  const rows = result.cells.flatMap(({ settings, policy, metrics }) =>
    Object.entries(metrics).map(([metric, estimate]): Row => ({ settings, policy, metric, estimate })),
  )
  return parquetFile([...result.axes.map(axisColumn), ...FIGURES], rows)
}
