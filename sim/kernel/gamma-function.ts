/**
 * Euler's gamma function, for the moments of a Weibull distribution. Lanczos' approximation with g = 7 and nine terms
 * (the coefficients as Godfrey published them in 2001; relative error below 1e-14), by sim/base/math.ts, so that a mean has the
 * same bits in every engine.
 */
import { assert } from '../base/assert.ts'
import { exp, ln } from '../base/math.ts'

const G = 7
const FIRST = 0.99999999999980993227684700473478
const TERMS = [
  676.520368121885098567009190444019, -1259.13921672240287047156078755283, 771.3234287776530788486528258894,
  -176.61502916214059906584551354, 12.507343278686904814458936853, -0.13857109526572011689554707,
  9.984369578019570859563e-6, 1.50563273514931155834e-7,
]
const HALF_LN_TWO_PI = 0.91893853320467274178

/** Of x from 1/2 up; Infinity above 171. */
export function gammaOf(x: number): number {
  assert(x >= 0.5, 'gamma function: of a number of 1/2 or more')
  const z = x - 1
  let sum = FIRST
  for (const [i, term] of TERMS.entries()) sum += term / (z + i + 1)
  const t = z + G + 0.5
  return sum * exp((z + 0.5) * ln(t) - t + HALF_LN_TWO_PI)
}
