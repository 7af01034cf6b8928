/** The scalar metrics of several runs side by side, the raw material of every estimate. */
import type { RunResult } from '../../metrics/result.ts'
import { readMetric, scalarMetrics } from '../../metrics/index.ts'

/** Metric → one value per run, in the order of the runs; null where a run has no data. */
export type MetricColumns = ReadonlyMap<string, readonly (number | null)[]>

/** Every metric any run has, in order of first appearance. */
export function metricPaths(runs: readonly RunResult[]): readonly string[] {
  return [...new Set(runs.flatMap((run) => [...scalarMetrics(run).keys()]))]
}

/** A reason that occurs in one run and not in another counts 0 there: `readMetric` knows which absence means what. */
export function metricColumns(runs: readonly RunResult[], paths: readonly string[]): MetricColumns {
  return new Map(paths.map((path) => [path, runs.map((run) => readMetric(run, path) ?? null)]))
}
