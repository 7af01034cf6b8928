/**
 * The synthetic twin of a log: a stream that a scenario can draw anew for every seed, with the log's rate, burstiness,
 * lengths and mix. Arrivals are Poisson where the log's look so, otherwise a Cox process, whose rate wanders: its standard
 * deviation, its memory and the scatter of its gaps are fitted to the counts in windows of 1, 10 and 60 s. Lengths are grids
 * of quantiles. How close it comes is measured on the twin itself, drawn several times.
 */
import { exp, ln } from '../../base/math.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { type ArrivalFigures, ArrivalTally, WINDOWS_S } from './arrival-figures.ts'
import type { LengthPool } from './length-pool.ts'

export type ArrivalFit =
  | { readonly kind: 'poisson'; readonly rate_per_s: number }
  | {
      readonly kind: 'cox'
      readonly rate_per_s: number
      readonly sd: number
      readonly time_constant_s: number
      readonly cv: number
    }

/** A grid of [probability, tokens]. */
export type QuantileGrid = readonly (readonly [probability: number, tokens: number])[]

export interface TwinFit {
  readonly arrivals: ArrivalFit
  readonly prompt: QuantileGrid
  readonly output: QuantileGrid
}

/** Figures of the log beside the mean of the twins. */
export interface Closeness {
  readonly rate_per_s: Pair
  readonly gap_cv: Pair
  readonly fano: { readonly [window in (typeof WINDOWS_S)[number]]: Pair }
  /** Largest gap between the distribution functions of log and twin. */
  readonly prompt_ks: number
  readonly output_ks: number
  /** Of the ranks of prompt and output in the log; the twin draws them independently. */
  readonly length_correlation: number | null
  readonly twins: number
}

export interface Pair {
  readonly log: number | null
  readonly twin: number | null
}

/** So near 1 are the Fano factors of a Poisson stream of 200 windows, nineteen times of twenty. */
const POISSON_WITHIN = 0.2
const TIME_CONSTANTS_S = [2, 5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560] as const
const SDS = Array.from({ length: 60 }, (_, i) => 0.025 * (i + 1))
const CV_MIN = 0.05
const CV_MAX = 10

/** So many arrivals at one instant with another are the ticks of a clock, not of the users. */
const TICKING = 0.2

/** Seconds between the ticks of the log's clock; 0: it is fine enough not to show. */
export function tickOf({ ties, requests, span_s }: ArrivalFigures): number {
  const instants = requests - ties
  return ties < TICKING * requests || instants < 2 ? 0 : span_s / (instants - 1)
}

export function fitArrivals(figures: ArrivalFigures): ArrivalFit {
  const { rate_per_s } = figures
  const tick = tickOf(figures)
  const gap_cv = tick > 0 ? null : figures.gap_cv
  const fanos = WINDOWS_S.flatMap((window) => {
    const fano = figures.fano[window]
    // What happened between two ticks nobody knows.
    return fano === null || window < 2 * tick ? [] : [{ window, fano }]
  })
  const gapsFit = gap_cv === null || Math.abs(gap_cv - 1) <= POISSON_WITHIN
  if (gapsFit && fanos.every(({ fano }) => Math.abs(fano - 1) <= POISSON_WITHIN)) return { kind: 'poisson', rate_per_s }
  let best: { readonly fit: ArrivalFit; readonly miss: number } | undefined
  for (const time_constant_s of TIME_CONSTANTS_S) {
    for (const sd of SDS) {
      const excess = fanos.map(({ window }) => rate_per_s * wanderOf(sd, time_constant_s, window))
      const cv = cvFor(fanos, excess, gap_cv)
      const miss = fanos.reduce(
        (sum, { fano }, i) => {
          const off = ln(Math.max(fano, 1e-3) / (cv * cv + excess[i]!))
          return sum + off * off
        },
        gap_cv === null ? 0 : square(ln(gap_cv / cv)) / 4,
      )
      if (best === undefined || miss < best.miss)
        best = { fit: { kind: 'cox', rate_per_s, sd, time_constant_s, cv: rounded(cv) }, miss }
    }
  }
  return best?.fit ?? { kind: 'poisson', rate_per_s }
}

const square = (value: number): number => value * value
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000

/**
 * What the wandering of the rate adds to Fano's factor, per request and second: 2 / T times the integral of (T - u) c(u) over
 * the window T, c being the covariance of a rate whose logarithm forgets exponentially.
 */
function wanderOf(sd: number, time_constant: number, window: number): number {
  const steps = 32
  let sum = 0
  for (let i = 0; i < steps; i++) {
    const u = ((i + 0.5) / steps) * window
    sum += (window - u) * (exp(sd * sd * exp(-u / time_constant)) - 1)
  }
  return (2 * sum) / steps
}

/** What is left of the smallest window once the wandering is taken off; of the gaps, where there is no window. */
function cvFor(fanos: readonly { readonly fano: number }[], excess: readonly number[], gap_cv: number | null): number {
  const [first] = fanos
  const squared = first === undefined ? square(gap_cv ?? 1) : first.fano - excess[0]!
  return Math.min(CV_MAX, Math.sqrt(Math.max(square(CV_MIN), squared)))
}

/** Fiftieths, and finer at the ends: between two points a straight line stands for what the log has there. */
const GRID = [0, 0.005, ...Array.from({ length: 49 }, (_, i) => (i + 1) / 50), 0.99, 0.995, 0.999, 1]

/** Of values in any order. */
function quantilesOf(values: readonly number[]): QuantileGrid {
  const sorted = values.toSorted((a, b) => a - b)
  const last = sorted.length - 1
  return GRID.map((p) => [p, Math.max(1, sorted[Math.round(p * last)]!)])
}

export function fitTwin(figures: ArrivalFigures, pool: LengthPool): TwinFit {
  return {
    arrivals: fitArrivals(figures),
    prompt: quantilesOf(pool.sample.map(({ promptTokens }) => promptTokens)),
    output: quantilesOf(pool.sample.map(({ outputTokens }) => outputTokens)),
  }
}

/** What the twin draws from: arrivals one after the other, lengths by distribution. */
export interface TwinDraws {
  /** The next arrival, microseconds; a stream of its own for every twin. */
  arrivals(twin: number): () => number
  lengths(quantiles: QuantileGrid, name: string): () => number
}

const TWINS = 5
/** A twin of a long log is drawn as far as this. */
const ARRIVALS_MAX = 200_000

export function closenessOf(figures: ArrivalFigures, fit: TwinFit, pool: LengthPool, draws: TwinDraws): Closeness {
  const twins = Array.from({ length: TWINS }, (_, twin) => {
    const tally = new ArrivalTally()
    const next = draws.arrivals(twin)
    const end = figures.span_s * MICROS_PER_SECOND
    for (let i = 0, at = next(); i < ARRIVALS_MAX && at <= end; i++, at = next()) tally.add(at)
    return tally.figures()
  })
  const pair = (of: (figures: ArrivalFigures) => number | null): Pair => ({
    log: of(figures),
    twin: meanOf(twins.flatMap((each) => of(each) ?? [])),
  })
  const kept = pool.sample
  return {
    rate_per_s: pair((each) => each.rate_per_s),
    gap_cv: pair((each) => each.gap_cv),
    fano: { 1: pair((each) => each.fano[1]), 10: pair((each) => each.fano[10]), 60: pair((each) => each.fano[60]) },
    prompt_ks: ksOf(
      kept.map(({ promptTokens }) => promptTokens),
      draws.lengths(fit.prompt, 'prompt'),
    ),
    output_ks: ksOf(
      kept.map(({ outputTokens }) => outputTokens),
      draws.lengths(fit.output, 'output'),
    ),
    length_correlation: rankCorrelation(kept),
    twins: TWINS,
  }
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** Draws of a twin's lengths: enough that their own scatter is below that of the log's sample. */
const DRAWN_MAX = 20_000

function ksOf(log: readonly number[], draw: () => number): number {
  const a = log.toSorted((x, y) => x - y)
  const b = Array.from({ length: Math.min(DRAWN_MAX, 1_000 + 3 * a.length) }, draw).toSorted((x, y) => x - y)
  let [i, j, gap] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!)
    while (a[i] === value) i++
    while (b[j] === value) j++
    gap = Math.max(gap, Math.abs(i / a.length - j / b.length))
  }
  return gap
}

/** Spearman's, ties at their mean rank. */
function rankCorrelation(
  lengths: readonly { readonly promptTokens: number; readonly outputTokens: number }[],
): number | null {
  const [a, b] = [ranksOf(lengths.map((each) => each.promptTokens)), ranksOf(lengths.map((each) => each.outputTokens))]
  const mean = (lengths.length - 1) / 2
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - mean, b[i]! - mean]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return aa === 0 || bb === 0 ? null : ab / Math.sqrt(aa * bb)
}

function ranksOf(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).toSorted((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to - 1) / 2
    from = to
  }
  return ranks
}
