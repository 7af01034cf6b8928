/** What the benchmark of surfaces runs: it reads the price and the load of every candidate, and picks among all of them. */
import { definePolicy, whole } from '../../sim/plug/index.ts'

export default definePolicy({
  name: 'scores-and-picks',
  about: 'for the benchmark: a price with a term of its own, and two choices by chance',
  parameters: { perWaiter_ms: whole(500, 'added for each request there', { min: 0 }) },
  score: (_request, machine, view) => machine.cost.cost_ms + view.parameters.perWaiter_ms * machine.queue,
  pick(_request, candidates, draw) {
    const one = candidates[draw.below(candidates.length)]!
    const other = candidates[draw.below(candidates.length)]!
    if (one.preferred !== other.preferred) return one.preferred ? one : other
    return one.score <= other.score ? one : other
  },
})
