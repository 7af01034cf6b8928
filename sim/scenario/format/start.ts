/**
 * How the fleet stands when the run starts, as shares of Macs drawn by seed: which builds are on which disks, who is warm
 * with what, who comes and goes, who has what wrong with it. What is known of one Mac stands in its entry of `fleet:`; of a
 * real fleet one knows that 46 of 67 do, and not which. Counts are exact, who they are differs from seed to seed.
 */
import { z } from 'zod'
import { name, share, wholeWithin } from '../../base/config.ts'
import { fleetEntrySchema } from '../../mac/config.ts'

/** Drops the defaults, so that a group changes what it names and nothing else. */
function withoutDefaults<T extends z.ZodType>(schema: T): z.ZodOptional<z.ZodType<z.output<T>>> {
  let inner: z.core.$ZodType = schema
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional)
    inner = inner.def.innerType
  const bare = inner as z.ZodType<z.output<T>>
  return schema.description === undefined ? bare.optional() : bare.optional().describe(schema.description)
}

const { advertises, disk, resident, page_cache, max_model_slots } = fleetEntrySchema.shape
const { churn, standing, trust, answers_challenges, version, joins } = fleetEntrySchema.shape
const { memory } = fleetEntrySchema.shape.machine.shape

/** What a group says of its Macs, in the words of a fleet entry. */
const state = {
  advertises: withoutDefaults(advertises),
  disk: withoutDefaults(disk),
  resident: withoutDefaults(resident),
  page_cache: withoutDefaults(page_cache),
  max_model_slots: withoutDefaults(max_model_slots),
  churn: withoutDefaults(churn),
  standing: withoutDefaults(standing),
  trust: withoutDefaults(trust),
  answers_challenges: withoutDefaults(answers_challenges),
  version: withoutDefaults(version),
  joins: withoutDefaults(joins),
}

const STATE_KEYS = Object.keys(state) as readonly (keyof typeof state)[]

const groupSchema = z
  .strictObject({
    share: share().optional().describe('Share of the Macs that this entry is of.'),
    count: wholeWithin(0, 50_000).optional().describe('Or how many of them.'),
    ...state,
  })
  .refine((group) => (group.share === undefined) !== (group.count === undefined), {
    error: 'needs either `share` or `count`',
  })
  .refine((group) => STATE_KEYS.some((key) => group[key] !== undefined), {
    error: `says nothing of its Macs; it may say ${STATE_KEYS.join(', ')}`,
  })
  .refine(
    ({ advertises: offers, resident: warm = [] }) => offers === undefined || warm.every((b) => offers.includes(b)),
    {
      error: 'must hold only builds of `advertises`',
      path: ['resident'],
    },
  )
  .refine(({ advertises: offers = [] }) => new Set(offers).size === offers.length, {
    error: 'must not name a build twice',
    path: ['advertises'],
  })

/** Shares are sums of decimal fractions. */
const SHARE_TOLERANCE = 1e-9

const startEntrySchema = z
  .strictObject({
    of: z
      .strictObject({
        memory_at_least: memory.optional().describe('Memory as sold, at least this.'),
        memory_below: memory.optional().describe('Memory as sold, less than this.'),
        chips: z.array(name()).min(1).optional().describe('Chips of the fleet.'),
        machines: z.array(name()).min(1).optional().describe('Serials.'),
        advertises: z
          .array(name())
          .optional()
          .describe('Those that offer just these builds, in any order, by the entries before this one.'),
        has: z.array(name()).min(1).optional().describe('Those that offer at least these builds.'),
      })
      .prefault({})
      .describe('Which Macs it is of; absent: all.'),
    groups: z
      .array(groupSchema)
      .min(1)
      .superRefine((groups, context) => {
        const sum = groups.reduce((total, group) => total + (group.share ?? 0), 0)
        if (sum > 1 + SHARE_TOLERANCE)
          context.addIssue({
            code: 'custom',
            message: `must sum to at most 100%, and sums to ${Number((100 * sum).toFixed(6))}%`,
          })
      })
      .describe(
        'Drawn one after the other, no Mac twice; who is drawn by none stays as it was. Builds that are to be resident or cached are given to Macs that offer them.',
      ),
  })
  .describe('Macs, and what some of them are like.')

export const startSchema = z
  .array(startEntrySchema)
  .describe('How the fleet stands when the run starts, as shares drawn by seed; entries apply one after the other.')

export type StartEntry = z.output<typeof startEntrySchema>
