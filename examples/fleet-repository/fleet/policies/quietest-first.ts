/** The Mac with the fewest requests in flight, and of equal ones the one that answers first. */
import { definePolicy } from 'fleetlab/plug'

/** One request more weighs as much as waiting this long. */
const REQUEST_MS = 400

export default definePolicy({
  name: 'quietest-first',
  about: 'fewest requests in flight, then the shortest wait',
  score: (_request, machine) => machine.pendingCount * REQUEST_MS + machine.cost.ttft_ms,
})
