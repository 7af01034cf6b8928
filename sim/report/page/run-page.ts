/** One run as a page to send around: what became of the requests, over time, and how to repeat it. */
import { steadyGoodput } from '../../lab/estimates/steady.ts'
import type { RunResult } from '../../metrics/result.ts'
import { assumedLine } from '../text/assumed-text.ts'
import { formatSpan } from '../form/unit.ts'
import { runSections } from '../text/run/run-tables.ts'
import { surenessLines } from '../text/run/run-text.ts'
import { documentOf, factsOf, foldedOf, listOf, type PageContext } from './document.ts'
import { type FigureRow, intervalFigure } from './interval-figure.ts'
import { html, type Markup } from './markup.ts'
import { tableMarkup } from './table-markup.ts'
import { formatNumber, formatValue } from '../form/unit.ts'

/** What a page opens with; the rest is folded. */
const FIRST_SECTIONS = 3

/** What a run alone can say: what became of the requests of each model, and how its service went. */
function answer(result: RunResult): Markup {
  const lines = Object.entries(result.models).map(([model, { requests, goodput: share, rate_429 }]) => {
    const text = `${formatValue(share, 'share')} of ${formatNumber(requests.arrived, 0)} requests served within the SLO; answered 429: ${formatValue(rate_429, 'share')}`
    return html`<li><bdi class="strong">${model}</bdi>: ${text}</li>`
  })
  return html`<section><h2>Answer</h2><ul class="answers">${lines}</ul>${surenessLines(result).map((line) => html`<p class="muted">${line}</p>`)}<p class="muted">One run, one seed: another may go otherwise. A comparison over seeds says how sure it is.</p></section>`
}

function goodput(result: RunResult): Markup {
  const steady = steadyGoodput(result)
  const rows = Object.entries(result.models).map(([model, { goodput: mean }]): FigureRow => {
    const found = steady[model]
    const ci95 = found?.kind === 'interval' ? found.ci95 : null
    return { label: model, figure: { mean, ci95 }, isBaseline: false, tone: 'plain' }
  })
  return html`<section><h2>Goodput: share of all that arrived, served within the SLO</h2><figure>${intervalFigure(rows, { kind: 'share' })}<figcaption>Lines are 95 % intervals from batches of this run alone, where it is long and steady enough to have one.</figcaption></figure></section>`
}

/** Over the width of the plot and its height, both 100; a point without a value breaks the line. */
function lineOf(points: readonly (number | null)[]): string {
  const step = 100 / Math.max(1, points.length - 1)
  let isDrawing = false
  const moves = points.map((value, place) => {
    if (value === null) {
      isDrawing = false
      return ''
    }
    const move = `${isDrawing ? 'L' : 'M'}${(place * step).toFixed(2)} ${(100 - value * 100).toFixed(2)}`
    isDrawing = true
    return move
  })
  return moves.join('')
}

function overTime(result: RunResult): Markup | undefined {
  const { interval_s } = result.series
  const plots = Object.keys(result.models).flatMap((model) => {
    const points = result.series[`goodput.${model}`]
    if (!Array.isArray(points) || points.length < 2) return []
    const until = points.length * interval_s
    const warmup = Math.min(100, (result.warmup_s / until) * 100).toFixed(2)
    return [
      html`<h3><bdi>${model}</bdi></h3><div class="over-time"><div class="levels" aria-hidden="true"><span>100 %</span><span>50 %</span><span>0 %</span></div><svg class="plot" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="goodput of ${model} over time"><rect width="${warmup}" height="100" fill="var(--sunken)"/><line x1="0" x2="100" y1="50" y2="50" stroke="var(--line)" vector-effect="non-scaling-stroke"/><path d="${lineOf(points)}" fill="none" stroke="var(--accent)" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg><div class="times"><span>0</span><span>${formatSpan(until)}</span></div></div>`,
    ]
  })
  if (plots.length === 0) return undefined
  return html`<section><h2>Goodput over time, by arrival</h2><figure>${plots}<figcaption>The shaded time is the warm-up, which is left out of every figure.</figcaption></figure></section>`
}

export function runPage(result: RunResult, context: PageContext): string {
  const [first, others] = [runSections(result).slice(0, FIRST_SECTIONS), runSections(result).slice(FIRST_SECTIONS)]
  const extent = `Policy ${result.policy.name}, seed ${result.seed}; ${formatSpan(result.simulated_s)} simulated, the first ${formatSpan(result.warmup_s)} left out.`
  return documentOf(
    result.scenario.name,
    context,
    [
      html`<p class="muted">${extent}</p>`,
      answer(result),
      goodput(result),
      overTime(result),
      ...first.map(({ title, table }) => html`<section><h2>${title}</h2>${tableMarkup(table)}</section>`),
      listOf('Warnings', result.warnings),
      listOf('Assumed: what these figures rest on and nobody published', result.assumed.map(assumedLine)),
      html`<section><h2>Behind it</h2>${others.map(({ title, table }) => foldedOf(title, tableMarkup(table)))}</section>`,
      html`<section><h2>Identity</h2>${factsOf([
        ['fleetlab', context.version],
        ['scenario', result.scenario.digest],
        ['run', result.digest],
      ])}</section>`,
    ].filter((each) => each !== undefined),
  )
}
