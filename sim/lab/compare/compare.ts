/**
 * The same requests under several policies. Every arm runs every seed; a difference is taken seed by seed against the
 * baseline, so that what the seeds have in common (common random numbers) cancels. Pure: runs in, figures out.
 */
import { assert, must } from '../../base/assert.ts'
import { type CollapseOutcome, modelOf } from '../../metrics/index.ts'
import type { RunResult, ScenarioWords } from '../../metrics/result.ts'
import { type GatheredAssumed, gatheredAssumed } from './assumed.ts'
import { bestSet, type BestSet } from '../estimates/best-set.ts'
import { type BothServed, bothServed } from '../estimates/both-served.ts'
import { collapseOdds, type CollapseOdds, collapseOf, outcomesFor } from '../estimates/collapse-odds.ts'
import { centreOf, type Estimate, Estimator } from '../estimates/estimate.ts'
import { type FigureShape, shapeOf } from '../estimates/figure-shape.ts'
import { metricColumns, metricPaths } from '../estimates/metric-columns.ts'
import type { ModelPart } from '../estimates/model-part.ts'
import type { JobDone } from '../runs/ports.ts'
import { seedSigns } from '../estimates/seed-signs.ts'
import { deltaOf, type Deltas, DELTAS, judged, type JudgedDifference, levelOf } from '../estimates/verdict.ts'
import { gatheredWarnings } from './warnings.ts'

/** One policy of a comparison with its runs, one per seed in the order of the seeds. */
export interface ArmRuns {
  readonly name: string
  readonly runs: readonly JobDone[]
}

/** Over all seeds, and apart for runs that ended alike where they did not all. */
export interface ArmFigure extends Estimate {
  /** Absent: all runs had the same outcome. */
  readonly by_outcome?: { readonly [outcome in CollapseOutcome]?: Estimate }
}

export type FiguresByArm<T> = { readonly [arm: string]: { readonly [metric: string]: T } }

export interface CompareResult {
  readonly format: 'fleetlab.compare/1'
  readonly scenario: ScenarioWords
  readonly baseline: string
  readonly seeds: readonly number[]
  /** Public models in the order of the results. */
  readonly models: readonly string[]
  /** What became of each model's service. Before any mean. */
  readonly collapse: { readonly [arm: string]: { readonly [model: string]: CollapseOdds } }
  readonly policies: FiguresByArm<ArmFigure>
  /** Every arm but the baseline. */
  readonly differences: FiguresByArm<JudgedDifference>
  /** In goodput: arms that cannot be told from the best, of each model and of all users together; null: too few seeds to tell. */
  readonly best_set: BestSets
  readonly both_served: { readonly [arm: string]: BothServed }
  /** Every difference in its two parts; absent: the scenario takes its Macs as calibrated. */
  readonly model_error?: FiguresByArm<ModelPart>
  /** Of arms that have any: the values in force. */
  readonly parameters?: { readonly [arm: string]: NonNullable<RunResult['policy']['parameters']> }
  readonly warnings: readonly string[]
  /** What any of the runs rests on without anybody knowing it. */
  readonly assumed: readonly GatheredAssumed[]
  /** The identity of each run, in the order of the seeds. */
  readonly digests: { readonly [arm: string]: readonly string[] }
  readonly meta: { readonly [key: string]: string | number }
}

export interface BestSets {
  readonly models: { readonly [model: string]: BestSet | null }
  readonly overall: BestSet | null
}

const resultsOf = (arm: ArmRuns): readonly RunResult[] => arm.runs.map((run) => run.result)

function parametersOf(arms: readonly ArmRuns[]): Pick<CompareResult, 'parameters'> {
  const given = arms.flatMap((arm) => {
    const parameters = resultsOf(arm)[0]?.policy.parameters
    return parameters === undefined ? [] : [[arm.name, parameters] as const]
  })
  return given.length === 0 ? {} : { parameters: Object.fromEntries(given) }
}

/** Of the baseline: an arm may differ in anything, what good means not excepted. */
const wordsOf = ({ scenario: { name, about, slo } }: RunResult): ScenarioWords => ({
  name,
  ...(about === undefined ? {} : { about }),
  ...(slo === undefined ? {} : { slo }),
})

export interface Judging {
  readonly deltas: Deltas
  /** How often somebody planned to look and perhaps stop: all looks hold together, so each must be surer. */
  readonly looks: number
}

/** `aboutSeeds`: warnings of the seeds as a whole. */
export function compareArms(
  arms: readonly ArmRuns[],
  baselineName: string,
  seeds: readonly number[],
  aboutSeeds: readonly string[] = [],
  { deltas, looks }: Judging = { deltas: DELTAS, looks: 1 },
): CompareResult {
  const baseline = must(
    arms.find((arm) => arm.name === baselineName),
    'a comparison needs its baseline among its arms',
  )
  for (const arm of arms) assert(arm.runs.length === seeds.length, 'a comparison needs one run per arm and seed')
  const results = arms.flatMap(resultsOf)
  const paths = metricPaths(results)
  const models = [...new Set(results.flatMap((run) => Object.keys(run.models)))]
  const figures = arms.map((arm) => new ArmFigures(arm, paths, models))
  const reference = must(figures[arms.indexOf(baseline)], 'the baseline is an arm')
  const others = figures.filter((arm) => arm !== reference)
  const estimator = new Estimator()
  const byPath = <T>(figure: (path: string, shape: FigureShape) => T): { readonly [metric: string]: T } =>
    Object.fromEntries(paths.map((path) => [path, figure(path, shapeOf(path))]))
  const policies = byArm(figures, (arm) => byPath((path, shape) => arm.figure(path, shape, estimator, levelOf(looks))))
  const against = (arm: ArmFigures, path: string, shape: FigureShape): JudgedDifference => {
    const level = levelOf(looks * others.length * (modelOf(path) === undefined ? 1 : models.length))
    const humps = arm.hasHumps(path) || reference.hasHumps(path)
    const columns = [arm.column(path), reference.column(path)] as const
    const difference = estimator.difference(...columns, shape, humps, levelOf(looks))
    const delta = deltaOf(shape, centreOf(policies[baselineName]![path]!), deltas)
    const corrected = estimator.difference(...columns, shape, humps, level).ci95
    return { ...judged(path, difference, corrected, delta), seeds: seedSigns(...columns, level) }
  }
  return {
    format: 'fleetlab.compare/1',
    scenario: wordsOf(must(baseline.runs[0], 'a comparison needs at least one seed').result),
    baseline: baselineName,
    seeds,
    models,
    collapse: byArm(figures, (arm) => arm.collapse()),
    policies,
    differences: byArm(others, (arm) => byPath((path, shape) => against(arm, path, shape))),
    best_set: bestSets(figures, models, looks, estimator),
    both_served: Object.fromEntries(
      arms
        .filter((arm) => arm !== baseline)
        .map((arm) => [arm.name, bothServed(arm.runs, baseline.runs, { comparisons: looks * others.length, deltas })]),
    ),
    assumed: gatheredAssumed(arms.flatMap(({ name, runs }) => runs.map(({ result }) => ({ place: name, result })))),
    ...parametersOf(arms),
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

/** All sets hold together. */
function bestSets(
  arms: readonly ArmFigures[],
  models: readonly string[],
  looks: number,
  estimator: Estimator,
): BestSets {
  const of = (path: string, column: (arm: ArmFigures) => readonly (number | null)[]): BestSet | null => {
    const contenders = arms.map((arm) => ({ name: arm.name, values: column(arm), hasHumps: arm.hasHumps(path) }))
    const shape: FigureShape = { bounds: [0, 1], centre: 'mean', isShare: true }
    return bestSet(contenders, { shape, good: 'up', sets: looks * (models.length + 1) }, estimator)
  }
  const ofModel = (model: string): BestSet | null => {
    const path = `models[${JSON.stringify(model)}].goodput`
    return of(path, (arm) => arm.columnOrNone(path))
  }
  return {
    models: Object.fromEntries(models.map((model) => [model, ofModel(model)])),
    overall: of('requests.arrived', (arm) => arm.overallGoodput()),
  }
}

/** The figures of one arm, seed by seed, and how its runs ended. */
class ArmFigures {
  readonly name: string
  private readonly results: readonly RunResult[]
  private readonly columns: ReadonlyMap<string, readonly (number | null)[]>

  constructor(
    arm: ArmRuns,
    paths: readonly string[],
    private readonly models: readonly string[],
  ) {
    this.name = arm.name
    this.results = resultsOf(arm)
    this.columns = metricColumns(this.results, paths)
  }

  column(path: string): readonly (number | null)[] {
    return must(this.columns.get(path), 'a column per path')
  }

  /** Nulls where no run has the figure. */
  columnOrNone(path: string): readonly (number | null)[] {
    return this.columns.get(path) ?? this.results.map(() => null)
  }

  /** Of all who came, whatever they asked for. */
  overallGoodput(): readonly (number | null)[] {
    return this.results.map(({ models }) => {
      const asked = Object.values(models).filter(({ goodput }) => goodput !== null)
      const arrived = asked.reduce((sum, { requests }) => sum + requests.arrived, 0)
      const good = asked.reduce((sum, { requests, goodput }) => sum + requests.arrived * goodput!, 0)
      return arrived === 0 ? null : good / arrived
    })
  }

  collapse(): { readonly [model: string]: CollapseOdds } {
    return Object.fromEntries(
      this.models.map((model) => [model, collapseOdds(this.results.map((result) => collapseOf(result, model)))]),
    )
  }

  hasHumps(path: string): boolean {
    return new Set(outcomesFor(this.results, path)).size > 1
  }

  figure(path: string, shape: FigureShape, estimator: Estimator, level: number): ArmFigure {
    const values = this.column(path)
    const outcomes = outcomesFor(this.results, path)
    const kinds = [...new Set(outcomes)]
    const whole = estimator.estimate(values, shape, kinds.length > 1, level)
    if (kinds.length < 2) return whole
    const apart = kinds.map((kind) => [
      kind,
      estimator.estimate(
        values.filter((_, i) => outcomes[i] === kind),
        shape,
      ),
    ])
    return { ...whole, by_outcome: Object.fromEntries(apart) }
  }
}

const byArm = <T>(of: readonly ArmFigures[], figure: (arm: ArmFigures) => T): { readonly [arm: string]: T } =>
  Object.fromEntries(of.map((arm) => [arm.name, figure(arm)]))
