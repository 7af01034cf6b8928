/**
 * The arithmetic of jumping. Busy engines take turns, and while nothing changes each one's step grows by a constant,
 * so the n-th round (from 0) of all of them lasts first + growth n, and n rounds last n first + growth n(n-1)/2: whole
 * nanoseconds, exact in a double as long as the sum stays below 2^53.
 */

/**
 * Times up to here keep every product below exact: 52 days, and the longest run has 31. What would end later is never seen
 * to end.
 */
export const NANOS_MAX = 2 ** 52

/** Nanoseconds the first `rounds` rounds last together. */
export function roundsNanos(first: number, growth: number, rounds: number): number {
  return rounds * first + growth * ((rounds * (rounds - 1)) / 2)
}

/** How many rounds are over after `elapsed` nanoseconds. `first` is positive, `growth` is not negative. */
export function roundsWithin(first: number, growth: number, elapsed: number): number {
  if (elapsed < first) return 0
  // Root of growth/2 n^2 + (first - growth/2) n = elapsed in the form without cancellation; a guess, then made exact.
  const linear = first - growth / 2
  let rounds = Math.floor((2 * elapsed) / (linear + Math.sqrt(linear * linear + 2 * growth * elapsed)))
  while (roundsNanos(first, growth, rounds) > elapsed) rounds--
  while (roundsNanos(first, growth, rounds + 1) <= elapsed) rounds++
  return rounds
}
