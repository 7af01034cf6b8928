/**
 * An interval for the mean of bounded values that assumes nothing of their shape: the hedged capital of Waudby-Smith and Ramdas (J. R.
 * Stat. Soc. B 86, 2024, 1). A gambler bets against each possible mean, seed by seed; the means that have not made him rich are
 * left. Valid at every n, also for values in two humps of which one has hardly been seen, and also when somebody looks
 * after every seed; the price is width, so it stands where nothing narrower is honest.
 */
import { assert } from '../../base/assert.ts'
import { ln } from '../../base/math.ts'
import type { Bounds, Interval } from './interval.ts'

/** Never stake more than this share of what the worst value could take. */
const STAKE_MAX = 0.5
/** Steps of the bisection; the interval is exact to 2^-40 of the bounds' width, outwards. */
const STEPS = 40

export function boundedMeanInterval(values: readonly number[], bounds: Bounds, level: number): Interval {
  const [least, most] = bounds
  const width = most - least
  assert(width > 0 && values.length > 0, 'betting: needs values between two bounds')
  const shares = values.map((value) => Math.min(1, Math.max(0, (value - least) / width)))
  const alpha = 1 - level
  const stakes = stakesFor(shares, alpha)
  const rich = (mean: number): boolean => capital(shares, stakes, mean) >= 1 / alpha
  const centre = shares.reduce((sum, share) => sum + share, 0) / shares.length
  // The capital is quasi-convex in the mean, least near the sample's own, so each end is one bisection.
  const end = (outer: number): number => {
    if (!rich(outer)) return outer
    let [lost, left] = [outer, centre]
    for (let step = 0; step < STEPS; step += 1) {
      const middle = (lost + left) / 2
      if (rich(middle)) lost = middle
      else left = middle
    }
    return lost
  }
  return [least + end(0) * width, least + end(1) * width]
}

/** What to stake on each value, from those before it: more when they scatter little. */
function stakesFor(shares: readonly number[], alpha: number): readonly number[] {
  const n = shares.length
  let sum = 1 / 2
  let squares = 1 / 4
  let variance = 1 / 4
  return shares.map((share, i) => {
    const stake = Math.sqrt((2 * ln(2 / alpha)) / (n * variance))
    sum += share
    const mean = sum / (i + 2)
    squares += (share - mean) * (share - mean)
    variance = squares / (i + 2)
    return stake
  })
}

function capital(shares: readonly number[], stakes: readonly number[], mean: number): number {
  let up = 1
  let down = 1
  for (const [i, share] of shares.entries()) {
    up *= 1 + Math.min(stakes[i]!, STAKE_MAX / mean) * (share - mean)
    down *= 1 - Math.min(stakes[i]!, STAKE_MAX / (1 - mean)) * (share - mean)
  }
  return Math.max(up / 2, down / 2)
}
