/**
 * Runs scenario files and judges their `expect:`. Each file stands alone: one that cannot be read or run is reported
 * with its problems, and the others are judged all the same.
 */
import { must } from '../base/assert.ts'
import type { Problem } from '../base/result.ts'
import { parsePath, type Scenario } from '../scenario/index.ts'
import { type Arm, armsOf, DEFAULT_POLICY, jobOf } from './arms.ts'
import {
  type Bound,
  type Expectation,
  expectationProblems,
  expectationsOf,
  judge,
  type Verdict,
} from './expectation.ts'
import { type LabControl, type LabPorts, seedsOf } from './experiment.ts'
import { loadWithSettings } from './job.ts'
import type { Job, JobDone, JobOutcome } from './ports.ts'
import type { RowQuestion } from './row-count.ts'

/** An expectation as the result names it, and how it went. */
export interface CheckedExpectation extends Verdict {
  readonly policy: string
  readonly metric?: string
  readonly versus?: string
  readonly row?: string
  readonly where?: RowQuestion['where']
  readonly bound: Bound
}

export interface CheckedFile {
  readonly file: string
  /** The scenario's name; absent when it could not be read. */
  readonly scenario?: string
  readonly passed: boolean
  readonly seeds: readonly number[]
  readonly expectations: readonly CheckedExpectation[]
  /** Bad input. */
  readonly problems: readonly Problem[]
  /** A run that broke an invariant. */
  readonly bug?: { readonly message: string; readonly job: Job }
  readonly warnings: readonly string[]
}

export interface CheckResult {
  readonly format: 'fleetlab.check/1'
  readonly passed: boolean
  readonly files: readonly CheckedFile[]
  readonly meta: { readonly [key: string]: string | number }
}

export interface CheckRequest {
  readonly scenarios: readonly string[]
  readonly settings: readonly string[]
  readonly verify: boolean
}

/** A file that is ready to run. */
interface Plan {
  readonly file: string
  readonly scenario: Scenario
  readonly seeds: readonly number[]
  readonly arms: readonly Arm[]
  readonly expectations: readonly Expectation[]
  readonly questions: readonly RowQuestion[]
  /** Arm by arm, seed by seed. */
  readonly jobs: readonly Job[]
}

const broken = (file: string, problems: readonly Problem[], scenario?: string): CheckedFile => ({
  file,
  ...(scenario === undefined ? {} : { scenario }),
  passed: false,
  seeds: [],
  expectations: [],
  problems,
  warnings: [],
})

const isPlan = (entry: Plan | CheckedFile): entry is Plan => 'jobs' in entry

async function planOf(file: string, request: CheckRequest, ports: LabPorts): Promise<Plan | CheckedFile> {
  const loaded = await loadWithSettings(file, request.settings, ports.files)
  if (!loaded.ok) return broken(file, loaded.error)
  const { scenario } = loaded.value
  if (scenario.expect.length === 0) {
    return broken(file, [{ file, message: 'has no expect:, so there is nothing to check' }], scenario.name)
  }
  const names = scenario.policies.length > 0 ? scenario.policies.map((arm) => arm.as) : [DEFAULT_POLICY]
  const entries = scenario.expect.map((entry) => expectationsOf(entry, names))
  const wrong = entries.flatMap((entry, index) => expectationProblems(entry[0], file, `expect[${index}]`))
  if (wrong.length > 0) {
    const { sources } = loaded.value.origin
    const placed = wrong.map(({ path = '', message }) => sources.problem(parsePath(path) ?? [], message))
    return broken(file, placed, scenario.name)
  }
  const expectations = entries.flat()
  const needed = expectations.flatMap((entry) =>
    entry.kind === 'versus' ? [entry.policy, entry.versus] : [entry.policy],
  )
  const arms = await armsOf(scenario, [...new Set(needed)], ports.resolvePolicy)
  if (!arms.ok) return broken(file, arms.error, scenario.name)
  const questions = [...new Set(expectations.flatMap((entry) => (entry.kind === 'row' ? [entry.question] : [])))]
  const seeds = seedsOf(loaded.value)
  const base = {
    scenario: file,
    settings: request.settings,
    verify: request.verify,
    wantsSamples: false,
    rows: questions,
  }
  const jobs = arms.value.flatMap((arm) => seeds.map((seed) => jobOf(base, arm, seed)))
  return { file, scenario, seeds, arms: arms.value, expectations, questions, jobs }
}

function described(expectation: Expectation, verdict: Verdict): CheckedExpectation {
  const { policy, bound } = expectation
  if (expectation.kind === 'metric') return { metric: expectation.metric, policy, bound, ...verdict }
  if (expectation.kind === 'versus') {
    return { metric: expectation.metric, policy, versus: expectation.versus, bound, ...verdict }
  }
  return { row: expectation.question.row, where: expectation.question.where, policy, bound, ...verdict }
}

function fileOf(plan: Plan, outcomes: readonly JobOutcome[]): CheckedFile {
  const { file, scenario, seeds, arms, expectations, questions } = plan
  const bugAt = outcomes.findIndex((outcome) => outcome.kind === 'bug')
  const bug = outcomes[bugAt]
  const problems = outcomes.find((outcome) => outcome.kind === 'bad_input')?.problems ?? []
  if (bug?.kind === 'bug')
    return { ...broken(file, [], scenario.name), bug: { message: bug.message, job: plan.jobs[bugAt]! } }
  if (problems.length > 0) return broken(file, problems, scenario.name)
  const done = outcomes as readonly JobDone[]
  const runsOf = (policy: string): readonly JobDone[] => {
    const arm = arms.findIndex(({ name }) => name === policy)
    return done.slice(arm * seeds.length, (arm + 1) * seeds.length)
  }
  const judged = expectations.map((entry) => described(entry, judge(entry, runsOf, questions, seeds)))
  return {
    file,
    scenario: scenario.name,
    passed: judged.every((entry) => entry.passed),
    seeds,
    expectations: judged,
    problems: [],
    warnings: [...new Set(done.flatMap((run) => run.result.warnings))],
  }
}

export async function runCheck(request: CheckRequest, ports: LabPorts, control: LabControl): Promise<CheckResult> {
  const entries: (Plan | CheckedFile)[] = []
  for (const file of request.scenarios) entries.push(await planOf(file, request, ports))
  const plans = entries.filter(isPlan)
  const jobs = plans.flatMap((plan) => plan.jobs)
  const outcomes: (JobOutcome | undefined)[] = jobs.map(() => undefined)
  await ports.runner.run(jobs, (index, outcome) => (outcomes[index] = outcome), control.onProgress, control.signal)
  let start = 0
  const files = entries.map((entry) => {
    if (!isPlan(entry)) return entry
    const own = outcomes.slice(start, (start += entry.jobs.length))
    return fileOf(
      entry,
      own.map((outcome) => must(outcome, 'a runner left a job without an outcome')),
    )
  })
  return { format: 'fleetlab.check/1', passed: files.every((file) => file.passed), files, meta: {} }
}
