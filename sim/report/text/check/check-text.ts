/** The outcome of `check` as text: a line per expectation, its value beside what was wanted. */
import { formatProblem } from '../../../base/result.ts'
import type {
  CheckedExpectation,
  CheckedFile,
  CheckResult,
  FileVerdict,
  SkippedFile,
} from '../../../lab/check/check-result.ts'
import { baselineLines } from './baseline-text.ts'
import { boundText, expectationTitle, valueText } from './bound-text.ts'
import { type Paint, plainPaint, type Tone } from '../../form/paint.ts'
import { formatNumber } from '../../form/unit.ts'

const MARKS: { readonly [verdict in CheckedExpectation['verdict']]: readonly [mark: string, tone: Tone] } = {
  met: ['✓', 'good'],
  known_miss: ['≠', 'warn'],
  missed: ['✗', 'bad'],
  inconclusive: ['?', 'warn'],
}

const WORDS: { readonly [verdict in FileVerdict]: readonly [word: string, tone: Tone] } = {
  passed: ['pass', 'good'],
  failed: ['FAIL', 'bad'],
  inconclusive: ['UNCLEAR', 'warn'],
  error: ['FAIL', 'bad'],
}

function expectationLine(expectation: CheckedExpectation, paint: Paint): string {
  const [mark, tone] = MARKS[expectation.verdict]
  const value = paint(expectation.passed ? 'plain' : tone, valueText(expectation))
  const wanted = expectation.published === undefined ? 'wanted' : 'published'
  return `  ${paint(tone, mark)} ${expectationTitle(expectation)}: ${value}, ${wanted} ${boundText(expectation)}`
}

/** One file, as soon as it is judged; ends with an empty line. */
export function formatCheckedFile(file: CheckedFile, paint: Paint = plainPaint): string {
  const seeds = file.seeds.length > 1 ? paint('dim', `  mean of ${file.seeds.length} seeds`) : ''
  const name = file.scenario === undefined ? '' : paint('dim', `  ${file.scenario}`)
  const [word, tone] = WORDS[file.verdict]
  return [
    `${paint(tone, word)}  ${paint('strong', file.file)}${name}${seeds}`,
    ...file.expectations.map((expectation) => expectationLine(expectation, paint)),
    ...(file.baseline === undefined ? [] : baselineLines(file.baseline, paint)),
    ...file.problems.map((problem) => `  ${paint('bad', 'error:')} ${formatProblem(problem)}`),
    ...(file.bug === undefined ? [] : [`  ${paint('bad', 'bug:')} ${file.bug.message}`]),
    ...file.warnings.map((warning) => `  ${paint('warn', `warning: ${warning}`)}`),
    '',
    '',
  ].join('\n')
}

const skippedLine = ({ file, why }: SkippedFile, paint: Paint): string =>
  `${paint('warn', 'skip')}  ${paint('strong', file)}  ${why}`

const plural = (count: number, noun: string): string => `${formatNumber(count, 0)} ${noun}${count === 1 ? '' : 's'}`

const MOVED: ReadonlySet<string> = new Set(['moved', 'updated'])

function baselineCounts(files: readonly CheckedFile[]): readonly string[] {
  const baselines = files.flatMap(({ baseline }) => baseline ?? [])
  const [failed, moved, written, aside] = [
    baselines.filter(({ passed }) => !passed),
    baselines.filter(({ verdict }) => MOVED.has(verdict)),
    baselines.filter(({ verdict }) => verdict === 'written'),
    baselines.filter(({ verdict }) => verdict === 'not_compared'),
  ].map(({ length }) => length)
  const kept = baselines.filter(({ verdict }) => verdict === 'same').length
  return [
    ...(kept > 0 ? [`${plural(kept, 'baseline')} the same`] : []),
    ...(moved! > 0 ? [`${plural(moved!, 'baseline')} moved`] : []),
    ...(written! > 0 ? [`${plural(written!, 'baseline')} written`] : []),
    ...(failed! > 0 ? [`${plural(failed!, 'baseline')} not kept`] : []),
    ...(aside! > 0 ? [`${plural(aside!, 'baseline')} not compared`] : []),
  ]
}

/** What was passed over, and how many of what went how. */
export function formatCheckSummary(result: CheckResult, paint: Paint = plainPaint): string {
  const { files, skipped, left_out, not_run } = result
  const count = (verdict: CheckedExpectation['verdict']): number =>
    files.flatMap((file) => file.expectations).filter((expectation) => expectation.verdict === verdict).length
  const broken = files.filter((file) => file.verdict === 'error').length
  const [missed, unclear, known] = [count('missed'), count('inconclusive'), count('known_miss')]
  const summary = [
    `${plural(count('met'), 'expectation')} met`,
    ...(known > 0 ? [`${formatNumber(known, 0)} missed as ${known === 1 ? 'its file says' : 'their files say'}`] : []),
    ...(missed > 0 ? [`${formatNumber(missed, 0)} not met`] : []),
    ...(unclear > 0 ? [`${formatNumber(unclear, 0)} inconclusive`] : []),
    ...(broken > 0 ? [`${plural(broken, 'file')} could not be checked`] : []),
    ...baselineCounts(files),
    ...(skipped.length > 0 ? [`${plural(skipped.length, 'file')} skipped`] : []),
    ...(left_out.length > 0 ? [`${plural(left_out.length, 'file')} left out by --filter`] : []),
    ...(not_run.length > 0 ? [`${plural(not_run.length, 'file')} not run because of --bail`] : []),
  ].join(', ')
  return [
    ...skipped.map((entry) => skippedLine(entry, paint)),
    ...(skipped.length > 0 ? [''] : []),
    paint(result.passed ? 'good' : 'bad', summary),
  ].join('\n')
}

export const formatCheck = (result: CheckResult, paint: Paint = plainPaint): string =>
  result.files.map((file) => formatCheckedFile(file, paint)).join('') + formatCheckSummary(result, paint)
