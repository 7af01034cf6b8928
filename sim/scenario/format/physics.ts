/** How sure a run is of its Macs: as calibrated, or off by what the calibration is known to be off by. */
import { z } from 'zod'

export const physicsSchema = z
  .strictObject({
    error: z
      .enum(['none', 'calibrated'])
      .default('none')
      .describe(
        '`calibrated`: every class of Macs (chip and memory) decodes, prefills, batches and loads faster or slower by factors drawn per seed from the residuals of the calibration, the same ones whatever the policy. `compare` then plays every seed without them as well and says what is the seeds’ part of a difference and what the model’s.',
      ),
  })
  .describe('What the Mac model does not know.')
