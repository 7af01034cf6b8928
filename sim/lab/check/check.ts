/**
 * Runs scenario files and judges their `expect:`. Each file stands alone: one that cannot be read or run is reported
 * with its problems, and the others are judged all the same. Files are reported in their order, each as soon as it and
 * those before it are judged. Where a measured baseline lies beside the scenario, the runs are held against it as well, or
 * with `update` become the next one.
 */
import { assert, must } from '../../base/assert.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import {
  baselineBeside,
  digestOf,
  type Files,
  formatBaseline,
  isPolicyFile,
  type LoadedBaseline,
  type LoadedScenario,
  parseBaseline,
  problemAt,
} from '../../scenario/index.ts'
import { type ResolvedArm, armsOf, jobOf } from '../runs/arms.ts'
import { type GatheredAssumed, gatheredAssumed } from '../compare/assumed.ts'
import {
  againstBaseline,
  type BaselinePorts,
  type BaselineQuestion,
  type CheckedBaseline,
  foreignBaseline,
  isUnmoved,
  measuredBaseline,
  toleranceProblems,
  withoutFigures,
} from './baseline.ts'
import { type Bound, type Expectation, expectationsOf, judge, type Verdict } from './expectation.ts'
import { expectationProblems } from './expectation-problems.ts'
import { type LabControl, type LabPorts, seedsOf } from '../compare/experiment.ts'
import { loadWithSettings } from '../runs/job.ts'
import type { RunJob, JobDone, JobOutcome } from '../runs/ports.ts'
import type { Published } from './published.ts'
import type { RowQuestion } from '../runs/row-count.ts'
import { gatheredWarnings, seedWarnings } from '../compare/warnings.ts'

/** An expectation as the result names it, and how it went. */
export interface CheckedExpectation extends Verdict {
  readonly policy: string
  readonly metric?: string
  readonly versus?: string
  readonly row?: string
  readonly where?: RowQuestion['where']
  readonly bound: Bound
  readonly confidence?: 0.95
  /** Where the bound comes from, if not from the author. */
  readonly published?: Published
  /** It is about the ratio to the sum of these. */
  readonly over?: readonly string[]
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
  /** Absent: there is none, and none is asked for. */
  readonly baseline?: CheckedBaseline
  /** A run that broke an invariant. */
  readonly bug?: { readonly message: string; readonly job: RunJob }
  readonly warnings: readonly string[]
  /** What the judged figures rest on without anybody knowing it. */
  readonly assumed: readonly GatheredAssumed[]
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
  /** Left out by a filter. */
  readonly left_out: readonly string[]
  /** Not judged, because one before it ended the check. */
  readonly not_run: readonly string[]
  readonly meta: { readonly [key: string]: string | number }
}

export interface CheckRequest {
  readonly scenarios: readonly string[]
  readonly skipped?: readonly SkippedFile[]
  readonly leftOut?: readonly string[]
  /** Baselines whose scenario is gone: each is a broken file of the report. */
  readonly orphans?: readonly string[]
  readonly settings: readonly string[]
  readonly verify: boolean
  /** The first file that does not pass is the last. */
  readonly bail?: boolean
  /** Absent: baselines are neither read nor made. */
  readonly baselines?: BaselinePorts & {
    /** `update`: what the runs give becomes the next one; `require`: a scenario without one fails. */
    readonly mode: 'compare' | 'update' | 'require'
  }
}

/** A baseline that is to stand beside its scenario. */
export interface NextBaseline {
  readonly file: string
  readonly text: string
}

export interface CheckControl extends Omit<LabControl, 'onDone'> {
  readonly onFile?: (file: CheckedFile) => void
  /** Each file of a scenario that was read, or looked for. */
  readonly onRead?: (scenario: string, file: string) => void
  /** With `update`; nothing is written here. */
  readonly onBaseline?: (next: NextBaseline) => void
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
  /** Undefined: the runs are held against none and make none. */
  readonly baseline: PlannedBaseline | undefined
}

interface PlannedBaseline {
  readonly file: string
  /** Undefined: there is none yet. */
  readonly before: LoadedBaseline | undefined
  /** File → SHA-256. */
  readonly inputs: ReadonlyMap<string, string>
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
  assumed: [],
  meta: {},
})

const isPlan = (entry: Plan | CheckedFile): entry is Plan => 'jobs' in entry

/** Files with a list of what was asked of them. */
function recorded(files: Files, texts: Map<string, string>, onRead: (file: string) => void): Files {
  return {
    resolve: (from, relative) => files.resolve(from, relative),
    async read(path) {
      onRead(path)
      const text = await files.read(path)
      if (text !== undefined) texts.set(path, text)
      return text
    },
  }
}

/** What a user's policy is made of. */
function policyFiles(arms: readonly ResolvedArm[]): readonly string[] {
  return arms.flatMap(({ policy }) => (policy.kind === 'code' ? [policy.file, ...(policy.files ?? [])] : []))
}

const armsIn = (expectations: readonly Expectation[]): readonly string[] =>
  expectations.flatMap((entry) => (entry.kind === 'versus' ? [entry.policy, entry.versus] : [entry.policy]))

async function planOf(
  file: string,
  request: CheckRequest,
  ports: LabPorts,
  onRead: (file: string) => void,
): Promise<Plan | CheckedFile> {
  const texts = new Map<string, string>()
  const files = recorded(ports.files, texts, onRead)
  const loading = await loadWithSettings(file, request.settings, files)
  if (!loading.ok) return broken(file, loading.error)
  const loaded = loading.value
  const { scenario } = loaded
  const before = await baselineOf(file, scenario.name, request, ports, onRead)
  if (!before.ok) return broken(file, before.error, scenario.name)
  const isMeasured = before.value !== undefined || request.baselines?.mode === 'update'
  if (scenario.expect.length === 0) {
    const message = isMeasured ? nothingUnder(request) : nothingIn(request)
    if (message !== undefined) return broken(file, [{ file, message }], scenario.name)
  }
  const wrong = expectationProblems(loaded)
  if (wrong.length > 0) return broken(file, wrong, scenario.name)
  for (const { policy } of scenario.policies) if (isPolicyFile(policy)) onRead(policy)
  // All of them, also those nobody expects anything of: one that is not there is a mistake all the same.
  const every = await armsOf(loaded, undefined, ports.resolvePolicy)
  if (!every.ok) return broken(file, every.error, scenario.name)
  const names = every.value.map((arm) => arm.name)
  const expectations = scenario.expect.flatMap((entry, index) => expectationsOf(entry, index, names))
  const needed = new Set([...armsIn(expectations), ...Object.keys(before.value?.baseline.arms ?? {})])
  // A baseline alone is about every arm.
  const arms = every.value.filter((arm) => scenario.expect.length === 0 || needed.has(arm.name))
  for (const path of policyFiles(arms)) await files.read(path)
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
  const baseline = !isMeasured
    ? undefined
    : {
        file: baselineBeside(file),
        before: before.value,
        inputs: new Map([...texts].map(([path, text]) => [path, digestOf(text)])),
      }
  return { file, loaded, seeds, arms, expectations, questions, jobs, baseline }
}

const nothingIn = ({ baselines }: CheckRequest): string =>
  `has no expect:, so there is nothing to check${
    baselines === undefined ? '' : '; a baseline would be something: check --update writes one'
  }`

/** A baseline is of the scenario as it stands. */
const nothingUnder = ({ settings }: CheckRequest): string | undefined =>
  settings.length === 0
    ? undefined
    : 'has no expect:, and runs with --set are held against no baseline, so there is nothing to check'

/** The one beside the scenario, if baselines are wanted and it is there. */
async function baselineOf(
  file: string,
  name: string,
  { baselines }: CheckRequest,
  { files }: LabPorts,
  onRead: (file: string) => void,
): Promise<Result<LoadedBaseline | undefined>> {
  if (baselines === undefined) return ok(undefined)
  const path = baselineBeside(file)
  onRead(path)
  const text = await files.read(path)
  if (text === undefined) return ok(undefined)
  const loaded = parseBaseline(path, text)
  if (!loaded.ok) return loaded
  const foreign = foreignBaseline(loaded.value, { file, name }, baselines)
  if (foreign !== undefined && baselines.mode !== 'update') return fail([foreign])
  const wrong = toleranceProblems(loaded.value)
  return wrong.length > 0 ? fail(wrong) : ok(loaded.value)
}

function described(expectation: Expectation, verdict: Verdict, loaded: LoadedScenario): CheckedExpectation {
  const { policy, bound, confidence, published, over, entry } = expectation
  const place = problemAt(loaded.origin, { path: ['expect', entry], message: '' })
  const shared = {
    policy,
    bound,
    ...(confidence === undefined ? {} : { confidence }),
    ...(published === undefined ? {} : { published }),
    ...(over === undefined ? {} : { over }),
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

/** The runs of a file against its baseline, or as the next one. */
function baselineFor(
  { file, loaded, seeds, arms, expectations, questions, baseline }: Plan,
  runsOf: (policy: string) => readonly JobDone[],
  { baselines, settings }: CheckRequest,
  onBaseline: ((next: NextBaseline) => void) | undefined,
): CheckedBaseline | undefined {
  if (baselines === undefined) return undefined
  if (baseline === undefined)
    return baselines.mode === 'require' ? withoutFigures(baselineBeside(file), 'absent') : undefined
  if (settings.length > 0) return withoutFigures(baseline.file, 'not_compared')
  const question: BaselineQuestion = {
    scenario: file,
    name: loaded.scenario.name,
    file: baseline.file,
    arms: arms.map(({ name }) => ({ arm: name, runs: runsOf(name) })),
    seeds,
    expectations,
    questions,
    inputs: baseline.inputs,
    before: baseline.before,
  }
  const against = againstBaseline(question, baselines)
  if (baselines.mode !== 'update') return against
  const { before } = baseline
  const isForeign =
    before !== undefined && foreignBaseline(before, { file, name: question.name }, baselines) !== undefined
  const isSame = before !== undefined && !isForeign && isUnmoved(against)
  const verdict = before === undefined ? 'written' : isSame ? 'same' : 'updated'
  // A comment, or a version that changes no run, is no reason to touch the baselines of a whole folder.
  if (!isSame) onBaseline?.({ file: baseline.file, text: formatBaseline(measuredBaseline(question, baselines)) })
  return { ...against, verdict, passed: true }
}

function fileOf(
  plan: Plan,
  outcomes: readonly JobOutcome[],
  meta: CheckedFile['meta'],
  request: CheckRequest,
  onBaseline: CheckControl['onBaseline'],
): CheckedFile {
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
  const baseline = baselineFor(plan, runsOf, request, onBaseline)
  const verdict = baseline?.passed === false ? 'failed' : verdictOf(judged)
  return {
    file,
    scenario,
    verdict,
    passed: verdict === 'passed',
    seeds,
    expectations: judged,
    problems: [],
    ...(baseline === undefined ? {} : { baseline }),
    warnings: [
      ...gatheredWarnings(
        done.map(({ result }) => ({ place: result.policy.name, seed: result.seed, result })),
        'arm',
      ),
      ...seedWarnings(loaded, seeds),
    ],
    assumed: gatheredAssumed(done.map(({ result }) => ({ place: result.policy.name, result }))),
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
  const entries: (Plan | CheckedFile)[] = (request.orphans ?? []).map((file) =>
    broken(file, [
      { file, message: 'no scenario lies beside this baseline; was it renamed? rename both, or remove this' },
    ]),
  )
  for (const file of request.scenarios) {
    control.signal.throwIfAborted()
    entries.push(await planOf(file, request, ports, (path) => control.onRead?.(file, path)))
  }
  const jobs = entries.flatMap((entry, file) => (isPlan(entry) ? entry.jobs.map((job) => ({ job, file })) : []))
  const outcomes: JobOutcome[][] = entries.map(() => [])
  const watches = entries.map(() => new Stopwatch(control.clock))
  const left = entries.map((entry) => (isPlan(entry) ? entry.jobs.length : 0))
  const all = [...(request.orphans ?? []), ...request.scenarios]
  const first = entries.map((_, file) => jobs.findIndex((job) => job.file === file))
  const files: CheckedFile[] = []
  const bailed = new AbortController()
  const report = (): void => {
    while (files.length < entries.length && left[files.length] === 0 && !bailed.signal.aborted) {
      const place = files.length
      const entry = entries[place]!
      const file = isPlan(entry)
        ? fileOf(entry, outcomes[place]!, watches[place]!.meta, request, control.onBaseline)
        : entry
      // Results of a whole folder would fill the memory.
      outcomes[place] = []
      files.push(file)
      control.onFile?.(file)
      if (request.bail === true && !file.passed) bailed.abort()
    }
  }
  report()
  try {
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
      AbortSignal.any([control.signal, bailed.signal]),
      (index) => watches[jobs[index]!.file]!.start(),
    )
  } catch (error) {
    if (control.signal.aborted || !bailed.signal.aborted) throw error
  }
  assert(bailed.signal.aborted || files.length === entries.length, 'a runner left a job without an outcome')
  const passed = files.every((file) => file.passed)
  return {
    format: 'fleetlab.check/1',
    passed,
    files,
    skipped: request.skipped ?? [],
    left_out: request.leftOut ?? [],
    not_run: all.slice(files.length),
    meta: {},
  }
}
