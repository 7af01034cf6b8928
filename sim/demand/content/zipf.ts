/** Shares by Zipf's law: that of the k-th largest is proportional to k^-exponent. */
import { pow } from '../../base/math.ts'

/** Largest first; they sum to 1. */
export function zipfShares(count: number, exponent: number): Float64Array {
  const shares = new Float64Array(count)
  let sum = 0
  for (let k = 0; k < count; k++) sum += shares[k] = pow(k + 1, -exponent)
  for (let k = 0; k < count; k++) shares[k] = shares[k]! / sum
  return shares
}

/** The running sums of shares, the last being 1, for `placeOf`. */
export function cumulated(shares: Float64Array): Float64Array {
  const sums = new Float64Array(shares.length)
  let sum = 0
  for (let k = 0; k < shares.length; k++) sums[k] = sum += shares[k]!
  sums[shares.length - 1] = 1
  return sums
}

/** Whose part of [0, 1) a number lies in. */
export function placeOf(sums: Float64Array, u: number): number {
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (u < sums[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
