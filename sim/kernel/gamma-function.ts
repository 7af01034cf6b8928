/**
 * Euler's gamma function, for the moments of a Weibull distribution. Lanczos' approximation with g = 7 and nine terms
 * (the coefficients as Godfrey published them in 2001; relative error below 1e-14), by sim/base/math.ts, so that a mean has the
 * same bits in every engine.
 */
import { assert } from '../base/assert.ts'
import { exp, ln } from '../base/math.ts'

const G = 7
const FIRST = 0.9999999999998099
const TERMS = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
]
const HALF_LN_TWO_PI = 0.9189385332046728

/** Of x from 1/2 up; Infinity above 171. */
export function gammaOf(x: number): number {
  assert(x >= 0.5, 'gamma function: of a number of 1/2 or more')
  const z = x - 1
  let sum = FIRST
  for (const [i, term] of TERMS.entries()) sum += term / (z + i + 1)
  const t = z + G + 0.5
  return sum * exp((z + 0.5) * ln(t) - t + HALF_LN_TWO_PI)
}
