/**
 * A scenario under some policies and seeds, run after run, with what screens want beside the result: progress, series
 * that grow while a run goes, and the trace of the runs somebody may look into. Knows no worker and no browser: files
 * and the pause between slices are ports, so tests and the summary's script use it too.
 */
import { fail, ok, type Result } from '../../sim/base/result.ts'
import { MICROS_PER_SECOND } from '../../sim/base/time.ts'
import { type ResolvedArm, armsOf, jobOf } from '../../sim/lab/runs/arms.ts'
import { compareArms, type CompareResult } from '../../sim/lab/compare/compare.ts'
import { seedWarnings } from '../../sim/lab/compare/warnings.ts'
import { expectationProblems } from '../../sim/lab/check/expectation-problems.ts'
import { seedsOf } from '../../sim/lab/compare/experiment.ts'
import { jobRoom, loadWithSettings } from '../../sim/lab/runs/job.ts'
import { type Files, type PolicyResolver, type RunJob, JobBugError, type JobDone } from '../../sim/lab/runs/ports.ts'
import { namesOf, type RunNames } from '../../sim/lab/runs/run-names.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import type { Scenario } from '../../sim/scenario/index.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { TraceStore } from '../../sim/trace/store.ts'
import { type RunSeries, RunSeriesCollector } from '../data/answer/run-series.ts'
import { policiesOf } from './own-policy.ts'
import type { RunFacts } from '../data/trace/trace-index.ts'

export interface WorkerExperiment {
  readonly path: string
  /** undefined: the scenario's arms. */
  readonly policies: readonly string[] | undefined
  /** undefined: the scenario's seeds. */
  readonly seeds: readonly number[] | undefined
  /** `path=value`. */
  readonly settings: readonly string[]
}

export interface PolicySeed {
  readonly policy: string
  readonly seed: number
}

/** The rows that a run under way has written so far. */
export interface LiveRows {
  readonly store: TraceStore
  readonly names: RunNames
  readonly facts: RunFacts
  /** Time of the latest row. */
  readonly at_us: number
}

export interface RunProgress extends PolicySeed {
  /** Of this run's simulated time. */
  readonly share: number
  /** Of all runs. */
  readonly total: number
  /** Made when asked for: most reports nobody waits for. */
  series(): RunSeries
  /** undefined: this run keeps no rows. */
  live(): LiveRows | undefined
}

export interface FinishedRun extends PolicySeed {
  readonly result: RunResult
  readonly series: RunSeries
  readonly trace: TraceStore | undefined
  readonly names: RunNames
  readonly facts: RunFacts
  readonly job: RunJob
}

export interface ExperimentHooks {
  readonly signal: AbortSignal
  /** Absent: the built-in policies. */
  readonly resolvePolicy?: PolicyResolver
  pause(): Promise<void>
  keepTrace(run: PolicySeed, firstSeed: number): boolean
  onProgress(progress: RunProgress): void
  onRun(run: FinishedRun): void
  /** Of the seeds that every arm has run so far. */
  onCompare?(compare: CompareResult): void
}

export interface ExperimentDone {
  /** A single policy compares with nothing: its figures are there, and no differences. */
  readonly compare: CompareResult
}

/** Bad input returns; a bug of the simulator throws JobBugError; an aborted signal throws its reason. */
export async function runExperiment(
  request: WorkerExperiment,
  files: Files,
  hooks: ExperimentHooks,
): Promise<Result<ExperimentDone>> {
  const loaded = await loadWithSettings(request.path, request.settings, files)
  if (!loaded.ok) return loaded
  const wrong = expectationProblems(loaded.value)
  if (wrong.length > 0) return fail(wrong)
  const arms = await armsOf(loaded.value, request.policies, hooks.resolvePolicy ?? policiesOf({}, ''))
  if (!arms.ok) return arms
  const seeds = request.seeds ?? seedsOf(loaded.value)
  const room = jobRoom(files)
  const done = arms.value.map(({ name }): { readonly name: string; readonly runs: JobDone[] } => ({ name, runs: [] }))
  const count = arms.value.length * seeds.length
  const compared = (upTo: number): CompareResult => {
    const seen = seeds.slice(0, upTo)
    const judging = { deltas: loaded.value.scenario.verdict, looks: 1 }
    return compareArms(done, done[0]!.name, seen, seedWarnings(loaded.value, seen), judging)
  }
  // Seed by seed, all arms of each: what is there at any time can be compared.
  for (const [s, seed] of seeds.entries()) {
    for (const [a, arm] of arms.value.entries()) {
      const scenario = await scenarioOfArm(request, arm, files)
      if (!scenario.ok) return scenario
      const one = await runOne({ request, arm, seed, firstSeed: seeds[0]!, scenario: scenario.value }, room, {
        ...hooks,
        onProgress: (progress) =>
          hooks.onProgress({ ...progress, total: (s * arms.value.length + a + progress.share) / count }),
      })
      if (!one.ok) return one
      done[a]!.runs.push(one.value)
    }
    if (hooks.onCompare !== undefined && s + 1 < seeds.length && LOOKS.has(s + 1)) hooks.onCompare(compared(s + 1))
  }
  return ok({ compare: compared(seeds.length) })
}

/** After so many seeds a comparison of what is there is worth its second; only the last one is the answer. */
const LOOKS: ReadonlySet<number> = new Set([1, 2, 3, 5, 10, 20, 50, 100])

async function scenarioOfArm(request: WorkerExperiment, arm: ResolvedArm, files: Files): Promise<Result<Scenario>> {
  const loaded = await loadWithSettings(request.path, [...request.settings, ...arm.settings], files)
  return loaded.ok ? ok(loaded.value.scenario) : loaded
}

interface OneRun {
  readonly request: WorkerExperiment
  readonly arm: ResolvedArm
  readonly seed: number
  readonly firstSeed: number
  readonly scenario: Scenario
}

async function runOne(
  { request, arm, seed, firstSeed, scenario }: OneRun,
  room: ReturnType<typeof jobRoom>,
  hooks: ExperimentHooks,
): Promise<Result<JobDone>> {
  const key: PolicySeed = { policy: arm.name, seed }
  const { duration, slo, publicModels } = scenario
  const collector = new RunSeriesCollector({ duration, slo, models: publicModels })
  const store = hooks.keepTrace(key, firstSeed) ? new TraceStore() : undefined
  let latest = 0
  const clock = (row: TraceRow): void => void (latest = row.at)
  const names = namesOf(scenario)
  const factsOf = (warmup_us: number | undefined): RunFacts => ({ duration_us: duration, warmup_us, slo })
  const begun = factsOf(scenario.warmup === 'auto' ? undefined : scenario.warmup)
  const base = { scenario: request.path, settings: request.settings, verify: false, wantsSamples: true, rows: [] }
  const job = jobOf(base, arm, seed)
  const outcome = await room.run(job, {
    subscribers: [clock, collector.row, ...(store === undefined ? [] : [store.row])],
    signal: hooks.signal,
    pause: hooks.pause,
    onProgress: (share) =>
      hooks.onProgress({
        ...key,
        share,
        total: 0,
        series: () => collector.result(latest),
        live: () => (store === undefined ? undefined : { store, names, facts: begun, at_us: latest }),
      }),
  })
  if (outcome.kind === 'bad_input') return { ok: false, error: outcome.problems }
  if (outcome.kind === 'bug') throw new JobBugError(outcome.message, job)
  hooks.onRun({
    ...key,
    result: outcome.result,
    series: collector.result(Math.max(latest, duration)),
    trace: store,
    names,
    facts: factsOf(Math.round(outcome.result.warmup_s * MICROS_PER_SECOND)),
    job,
  })
  return ok(outcome)
}
