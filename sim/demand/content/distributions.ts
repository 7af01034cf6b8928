/** A scenario's distributions in the kernel's terms: tokens as they are, times in microseconds. */
import { assertNever } from '../../base/assert.ts'
import { ln, pow } from '../../base/math.ts'
import type { Distribution } from '../../kernel/distributions.ts'
import type { LengthDistribution, RatioDistribution, TimeDistribution } from './config.ts'

/** Straight pieces by which the log-space tail of a quantile grid is drawn: its mean is then within 0.2 % for a tenfold tail (h²/12, h = ln 10 / 16). */
const TAIL_PIECES = 16

export function lengthsInTokens(lengths: LengthDistribution): Distribution {
  if (typeof lengths === 'number') return { kind: 'constant', value: lengths }
  if ('constant' in lengths) return { kind: 'constant', value: lengths.constant }
  if ('lognormal' in lengths) return lognormalOf(lengths.lognormal)
  if ('exponential' in lengths) return { kind: 'exponential', mean: lengths.exponential.mean }
  if ('gamma' in lengths) return gammaOfCv(lengths.gamma)
  // Whole numbers from min to max, each equally likely once rounded.
  if ('uniform' in lengths) {
    return { kind: 'uniform', min: lengths.uniform.min - 0.5, max: lengths.uniform.max + 0.5 }
  }
  if ('pareto' in lengths) return { kind: 'pareto', ...lengths.pareto }
  if ('quantiles' in lengths) return { kind: 'empirical', points: withLogTail(lengths.quantiles) }
  if ('choices' in lengths) {
    const parts = Object.entries(lengths.choices).map(([value, weight]) => ({
      weight,
      of: { kind: 'constant', value: Number(value) } as const,
    }))
    return { kind: 'mixture', parts }
  }
  if ('mixture' in lengths) {
    return {
      kind: 'mixture',
      parts: lengths.mixture.map(({ share, of }) => ({ weight: share, of: lengthsInTokens(of) })),
    }
  }
  return assertNever(lengths)
}

export function timesInMicros(times: TimeDistribution): Distribution {
  if (typeof times === 'number') return { kind: 'constant', value: times }
  if ('exponential' in times) return { kind: 'exponential', mean: times.exponential.mean }
  if ('lognormal' in times) return lognormalOf(times.lognormal)
  if ('gamma' in times) return gammaOfCv(times.gamma)
  if ('weibull' in times) return { kind: 'weibull', ...times.weibull }
  if ('uniform' in times) return { kind: 'uniform', ...times.uniform }
  if ('pareto' in times) return { kind: 'pareto', ...times.pareto }
  if ('quantiles' in times) return { kind: 'empirical', points: withLogTail(times.quantiles) }
  return assertNever(times)
}

export function ratios(spec: RatioDistribution): Distribution {
  if (typeof spec === 'number') return { kind: 'constant', value: spec }
  if ('lognormal' in spec) return lognormalOf(spec.lognormal)
  if ('uniform' in spec) return { kind: 'uniform', ...spec.uniform }
  if ('quantiles' in spec) return { kind: 'empirical', points: withLogTail(spec.quantiles) }
  return assertNever(spec)
}

const lognormalOf = ({ median, sigma }: { readonly median: number; readonly sigma: number }): Distribution => ({
  kind: 'lognormal',
  mu: ln(median),
  sigma,
})

const gammaOfCv = ({ mean, cv }: { readonly mean: number; readonly cv: number }): Distribution => ({
  kind: 'gamma',
  mean,
  shape: 1 / (cv * cv),
})

/** The last cell of a grid is the tail: wide, and dense at its lower end. Straight lines would put its mean far too high. */
function withLogTail(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const [from, to] = [points[points.length - 2]!, points[points.length - 1]!]
  if (from[1] <= 0 || to[1] === from[1]) return points
  const ratio = to[1] / from[1]
  const tail: (readonly [number, number])[] = []
  for (let i = 1; i < TAIL_PIECES; i++) {
    const part = i / TAIL_PIECES
    tail.push([from[0] + (to[0] - from[0]) * part, from[1] * pow(ratio, part)])
  }
  return [...points.slice(0, -1), ...tail, to]
}
