/** Who asks and when. */
export { Demand } from './demand.ts'
