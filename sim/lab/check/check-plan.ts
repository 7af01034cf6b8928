/** A scenario file that is ready to run: which arms and seeds its expectations and its baseline need. */
import { fail, ok, type Result } from '../../base/result.ts'
import {
  baselineBeside,
  digestOf,
  type Files,
  isPolicyFile,
  type LoadedBaseline,
  type LoadedScenario,
  parseBaseline,
} from '../../scenario/index.ts'
import { type LabPorts, seedsOf } from '../compare/experiment.ts'
import { armsOf, jobOf, type ResolvedArm } from '../runs/arms.ts'
import { loadWithSettings } from '../runs/job.ts'
import type { RunJob } from '../runs/ports.ts'
import type { RowQuestion } from '../runs/row-count.ts'
import { type BaselinePorts, foreignBaseline, toleranceProblems } from './baseline.ts'
import { broken, type CheckedFile, type SkippedFile } from './check-result.ts'
import { type Expectation, expectationsOf } from './expectation.ts'
import { expectationProblems } from './expectation-problems.ts'

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

export interface CheckPlan {
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

export const isPlan = (entry: CheckPlan | CheckedFile): entry is CheckPlan => 'jobs' in entry

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

/** Or what is wrong with it. */
export async function planOf(
  file: string,
  request: CheckRequest,
  ports: LabPorts,
  onRead: (file: string) => void,
): Promise<CheckPlan | CheckedFile> {
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
