/** The outcome of a check as a page to send around: which expectations hold, by how much, and of which it cannot be told. */
import { formatProblem } from '../../base/result.ts'
import type { CheckedExpectation, CheckedFile, CheckResult, FileVerdict } from '../../lab/check/check-result.ts'
import { assumedLine } from '../text/assumed-text.ts'
import { boundText, expectationTitle, valueText } from '../text/check/bound-text.ts'
import { formatCheckSummary } from '../text/check/check-text.ts'
import { cell, type TextCell, type Tone } from '../form/paint.ts'
import { documentOf, factsOf, foldedOf, listOf, type PageContext } from './document.ts'
import { html, type Markup } from './markup.ts'
import { tableMarkup } from './table-markup.ts'

const WORDS: { readonly [verdict in CheckedExpectation['verdict']]: readonly [word: string, tone: Tone] } = {
  met: ['met', 'good'],
  known_miss: ['missed, as its file says', 'warn'],
  missed: ['missed', 'bad'],
  inconclusive: ['cannot be told', 'warn'],
}

const FILE_WORDS: { readonly [verdict in FileVerdict]: readonly [word: string, tone: Tone] } = {
  passed: ['passes', 'good'],
  failed: ['fails', 'bad'],
  inconclusive: ['cannot be told', 'warn'],
  error: ['could not be checked', 'bad'],
}

function rowOf(expectation: CheckedExpectation): readonly TextCell[] {
  const [word, tone] = WORDS[expectation.verdict]
  return [expectationTitle(expectation), cell(word, tone), valueText(expectation), boundText(expectation)]
}

function fileSection(file: CheckedFile): Markup {
  const [word, tone] = FILE_WORDS[file.verdict]
  const columns = [
    { head: 'expectation', align: 'left' },
    { head: 'verdict', align: 'left' },
    { head: 'value', align: 'right' },
    { head: 'wanted', align: 'right' },
  ] as const
  const wrong = [...file.problems.map(formatProblem), ...(file.bug === undefined ? [] : [file.bug.message])]
  const body = html`${file.seeds.length > 1 ? html`<p class="muted">Means of ${file.seeds.length} seeds.</p>` : undefined}${
    file.expectations.length === 0 ? undefined : tableMarkup({ columns, rows: file.expectations.map(rowOf) })
  }${wrong.map((line) => html`<p class="bad">${line}</p>`)}${file.warnings.map((line) => html`<p class="warn">warning: ${line}</p>`)}`
  // What passes is not what one opens the page for.
  if (file.passed) return foldedOf(`${file.file}: ${word}`, body)
  return html`<section><h2><bdi>${file.file}</bdi>: <span class="${tone}">${word}</span></h2>${body}</section>`
}

export function checkPage(result: CheckResult, context: PageContext): string {
  const title =
    result.files.length === 1
      ? (result.files[0]!.scenario ?? result.files[0]!.file)
      : `${result.files.length} scenarios`
  const failing = result.files.filter(({ passed }) => !passed)
  const passing = result.files.filter(({ passed }) => passed)
  const assumed = [...new Set(result.files.flatMap(({ assumed: inputs }) => inputs.map(assumedLine)))]
  return documentOf(
    title,
    context,
    [
      html`<section><h2>Answer</h2><ul class="answers">${html`<li class="${result.passed ? 'good' : 'bad'}"><span class="word">${result.passed ? 'All hold.' : 'Not all hold.'}</span> ${formatCheckSummary({ ...result, skipped: [] })}</li>`}</ul></section>`,
      ...failing.map(fileSection),
      passing.length === 0 ? undefined : html`<section><h2>What holds</h2>${passing.map(fileSection)}</section>`,
      listOf(
        'Skipped',
        result.skipped.map(({ file, why }) => `${file}: ${why}`),
      ),
      listOf('Assumed: what these figures rest on and nobody published', assumed),
      html`<section><h2>Identity</h2>${factsOf([['fleetlab', context.version]])}</section>`,
    ].filter((each) => each !== undefined),
  )
}
