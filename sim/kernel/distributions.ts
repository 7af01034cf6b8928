/**
 * Distributions as data (so a scenario can hold them) and their samplers. Everything is computed with sim/base/math.ts,
 * so the same stream gives the same values in every engine. Values have the unit of their parameters; callers turn
 * them into whole microseconds or tokens at once.
 *
 * Methods: inversion where it is cheap (uniform, empirical), the ziggurat for the exponential (exponential.ts), ratio of uniforms with Leva's quick bounds
 * for the normal (ACM TOMS 18, 1992; a logarithm in 1 % of draws only), Marsaglia and Tsang for the gamma (ACM TOMS 26,
 * 2000). A sampler keeps no state of its own between draws, so it may serve many streams.
 */
import { assert, assertNever } from '../base/assert.ts'
import { exp, ln, pow } from '../base/math.ts'
import { standardExponential } from './exponential.ts'
import { gammaOf } from './gamma-function.ts'
import type { RandomStream } from './scheduler.ts'

export type Distribution =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in [min, max). */
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly sd: number }
  /** e^N(mu, sigma^2); `lognormal(mean, cv)` below gives the parameters. */
  | { readonly kind: 'lognormal'; readonly mu: number; readonly sigma: number }
  /** Squared coefficient of variation 1 / shape. */
  | { readonly kind: 'gamma'; readonly mean: number; readonly shape: number }
  /** Shape below 1: a heavier tail than the exponential's; 1: the exponential. */
  | { readonly kind: 'weibull'; readonly mean: number; readonly shape: number }
  /** From `min` on, (min / x)^alpha of it lies above x; cut off at `max`, as if drawn again until it is below. */
  | { readonly kind: 'pareto'; readonly min: number; readonly max: number; readonly alpha: number }
  /** Weights are relative; they need not add up to 1. */
  | { readonly kind: 'mixture'; readonly parts: readonly MixturePart[] }
  /** Quantiles, linear in between: points (p, value) from p = 0 to p = 1, both rising. */
  | { readonly kind: 'empirical'; readonly points: readonly (readonly [p: number, value: number])[] }

export interface MixturePart {
  readonly weight: number
  readonly of: Distribution
}

export type Sampler = (stream: RandomStream) => number

/** The lognormal with this mean and coefficient of variation. */
export function lognormal(mean: number, cv: number): Distribution {
  assert(mean > 0 && cv > 0, 'distribution: a lognormal has a positive mean and cv')
  const sigmaSquared = ln(1 + cv * cv)
  return { kind: 'lognormal', mu: ln(mean) - sigmaSquared / 2, sigma: Math.sqrt(sigmaSquared) }
}

/** The two-branch hyperexponential with balanced means (each branch carries half of the load); cv above 1. */
export function hyperexponential(mean: number, cv: number): Distribution {
  assert(mean > 0 && cv > 1, 'distribution: a hyperexponential has a positive mean and a cv above 1')
  const p = (1 + Math.sqrt((cv * cv - 1) / (cv * cv + 1))) / 2
  return {
    kind: 'mixture',
    parts: [
      { weight: p, of: { kind: 'exponential', mean: mean / (2 * p) } },
      { weight: 1 - p, of: { kind: 'exponential', mean: mean / (2 * (1 - p)) } },
    ],
  }
}

/** A function that draws one value. Throws InvariantError on parameters that make no sense: scenarios check theirs first. */
export function sampler(spec: Distribution): Sampler {
  switch (spec.kind) {
    case 'constant':
      return () => spec.value
    case 'uniform': {
      const { min, max } = spec
      assert(min <= max, 'distribution: uniform needs min <= max')
      return (stream) => min + (max - min) * stream.uniform()
    }
    case 'exponential': {
      const { mean } = spec
      assert(mean >= 0 && mean < Infinity, 'distribution: an exponential has a finite mean of 0 or more')
      return (stream) => mean * standardExponential(stream)
    }
    case 'normal': {
      const { mean, sd } = spec
      assert(sd >= 0, 'distribution: a normal has an sd of 0 or more')
      return (stream) => mean + sd * standardNormal(stream)
    }
    case 'lognormal': {
      const { mu, sigma } = spec
      assert(sigma >= 0, 'distribution: a lognormal has a sigma of 0 or more')
      return (stream) => exp(mu + sigma * standardNormal(stream))
    }
    case 'gamma':
      return gammaSampler(spec.mean, spec.shape)
    case 'weibull': {
      const { mean, shape } = spec
      assert(shape > 0 && mean >= 0, 'distribution: a weibull has a positive shape and a mean of 0 or more')
      const scale = mean / gammaOf(1 + 1 / shape)
      return (stream) => scale * pow(standardExponential(stream), 1 / shape)
    }
    case 'pareto': {
      const { min, max, alpha } = spec
      assert(0 < min && min < max && max < Infinity && alpha > 0, 'distribution: a pareto has 0 < min < max, alpha > 0')
      const within = 1 - pow(min / max, alpha)
      return (stream) => Math.min(max, min * pow(1 - within * stream.uniform(), -1 / alpha))
    }
    case 'mixture':
      return mixtureSampler(spec.parts)
    case 'empirical':
      return empiricalSampler(spec.points)
    default:
      return assertNever(spec)
  }
}

export function meanOf(spec: Distribution): number {
  switch (spec.kind) {
    case 'constant':
      return spec.value
    case 'uniform':
      return (spec.min + spec.max) / 2
    case 'exponential':
    case 'normal':
    case 'gamma':
    case 'weibull':
      return spec.mean
    case 'pareto':
      return paretoMoment(spec, 1)
    case 'lognormal':
      return exp(spec.mu + (spec.sigma * spec.sigma) / 2)
    case 'mixture':
      return weighted(spec.parts, meanOf)
    case 'empirical':
      return overSegments(spec.points, (a, b) => (a + b) / 2)
    default:
      return assertNever(spec)
  }
}

export function varianceOf(spec: Distribution): number {
  switch (spec.kind) {
    case 'constant':
      return 0
    case 'uniform':
      return squared(spec.max - spec.min) / 12
    case 'exponential':
      return spec.mean * spec.mean
    case 'normal':
      return spec.sd * spec.sd
    case 'lognormal':
      return (exp(spec.sigma * spec.sigma) - 1) * exp(2 * spec.mu + spec.sigma * spec.sigma)
    case 'gamma':
      return (spec.mean * spec.mean) / spec.shape
    case 'weibull':
      return squared(spec.mean) * (gammaOf(1 + 2 / spec.shape) / squared(gammaOf(1 + 1 / spec.shape)) - 1)
    case 'pareto':
      return paretoMoment(spec, 2) - squared(paretoMoment(spec, 1))
    case 'mixture': {
      const centre = meanOf(spec)
      return weighted(spec.parts, (part) => varianceOf(part) + squared(meanOf(part) - centre))
    }
    case 'empirical': {
      const centre = meanOf(spec)
      return overSegments(spec.points, (a, b) => (a * a + a * b + b * b) / 3) - centre * centre
    }
    default:
      return assertNever(spec)
  }
}

/** Leva's bounds: inside the inner ellipse accept, outside the outer reject, in between ask the logarithm. */
function standardNormal(stream: RandomStream): number {
  for (;;) {
    const u = 1 - stream.uniform()
    const v = 1.7156 * (stream.uniform() - 0.5)
    const x = u - 0.449871
    const y = Math.abs(v) + 0.386595
    const q = x * x + y * (0.196 * y - 0.25472 * x)
    if (q < 0.27597) return v / u
    if (q <= 0.27846 && v * v <= -4 * u * u * ln(u)) return v / u
  }
}

function gammaSampler(mean: number, shape: number): Sampler {
  assert(shape > 0 && mean >= 0, 'distribution: a gamma has a positive shape and a mean of 0 or more')
  const scale = mean / shape
  if (shape >= 1) return (stream) => scale * standardGamma(stream, shape)
  // Gamma(a) = Gamma(a + 1) U^(1/a): the method itself needs a shape of 1 or more.
  const power = 1 / shape
  return (stream) => scale * standardGamma(stream, shape + 1) * pow(1 - stream.uniform(), power)
}

function standardGamma(stream: RandomStream, shape: number): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = standardNormal(stream)
    const root = 1 + c * x
    if (root <= 0) continue
    const v = root * root * root
    const u = 1 - stream.uniform()
    const square = x * x
    if (u < 1 - 0.0331 * square * square) return d * v
    if (ln(u) < 0.5 * square + d * (1 - v + ln(v))) return d * v
  }
}

function mixtureSampler(parts: readonly MixturePart[]): Sampler {
  const total = totalWeight(parts)
  const samplers = parts.map((part) => sampler(part.of))
  const shares = parts.map((part) => part.weight / total)
  const last = parts.length - 1
  return (stream) => {
    let rest = stream.uniform()
    let i = 0
    while (i < last && rest >= shares[i]!) rest -= shares[i++]!
    return samplers[i]!(stream)
  }
}

function empiricalSampler(points: readonly (readonly [number, number])[]): Sampler {
  checkPoints(points)
  const ps = Float64Array.from(points, ([p]) => p)
  const values = Float64Array.from(points, ([, value]) => value)
  return (stream) => {
    const u = stream.uniform()
    let low = 0
    let high = ps.length - 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (ps[middle]! <= u) low = middle
      else high = middle
    }
    const span = ps[high]! - ps[low]!
    return values[low]! + (values[high]! - values[low]!) * ((u - ps[low]!) / span)
  }
}

/** Mean of x^k. */
function paretoMoment({ min, max, alpha }: Extract<Distribution, { kind: 'pareto' }>, k: number): number {
  const within = 1 - pow(min / max, alpha)
  const area = alpha === k ? ln(max / min) : (pow(max / min, k - alpha) - 1) / (k - alpha)
  return (alpha * pow(min, k) * area) / within
}

function totalWeight(parts: readonly MixturePart[]): number {
  const total = parts.reduce((sum, part) => sum + part.weight, 0)
  assert(total > 0 && parts.every((part) => part.weight >= 0), 'distribution: mixture weights are 0 or more, not all 0')
  return total
}

function weighted(parts: readonly MixturePart[], value: (of: Distribution) => number): number {
  return parts.reduce((sum, part) => sum + part.weight * value(part.of), 0) / totalWeight(parts)
}

/** Integral over p of a function whose mean on each linear piece is known from the piece's two ends. */
function overSegments(points: readonly (readonly [number, number])[], pieceMean: (a: number, b: number) => number) {
  checkPoints(points)
  let sum = 0
  for (let i = 1; i < points.length; i++) {
    const [p0, a] = points[i - 1]!
    const [p1, b] = points[i]!
    sum += (p1 - p0) * pieceMean(a, b)
  }
  return sum
}

function checkPoints(points: readonly (readonly [number, number])[]): void {
  assert(points.length >= 2, 'distribution: empirical needs two points or more')
  assert(points[0]![0] === 0 && points[points.length - 1]![0] === 1, 'distribution: empirical runs from p = 0 to p = 1')
  for (let i = 1; i < points.length; i++) {
    const rising = points[i]![0] > points[i - 1]![0] && points[i]![1] >= points[i - 1]![1]
    assert(rising, 'distribution: p and value of empirical points rise')
  }
}

/** Not `**`: engines may compute it as they compute Math.pow. */
function squared(x: number): number {
  return x * x
}
