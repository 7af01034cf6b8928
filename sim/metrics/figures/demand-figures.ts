/**
 * What a stream of requests looks like, without anybody who serves it: how fast and how unevenly they come, how long they are,
 * and what they ask for. The same figures for a stream of a scenario and for a recording, so that they can stand side by side.
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'

/** Requests in the order of their arrival, a list for each thing known of them. */
export interface DemandSample {
  readonly name: string
  /** Microseconds between which it was looked at. */
  readonly from: number
  readonly until: number
  readonly at: number[]
  readonly promptTokens: number[]
  readonly outputTokens: number[]
  /** What a recording does not hold is undefined. */
  readonly asked: AskedFor | undefined
  readonly model: string[]
}

/** Only of streams of a scenario. */
export interface AskedFor {
  readonly estimatedTokens: number[]
  /** 0: none was sent. */
  readonly maxTokens: number[]
  readonly tools: boolean[]
  readonly vision: boolean[]
  readonly stream: boolean[]
  readonly account: string[]
  readonly cacheKey: string[]
}

export interface Quantiles {
  readonly mean: number
  readonly p1: number
  readonly p5: number
  readonly p25: number
  readonly p50: number
  readonly p75: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** What is null cannot be said: too few requests, or a recording that does not hold it. */
export interface DemandFigures {
  readonly name: string
  readonly requests: number
  readonly seconds: number
  readonly rate_per_s: number
  /** Of whole minutes. */
  readonly per_minute: { readonly min: number; readonly mean: number; readonly max: number } | null
  /** Between arrivals. */
  readonly gaps_s: Quantiles | null
  readonly gap_cv: number | null
  /** Variance over mean of the counts in windows of so many seconds: 1 for a Poisson process. */
  readonly fano: { readonly [window_s in FanoWindow]: number | null }
  readonly prompt_tokens: Quantiles | null
  readonly output_tokens: Quantiles | null
  readonly max_tokens: { readonly none: number; readonly sent: Quantiles | null } | null
  /** The coordinator's estimate over the truth. */
  readonly estimate_ratio: Quantiles | null
  readonly mix: { readonly [model: string]: number }
  readonly tools: number | null
  readonly vision: number | null
  readonly stream: number | null
  /** How many there are, and the share of the requests of the largest. */
  readonly accounts: Concentration | null
  readonly cache_keys: Concentration | null
  readonly series: { readonly interval_s: number; readonly rate_per_s: readonly number[] }
}

/** Of the requests that have one. */
export interface Concentration {
  readonly count: number
  readonly largest: number
  readonly none: number
}

export const FANO_WINDOWS = ['1', '10', '60'] as const
export type FanoWindow = (typeof FANO_WINDOWS)[number]

/** Fewer windows than this say nothing about their variance. */
const WINDOWS_MIN = 5
/** Points of the rate over time. */
const POINTS = 60
/** Lengths of an interval that people count in, seconds. */
const INTERVALS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400]

export function demandFigures(sample: DemandSample): DemandFigures {
  const { name, at, from, until, asked } = sample
  const seconds = (until - from) / MICROS_PER_SECOND
  const gaps = at.slice(1).map((time, i) => (time - at[i]!) / MICROS_PER_SECOND)
  const minutes = countsIn(sample, 60)
  const interval_s = INTERVALS.find((each) => seconds / each <= POINTS) ?? INTERVALS.at(-1)!
  return {
    name,
    requests: at.length,
    seconds,
    rate_per_s: at.length / seconds,
    per_minute: minutes.length === 0 ? null : spanOf(minutes),
    gaps_s: quantilesOf(gaps),
    gap_cv: gaps.length < 2 ? null : Math.sqrt(varianceOf(gaps)) / meanOf(gaps),
    fano: Object.fromEntries(
      FANO_WINDOWS.map((window) => [window, fanoOf(sample, Number(window))]),
    ) as DemandFigures['fano'],
    prompt_tokens: quantilesOf(sample.promptTokens),
    output_tokens: quantilesOf(sample.outputTokens),
    max_tokens: asked === undefined ? null : limitsOf(asked.maxTokens),
    estimate_ratio:
      asked === undefined
        ? null
        : quantilesOf(asked.estimatedTokens.map((tokens, i) => tokens / sample.promptTokens[i]!)),
    mix: sharesOf(sample.model),
    tools: shareOf(asked?.tools),
    vision: shareOf(asked?.vision),
    stream: shareOf(asked?.stream),
    accounts: concentrationOf(asked?.account),
    cache_keys: concentrationOf(asked?.cacheKey),
    series: { interval_s, rate_per_s: ratesIn(sample, interval_s) },
  }
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Of a sample; at least two values. */
function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values)
  return values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (values.length - 1)
}

const spanOf = (values: readonly number[]) => ({
  min: values.reduce((least, value) => Math.min(least, value), Infinity),
  mean: meanOf(values),
  max: values.reduce((most, value) => Math.max(most, value), 0),
})

/** Of whole windows from the beginning on. */
function countsIn({ at, from, until }: DemandSample, window_s: number): readonly number[] {
  const window = window_s * MICROS_PER_SECOND
  const counts = Array.from({ length: Math.floor((until - from) / window) }, () => 0)
  for (const time of at) {
    const place = Math.floor((time - from) / window)
    if (place < counts.length) counts[place]! += 1
  }
  return counts
}

function fanoOf(sample: DemandSample, window_s: number): number | null {
  const counts = countsIn(sample, window_s)
  if (counts.length < WINDOWS_MIN) return null
  const mean = meanOf(counts)
  return mean === 0 ? null : varianceOf(counts) / mean
}

/** The last interval may be a part of one. */
function ratesIn({ at, from, until }: DemandSample, interval_s: number): readonly number[] {
  const interval = interval_s * MICROS_PER_SECOND
  const count = Math.max(1, Math.ceil((until - from) / interval))
  const counts = Array.from({ length: count }, () => 0)
  for (const time of at) counts[Math.min(count - 1, Math.floor((time - from) / interval))]! += 1
  return counts.map(
    (each, i) => (each * MICROS_PER_SECOND) / (Math.min(until, from + (i + 1) * interval) - (from + i * interval)),
  )
}

function quantilesOf(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  const at = (p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!
  return {
    mean: meanOf(values),
    p1: at(0.01),
    p5: at(0.05),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: sorted[sorted.length - 1]!,
  }
}

function limitsOf(maxTokens: readonly number[]): DemandFigures['max_tokens'] {
  const sent = maxTokens.filter((tokens) => tokens > 0)
  return maxTokens.length === 0
    ? null
    : { none: (maxTokens.length - sent.length) / maxTokens.length, sent: quantilesOf(sent) }
}

const shareOf = (flags: readonly boolean[] | undefined): number | null =>
  flags === undefined || flags.length === 0 ? null : flags.filter(Boolean).length / flags.length

function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** Largest first. */
function sharesOf(names: readonly string[]): DemandFigures['mix'] {
  const inOrder = [...countsOf(names)].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return Object.fromEntries(inOrder.map(([name, count]) => [name, count / names.length]))
}

function concentrationOf(names: readonly string[] | undefined): Concentration | null {
  if (names === undefined) return null
  const counts = new Map(countsOf(names))
  const none = counts.get('') ?? 0
  counts.delete('')
  const named = names.length - none
  if (named === 0) return null
  const largest = [...counts.values()].reduce((most, count) => Math.max(most, count), 0)
  return { count: counts.size, largest: largest / named, none: none / names.length }
}
