/** The scenario file format: its schema, its meaning, and how it is loaded. */
export { appearanceOf } from './appearance.ts'
export { isPolicyFile } from './arm.ts'
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
} from './baseline.ts'
export type { Complaint } from './complaint.ts'
export type { Amount, ScenarioExpectation, Tolerance } from './expectation.ts'
export { digestOf } from './digest.ts'
export type { Files } from './extend.ts'
export { scenarioJsonSchema } from './json-schema.ts'
export { type LoadedScenario, loadScenario, problemAt, withFilesOf, withSettings } from './load.ts'
export { askedNames, type Scenario } from './resolved.ts'
export type { Path } from './path.ts'
export { parseSeedList } from './seed.ts'
