/**
 * What `check` holds a scenario to: a bound on a figure of the result, an improvement over another arm, or a number of
 * rows in the trace. Structure only: whether there is such a figure or row, and whether a bound is one it can have, is
 * for those to say who know them.
 */
import { z } from 'zod'
import { SHARE_PATTERN } from '../../base/quantity.ts'

const BOUND_WORDS = 'must be a number, or a share such as 2%'
const IMPROVEMENT_WORDS = 'must be a share in per cent, such as 10%'

/** As it was written, because a percentage means something on a share only. */
export type Amount = number | { readonly percent: number }

const bound = () =>
  z
    .union([z.number(), z.string().regex(SHARE_PATTERN, { error: BOUND_WORDS })], { error: BOUND_WORDS })
    .transform((input): Amount => {
      if (typeof input === 'number') return input
      return input.endsWith('%') ? { percent: Number(input.slice(0, -1)) } : Number(input)
    })

const signedShare = () =>
  z
    .union([z.string().regex(/^-?\d+(?:\.\d+)?%$/, { error: IMPROVEMENT_WORDS }), z.literal(0)], {
      error: IMPROVEMENT_WORDS,
    })
    .transform((input) => Number(String(input).replace('%', '')) / 100)

const CONFIDENCE_WORDS = 'must be 95%, the level of every interval here'

const bounds = {
  at_most: bound().optional(),
  at_least: bound().optional(),
  equals: bound().optional(),
  confidence: z
    .union([z.literal('95%'), z.literal(0.95)], { error: CONFIDENCE_WORDS })
    .transform(() => 0.95 as const)
    .optional()
    .describe(
      'Over several seeds the 95 % interval of the mean must lie within the bound, not the mean alone. `improves_by` always asks for that.',
    ),
}

const TOLERANCE_WORDS = 'must be points of a share, such as `5 points`, or a share of the value, such as 25%'

/** How far a simulated value may lie from a published one. */
export type Tolerance = { readonly points: number } | { readonly percent: number }

export const tolerance = () =>
  z
    .string({ error: TOLERANCE_WORDS })
    .regex(/^\d+(?:\.\d+)?(?: points?|%)$/, { error: TOLERANCE_WORDS })
    .transform(
      (input): Tolerance =>
        input.endsWith('%') ? { percent: Number(input.slice(0, -1)) } : { points: Number.parseFloat(input) },
    )

const missesSchema = z.strictObject({
  simulated: bound().describe('What the simulation gives instead, as a mean over the seeds.'),
  why: z.string().min(1).describe('Why it is missed, as far as that is known.'),
  drift: tolerance()
    .optional()
    .describe('How far the simulated value may move before check fails. Absent: 2 points of a share, else 10%.'),
})

/** What somebody measured on the real system, and by how much the simulation may differ. */
const publication = {
  published: z
    .union([bound(), z.tuple([bound(), bound()])])
    .optional()
    .describe('The figure that was published, or [least, most] of a range. Takes the place of a bound.'),
  tolerance: tolerance()
    .optional()
    .describe('With `published`: how far off is still right, `5 points` of a share or 25% of the value.'),
  source: z.string().min(1).optional().describe('With `published`: who published it, and when.'),
  misses: missesSchema
    .optional()
    .describe('A known miss: check fails when the simulated value drifts, and when the miss disappears.'),
}

interface Publication {
  readonly published?: unknown
  readonly tolerance?: unknown
  readonly source?: unknown
  readonly misses?: unknown
}

/** What is missing beside a published figure, or what stands there without one. */
function publicationError({ published, tolerance: off, source, misses }: Publication): string | undefined {
  if (published !== undefined)
    return off === undefined || source === undefined ? 'needs `tolerance` and `source` beside `published`' : undefined
  const alone = Object.entries({ tolerance: off, source, misses }).find(([, value]) => value !== undefined)
  return alone === undefined ? undefined : `has \`${alone[0]}\` without \`published\``
}

const isWellPublished = (input: Publication, context: z.core.$RefinementCtx): void => {
  const message = publicationError(input)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
}

const over = z
  .array(z.string().min(1))
  .min(1)
  .optional()
  .describe('Figures whose sum it is divided by: the expectation is then about the ratio, in each seed.')

const policy = z.string().min(1).optional().describe('The arm it is about; absent: every arm.')

const metricSchema = z
  .strictObject({
    metric: z.string().min(1).describe('A path into the result, such as models["gpt-oss-20b"].goodput.'),
    policy,
    over,
    ...bounds,
    ...publication,
    versus: z.string().min(1).optional().describe('The arm to compare with, paired by seed.'),
    improves_by: signedShare()
      .optional()
      .describe(
        'At least this much better than `versus`, relative to it, in the metric’s good direction, at 95 % confidence.',
      ),
  })
  .refine((input) => (input.versus === undefined) === (input.improves_by === undefined), {
    error: 'needs `versus` and `improves_by` together',
  })
  .refine(saysOneThing, {
    error: 'needs either a bound (at_most, at_least, equals), or `published`, or `versus` with `improves_by`',
  })
  .refine(({ versus, over: base }) => versus === undefined || base === undefined, {
    error: 'may not have `over` beside `versus`',
  })
  .superRefine(isWellPublished)
  .transform((input) => ({ kind: 'metric' as const, ...input }))

const rowSchema = z
  .strictObject({
    row: z.string().min(1).describe('A kind of trace row, such as desired_models.'),
    where: z
      .record(
        z.string(),
        z.union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number or true/false' }),
      )
      .default({})
      .describe('Columns and the values they must have; providers may be named by serial.'),
    policy,
    ...bounds,
    ...publication,
  })
  .refine(saysOneThing, { error: 'needs a bound on the number of rows (at_most, at_least or equals), or `published`' })
  .superRefine(isWellPublished)
  .transform((input) => ({ kind: 'row' as const, ...input }))

function hasBound(input: { at_most?: unknown; at_least?: unknown; equals?: unknown }): boolean {
  return input.at_most !== undefined || input.at_least !== undefined || input.equals !== undefined
}

function saysOneThing(input: Parameters<typeof hasBound>[0] & { published?: unknown; versus?: unknown }): boolean {
  return [hasBound(input), input.published !== undefined, input.versus !== undefined].filter(Boolean).length === 1
}

export const expectationSchema = z.union([metricSchema, rowSchema])

export type ScenarioExpectation = z.output<typeof expectationSchema>
