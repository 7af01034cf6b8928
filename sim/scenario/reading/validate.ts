/** From plain data to a document, or everything that is wrong with it: structure first, then meaning of what parsed. */
import type { z } from 'zod'
import { withRealNames, withStandIns } from '../../base/names.ts'
import { type Complaint, complaintsOf } from './complaint.ts'
import { scenarioSchema, type ScenarioDocument } from '../format/schema.ts'
import { withPreset } from '../../coordinator/config.ts'
import type { Parsed } from '../format/parsed.ts'
import { checkMeaning, type KnownNames } from '../checks/semantics.ts'
import type { RawMap } from './source.ts'
import { wording } from './wording.ts'

export interface Validation {
  /** Present when the structure is right. */
  readonly document: ScenarioDocument | undefined
  /** The parts whose structure is right. */
  readonly parsed: Parsed
  readonly complaints: readonly Complaint[]
}

export function validate(written: RawMap, names: KnownNames): Validation {
  const raw = withStandIns(withSettingsOfPreset(written))
  const whole = scenarioSchema.safeParse(raw, { error: wording })
  const parsed: Parsed = whole.success ? whole.data : parts(raw)
  const structural = whole.success ? [] : complaintsOf(whole.error, raw, scenarioSchema).map(inRealNames)
  return { document: whole.data, parsed, complaints: [...structural, ...checkMeaning(parsed, names)] }
}

/** A complaint of the schema, which knows a name by its stand-in. */
const inRealNames = (complaint: Complaint): Complaint => ({
  ...complaint,
  path: complaint.path.map((step) => (typeof step === 'string' ? withRealNames(step) : step)),
  message: withRealNames(complaint.message),
})

/** The document with every setting that its preset names written down. */
export const withSettingsOfPreset = (written: RawMap): RawMap =>
  Object.hasOwn(written, 'coordinator') ? { ...written, coordinator: withPreset(written['coordinator']) } : written

function parts(raw: RawMap): Parsed {
  const shape: { readonly [key: string]: z.ZodType } = scenarioSchema.shape
  const entries = Object.entries(shape).flatMap(([key, schema]) => {
    const part = schema.safeParse(raw[key])
    return part.success ? [[key, part.data] as const] : []
  })
  return Object.fromEntries(entries)
}
