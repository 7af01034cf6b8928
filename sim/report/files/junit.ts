/**
 * The outcome of `check` as JUnit XML, which every CI system shows: a suite per scenario file, a case per expectation.
 * A file that could not be read or run is a suite with one error, so it cannot pass for an empty success; one that was
 * passed over is a suite with one skipped case. A case goes by its file and its whole expectation, bound included:
 * systems that follow a case over time need names that no other case has. A measured baseline is one more case. JUnit knows no inconclusive outcome; it is
 * a failure of a type of its own.
 */
import { formatProblem } from '../../base/result.ts'
import type { CheckedExpectation, CheckedFile, CheckResult, SkippedFile } from '../../lab/check/check-result.ts'
import { baselineSentence, driftText, toShow } from '../text/check/baseline-text.ts'
import { boundText, expectationTitle, valueText } from '../text/check/bound-text.ts'

/** XML 1.0 has no way to write most control characters, escaped or not; they become U+FFFD. */
const UNWRITABLE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g

const ESCAPES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}

/** Safe in text and in attributes. */
export const escapeXml = (text: string): string =>
  text.replace(UNWRITABLE, '\uFFFD').replace(/[&<>"'\n\r\t]/g, (character) => ESCAPES[character]!)

const attributes = (entries: { readonly [name: string]: string | number }): string =>
  Object.entries(entries)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('')

const notCompared = ({ baseline }: CheckedFile): number => (baseline?.verdict === 'not_compared' ? 1 : 0)

const isBroken = (file: CheckedFile): boolean => file.verdict === 'error'

/** Expectations that are the same word for word are told apart by their place. */
function namesOf(expectations: readonly CheckedExpectation[]): readonly string[] {
  const names = expectations.map((expectation) => `${expectationTitle(expectation)}, ${boundText(expectation)}`)
  const count = new Map<string, number>()
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1)
  return names.map((name, i) => (count.get(name) === 1 ? name : `${name} (expect[${expectations[i]!.entry}])`))
}

/** In seconds. The cases of a file share its runs, and so its time: their times add up to that of the suite. */
function timeOf(file: CheckedFile, cases = 1): { readonly time?: string } {
  const { wall_s } = file.meta
  return typeof wall_s === 'number' ? { time: (wall_s / cases).toFixed(3) } : {}
}

function testCase(file: CheckedFile, expectation: CheckedExpectation, name: string): string {
  const { verdict, passed, line } = expectation
  const head = `    <testcase${attributes({
    classname: file.file,
    name,
    file: expectation.file,
    ...(line === undefined ? {} : { line }),
    ...timeOf(file, casesIn(file)),
  })}`
  if (passed) return `${head}/>\n`
  const message = `${valueText(expectation)}, wanted ${boundText(expectation)}`
  return `${head}>\n      <failure${attributes({ type: verdict, message })}/>\n    </testcase>\n`
}

function errorCase(file: CheckedFile): string {
  const message = [...file.problems.map(formatProblem), ...(file.bug === undefined ? [] : [file.bug.message])].join(
    '\n',
  )
  const { line } = file.problems[0] ?? {}
  const place = { file: file.problems[0]?.file ?? file.file, ...(line === undefined ? {} : { line }) }
  return (
    `    <testcase${attributes({ classname: file.file, name: 'runs', ...place, ...timeOf(file) })}>\n` +
    `      <error${attributes({ message })}/>\n    </testcase>\n`
  )
}

const notMet = ({ expectations, baseline }: CheckedFile): number =>
  expectations.filter(({ passed }) => !passed).length + (baseline?.passed === false ? 1 : 0)

const casesIn = ({ expectations, baseline }: CheckedFile): number =>
  expectations.length + (baseline === undefined ? 0 : 1)

function baselineCase(file: CheckedFile): string {
  const { baseline } = file
  if (baseline === undefined) return ''
  const name = 'baseline'
  const head = attributes({ classname: file.file, name, file: baseline.file, ...timeOf(file, casesIn(file)) })
  if (baseline.verdict === 'not_compared')
    return `    <testcase${head}>\n      <skipped${attributes({ message: baselineSentence(baseline) })}/>\n    </testcase>\n`
  if (baseline.passed) return `    <testcase${head}/>\n`
  const message = [baselineSentence(baseline), ...toShow(baseline).map(driftText)].join('\n')
  return `    <testcase${head}>\n      <failure${attributes({ type: baseline.verdict, message })}/>\n    </testcase>\n`
}

function suite(file: CheckedFile): string {
  const errors = isBroken(file) ? 1 : 0
  const tests = casesIn(file) + errors
  const counts = { tests, failures: notMet(file), errors, skipped: notCompared(file) }
  const head = attributes({ name: file.file, file: file.file, ...counts, ...timeOf(file) })
  const names = namesOf(file.expectations)
  const cases = file.expectations.map((expectation, i) => testCase(file, expectation, names[i]!)).join('')
  return `  <testsuite${head}>\n${cases}${baselineCase(file)}${errors > 0 ? errorCase(file) : ''}${warningsOf(file)}  </testsuite>\n`
}

/** What a file warns of fails nothing; it is the suite's output, a line each. */
function warningsOf({ warnings }: CheckedFile): string {
  if (warnings.length === 0) return ''
  const lines = warnings.map((warning) => escapeXml(`warning: ${warning}`))
  return `    <system-out>${lines.join('\n')}</system-out>\n`
}

function skippedSuite({ file, why }: SkippedFile): string {
  const head = attributes({ name: file, file, tests: 1, failures: 0, errors: 0, skipped: 1 })
  const caseHead = attributes({ classname: file, name: 'runs', file })
  return (
    `  <testsuite${head}>\n    <testcase${caseHead}>\n` +
    `      <skipped${attributes({ message: why })}/>\n    </testcase>\n  </testsuite>\n`
  )
}

/** Files that are no case of this run, which must not look as if they had passed. */
const passedOver = ({ skipped, left_out, not_run }: CheckResult): readonly SkippedFile[] => [
  ...skipped,
  ...left_out.map((file) => ({ file, why: 'left out by --filter' })),
  ...not_run.map((file) => ({ file, why: 'not run because of --bail' })),
]

export function formatJunit(result: CheckResult): string {
  const { files, meta } = result
  const over = passedOver(result)
  const errors = files.filter(isBroken).length
  const cases = files.reduce((sum, file) => sum + casesIn(file), 0)
  const { wall_s } = meta
  const head = attributes({
    name: 'fleetlab check',
    tests: cases + errors + over.length,
    failures: files.reduce((sum, file) => sum + notMet(file), 0),
    errors,
    skipped: over.length + files.reduce((sum, file) => sum + notCompared(file), 0),
    ...(typeof wall_s === 'number' ? { time: wall_s.toFixed(3) } : {}),
  })
  const suites = [...files.map(suite), ...over.map(skippedSuite)].join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${head}>\n${suites}</testsuites>\n`
}
