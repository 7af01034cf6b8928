/** Who asks and when. */
export { DemandDriver } from './demand.ts'
export { ringPeriod } from './recorded/replay.ts'
export { startOffset } from './recorded/recording-clock.ts'
