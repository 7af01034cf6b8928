/**
 * A difference in two parts, where a scenario plays its Macs with the model's errors: what the seeds' chance leaves open,
 * and what the model does not know. Every seed is played with its draw of the errors and without. Chance averages out
 * over seeds, so its interval is one of a mean. What the model does not know does not: the real Macs are one draw, the
 * same in every run, so its interval is that of one further draw. Pure: runs in, figures out.
 */
import { must } from '../../base/assert.ts'
import { outcomesFor } from './collapse-odds.ts'
import { centreOf, type Ci95, type Estimate, Estimator, LEVEL } from './estimate.ts'
import { differenceShape, type FigureShape, shapeOf } from './figure-shape.ts'
import { metricColumns, metricPaths } from './metric-columns.ts'
import type { JobDone } from '../runs/ports.ts'
import { type Bounds, clipped, SEEDS_MIN } from '../statistics/interval.ts'
import { meanCi, studentQuantile } from '../statistics/student.ts'

export interface ModelPart {
  /** Of the runs as calibrated: its interval is the seeds' alone. */
  readonly seeds: Estimate
  /** What errors change about it: on average over the draws, and where that of one draw lies. */
  readonly model: Estimate
  /** Of the runs with errors, and the interval of both together. */
  readonly both: Estimate
  /** null: no interval, or none that leaves out 0 even as calibrated. */
  readonly survives: Survival | null
}

/** The verdict of the seeds alone: still the same with the model's part, open again, or the opposite. */
export type Survival = 'holds' | 'open' | 'turns'

type Column = readonly (number | null)[]
type Runs = readonly Pick<JobDone, 'result'>[]

const results = (runs: Runs) => runs.map(({ result }) => result)

interface ArmTwice {
  readonly name: string
  readonly runs: Runs
  /** The same seeds without errors. */
  readonly calibrated: Runs
}

export function modelParts(
  arms: readonly ArmTwice[],
  baseline: string,
): { readonly [arm: string]: { readonly [metric: string]: ModelPart } } {
  const paths = metricPaths(arms.flatMap(({ runs, calibrated }) => [...results(runs), ...results(calibrated)]))
  const columns = arms.map(({ name, runs, calibrated }) => ({
    name,
    calibrated: results(calibrated),
    of: [metricColumns(results(runs), paths), metricColumns(results(calibrated), paths)] as const,
  }))
  const reference = must(
    columns.find(({ name }) => name === baseline),
    'the baseline is an arm',
  )
  const estimator = new Estimator()
  const part = (arm: (typeof columns)[number], path: string): ModelPart => {
    const [withErrors, without] = [0, 1].map((world) =>
      gaps(
        must(arm.of[world]!.get(path), 'a column per path'),
        must(reference.of[world]!.get(path), 'a column per path'),
      ),
    )
    const outcomes = [arm, reference].map(({ calibrated }) => new Set(outcomesFor(calibrated, path)).size)
    return modelPart(withErrors!, without!, { shape: shapeOf(path), humps: outcomes.some((n) => n > 1), estimator })
  }
  return Object.fromEntries(
    columns
      .filter((arm) => arm !== reference)
      .map((arm) => [arm.name, Object.fromEntries(paths.map((path) => [path, part(arm, path)]))]),
  )
}

const gaps = (arm: Column, baseline: Column): Column =>
  arm.map((value, seed) => {
    const other = baseline[seed] ?? null
    return value === null || other === null ? null : value - other
  })

export interface PartOptions {
  /** Of the figure, of which these are differences. */
  readonly shape: FigureShape
  /** Runs as calibrated had different outcomes. */
  readonly humps?: boolean
  readonly estimator?: Estimator
}

/** Of differences seed by seed. Seeds where either has no data are left out, and `n` says so. */
export function modelPart(withErrors: Column, calibrated: Column, options: PartOptions): ModelPart {
  const { shape, humps = false, estimator = new Estimator() } = options
  const pairs = withErrors.flatMap((value, seed) => {
    const other = calibrated[seed] ?? null
    return value === null || other === null ? [] : [{ value, other }]
  })
  const ofDifferences = differenceShape(shape)
  const seeds = estimator.estimate(
    pairs.map(({ other }) => other),
    ofDifferences,
    humps,
  )
  const model = ofOneDraw(
    pairs.map(({ value, other }) => value - other),
    ofDifferences.bounds,
  )
  const both = together(seeds, model, ofDifferences.bounds)
  return { seeds, model, both, survives: survival(seeds.ci95, both.ci95) }
}

/** The interval of one further value, not of the mean. */
function ofOneDraw(values: readonly number[], bounds: Bounds): Estimate {
  const n = values.length
  if (n === 0) return { mean: null, ci95: null, n }
  const { mean, sd } = meanCi(values, LEVEL)
  if (sd === null || n < SEEDS_MIN) return { mean, ci95: null, n }
  const half = studentQuantile((1 + LEVEL) / 2, n - 1) * sd * Math.sqrt(1 + 1 / n)
  return { mean, ci95: clipped([mean - half, mean + half], bounds), n }
}

/** Chance and ignorance have nothing to do with each other: what they reach, up and down, adds up as squares. */
function together(seeds: Estimate, model: Estimate, bounds: Bounds): Estimate {
  const { n } = seeds
  const [alone, change] = [centreOf(seeds), model.mean]
  if (alone === null || change === null) return { mean: null, ci95: null, n }
  const mean = Math.min(bounds[1], Math.max(bounds[0], alone + change))
  if (seeds.ci95 === null || model.ci95 === null) return { mean, ci95: null, n }
  const reach = (end: 0 | 1): number => hypotenuse(seeds.ci95![end] - alone, model.ci95![end] - change)
  return { mean, ci95: clipped([mean - reach(0), mean + reach(1)], bounds), n }
}

const hypotenuse = (a: number, b: number): number => Math.sqrt(a * a + b * b)

function survival(seeds: Ci95, both: Ci95): Survival | null {
  const [alone, withErrors] = [sideOf(seeds), sideOf(both)]
  if (alone === null || alone === 0 || withErrors === null) return null
  if (withErrors === 0) return 'open'
  return withErrors === alone ? 'holds' : 'turns'
}

/** Of 0; 0: the interval holds it. */
const sideOf = (ci: Ci95): number | null => (ci === null ? null : ci[0] > 0 ? 1 : ci[1] < 0 ? -1 : 0)
