/**
 * What is wrong with a Mac for as long as the run lasts: `standing:` of a fleet entry. A few Macs always misbehave: nine made
 * 83 % of the errors of June (coordinator-control 5.1), one that reconnected took 13,333 requests and answered none.
 */
import { z } from 'zod'
import { duration, period, share } from '../../../base/config.ts'

export const standingSchema = z
  .strictObject({
    broken: z
      .literal(true)
      .optional()
      .describe('Its engines fail whatever they are given: it accepts requests and answers each with a 500 at once.'),
    slow: share()
      .refine((value) => value >= 0.01, { error: 'must be at least 1%; a GPU that stands still is a `stall`' })
      .optional()
      .describe('Its GPU has this share of the speed it should have.'),
    reconnects: period()
      .optional()
      .describe(
        'Mean time between losses of its connection, exponential. It registers anew at once, and the breakers, which know connections, start clean.',
      ),
    after_update: z
      .strictObject({
        attestation_lost: share().describe('Share of its updates after which it answers no attestation challenge …'),
        for: duration().optional().describe('… for so long. Absent: until the run ends.'),
      })
      .optional()
      .describe('What an update of its program, from the timeline or by `churn:`, does to its attestation.'),
  })
  .refine((standing) => Object.values(standing).some((value) => value !== undefined), { error: 'says nothing' })
