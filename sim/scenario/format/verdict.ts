/** Differences too small to matter: inside them two arms are equivalent, whatever the number of seeds. */
import { z } from 'zod'
import { share } from '../../base/config.ts'

export const verdictSchema = z.strictObject({
  share: share().prefault('1%').describe('Of figures that are shares, in points: 1% is one point of goodput.'),
  relative: share().prefault('5%').describe('Of all others, as a share of the baseline.'),
})
