/** Compare and sweep from end to end: which arms, which seeds, which jobs; run them; figures. */
import { must } from '../../base/assert.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { type ResolvedArm, armsOf, type JobBase, jobOf } from '../runs/arms.ts'
import { gatheredAssumed } from './assumed.ts'
import { compareArms, type CompareResult } from './compare.ts'
import { checkedScenario } from '../check/checked-scenario.ts'
import { metricProblem } from '../check/expectation-problems.ts'
import { loadWithSettings } from '../runs/job.ts'
import { modelParts } from '../estimates/model-part.ts'
import type { Files, RunJob, JobDone, PolicyResolver, Runner } from '../runs/ports.ts'
import { parameterProblems } from '../policy/policy-parameters.ts'
import { runAll } from '../runs/run-all.ts'
import { looksUpTo } from '../statistics/looks.ts'
import { type Axis, cellOf, gridOf, SWEEP_RUNS_MAX, type SweepResult } from './sweep.ts'
import { scenarioUnder, vocabularyOfAll } from '../runs/vocabulary.ts'
import { withTruePairs } from './pairing.ts'
import { gatheredWarnings, seedWarnings } from './warnings.ts'

export interface LabPorts {
  readonly files: Files
  readonly runner: Runner
  readonly resolvePolicy: PolicyResolver
}

export interface LabControl {
  readonly signal: AbortSignal
  readonly onProgress: (share: number) => void
  readonly onDone?: (job: RunJob, done: JobDone) => void
}

export interface ExperimentRequest {
  readonly scenario: string
  readonly settings: readonly string[]
  /** undefined: the scenario's arms. */
  readonly policies: readonly string[] | undefined
  /** undefined: the scenario's. */
  readonly seeds: readonly number[] | undefined
  readonly verify: boolean
}

export interface CompareRequest extends ExperimentRequest {
  /** undefined: the first arm. */
  readonly baseline: string | undefined
  /** Look at a growing number of the seeds, and stop when every goodput difference is known to within this much either way. */
  readonly precision?: number | undefined
}

/** Seeds of the first look of a comparison that may stop early. */
const FIRST_SEEDS = 10
/** Where a comparison asked for precision has no list of seeds. */
const SEEDS_AT_MOST = 160

interface PlayedArm {
  readonly name: string
  readonly runs: JobDone[]
  /** The same seeds with Macs as calibrated; none where the others are that. */
  readonly calibrated: JobDone[]
}

type Outcome<T> = Promise<Result<T>>

interface Setup {
  readonly loaded: LoadedScenario
  readonly arms: readonly ResolvedArm[]
  readonly seeds: readonly number[]
}

const refuse = (message: string): { readonly ok: false; readonly error: readonly Problem[] } => fail([{ message }])

/** The scenario's `seeds:`, or its one `seed:`. */
export const seedsOf = ({ scenario }: LoadedScenario): readonly number[] =>
  scenario.seeds.length > 0 ? scenario.seeds : [scenario.seed]

async function setUp(
  request: ExperimentRequest,
  ports: LabPorts,
  wanted: readonly string[] | undefined,
): Outcome<Setup> {
  const loaded = await checkedScenario(request.scenario, request.settings, ports.files)
  if (!loaded.ok) return loaded
  const arms = await armsOf(loaded.value, wanted, ports.resolvePolicy)
  if (!arms.ok) return arms
  return ok({ loaded: loaded.value, arms: arms.value, seeds: request.seeds ?? seedsOf(loaded.value) })
}

/** Puts a baseline that was not among the named policies in front of them. */
function withBaseline({ policies, baseline }: CompareRequest): readonly string[] | undefined {
  if (policies === undefined || baseline === undefined || policies.includes(baseline)) return policies
  return [baseline, ...policies]
}

export async function runCompare(
  request: CompareRequest,
  ports: LabPorts,
  control: LabControl,
): Outcome<CompareResult> {
  const setup = await setUp(request, ports, withBaseline(request))
  if (!setup.ok) return setup
  const { loaded, arms } = setup.value
  const seeds = seedsWanted(request, setup.value.seeds)
  const baseline = request.baseline ?? arms[0]!.name
  if (!arms.some((arm) => arm.name === baseline)) {
    return refuse(`--baseline ${baseline}: is not compared; there are ${arms.map((arm) => arm.name).join(', ')}`)
  }
  if (arms.length < 2)
    return refuse('a comparison needs at least two policies; name them with --policies or in the scenario')
  const { precision } = request
  const planned = precision === undefined ? [seeds.length] : looksUpTo(FIRST_SEEDS, seeds.length)
  const hasErrors = loaded.scenario.physics?.error === 'calibrated'
  const runs = arms.map(({ name }): PlayedArm => ({ name, runs: [], calibrated: [] }))
  let result: CompareResult | undefined
  for (const upTo of planned) {
    const before = runs[0]!.runs.length
    const asked = seeds.slice(before, upTo)
    const jobs = arms.flatMap((arm) => asked.map((seed) => jobOf(jobBase(request, true), arm, seed)))
    const done = await runAll(hasErrors ? [...jobs, ...jobs.map(asCalibrated)] : jobs, {
      ...control,
      onProgress: (share) => control.onProgress((before + share * asked.length) / seeds.length),
      onDone: (job, each) => {
        if (jobs.includes(job)) control.onDone?.(job, each)
      },
      runner: ports.runner,
    })
    for (const [index, arm] of runs.entries()) {
      const first = index * asked.length
      arm.runs.push(...done.slice(first, first + asked.length))
      if (hasErrors) arm.calibrated.push(...done.slice(jobs.length + first, jobs.length + first + asked.length))
    }
    const seen = seeds.slice(0, upTo)
    const judging = { deltas: loaded.scenario.verdict, looks: planned.length }
    const compared = withTruePairs(compareArms(runs, baseline, seen, seedWarnings(loaded, seen), judging), loaded, arms)
    result = hasErrors ? { ...compared, model_error: modelParts(runs, baseline) } : compared
    if (isPrecise(result, precision)) break
  }
  const found = must(result, 'a comparison has at least one look')
  return ok(precision === undefined || isPrecise(found, precision) ? found : withDoubt(found, precision))
}

/** Where nobody says which, asking for precision means as many as it takes, within reason. */
function seedsWanted({ precision, seeds }: CompareRequest, fallback: readonly number[]): readonly number[] {
  if (precision === undefined || seeds !== undefined) return fallback
  return Array.from({ length: SEEDS_AT_MOST }, (_, i) => i + 1)
}

/** Of every model's goodput, against every arm. */
function isPrecise({ differences, models }: CompareResult, precision: number | undefined): boolean {
  if (precision === undefined) return false
  return Object.values(differences).every((figures) =>
    models.every((model) => {
      const interval = figures[`models[${JSON.stringify(model)}].goodput`]?.verdict_ci
      return interval !== undefined && interval !== null && (interval[1] - interval[0]) / 2 <= precision
    }),
  )
}

const withDoubt = (result: CompareResult, precision: number): CompareResult => ({
  ...result,
  warnings: [
    ...result.warnings,
    `${result.seeds.length} seeds do not give the precision of ${formatPoints(precision)} that was asked; give more with --seeds`,
  ],
})

const formatPoints = (share: number): string => `${Number((share * 100).toPrecision(3))} pp`

/** The same run of Macs that are what the model takes them for. Its samples are not asked for. */
const asCalibrated = (job: RunJob): RunJob => ({
  ...job,
  settings: [...job.settings, 'physics.error=none'],
  wantsSamples: false,
})

const jobBase = ({ scenario, settings, verify }: ExperimentRequest, wantsSamples: boolean): JobBase => ({
  scenario,
  settings,
  verify,
  wantsSamples,
  rows: [],
})

export interface SweepRequest extends ExperimentRequest {
  readonly axes: readonly Axis[]
  /** Figures that somebody wants to see. One that no cell can have costs no simulation. */
  readonly metrics: readonly string[]
}

export async function runSweep(request: SweepRequest, ports: LabPorts, control: LabControl): Outcome<SweepResult> {
  const setup = await setUp(request, ports, request.policies)
  if (!setup.ok) return setup
  const { loaded, arms } = setup.value
  // `seeds:` is the default of compare and check; a grid is already many runs.
  const seeds = request.seeds ?? [loaded.scenario.seed]
  // Counted before it is made: a few long axes are more points than any memory holds.
  const count = request.axes.reduce((all, axis) => all * axis.values.length, arms.length * seeds.length)
  if (count > SWEEP_RUNS_MAX) return refuse(`the grid has ${count} runs; at most ${SWEEP_RUNS_MAX} are taken`)
  const points = gridOf(request.axes)
  const settingsOf = (point: (typeof points)[number]): readonly string[] => [
    ...request.settings,
    ...Object.entries(point).map(([path, value]) => `${path}=${value}`),
  ]
  // Every point is loaded before the first run, so that a typing error in the last value costs no simulation.
  let unseen = request.metrics
  let problems: readonly Problem[] = []
  for (const point of points) {
    const varied = await loadWithSettings(request.scenario, settingsOf(point), ports.files)
    if (!varied.ok) return varied
    const misfits = parameterProblems(varied.value, arms)
    if (misfits.length > 0) return fail(misfits)
    if (unseen.length === 0) continue
    const vocabulary = vocabularyOfAll(
      arms.map((arm) => scenarioUnder(varied.value, arm)),
      arms.some(({ policy }) => policy.kind === 'code'),
    )
    const wrong = unseen.map((path) => metricProblem(path, vocabulary))
    unseen = unseen.filter((_, index) => wrong[index] !== undefined)
    problems = wrong.flatMap((message) => (message === undefined ? [] : { message: `--metric: ${message}` }))
  }
  if (problems.length > 0) return fail(problems)
  const jobs = points.flatMap((point) =>
    arms.flatMap((arm) =>
      seeds.map((seed) => jobOf({ ...jobBase(request, false), settings: settingsOf(point) }, arm, seed)),
    ),
  )
  const done = await runAll(jobs, { ...control, runner: ports.runner })
  const cells = points.flatMap((point, p) =>
    arms.map((arm, a) => {
      const start = (p * arms.length + a) * seeds.length
      return cellOf(point, arm.name, done.slice(start, start + seeds.length))
    }),
  )
  const runs = done.map(({ result }, index) => {
    const point = points[Math.floor(index / (arms.length * seeds.length))]!
    const settings = Object.entries(point).map(([path, value]) => `${path}=${value}`)
    return { place: [result.policy.name, ...settings].join(' '), seed: result.seed, result }
  })
  return ok({
    format: 'fleetlab.sweep/1',
    scenario: { name: loaded.scenario.name },
    axes: request.axes,
    policies: arms.map((arm) => arm.name),
    seeds,
    models: [...new Set(done.flatMap((run) => Object.keys(run.result.models)))],
    cells,
    warnings: [...gatheredWarnings(runs, 'cell'), ...seedWarnings(loaded, seeds)],
    assumed: gatheredAssumed(runs),
    meta: {},
  })
}
