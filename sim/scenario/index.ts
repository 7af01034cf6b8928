/** The scenario file format: its schema, its meaning, and how it is loaded. */
export { appearanceOf } from './reading/appearance.ts'
export { DEFAULT_ARM, isPolicyFile } from './format/arm.ts'
export {
  type Baseline,
  BASELINE_ENDING,
  type BaselineArm,
  type BaselineFigure,
  baselineBeside,
  formatBaseline,
  type LoadedBaseline,
  parseBaseline,
  toleranceText,
} from './reading/baseline.ts'
export type { Complaint } from './reading/complaint.ts'
export type { Amount, ScenarioExpectation, Tolerance } from './format/expectation.ts'
export { digestOf } from './reading/digest.ts'
export type { Files } from './reading/extend.ts'
export { scenarioJsonSchema } from './format/json-schema.ts'
export { type LoadedScenario, loadScenario, problemAt, withFilesOf, withSettings } from './reading/load.ts'
export { askedNames, type Scenario } from './format/resolved.ts'
export type { Path } from './reading/path.ts'
export { parseSeedList } from './format/seed.ts'
