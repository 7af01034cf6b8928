/**
 * Fewest requests in flight, whatever the Mac: what most load balancers do. It knows nothing of cold models, slow chips and
 * long prompts, which is what it is here to be compared with.
 */
import { definePolicy } from '../../plug/index.ts'

export const leastLoaded = definePolicy({
  name: 'least-loaded',
  about: 'fewest requests in flight',
  // One request more is one more: scores are counts here, not milliseconds.
  nearTie_ms: 0,
  score: (_request, machine) => machine.pendingCount,
})
