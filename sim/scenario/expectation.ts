/**
 * What `check` holds a scenario to: a bound on a figure of the result, an improvement over another arm, or a number of
 * rows in the trace. Structure only: whether there is such a figure or row, and whether a bound is one it can have, is
 * for those to say who know them.
 */
import { z } from 'zod'
import { SHARE_PATTERN } from '../base/quantity.ts'

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

const policy = z.string().min(1).optional().describe('The arm it is about; absent: every arm.')

const metricSchema = z
  .strictObject({
    metric: z.string().min(1).describe('A path into the result, such as models["gpt-oss-20b"].goodput.'),
    policy,
    ...bounds,
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
  .refine((input) => hasBound(input) !== (input.versus !== undefined), {
    error: 'needs either a bound (at_most, at_least, equals) or `versus` with `improves_by`',
  })
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
  })
  .refine(hasBound, { error: 'needs a bound on the number of rows: at_most, at_least or equals' })
  .transform((input) => ({ kind: 'row' as const, ...input }))

function hasBound(input: { at_most?: unknown; at_least?: unknown; equals?: unknown }): boolean {
  return input.at_most !== undefined || input.at_least !== undefined || input.equals !== undefined
}

export const expectationSchema = z.union([metricSchema, rowSchema])

export type ScenarioExpectation = z.output<typeof expectationSchema>
