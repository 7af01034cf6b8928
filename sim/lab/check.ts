/**
 * Runs scenario files and judges their `expect:`. Each file stands alone: one that cannot be read or run is reported
 * with its problems, and the others are judged all the same. Files are reported in their order, each as soon as it and
 * those before it are judged.
 */
import { assert, must } from '../base/assert.ts'
import type { Problem } from '../base/result.ts'
import { type LoadedScenario, problemAt } from '../scenario/index.ts'
import { type ResolvedArm, armsOf, jobOf } from './arms.ts'
import { type Bound, type Expectation, expectationsOf, judge, type Verdict } from './expectation.ts'
import { expectationProblems } from './expectation-problems.ts'
import { type LabControl, type LabPorts, seedsOf } from './experiment.ts'
import { loadWithSettings } from './job.ts'
import type { RunJob, JobDone, JobOutcome } from './ports.ts'
import type { RowQuestion } from './row-count.ts'
import { gatheredWarnings, seedWarnings } from './warnings.ts'

/** An expectation as the result names it, and how it went. */
export interface CheckedExpectation extends Verdict {
  readonly policy: string
  readonly metric?: string
  readonly versus?: string
  readonly row?: string
  readonly where?: RowQuestion['where']
  readonly bound: Bound
  readonly confidence?: 0.95
  /** Its place in `expect:`, from 0; the file is that of a base when it is inherited. */
  readonly entry: number
  readonly file: string
  readonly line?: number
}

/** error: bad input, or a bug. failed: an expectation is missed. inconclusive: none is, and of some it cannot be told. */
export type FileVerdict = 'passed' | 'failed' | 'inconclusive' | 'error'

export interface CheckedFile {
  readonly file: string
  /** The scenario's name; absent when it could not be read. */
  readonly scenario?: string
  readonly verdict: FileVerdict
  readonly passed: boolean
  readonly seeds: readonly number[]
  readonly expectations: readonly CheckedExpectation[]
  /** Bad input. */
  readonly problems: readonly Problem[]
  /** A run that broke an invariant. */
  readonly bug?: { readonly message: string; readonly job: RunJob }
  readonly warnings: readonly string[]
  /** `wall_s`: from the start of its first run to the end of its last. */
  readonly meta: { readonly [key: string]: string | number }
}

/** A file of a folder that was passed over. */
export interface SkippedFile {
  readonly file: string
  readonly why: string
}

export interface CheckResult {
  readonly format: 'fleetlab.check/1'
  readonly passed: boolean
  readonly files: readonly CheckedFile[]
  readonly skipped: readonly SkippedFile[]
  readonly meta: { readonly [key: string]: string | number }
}

export interface CheckRequest {
  readonly scenarios: readonly string[]
  readonly skipped?: readonly SkippedFile[]
  readonly settings: readonly string[]
  readonly verify: boolean
}

export interface CheckControl extends Omit<LabControl, 'onDone'> {
  readonly onFile?: (file: CheckedFile) => void
  /** Milliseconds since whenever; without it nothing says how long it took. */
  readonly clock?: () => number
}

/** A file that is ready to run. */
interface Plan {
  readonly file: string
  readonly loaded: LoadedScenario
  readonly seeds: readonly number[]
  readonly arms: readonly ResolvedArm[]
  readonly expectations: readonly Expectation[]
  readonly questions: readonly RowQuestion[]
  /** Arm by arm, seed by seed. */
  readonly jobs: readonly RunJob[]
}

const broken = (file: string, problems: readonly Problem[], scenario?: string): CheckedFile => ({
  file,
  ...(scenario === undefined ? {} : { scenario }),
  verdict: 'error',
  passed: false,
  seeds: [],
  expectations: [],
  problems,
  warnings: [],
  meta: {},
})

const isPlan = (entry: Plan | CheckedFile): entry is Plan => 'jobs' in entry

async function planOf(file: string, request: CheckRequest, ports: LabPorts): Promise<Plan | CheckedFile> {
  const loading = await loadWithSettings(file, request.settings, ports.files)
  if (!loading.ok) return broken(file, loading.error)
  const loaded = loading.value
  const { scenario } = loaded
  if (scenario.expect.length === 0) {
    return broken(file, [{ file, message: 'has no expect:, so there is nothing to check' }], scenario.name)
  }
  const wrong = expectationProblems(loaded)
  if (wrong.length > 0) return broken(file, wrong, scenario.name)
  // All of them, also those nobody expects anything of: one that is not there is a mistake all the same.
  const every = await armsOf(loaded, undefined, ports.resolvePolicy)
  if (!every.ok) return broken(file, every.error, scenario.name)
  const names = every.value.map((arm) => arm.name)
  const expectations = scenario.expect.flatMap((entry, index) => expectationsOf(entry, index, names))
  const needed = new Set(
    expectations.flatMap((entry) => (entry.kind === 'versus' ? [entry.policy, entry.versus] : [entry.policy])),
  )
  const arms = every.value.filter((arm) => needed.has(arm.name))
  const questions = [...new Set(expectations.flatMap((entry) => (entry.kind === 'row' ? [entry.question] : [])))]
  const seeds = seedsOf(loaded)
  const base = {
    scenario: file,
    settings: request.settings,
    verify: request.verify,
    wantsSamples: false,
    rows: questions,
  }
  const jobs = arms.flatMap((arm) => seeds.map((seed) => jobOf(base, arm, seed)))
  return { file, loaded, seeds, arms, expectations, questions, jobs }
}

function described(expectation: Expectation, verdict: Verdict, loaded: LoadedScenario): CheckedExpectation {
  const { policy, bound, confidence, entry } = expectation
  const place = problemAt(loaded.origin, { path: ['expect', entry], message: '' })
  const shared = {
    policy,
    bound,
    ...(confidence === undefined ? {} : { confidence }),
    ...verdict,
    entry,
    file: must(place.file, 'a place has a file'),
    ...(place.line === undefined ? {} : { line: place.line }),
  }
  if (expectation.kind === 'metric') return { metric: expectation.metric, ...shared }
  if (expectation.kind === 'versus') return { metric: expectation.metric, versus: expectation.versus, ...shared }
  return { row: expectation.question.row, where: expectation.question.where, ...shared }
}

function verdictOf(expectations: readonly CheckedExpectation[]): FileVerdict {
  const any = (verdict: Verdict['verdict']): boolean => expectations.some((entry) => entry.verdict === verdict)
  return any('missed') ? 'failed' : any('inconclusive') ? 'inconclusive' : 'passed'
}

function fileOf(plan: Plan, outcomes: readonly JobOutcome[], meta: CheckedFile['meta']): CheckedFile {
  const { file, loaded, seeds, arms, expectations, questions } = plan
  const { name: scenario } = loaded.scenario
  const bugAt = outcomes.findIndex((outcome) => outcome.kind === 'bug')
  const bug = outcomes[bugAt]
  const problems = outcomes.find((outcome) => outcome.kind === 'bad_input')?.problems ?? []
  if (bug?.kind === 'bug')
    return { ...broken(file, [], scenario), bug: { message: bug.message, job: plan.jobs[bugAt]! }, meta }
  if (problems.length > 0) return { ...broken(file, problems, scenario), meta }
  const done = outcomes as readonly JobDone[]
  const runsOf = (policy: string): readonly JobDone[] => {
    const arm = arms.findIndex(({ name }) => name === policy)
    return done.slice(arm * seeds.length, (arm + 1) * seeds.length)
  }
  const judged = expectations.map((entry) => described(entry, judge(entry, runsOf, questions, seeds), loaded))
  const verdict = verdictOf(judged)
  return {
    file,
    scenario,
    verdict,
    passed: verdict === 'passed',
    seeds,
    expectations: judged,
    problems: [],
    warnings: [
      ...gatheredWarnings(
        done.map(({ result }) => ({ place: result.policy.name, seed: result.seed, result })),
        'arm',
      ),
      ...seedWarnings(loaded, seeds),
    ],
    meta,
  }
}

/** When the runs of one file began and ended, by the control's clock. */
class Stopwatch {
  private began: number | undefined
  private ended: number | undefined

  constructor(private readonly clock: (() => number) | undefined) {}

  start(): void {
    this.began ??= this.clock?.()
  }
  stop(): void {
    this.ended = this.clock?.()
  }
  get meta(): CheckedFile['meta'] {
    const { began, ended } = this
    return began === undefined || ended === undefined ? {} : { wall_s: Math.round(ended - began) / 1000 }
  }
}

export async function runCheck(request: CheckRequest, ports: LabPorts, control: CheckControl): Promise<CheckResult> {
  const entries: (Plan | CheckedFile)[] = []
  for (const file of request.scenarios) {
    control.signal.throwIfAborted()
    entries.push(await planOf(file, request, ports))
  }
  const jobs = entries.flatMap((entry, file) => (isPlan(entry) ? entry.jobs.map((job) => ({ job, file })) : []))
  const outcomes: JobOutcome[][] = entries.map(() => [])
  const watches = entries.map(() => new Stopwatch(control.clock))
  const left = entries.map((entry) => (isPlan(entry) ? entry.jobs.length : 0))
  const first = entries.map((_, file) => jobs.findIndex((job) => job.file === file))
  const files: CheckedFile[] = []
  const report = (): void => {
    while (files.length < entries.length && left[files.length] === 0) {
      const place = files.length
      const entry = entries[place]!
      const file = isPlan(entry) ? fileOf(entry, outcomes[place]!, watches[place]!.meta) : entry
      // Results of a whole folder would fill the memory.
      outcomes[place] = []
      files.push(file)
      control.onFile?.(file)
    }
  }
  report()
  await ports.runner.run(
    jobs.map(({ job }) => job),
    (index, outcome) => {
      const { file } = jobs[index]!
      outcomes[file]![index - first[file]!] = outcome
      left[file]! -= 1
      if (left[file] === 0) watches[file]!.stop()
      report()
    },
    control.onProgress,
    control.signal,
    (index) => watches[jobs[index]!.file]!.start(),
  )
  assert(files.length === entries.length, 'a runner left a job without an outcome')
  const passed = files.every((file) => file.passed)
  return { format: 'fleetlab.check/1', passed, files, skipped: request.skipped ?? [], meta: {} }
}
