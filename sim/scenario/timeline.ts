/** What the operator, or fate, does while the run is under way. Each entry is one action at one time. */
import { z } from 'zod'
import { duration, share } from '../base/config.ts'
import type { Micros } from '../base/time.ts'
import { coordinatorSettingsSchema } from '../coordinator/config.ts'
import { type Aliases, aliasesSchema } from './alias.ts'

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
  .transform((change) => change as Partial<Settings>)

const disconnectSchema = z
  .strictObject({
    fraction: share().optional().describe('This share of the connected Macs, drawn at random.'),
    machines: z.array(z.string()).min(1).optional().describe('These Macs, by serial.'),
    for: duration()
      .optional()
      .describe('How long they stay away; absent: they reconnect as the provider program does.'),
  })
  .refine((input) => (input.fraction === undefined) !== (input.machines === undefined), {
    error: 'needs either `fraction` or `machines`',
  })

export type TimelineAction =
  | { readonly kind: 'set_alias'; readonly aliases: Aliases }
  | { readonly kind: 'delete_alias'; readonly alias: string }
  | {
      readonly kind: 'disconnect'
      readonly fraction: number | undefined
      readonly machines: readonly string[] | undefined
      readonly away: Micros | undefined
    }
  | { readonly kind: 'set'; readonly settings: Partial<Settings> }

export interface TimelineEntry {
  readonly at: Micros
  readonly action: TimelineAction
}

const ACTIONS = ['set_alias', 'delete_alias', 'disconnect', 'set'] as const

export const timelineEntrySchema = z
  .strictObject({
    at: duration().describe('When, since the start of the run.'),
    set_alias: aliasesSchema.optional().describe('Creates aliases or changes them.'),
    delete_alias: z.string().min(1).optional().describe('Deletes an alias.'),
    disconnect: disconnectSchema.optional().describe('Macs lose their connection.'),
    set: changeSchema.optional().describe('Changes settings of the coordinator.'),
  })
  .refine((entry) => ACTIONS.filter((action) => entry[action] !== undefined).length === 1, {
    error: `needs exactly one of ${ACTIONS.join(', ')}`,
  })
  .transform((entry): TimelineEntry => ({ at: entry.at, action: actionOf(entry) }))

function actionOf(entry: {
  readonly set_alias?: Aliases | undefined
  readonly delete_alias?: string | undefined
  readonly disconnect?: z.output<typeof disconnectSchema> | undefined
  readonly set?: Partial<Settings> | undefined
}): TimelineAction {
  if (entry.set_alias !== undefined) return { kind: 'set_alias', aliases: entry.set_alias }
  if (entry.delete_alias !== undefined) return { kind: 'delete_alias', alias: entry.delete_alias }
  if (entry.disconnect !== undefined) {
    const { fraction, machines, for: away } = entry.disconnect
    return { kind: 'disconnect', fraction, machines, away }
  }
  return { kind: 'set', settings: entry.set ?? {} }
}
