/**
 * The decode floor with exploration: now and then a request goes to a Mac below the floor, because only a request shows whether it
 * still is. What exploring costs is the share of requests that meet a Mac which is.
 */
import { definePolicy, real } from '../../plug/index.ts'

export const exploringFloor = definePolicy({
  name: 'exploring-floor',
  about: 'decode floor; one request in so many tries a Mac below it',
  parameters: {
    floor_tps: real(15, 'decode rate wanted', { min: 0, unit: 'tok/s' }),
    explore: real(0.02, 'share of requests that try a Mac below it', { min: 0, max: 1 }),
  },
  counters: ['explored'],
  pick(_request, candidates, draw, view) {
    const below = candidates.filter((machine) => machine.projectedTps < view.parameters.floor_tps)
    if (below.length === 0 || draw.uniform() >= view.parameters.explore) return undefined
    view.count('explored')
    return below[draw.below(below.length)]
  },
})
