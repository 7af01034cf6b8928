/** The outcome of `check` as text: a line per expectation, its value beside what was wanted. */
import { formatProblem } from '../base/result.ts'
import type { CheckedExpectation, CheckedFile, CheckResult } from '../lab/check.ts'
import { type Paint, plainPaint } from './paint.ts'
import { formatMean, formatNumber, formatValue, type Unit, unitOf } from './unit.ts'

const unitFor = (expectation: CheckedExpectation): Unit =>
  expectation.versus !== undefined ? 'share' : expectation.metric === undefined ? 'plain' : unitOf(expectation.metric)

const RELATIONS: { readonly [relation: string]: string } = {
  at_most: 'at most',
  at_least: 'at least',
  equals: 'exactly',
  improves_by: 'better by',
}

/** `at most 2.00 %` */
export function boundText(expectation: CheckedExpectation): string {
  return Object.entries(expectation.bound)
    .map(([relation, value]) => `${RELATIONS[relation] ?? relation} ${formatValue(value, unitFor(expectation))}`)
    .join(', ')
}

/** `1.31 ±0.20 %`, or why there is no value. */
export function valueText(expectation: CheckedExpectation): string {
  if (expectation.value === null) return expectation.note ?? 'no data'
  return formatMean({ mean: expectation.value, ci95: expectation.ci95 }, unitFor(expectation))
}

/** What the expectation is about: `models["m"].rate_429 under pools`. */
export function expectationTitle(expectation: CheckedExpectation): string {
  const { metric, row, where, policy, versus } = expectation
  const conditions = Object.entries(where ?? {}).map(([column, value]) => `${column}=${value}`)
  const what = metric ?? `rows ${row ?? ''}${conditions.length > 0 ? ` with ${conditions.join(', ')}` : ''}`
  return `${what} under ${policy}${versus === undefined ? '' : `, against ${versus}`}`
}

function expectationLine(expectation: CheckedExpectation, paint: Paint): string {
  const mark = expectation.passed ? paint('good', '✓') : paint('bad', '✗')
  const value = paint(expectation.passed ? 'plain' : 'bad', valueText(expectation))
  return `  ${mark} ${expectationTitle(expectation)}: ${value}, wanted ${boundText(expectation)}`
}

function fileLines(file: CheckedFile, paint: Paint): string[] {
  const seeds = file.seeds.length > 1 ? paint('dim', `  mean of ${file.seeds.length} seeds`) : ''
  const name = file.scenario === undefined ? '' : paint('dim', `  ${file.scenario}`)
  return [
    `${paint(file.passed ? 'good' : 'bad', file.passed ? 'pass' : 'FAIL')}  ${paint('strong', file.file)}${name}${seeds}`,
    ...file.expectations.map((expectation) => expectationLine(expectation, paint)),
    ...file.problems.map((problem) => `  ${paint('bad', 'error:')} ${formatProblem(problem)}`),
    ...(file.bug === undefined ? [] : [`  ${paint('bad', 'bug:')} ${file.bug.message}`]),
    ...file.warnings.map((warning) => `  ${paint('warn', `warning: ${warning}`)}`),
  ]
}

const plural = (count: number, noun: string): string => `${formatNumber(count, 0)} ${noun}${count === 1 ? '' : 's'}`

export function formatCheck(result: CheckResult, paint: Paint = plainPaint): string {
  const expectations = result.files.flatMap((file) => file.expectations)
  const failed = expectations.filter((expectation) => !expectation.passed).length
  const broken = result.files.filter((file) => file.problems.length > 0 || file.bug !== undefined).length
  const summary = [
    `${plural(expectations.length - failed, 'expectation')} met`,
    ...(failed > 0 ? [`${formatNumber(failed, 0)} not met`] : []),
    ...(broken > 0 ? [`${plural(broken, 'file')} could not be checked`] : []),
  ].join(', ')
  return [
    ...result.files.flatMap((file) => [...fileLines(file, paint), '']),
    paint(result.passed ? 'good' : 'bad', summary),
  ].join('\n')
}
