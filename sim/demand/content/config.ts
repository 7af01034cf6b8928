/**
 * Distributions as a scenario writes them: of token counts, of times, and of ratios. The kernel has the samplers; here are
 * the words, the units and the bounds.
 */
import { z } from 'zod'
import { byName, duration, durationWithin, share, wholeWithin, within } from '../../base/config.ts'

/** The longest context that any model is known to take. */
export const TOKENS_MAX = 10_000_000
/** One in forty draws is then 3,000 times the median. */
export const SIGMA_MAX = 4
/** Shares written in per cent are sums of decimal fractions, so their total is off by a few units in the last place. */
const SHARE_TOLERANCE = 1e-9

export const cv = () => within(0.01, 30)
/** Of a Weibull distribution: the coefficient of variation is then from 0.06 to 430. */
export const weibullShape = () => within(0.2, 20)
const sigma = () => within(0, SIGMA_MAX).describe('Of the logarithm.')
const meanTokens = () => within(0.01, TOKENS_MAX)
const tokens = () => wholeWithin(1, TOKENS_MAX)

export const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
export const addsUp = (shares: readonly number[]): boolean => Math.abs(sumOf(shares) - 1) < SHARE_TOLERANCE
/** `must sum to 100%, and sums to 90%` */
export const sumComplaint = (shares: readonly number[]): string =>
  `must sum to 100%, and sums to ${Number((100 * sumOf(shares)).toFixed(6))}%`

/** Points of an inverse distribution function, [probability, value]. */
const quantilesOf = <V extends z.ZodType<number>>(value: V, example: string) =>
  z
    .array(z.tuple([within(0, 1), value]))
    .min(2)
    .superRefine((written, context) => {
      const points = written as readonly (readonly [number, number])[]
      if (points[0]?.[0] !== 0 || points[points.length - 1]?.[0] !== 1) {
        context.addIssue({
          code: 'custom',
          message: `must start at probability 0 and end at 1, such as ${example}`,
        })
      }
      for (let i = 1; i < points.length; i++) {
        if (points[i]![0] <= points[i - 1]![0] || points[i]![1] < points[i - 1]![1]) {
          context.addIssue({ code: 'custom', path: [i], message: 'must lie above the point before it' })
        }
      }
    })

const atLeastMin = { path: ['max'], error: 'must be at least `min`' }
const aboveMin = { path: ['max'], error: 'must be more than `min`' }

const always = tokens().describe('Always this many tokens.')

const simpleMaps = [
  z.strictObject({ constant: tokens() }),
  z.strictObject({ lognormal: z.strictObject({ median: meanTokens(), sigma: sigma() }) }),
  z.strictObject({ exponential: z.strictObject({ mean: meanTokens() }) }),
  z.strictObject({ gamma: z.strictObject({ mean: meanTokens(), cv: cv() }) }),
  z.strictObject({
    uniform: z.strictObject({ min: tokens(), max: tokens() }).refine(({ min, max }) => max >= min, atLeastMin),
  }),
  z.strictObject({
    pareto: z
      .strictObject({
        min: meanTokens(),
        alpha: within(0.1, 10).describe('The share above x is (min / x)^alpha.'),
        max: meanTokens().describe('Nothing is longer: the distribution is cut off here.'),
      })
      .refine(({ min, max }) => max > min, aboveMin),
  }),
  z.strictObject({
    quantiles: quantilesOf(within(0, TOKENS_MAX), '[[0, 1], [0.5, 100], [1, 900]]').describe(
      'Grid of [probability, tokens]; straight lines in between, the last cell (the tail) in log space.',
    ),
  }),
  z.strictObject({
    choices: byName(share())
      .superRefine((shares, context) => {
        for (const key of Object.keys(shares)) {
          if (/^[1-9]\d*$/.test(key) && Number(key) <= TOKENS_MAX) continue
          const message = `is no whole number of tokens from 1 to ${TOKENS_MAX}`
          context.addIssue({ code: 'custom', path: [key], message })
        }
      })
      .refine((shares) => addsUp(Object.values(shares)), {
        error: (issue) => sumComplaint(Object.values(issue.input as { [tokens: string]: number })),
      })
      .describe('A few values and the share of each, such as {1024: 30%, 4096: 70%}.'),
  }),
] as const

const mixture = z.strictObject({
  mixture: z
    .array(z.strictObject({ share: share(), of: z.union([always, ...simpleMaps]) }))
    .min(1)
    .refine((parts) => addsUp(parts.map((part) => part.share)), {
      error: (issue) => sumComplaint((issue.input as readonly { share: number }[]).map((part) => part.share)),
    })
    .describe('Several distributions and the share of the draws that each one makes.'),
})

/** Those that are not one number. */
export const lengthMaps = [...simpleMaps, mixture] as const

/** Token counts are whole and at least 1: a draw is rounded to the nearest such number. */
export const lengthDistributionSchema = z.union([always, ...lengthMaps]).describe('A distribution of token counts.')

/** Nobody waits longer for a next request than the longest run lasts. */
const time = () => durationWithin('1us', '744h')

export const timeDistributionSchema = z
  .union([
    duration().describe('Always this long.'),
    z.strictObject({ exponential: z.strictObject({ mean: time() }) }),
    z.strictObject({ lognormal: z.strictObject({ median: time(), sigma: sigma() }) }),
    z.strictObject({ gamma: z.strictObject({ mean: time(), cv: cv() }) }),
    z.strictObject({ weibull: z.strictObject({ mean: time(), shape: weibullShape() }) }),
    z.strictObject({
      uniform: z.strictObject({ min: duration(), max: time() }).refine(({ min, max }) => max >= min, atLeastMin),
    }),
    z.strictObject({
      pareto: z
        .strictObject({
          min: time(),
          alpha: within(0.1, 10).describe(
            'The share above x is (min / x)^alpha: below 2 the variance is that of `max`.',
          ),
          max: time().prefault('24h').describe('Nothing takes longer: the distribution is cut off here.'),
        })
        .refine(({ min, max }) => max > min, aboveMin),
    }),
    z.strictObject({
      quantiles: quantilesOf(duration(), '[[0, 1s], [0.5, 80s], [1, 2h]]').describe(
        'Grid of [probability, time]; straight lines in between, the last cell (the tail) in log space.',
      ),
    }),
  ])
  .describe('A distribution of times.')

const ratio = () => within(0.01, 100)

export const ratioDistributionSchema = z
  .union([
    ratio().describe('Always this ratio.'),
    z.strictObject({ lognormal: z.strictObject({ median: ratio(), sigma: sigma() }) }),
    z.strictObject({
      uniform: z.strictObject({ min: ratio(), max: ratio() }).refine(({ min, max }) => max >= min, atLeastMin),
    }),
    z.strictObject({
      quantiles: quantilesOf(ratio(), '[[0, 0.6], [0.5, 1], [1, 2.5]]').describe(
        'Grid of [probability, ratio]; straight lines in between, the last cell in log space.',
      ),
    }),
  ])
  .describe('A distribution of ratios.')

export type LengthDistribution = z.output<typeof lengthDistributionSchema>
export type TimeDistribution = z.output<typeof timeDistributionSchema>
export type RatioDistribution = z.output<typeof ratioDistributionSchema>
