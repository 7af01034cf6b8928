/** When a run counts as collapsed: written down before it runs, so that nobody chooses it to fit. */
import { z } from 'zod'
import { durationWithin, share } from '../../base/config.ts'

export const collapseSchema = z.strictObject({
  window: durationWithin('10s', '24h').prefault('5m').describe('Goodput is read over windows of this length.'),
  up: share().prefault('80%').describe('Goodput of a window from which a model is up, and has recovered.'),
  below: share().prefault('50%').describe('Share of its best window so far below which a model is down.'),
  lasts: durationWithin('10s', '168h')
    .prefault('10m')
    .describe('How long it must be down to have collapsed, and up to have recovered.'),
})
