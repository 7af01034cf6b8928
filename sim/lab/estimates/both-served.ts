/**
 * TTFT over the requests that two policies both served, paired by the user's request: what is left of a latency once
 * neither side can improve it by refusing. Each seed gives one figure per side, so that intervals count seeds and not
 * requests, which within a seed are anything but independent.
 */
import type { ServedTtft } from '../../metrics/index.ts'
import { centreOf, type Estimate, Estimator } from './estimate.ts'
import { shapeOf } from './figure-shape.ts'
import type { JobDone } from '../runs/ports.ts'
import { deltaOf, type Deltas, judged, type JudgedDifference, levelOf } from './verdict.ts'

export interface PairedFigure {
  readonly baseline: Estimate
  readonly policy: Estimate
  readonly difference: JudgedDifference
}

export interface BothServedFigures {
  /** Pairs, over all seeds. */
  readonly count: number
  readonly mean: PairedFigure
  readonly p50: PairedFigure
  readonly p95: PairedFigure
  readonly p99: PairedFigure
}

/** Public model → figures. */
export interface BothServed {
  readonly [model: string]: { readonly ttft_ms: BothServedFigures }
}

/** Parallel columns: entry i of both sides is the same user's request. */
interface Pairs {
  readonly policy: Float64Array
  readonly baseline: Float64Array
}

const NOBODY: ServedTtft = { users: new Float64Array(0), ttft_ms: new Float64Array(0) }

/** Merges two lists sorted by user. */
export function pairUp(policy: ServedTtft, baseline: ServedTtft): Pairs {
  const most = Math.min(policy.users.length, baseline.users.length)
  const pairs = { policy: new Float64Array(most), baseline: new Float64Array(most) }
  let count = 0
  for (let i = 0, j = 0; i < policy.users.length && j < baseline.users.length; ) {
    const [a, b] = [policy.users[i]!, baseline.users[j]!]
    if (a === b) {
      pairs.policy[count] = policy.ttft_ms[i]!
      pairs.baseline[count] = baseline.ttft_ms[j]!
      count++
    }
    if (a <= b) i++
    if (b <= a) j++
  }
  return { policy: pairs.policy.subarray(0, count), baseline: pairs.baseline.subarray(0, count) }
}

type Summary = { readonly [statistic in 'mean' | 'p50' | 'p95' | 'p99']: number | null }

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan), as in every other distribution of a result. */
function quantile(sorted: Float64Array, share: number): number | null {
  if (sorted.length === 0) return null
  const place = (sorted.length - 1) * share
  const below = Math.floor(place)
  const low = sorted[below]!
  return place === below ? low : low + (sorted[below + 1]! - low) * (place - below)
}

function summarise(values: Float64Array): Summary {
  const sorted = values.toSorted()
  const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) }
}

/** How many comparisons a reader makes at once, and what counts as equal. */
interface Judging {
  readonly comparisons: number
  readonly deltas: Deltas
}

function figuresOf(model: string, seeds: readonly Pairs[], { comparisons, deltas }: Judging): BothServedFigures {
  const estimator = new Estimator()
  const policy = seeds.map((pairs) => summarise(pairs.policy))
  const baseline = seeds.map((pairs) => summarise(pairs.baseline))
  const figure = (statistic: keyof Summary): PairedFigure => {
    const [a, b] = [policy.map((summary) => summary[statistic]), baseline.map((summary) => summary[statistic])]
    const path = `models[${JSON.stringify(model)}].ttft_ms.${statistic}`
    const shape = shapeOf(path)
    const of = estimator.estimate(b, shape)
    const corrected = estimator.difference(a, b, shape, false, levelOf(comparisons)).ci95
    const difference = judged(path, estimator.difference(a, b, shape), corrected, deltaOf(shape, centreOf(of), deltas))
    return { baseline: of, policy: estimator.estimate(a, shape), difference }
  }
  return {
    count: seeds.reduce((sum, pairs) => sum + pairs.policy.length, 0),
    mean: figure('mean'),
    p50: figure('p50'),
    p95: figure('p95'),
    p99: figure('p99'),
  }
}

const servedBy = (run: JobDone | undefined, model: string): ServedTtft =>
  run?.samples !== undefined && Object.hasOwn(run.samples, model) ? run.samples[model]! : NOBODY

export function bothServed(policy: readonly JobDone[], baseline: readonly JobDone[], judging: Judging): BothServed {
  const models = [...new Set([...policy, ...baseline].flatMap((run) => Object.keys(run.samples ?? {})))]
  return Object.fromEntries(
    models.map((model) => {
      const seeds = policy.map((run, seed) => pairUp(servedBy(run, model), servedBy(baseline[seed], model)))
      return [
        model,
        { ttft_ms: figuresOf(model, seeds, { ...judging, comparisons: judging.comparisons * models.length }) },
      ]
    }),
  )
}
