/** The runs of one file, judged: by its expectations, and against its baseline or as the next one. */
import { must } from '../../base/assert.ts'
import { baselineBeside, formatBaseline, type LoadedScenario, problemAt } from '../../scenario/index.ts'
import { gatheredAssumed } from '../compare/assumed.ts'
import { gatheredWarnings, seedWarnings } from '../compare/warnings.ts'
import type { JobDone, JobOutcome } from '../runs/ports.ts'
import {
  againstBaseline,
  type BaselineQuestion,
  type CheckedBaseline,
  foreignBaseline,
  isUnmoved,
  measuredBaseline,
  withoutFigures,
} from './baseline.ts'
import type { CheckRequest, CheckPlan } from './check-plan.ts'
import { broken, type CheckedExpectation, type CheckedFile, type FileVerdict } from './check-result.ts'
import { type Expectation, judge, type Verdict } from './expectation.ts'

/** A baseline that is to stand beside its scenario. */
export interface NextBaseline {
  readonly file: string
  readonly text: string
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
  { file, loaded, seeds, arms, expectations, questions, baseline }: CheckPlan,
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

export function fileOf(
  plan: CheckPlan,
  outcomes: readonly JobOutcome[],
  meta: CheckedFile['meta'],
  request: CheckRequest,
  onBaseline: ((next: NextBaseline) => void) | undefined,
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
