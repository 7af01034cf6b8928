/**
 * What may go wrong with a Mac by chance: `churn:` of a fleet entry. All frequencies are the author's: none is published.
 * PR-* cite provider-runtime.md by section.
 */
import { z } from 'zod'
import { period, share } from '../../../base/config.ts'

const spells = <T extends z.ZodRawShape>(more: T) =>
  z.strictObject({
    every: period().describe('Mean time from the end of one to the next; exponential.'),
    for: period().describe('Mean time each lasts; exponential.'),
    ...more,
  })

export const churnSchema = z
  .strictObject({
    session: period().optional().describe('Mean time the program runs; exponential. Give it with `away`.'),
    away: period()
      .optional()
      .describe('Mean time it does not run; exponential. It is restarted afterwards: nothing is loaded.'),
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
