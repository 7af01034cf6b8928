/** What other rooms use of the metrics. */
export { COLLAPSE_OUTCOMES, type CollapseOutcome, type ModelCollapse } from './figures/collapse.ts'
export { Samples } from './figures/distribution.ts'
export {
  type GoodDirection,
  isEach,
  isNamed,
  type NameKind,
  namesBelow,
  placeOf,
  type Unit,
} from './figures/figures.ts'
export { HISTOGRAM_ERROR } from './figures/histogram.ts'
export { LoadCauses } from './fleet/load-causes.ts'
export {
  goodDirection,
  isSigned,
  modelOf,
  parseMetricPath,
  readMetric,
  scalarMetrics,
  unitOf,
} from './figures/metric-path.ts'
export { mser5 } from './figures/mser.ts'
export type { PairedSamples, ServedTtft } from './requests/paired-ttft.ts'
export { RunMetrics } from './run-metrics.ts'
export type { MetricsSettings } from './settings.ts'
export { type SloFigures, sloFigures } from './figures/slo-figures.ts'
export { isUnseen, unseenFigures } from './figures/unseen.ts'
export { WarmupDetector } from './figures/warmup.ts'
export { allJudges, Judges } from './judges/index.ts'
