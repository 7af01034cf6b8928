/** A comparison as a page to send around: the question, the answer with what it rests on, the figure, and how to repeat it. */
import type { CompareResult } from '../../lab/compare/compare.ts'
import { assumedLine } from '../text/assumed-text.ts'
import { collapseTable, survivalLines } from '../text/compare/collapse-text.ts'
import { compareLegend, compareTables } from '../text/compare/compare-tables.ts'
import { bestLines, COLLAPSE_TITLE, parameterLines, RESTS_ON } from '../text/compare/compare-text.ts'
import { MODEL_LEGEND, MODEL_TITLE, modelTable } from '../text/compare/model-part-table.ts'
import { intervalWords } from '../form/interval-words.ts'
import { textOf, toneOf } from '../form/paint.ts'
import { directionOf, toneOfDirection, verdicts } from '../form/verdict.ts'
import { documentOf, factsOf, foldedOf, listOf, type PageContext } from './document.ts'
import { type FigureRow, intervalFigure } from './interval-figure.ts'
import { html, type Markup } from './markup.ts'
import { tableMarkup } from './table-markup.ts'

/** Characters of a table that fit on a page; more arms become more tables. */
const WIDTH = 110
/** Of a run's identity, enough to tell it. */
const DIGEST_SHOWN = 12

const seedsText = (seeds: readonly number[]): string =>
  seeds.length === 1 ? `one seed (${seeds[0]})` : `${seeds.length} seeds`

const goodputOf = (model: string): string => `models[${JSON.stringify(model)}].goodput`

function answer(result: CompareResult): Markup {
  const items = verdicts(result).map(
    ({ arm, model, word, findings }) =>
      html`<li class="${toneOf(word)}"><bdi class="strong">${arm}</bdi> against <bdi>${result.baseline}</bdi>, <bdi class="strong">${model}</bdi>: <span class="word">${textOf(word)}</span>${
        findings.length === 0 ? undefined : html`<br><span class="muted">${findings.join('; ')}</span>`
      }</li>`,
  )
  return html`<section><h2>Answer</h2><ul class="answers">${items}</ul>
<ul>${bestLines(result).map((line) => html`<li>${line}</li>`)}</ul>
<p class="muted">${RESTS_ON}</p></section>`
}

function figure(result: CompareResult): Markup {
  const arms = [result.baseline, ...Object.keys(result.policies).filter((arm) => arm !== result.baseline)]
  const panels = result.models.map((model) => {
    const path = goodputOf(model)
    const toneFor = (arm: string): FigureRow['tone'] => {
      const difference = result.differences[arm]?.[path]
      const tone = difference === undefined ? 'plain' : toneOfDirection[directionOf(difference)]
      return tone === 'good' || tone === 'bad' || tone === 'dim' ? tone : 'plain'
    }
    const rows = arms.flatMap((arm): FigureRow[] => {
      const found = result.policies[arm]?.[path]
      if (found === undefined) return []
      return [{ label: arm, figure: found, isBaseline: arm === result.baseline, tone: toneFor(arm) }]
    })
    const apart = arms.slice(1).flatMap((arm): FigureRow[] => {
      const found = result.differences[arm]?.[path]
      return found === undefined
        ? []
        : [{ label: `${arm} − ${result.baseline}`, figure: found, isBaseline: false, tone: toneFor(arm) }]
    })
    const [first] = Object.values(result.differences)
    return html`<h3><bdi>${model}</bdi></h3>${intervalFigure(rows, { kind: 'share' })}${intervalFigure(apart, { kind: 'difference', band: first?.[path]?.delta })}`
  })
  const caption =
    result.seeds.length === 1
      ? 'One seed: no intervals.'
      : `Dots are means over ${result.seeds.length} seeds${intervalWords(result.seeds.length, ', lines 95 % intervals')}; below, differences paired by seed, with the band in which a difference does not matter.`
  return html`<section><h2>Goodput: share of all that arrived, served within the SLO</h2><figure>${panels}<figcaption>${caption}</figcaption></figure></section>`
}

function folded(result: CompareResult): readonly Markup[] {
  const parts = modelTable(result)
  return [
    ...(parts === undefined
      ? []
      : [foldedOf(MODEL_TITLE, html`<p class="muted">${MODEL_LEGEND}.</p>${tableMarkup(parts)}`)]),
    ...compareTables(result, WIDTH).map(({ title, table }) => foldedOf(`All figures: ${title}`, tableMarkup(table))),
    foldedOf(
      'Digests of the runs',
      factsOf(
        Object.entries(result.digests).map(([arm, digests]) => [
          arm,
          digests.map((digest) => digest.slice(0, DIGEST_SHOWN)).join(' '),
        ]),
      ),
    ),
  ]
}

export function comparePage(result: CompareResult, context: PageContext): string {
  return documentOf(result.scenario.name, context, [
    html`<p class="muted">${Object.keys(result.policies).length} policies on the same requests, over ${seedsText(result.seeds)}, against <bdi>${result.baseline}</bdi>.</p>`,
    ...parameterLines(result).map((line) => html`<p class="muted">${line}</p>`),
    html`<section><h2>${COLLAPSE_TITLE}</h2>${tableMarkup(collapseTable(result))}${survivalLines(result).map((line) => html`<p class="muted">${line}</p>`)}</section>`,
    answer(result),
    figure(result),
    ...[
      listOf('Warnings', result.warnings),
      listOf('Assumed: what these figures rest on and nobody published', result.assumed.map(assumedLine)),
    ].filter((each) => each !== undefined),
    html`<section><h2>Behind it</h2><p class="muted">${compareLegend(result)}.</p>${folded(result)}</section>`,
    html`<section><h2>Identity</h2>${factsOf([
      ['fleetlab', context.version],
      ['seeds', result.seeds.join(', ')],
      ['baseline', result.baseline],
    ])}</section>`,
  ])
}
