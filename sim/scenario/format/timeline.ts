/** What the operator, or fate, does while the run is under way. Each entry is one action at one time. */
import { z } from 'zod'
import { duration, name } from '../../base/config.ts'
import type { Micros } from '../../base/time.ts'
import { coordinatorSettingsSchema, presetChange } from '../../coordinator/config.ts'
import { type Aliases, aliasesSchema } from './alias.ts'
import { type FaultAction, FAULTS, faultOf, faultSchemas } from './fault.ts'

type Settings = z.output<typeof coordinatorSettingsSchema>

/** Drops the defaults, so that a change names what it changes and nothing else. */
function withoutDefaults(schema: z.ZodType): z.ZodType {
  let inner: z.core.$ZodType = schema
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) inner = inner.def.innerType
  const bare = inner as z.ZodType
  return schema.description === undefined ? bare.optional() : bare.optional().describe(schema.description)
}

const changeSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(coordinatorSettingsSchema.shape).map(([key, schema]) => [key, withoutDefaults(schema)]),
    ),
  )
  .transform((given): Partial<Settings> => {
    const change = given as Partial<Settings>
    return change.preset === undefined ? change : { ...presetChange(change.preset), ...change }
  })

export type TimelineAction =
  | { readonly kind: 'set_alias'; readonly aliases: Aliases }
  | { readonly kind: 'delete_alias'; readonly alias: string }
  | FaultAction
  | { readonly kind: 'set'; readonly settings: Partial<Settings> }

export interface TimelineEntry {
  readonly at: Micros
  readonly action: TimelineAction
}

const ACTIONS = ['set_alias', 'delete_alias', ...FAULTS, 'set'] as const

const entrySchema = z.strictObject({
  at: duration().describe('When, since the start of the run.'),
  set_alias: aliasesSchema.optional().describe('Creates aliases or changes them.'),
  delete_alias: name().optional().describe('Deletes an alias.'),
  ...faultSchemas,
  set: changeSchema
    .optional()
    .describe(
      'Changes settings of the coordinator, until the next `set` of them. Faults neither undo it nor end by it.',
    ),
})

export const timelineEntrySchema = entrySchema
  .refine((entry) => ACTIONS.filter((action) => entry[action] !== undefined).length === 1, {
    error: `needs exactly one of ${ACTIONS.join(', ')}`,
  })
  .transform((entry): TimelineEntry => ({ at: entry.at, action: actionOf(entry) }))

function actionOf(entry: z.output<typeof entrySchema>): TimelineAction {
  if (entry.set_alias !== undefined) return { kind: 'set_alias', aliases: entry.set_alias }
  if (entry.delete_alias !== undefined) return { kind: 'delete_alias', alias: entry.delete_alias }
  return faultOf(entry) ?? { kind: 'set', settings: entry.set ?? {} }
}
