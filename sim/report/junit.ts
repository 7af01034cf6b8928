/**
 * The outcome of `check` as JUnit XML, which every CI system shows: a suite per scenario file, a case per expectation.
 * A file that could not be read or run is a suite with one error, so it cannot pass for an empty success.
 */
import type { CheckedExpectation, CheckedFile, CheckResult } from '../lab/check.ts'
import { formatProblem } from '../base/result.ts'
import { boundText, expectationTitle, valueText } from './check-text.ts'

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

const isBroken = (file: CheckedFile): boolean => file.problems.length > 0 || file.bug !== undefined

function testCase(file: CheckedFile, expectation: CheckedExpectation): string {
  const head = `    <testcase${attributes({ classname: file.scenario ?? file.file, name: expectationTitle(expectation) })}`
  if (expectation.passed) return `${head}/>\n`
  const message = `${valueText(expectation)}, wanted ${boundText(expectation)}`
  return `${head}>\n      <failure${attributes({ message })}/>\n    </testcase>\n`
}

function errorCase(file: CheckedFile): string {
  const message = [...file.problems.map(formatProblem), ...(file.bug === undefined ? [] : [file.bug.message])].join(
    '\n',
  )
  return (
    `    <testcase${attributes({ classname: file.file, name: 'runs' })}>\n` +
    `      <error${attributes({ message })}/>\n    </testcase>\n`
  )
}

function suite(file: CheckedFile): string {
  const broken = isBroken(file)
  const tests = file.expectations.length + (broken ? 1 : 0)
  const failures = file.expectations.filter((expectation) => !expectation.passed).length
  const head = attributes({ name: file.file, tests, failures, errors: broken ? 1 : 0, skipped: 0 })
  const cases = file.expectations.map((expectation) => testCase(file, expectation)).join('')
  return `  <testsuite${head}>\n${cases}${broken ? errorCase(file) : ''}  </testsuite>\n`
}

export function formatJunit(result: CheckResult): string {
  const expectations = result.files.flatMap((file) => file.expectations)
  const errors = result.files.filter(isBroken).length
  const head = attributes({
    name: 'fleetlab check',
    tests: expectations.length + errors,
    failures: expectations.filter((expectation) => !expectation.passed).length,
    errors,
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${head}>\n${result.files.map(suite).join('')}</testsuites>\n`
}
