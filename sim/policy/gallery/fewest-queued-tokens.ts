/**
 * The shortest time until this request's turn, counted in tokens and not in requests: ten short answers are less work than one
 * long one. A model that is not resident costs its load.
 */
import { definePolicy } from '../../plug/index.ts'

export const fewestQueuedTokens = definePolicy({
  name: 'fewest-queued-tokens',
  about: 'least work ahead: tokens queued there over its decode rate',
  score: (_request, machine) => machine.cost.state_ms + (machine.queuedTokens / machine.decodeTps) * 1_000,
})
