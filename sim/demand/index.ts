/** Who asks and when. */
export { DemandDriver } from './demand.ts'
export { ringPeriod } from './replay.ts'
export { startOffset } from './recording-clock.ts'
