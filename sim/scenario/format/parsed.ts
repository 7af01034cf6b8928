/** A scenario as far as it could be read: sections that are themselves wrong are missing, and the others are checked all the same. */
import type { ScenarioDocument } from './schema.ts'

export type Parsed = { readonly [key in keyof ScenarioDocument]?: ScenarioDocument[key] | undefined }
