/** The scenario file format: its schema, its meaning, and how it is loaded. */
export { isPolicyFile } from './arm.ts'
export type { Expectation } from './expectation.ts'
export type { Files } from './extend.ts'
export { scenarioJsonSchema } from './json-schema.ts'
export { type LoadedScenario, loadScenario, withSettings } from './load.ts'
export type { Scenario } from './resolved.ts'
export { parsePath } from './path.ts'
export { parseSeedList } from './seed.ts'
