/** What other rooms use of the metrics. */
export { Samples } from './distribution.ts'
export {
  type GoodDirection,
  isEach,
  isNamed,
  type NameKind,
  namesBelow,
  placeOf,
  REASONS,
  type Unit,
} from './figures.ts'
export { HISTOGRAM_ERROR } from './histogram.ts'
export { goodDirection, parseMetricPath, readMetric, scalarMetrics, unitOf } from './metric-path.ts'
export { mser5 } from './mser.ts'
export type { PairedSamples, ServedTtft } from './paired-ttft.ts'
export { RunMetrics } from './run-metrics.ts'
export type { MetricsSettings } from './settings.ts'
export { WarmupDetector } from './warmup.ts'
export { allJudges, Judges } from './judges/index.ts'
