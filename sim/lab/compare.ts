/**
 * The same requests under several policies. Every arm runs every seed; a difference is taken seed by seed against the
 * baseline, so that what the seeds have in common (common random numbers) cancels. Pure: runs in, figures out.
 */
import { assert, must } from '../base/assert.ts'
import type { RunResult } from '../metrics/result.ts'
import { type BothServed, bothServed } from './both-served.ts'
import { type Difference, difference, type Estimate, estimate } from './estimate.ts'
import { metricColumns, metricPaths } from './metric-columns.ts'
import type { JobDone } from './ports.ts'
import { gatheredWarnings } from './warnings.ts'

/** One policy of a comparison with its runs, one per seed in the order of the seeds. */
export interface ArmRuns {
  readonly name: string
  readonly runs: readonly JobDone[]
}

export type FiguresByArm<T> = { readonly [arm: string]: { readonly [metric: string]: T } }

export interface CompareResult {
  readonly format: 'fleetlab.compare/1'
  readonly scenario: { readonly name: string }
  readonly baseline: string
  readonly seeds: readonly number[]
  /** Public models in the order of the results. */
  readonly models: readonly string[]
  readonly policies: FiguresByArm<Estimate>
  /** Every arm but the baseline. */
  readonly differences: FiguresByArm<Difference>
  readonly both_served: { readonly [arm: string]: BothServed }
  /** Of arms that have any: the values in force. */
  readonly parameters?: { readonly [arm: string]: NonNullable<RunResult['policy']['parameters']> }
  readonly warnings: readonly string[]
  /** The identity of each run, in the order of the seeds. */
  readonly digests: { readonly [arm: string]: readonly string[] }
  readonly meta: { readonly [key: string]: string | number }
}

const resultsOf = (arm: ArmRuns): readonly RunResult[] => arm.runs.map((run) => run.result)

function parametersOf(arms: readonly ArmRuns[]): Pick<CompareResult, 'parameters'> {
  const given = arms.flatMap((arm) => {
    const parameters = resultsOf(arm)[0]?.policy.parameters
    return parameters === undefined ? [] : [[arm.name, parameters] as const]
  })
  return given.length === 0 ? {} : { parameters: Object.fromEntries(given) }
}

/** `aboutSeeds`: warnings of the seeds as a whole. */
export function compareArms(
  arms: readonly ArmRuns[],
  baselineName: string,
  seeds: readonly number[],
  aboutSeeds: readonly string[] = [],
): CompareResult {
  const baseline = must(
    arms.find((arm) => arm.name === baselineName),
    'a comparison needs its baseline among its arms',
  )
  for (const arm of arms) assert(arm.runs.length === seeds.length, 'a comparison needs one run per arm and seed')
  const paths = metricPaths(arms.flatMap(resultsOf))
  const columns = new Map(arms.map((arm) => [arm.name, metricColumns(resultsOf(arm), paths)]))
  const column = (arm: string, path: string): readonly (number | null)[] =>
    must(columns.get(arm)?.get(path), 'a column per arm and path')
  const figures = <T>(names: readonly string[], figure: (arm: string, path: string) => T): FiguresByArm<T> =>
    Object.fromEntries(names.map((name) => [name, Object.fromEntries(paths.map((path) => [path, figure(name, path)]))]))
  const others = arms.filter((arm) => arm !== baseline)
  const first = must(baseline.runs[0], 'a comparison needs at least one seed').result
  return {
    format: 'fleetlab.compare/1',
    scenario: { name: first.scenario.name },
    baseline: baselineName,
    seeds,
    models: [...new Set(arms.flatMap(resultsOf).flatMap((run) => Object.keys(run.models)))],
    policies: figures(
      arms.map((arm) => arm.name),
      (arm, path) => estimate(column(arm, path)),
    ),
    differences: figures(
      others.map((arm) => arm.name),
      (arm, path) => difference(column(arm, path), column(baselineName, path)),
    ),
    ...parametersOf(arms),
    both_served: Object.fromEntries(others.map((arm) => [arm.name, bothServed(arm.runs, baseline.runs)])),
    warnings: [
      ...gatheredWarnings(
        arms.flatMap(({ name, runs }) => runs.map(({ result }, i) => ({ place: name, seed: seeds[i]!, result }))),
        'arm',
      ),
      ...aboutSeeds,
    ],
    digests: Object.fromEntries(arms.map((arm) => [arm.name, resultsOf(arm).map((run) => run.digest)])),
    meta: {},
  }
}
