/**
 * What may go wrong with a Mac by chance: `churn:` of a fleet entry. All frequencies are the author's: none is published.
 * PR-* cite provider-runtime.md by section.
 */
import { z } from 'zod'
import { period, share, within } from '../../../base/config.ts'

const spells = <T extends z.ZodRawShape>(more: T) =>
  z.strictObject({
    every: period().describe('Mean time from the end of one to the next; exponential.'),
    for: period().describe('Mean time each lasts; exponential.'),
    ...more,
  })

/** Four sigmas are a factor of 3,000. */
const SIGMA_MAX = 2

/** How long a Mac stays, or stays away. */
const stay = () =>
  z.union([
    period(),
    z.strictObject({
      median: period().describe('Half of them are shorter.'),
      sigma: within(0, SIGMA_MAX).describe('Of the logarithm.'),
    }),
  ])

export const churnSchema = z
  .strictObject({
    session: stay()
      .optional()
      .describe(
        'How long the program runs: a mean, exponential, or `{median, sigma}` of a lognormal. Give it with `away`.',
      ),
    away: stay()
      .optional()
      .describe('How long it does not run, likewise. It is restarted afterwards: nothing is loaded.'),
    at_start: z
      .enum(['running', 'by_chance'])
      .optional()
      .describe(
        'by_chance: as if sessions had come and gone for ever, so that a Mac is away with the share of time that it is. Absent: it runs.',
      ),
    crashes: period()
      .optional()
      .describe(
        'Mean time between crashes of the program; exponential. A watchdog restarts it after 5-6 minutes (PR-1).',
      ),
    drops: period()
      .optional()
      .describe('Mean time between losses of the connection; exponential. It reconnects by back-off (PR-8).'),
    sleeps: spells({})
      .optional()
      .describe('The Mac sleeps; after more than 30 s its connection is lost on waking (PR-8). Models stay resident.'),
    stalls: spells({})
      .optional()
      .describe('The GPU stands still: requests are accepted and never answered, a black hole.'),
    silences: spells({}).optional().describe('Heartbeats are lost; everything else goes on.'),
    breakdowns: spells({})
      .optional()
      .describe('Engines fail whatever they are given: requests are accepted and answered 500 at once.'),
    slow: spells({
      speed: share()
        .refine((value) => value >= 0.01, { error: 'must be at least 1%; GPUs that stand still are `stalls`' })
        .describe(
          'Of the GPU, in per cent of what it would be, from the middle of a step on; the lowest of those that last.',
        ),
    })
      .optional()
      .describe('The GPU is slowed down by something unknown.'),
    updates: period()
      .optional()
      .describe('Mean time between updates; exponential. Each drains for up to 120 s and restarts the program (PR-8).'),
  })
  .refine((churn) => (churn.session === undefined) === (churn.away === undefined), {
    error: 'needs `session` and `away` together',
  })
  .refine((churn) => churn.at_start !== 'by_chance' || churn.session !== undefined, {
    error: 'needs `session` and `away`',
    path: ['at_start'],
  })

/** A mean, or median and sigma. */
export type Stay = z.output<ReturnType<typeof stay>>
