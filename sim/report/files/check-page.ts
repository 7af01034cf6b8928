/**
 * The outcome of `check` as a Markdown page that is committed beside the scenarios and reviewed as a diff: files in the order of
 * their names, a line for each expectation and each figure, and nothing that differs between two runs of the same: no times, no machine.
 */
import { formatProblem } from '../../base/result.ts'
import type { BaselineDrift } from '../../lab/check/baseline.ts'
import type { CheckedExpectation, CheckedFile, CheckResult, FileVerdict } from '../../lab/check/check-result.ts'
import { baselineSentence, driftRow } from '../text/check/baseline-text.ts'
import { boundText, expectationTitle, valueText } from '../text/check/bound-text.ts'
import { markdownBlock, markdownCode, markdownTarget } from '../form/markdown-text.ts'

export interface PageOptions {
  /** A path as seen from where the page lies; absent: nothing can be linked to from there. */
  nameFrom?(file: string): string
}

const WORDS: { readonly [verdict in FileVerdict]: string } = {
  passed: 'passed',
  failed: '**failed**',
  inconclusive: '**inconclusive**',
  error: '**could not be checked**',
}

const MARKS: { readonly [verdict in CheckedExpectation['verdict']]: string } = {
  met: 'met',
  known_miss: 'known miss',
  missed: '**missed**',
  inconclusive: '**inconclusive**',
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function table(heads: readonly (readonly [string, 'left' | 'right'])[], rows: readonly (readonly string[])[]): string {
  return [
    row(heads.map(([head]) => head)),
    row(heads.map(([, align]) => (align === 'right' ? '---:' : '---'))),
    ...rows.map(row),
  ].join('\n')
}

const count = (expectations: readonly CheckedExpectation[]): string =>
  expectations.length === 0 ? '' : `${expectations.filter(({ passed }) => passed).length} of ${expectations.length} met`

const baselineWord = ({ baseline }: CheckedFile): string =>
  baseline === undefined ? 'none' : baseline.passed ? baseline.verdict.replace('_', ' ') : `**${baseline.verdict}**`

const driftCells = (drift: BaselineDrift): readonly string[] => {
  const { arm, figure, was, now, change, tolerance, isBeyond } = driftRow(drift)
  return [markdownCode(arm), markdownCode(figure), was, now, isBeyond ? `**${change}**` : change, tolerance]
}

/** Paths in what we say of a file are as seen from the page too. */
const placed = (text: string, file: string, shown: string): string => text.replaceAll(file, shown)

function fileSection(file: CheckedFile, name: (file: string) => string): string {
  const { scenario, seeds, expectations, problems, bug, baseline, warnings } = file
  const shown = name(file.file)
  const said = [
    ...problems.map((problem) =>
      formatProblem({ ...problem, ...(problem.file === undefined ? {} : { file: name(problem.file) }) }),
    ),
    // A stack names the machine's folders.
    ...(bug === undefined ? [] : [`a bug of fleetlab: ${bug.message.split('\n')[0]!}`]),
    ...warnings.map((warning) => `warning: ${placed(warning, file.file, shown)}`),
  ]
  const about = [
    ...(scenario === undefined ? [] : [`Scenario ${markdownCode(scenario)}`]),
    ...(seeds.length === 0 ? [] : [seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`]),
  ]
  return [
    `## ${markdownCode(shown)}: ${WORDS[file.verdict].replaceAll('*', '')}`,
    ...(about.length === 0 ? [] : [`${about.join(', ')}.`]),
    ...(expectations.length === 0
      ? []
      : [
          table(
            [
              ['expectation', 'left'],
              ['wanted', 'left'],
              ['value', 'left'],
              ['', 'left'],
            ],
            expectations.map((each) => [
              markdownCode(expectationTitle(each)),
              markdownCode(boundText(each)),
              markdownCode(valueText(each)),
              MARKS[each.verdict],
            ]),
          ),
        ]),
    ...(baseline === undefined
      ? []
      : [`Baseline ${markdownCode(name(baseline.file))}:`, markdownBlock([baselineSentence(baseline)])]),
    ...(baseline === undefined || baseline.figures.length === 0
      ? []
      : [
          table(
            [
              ['arm', 'left'],
              ['figure', 'left'],
              ['baseline', 'right'],
              ['now', 'right'],
              ['change', 'right'],
              ['tolerance', 'right'],
            ],
            baseline.figures.map(driftCells),
          ),
        ]),
    ...(said.length === 0 ? [] : [markdownBlock(said)]),
  ].join('\n\n')
}

const listed = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`## ${title}`, lines.map((line) => `- ${line}`).join('\n')]

/** What comes first: one line that says how it went. */
function opening(result: CheckResult): string {
  const bad = result.files.filter(({ passed }) => !passed).length
  const files = `${result.files.length} ${result.files.length === 1 ? 'file' : 'files'}`
  const aside = [
    ...(result.left_out.length > 0 ? [`${result.left_out.length} left out by a filter`] : []),
    ...(result.not_run.length > 0 ? [`${result.not_run.length} not run`] : []),
    ...(result.skipped.length > 0 ? [`${result.skipped.length} skipped`] : []),
  ]
  const rest = aside.length === 0 ? '' : `; ${aside.join(', ')}`
  return `${bad === 0 ? `${files} checked, all passed` : `${files} checked, **${bad} did not pass**`}${rest}.`
}

/** `most`: as many characters as whoever shows it takes; whole sections go, and it says so. */
export function formatCheckPage(result: CheckResult, { nameFrom }: PageOptions = {}, most = Infinity): string {
  const name = nameFrom ?? ((file: string) => file)
  const files = result.files.toSorted((a, b) => (name(a.file) < name(b.file) ? -1 : 1))
  const summary = table(
    [
      ['file', 'left'],
      ['outcome', 'left'],
      ['expectations', 'left'],
      ['baseline', 'left'],
    ],
    files.map((file) => {
      const code = markdownCode(name(file.file))
      const link = nameFrom === undefined ? code : `[${code}](${markdownTarget(name(file.file))})`
      return [link, WORDS[file.verdict], count(file.expectations), baselineWord(file)]
    }),
  )
  const code = (paths: readonly string[]): readonly string[] => paths.map((file) => markdownCode(name(file)))
  const head = [
    '# Fleet checks',
    opening(result),
    ...(files.length === 0 ? [] : [summary]),
    ...listed(
      'Skipped',
      result.skipped.map(({ file, why }) => `${markdownCode(name(file))} ${markdownCode(why)}`),
    ),
    ...listed('Left out by a filter', code(result.left_out)),
    ...listed('Not run, because one before did not pass', code(result.not_run)),
  ].join('\n\n')
  // What did not pass is what somebody looks for where not everything has room.
  const order = Number.isFinite(most) ? files.toSorted((a, b) => Number(a.passed) - Number(b.passed)) : files
  let text = head
  for (const [at, file] of order.entries()) {
    const section = `\n\n${fileSection(file, name)}`
    if (text.length + section.length > most) {
      text += `\n\n${order.length - at} of ${order.length} files are left out here for want of room.`
      break
    }
    text += section
  }
  return `${text}\n`
}
