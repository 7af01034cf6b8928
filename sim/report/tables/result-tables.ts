/** runs.parquet, metrics.parquet and series.parquet: what results say, in the form that SQL likes, a value a row. */
import { modelOf, parseMetricPath, unitOf } from '../../metrics/index.ts'
import { metricColumns, metricPaths } from '../../lab/estimates/metric-columns.ts'
import type { RunResult } from '../../metrics/result.ts'
import type { ParquetColumn } from '../files/parquet.ts'
import { RUN_COLUMNS, type RunKey, runKeyOf } from './run-columns.ts'

interface RunRecord extends RunKey {
  readonly result: RunResult
}

export const RUNS_COLUMNS: readonly ParquetColumn<RunRecord>[] = [
  ...RUN_COLUMNS,
  {
    name: 'scenario_digest',
    type: 'text',
    about: 'of everything that the scenario says',
    value: ({ result }) => result.scenario.digest,
  },
  {
    name: 'digest',
    type: 'text',
    about: 'identity of the run: of every row of its trace',
    value: ({ result }) => result.digest,
  },
  { name: 'warmup_s', type: 'real', about: '', value: ({ result }) => result.warmup_s },
  { name: 'simulated_s', type: 'real', about: 'the time to drain included', value: ({ result }) => result.simulated_s },
  { name: 'events', type: 'whole', about: 'rows of the trace', value: ({ result }) => result.events },
  {
    name: 'series_interval_s',
    type: 'real',
    about: 'between two points of series.parquet',
    value: ({ result }) => result.series.interval_s,
  },
  {
    name: 'warnings',
    type: 'whole',
    about: 'what its author should look at: how many',
    value: ({ result }) => result.warnings.length,
  },
]

export const runRecords = (results: readonly RunResult[]): readonly RunRecord[] =>
  results.map((result) => ({ ...runKeyOf(result), result }))

interface MetricRecord extends RunKey {
  readonly metric: string
  readonly value: number | null
}

/** `models["m"].ttft_ms.p50` → `models.ttft_ms.p50`. */
function figureOf(metric: string): string {
  const names = parseMetricPath(metric) ?? [metric]
  return (modelOf(metric) === undefined ? names : names.toSpliced(1, 1)).join('.')
}

export const METRIC_COLUMNS: readonly ParquetColumn<MetricRecord>[] = [
  ...RUN_COLUMNS,
  { name: 'metric', type: 'text', about: 'path in the JSON, as `expect:` names it', value: ({ metric }) => metric },
  {
    name: 'model',
    type: 'text',
    about: 'the public model it is about; NULL: about the fleet',
    value: ({ metric }) => modelOf(metric),
  },
  {
    name: 'figure',
    type: 'text',
    about: 'the path without that model: `models.goodput`',
    value: ({ metric }) => figureOf(metric),
  },
  {
    name: 'unit',
    type: 'text',
    about: 'share (0 to 1), ms, s, tok/s, provider-s, tokens, USD, kWh, Wh or plain',
    value: ({ metric }) => unitOf(metric),
  },
  { name: 'value', type: 'real', about: 'NULL: the run has no data for it', value: ({ value }) => value },
]

/** A reason that one run met and another did not counts 0 there, as in a comparison. */
export function* metricRecords(results: readonly RunResult[]): Generator<MetricRecord> {
  const paths = metricPaths(results)
  const columns = metricColumns(results, paths)
  for (const [index, result] of results.entries()) {
    const run = runKeyOf(result)
    for (const metric of paths) yield { ...run, metric, value: columns.get(metric)![index]! }
  }
}

interface SeriesRecord extends RunKey {
  readonly series: string
  readonly at_s: number
  readonly value: number | null
}

/** `ttft_p50_ms.gpt-oss-20b`: what, and of whom. */
const DOT = '.'

export const SERIES_COLUMNS: readonly ParquetColumn<SeriesRecord>[] = [
  ...RUN_COLUMNS,
  {
    name: 'series',
    type: 'text',
    about: 'its name in the JSON: `ttft_p50_ms.gpt-oss-20b`',
    value: ({ series }) => series,
  },
  {
    name: 'figure',
    type: 'text',
    about: 'what stands before the first dot: `ttft_p50_ms`',
    value: ({ series }) => series.split(DOT, 1)[0],
  },
  {
    name: 'subject',
    type: 'text',
    about: 'what stands after it, a model, a pool or a cause; NULL: of the fleet',
    value: ({ series }) => subjectOf(series),
  },
  {
    name: 'at_s',
    type: 'real',
    about: 'start of the interval; series show the warm-up too',
    value: ({ at_s }) => at_s,
  },
  { name: 'value', type: 'real', about: 'NULL: nothing to measure in it', value: ({ value }) => value },
]

function subjectOf(series: string): string | undefined {
  const at = series.indexOf(DOT)
  return at < 0 ? undefined : series.slice(at + 1)
}

export function* seriesRecords(results: readonly RunResult[]): Generator<SeriesRecord> {
  for (const result of results) {
    const run = runKeyOf(result)
    const { interval_s, ...all } = result.series
    for (const [series, points] of Object.entries(all)) {
      if (typeof points === 'number') continue
      for (const [point, value] of points.entries()) yield { ...run, series, at_s: point * interval_s, value }
    }
  }
}
