/**
 * The outcome of `check` as annotations of GitHub Actions, which show what failed beside the line it stands on: workflow
 * commands, a line each, https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
import { formatProblem, type Problem } from '../../base/result.ts'
import type { CheckedBaseline } from '../../lab/check/baseline.ts'
import type { CheckedExpectation, CheckedFile, CheckResult } from '../../lab/check/check-result.ts'
import { baselineSentence, driftText, toShow } from '../text/check/baseline-text.ts'
import { boundText, expectationTitle, valueText } from '../text/check/bound-text.ts'

const inMessage = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const inProperty = (text: string): string => inMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

interface Place {
  readonly file: string
  readonly line?: number
  readonly col?: number
}

/** A file as seen from the repository; undefined: it lies outside, and nothing can be shown beside it. */
export type NameInRepository = (file: string) => string | undefined

function command(kind: 'error' | 'warning', place: Place, title: string, text: string, name: NameInRepository): string {
  const file = name(place.file)
  const properties = Object.entries({ ...(file === undefined ? {} : { ...place, file }), title })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${inProperty(String(value))}`)
  return `::${kind} ${properties.join(',')}::${inMessage(file === undefined ? `${place.file}: ${text}` : text)}`
}

function ofExpectation(each: CheckedExpectation, name: NameInRepository): string {
  const place = { file: each.file, ...(each.line === undefined ? {} : { line: each.line }) }
  const text = `${expectationTitle(each)}: ${valueText(each)}, wanted ${boundText(each)}`
  return command('error', place, each.verdict === 'inconclusive' ? 'inconclusive' : 'expectation missed', text, name)
}

function ofProblem(problem: Problem, file: string, name: NameInRepository): string {
  const { line, column } = problem
  const place = {
    file: problem.file ?? file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { col: column }),
  }
  const { file: _, line: __, column: ___, ...rest } = problem
  return command('error', place, 'cannot be checked', formatProblem(rest), name)
}

/** One, however many figures: GitHub shows ten of a step. */
function ofBaseline(baseline: CheckedBaseline, file: string, name: NameInRepository): string {
  const shown = toShow(baseline)
  const line = shown.find((drift) => drift.line !== undefined)?.line
  const place =
    baseline.verdict === 'absent' ? { file } : { file: baseline.file, ...(line === undefined ? {} : { line }) }
  const text = [`${name(file) ?? file}: ${baselineSentence(baseline)}`, ...shown.map(driftText)].join('\n')
  const kind = baseline.passed ? 'warning' : 'error'
  return command(kind, place, baseline.passed ? 'baseline moved' : 'baseline not kept', text, name)
}

function ofFile(file: CheckedFile, name: NameInRepository): readonly string[] {
  const { expectations, problems, bug, baseline } = file
  const tells = baseline !== undefined && (!baseline.passed || baseline.verdict === 'moved')
  return [
    ...problems.map((problem) => ofProblem(problem, file.file, name)),
    ...(bug === undefined
      ? []
      : [command('error', { file: file.file }, 'a bug of fleetlab', bug.message.split('\n')[0]!, name)]),
    ...expectations.filter(({ passed }) => !passed).map((each) => ofExpectation(each, name)),
    ...(tells ? [ofBaseline(baseline, file.file, name)] : []),
  ]
}

export const githubAnnotations = (result: CheckResult, name: NameInRepository): readonly string[] =>
  result.files.flatMap((file) => ofFile(file, name))
