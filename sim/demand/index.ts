/** Who asks and when. */
export { Demand } from './demand.ts'
export { ringPeriod } from './replay.ts'
