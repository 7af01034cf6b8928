/**
 * A difference in two parts, where a scenario plays its Macs with the model's errors: what the seeds' chance leaves open,
 * and what the model does not know. Every seed is played with its draw of the errors and without. Chance averages out
 * over seeds, so its interval is one of a mean. What the model does not know does not: the real Macs are one draw, the
 * same in every run, so its interval is that of one further draw. Pure: runs in, figures out.
 */
import { must } from '../base/assert.ts'
import { type Ci95, type Estimate, LEVEL } from './estimate.ts'
import { metricColumns, metricPaths } from './metric-columns.ts'
import type { JobDone } from './ports.ts'
import { meanCi, studentQuantile } from './statistics/student.ts'

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

interface ArmPlayed {
  readonly name: string
  readonly runs: readonly Pick<JobDone, 'result'>[]
}

/** `calibrated`: the same arms on the same seeds, without errors. */
export function modelParts(
  arms: readonly ArmPlayed[],
  calibrated: readonly ArmPlayed[],
  baseline: string,
): { readonly [arm: string]: { readonly [metric: string]: ModelPart } } {
  const paths = metricPaths([...arms, ...calibrated].flatMap(({ runs }) => runs.map(({ result }) => result)))
  const columnsOf = (all: readonly ArmPlayed[]): ReadonlyMap<string, ReadonlyMap<string, Column>> =>
    new Map(
      all.map(({ name, runs }) => [
        name,
        metricColumns(
          runs.map(({ result }) => result),
          paths,
        ),
      ]),
    )
  const [withErrors, without] = [columnsOf(arms), columnsOf(calibrated)]
  const column = (of: typeof without, arm: string, path: string): Column =>
    must(of.get(arm)?.get(path), 'a column per arm and path')
  const part = (arm: string, path: string): ModelPart =>
    modelPart(
      gaps(column(withErrors, arm, path), column(withErrors, baseline, path)),
      gaps(column(without, arm, path), column(without, baseline, path)),
    )
  const others = arms.filter(({ name }) => name !== baseline)
  return Object.fromEntries(
    others.map(({ name }) => [name, Object.fromEntries(paths.map((path) => [path, part(name, path)]))]),
  )
}

const gaps = (arm: Column, baseline: Column): Column =>
  arm.map((value, seed) => {
    const other = baseline[seed] ?? null
    return value === null || other === null ? null : value - other
  })

/** Of differences seed by seed. Seeds where either has no data are left out, and `n` says so. */
export function modelPart(withErrors: Column, calibrated: Column): ModelPart {
  const pairs = withErrors.flatMap((value, seed) => {
    const other = calibrated[seed] ?? null
    return value === null || other === null ? [] : [{ value, other }]
  })
  const seeds = ofTheMean(pairs.map(({ other }) => other))
  const changes = pairs.map(({ value, other }) => value - other)
  const n = pairs.length
  const model = ofOneDraw(changes)
  const both: Estimate =
    n === 0 ? { mean: null, ci95: null, n } : { mean: seeds.mean! + model.mean!, ci95: together(seeds, model), n }
  return {
    seeds,
    model,
    both,
    survives: survival(seeds.ci95, both.ci95),
  }
}

/** Student's: both parts must be of one kind to be added up. */
function ofTheMean(values: readonly number[]): Estimate {
  const n = values.length
  if (n === 0) return { mean: null, ci95: null, n }
  const { mean, ci } = meanCi(values, LEVEL)
  return { mean, ci95: ci, n }
}

/** The interval of one further value, not of the mean. */
function ofOneDraw(values: readonly number[]): Estimate {
  const n = values.length
  if (n === 0) return { mean: null, ci95: null, n }
  const { mean, sd } = meanCi(values, LEVEL)
  if (sd === null) return { mean, ci95: null, n }
  const half = studentQuantile((1 + LEVEL) / 2, n - 1) * sd * Math.sqrt(1 + 1 / n)
  return { mean, ci95: [mean - half, mean + half], n }
}

/** Chance and ignorance have nothing to do with each other: their half widths add up as squares. */
function together(seeds: Estimate, model: Estimate): Ci95 {
  if (seeds.ci95 === null || model.ci95 === null) return null
  const halves = [seeds.ci95, model.ci95].map(([low, high]) => (high - low) / 2)
  const half = Math.sqrt(halves[0]! * halves[0]! + halves[1]! * halves[1]!)
  const mean = seeds.mean! + model.mean!
  return [mean - half, mean + half]
}

function survival(seeds: Ci95, both: Ci95): Survival | null {
  const [alone, withErrors] = [sideOf(seeds), sideOf(both)]
  if (alone === null || alone === 0 || withErrors === null) return null
  if (withErrors === 0) return 'open'
  return withErrors === alone ? 'holds' : 'turns'
}

/** Of 0; 0: the interval holds it. */
const sideOf = (ci: Ci95): number | null => (ci === null ? null : ci[0] > 0 ? 1 : ci[1] < 0 ? -1 : 0)
