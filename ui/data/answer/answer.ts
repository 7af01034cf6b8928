/**
 * The answer to a scenario's question: for each arm what it is, the verdict that the command line prints, and whether its
 * service holds. Nothing is judged here: words come from sim/report/form/verdict.ts, odds from the comparison.
 */
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import type { SloFigures } from '../../../sim/metrics/index.ts'
import { oddsText, onsetText } from '../../../sim/report/text/compare/collapse-text.ts'
import { type Tone, textOf, toneOf } from '../../../sim/report/form/paint.ts'
import { formatDifference, formatMean, formatNumber } from '../../../sim/report/form/unit.ts'
import { verdicts } from '../../../sim/report/form/verdict.ts'

export interface ModelAnswer {
  readonly model: string
  /** `better`; '' of the baseline. */
  readonly word: string
  readonly tone: Tone
  /** Goodput of the baseline, of any other arm its difference; with its interval, and without. */
  readonly figure: string
  readonly centre: string
  /** As the command line prints them below the verdict. */
  readonly findings: readonly string[]
}

export interface CollapseAnswer {
  readonly model: string
  /** `falls in 44 [14, 79] % of runs, at 34 [12–47] min`. */
  readonly text: string
  /** `falls in 44 % at 34 min`, `never up in 8 of 8 runs`. */
  readonly short: string
}

export interface ArmAnswer {
  readonly arm: string
  readonly isBaseline: boolean
  readonly models: readonly ModelAnswer[]
  /** Of models whose service did not always hold. */
  readonly collapses: readonly CollapseAnswer[]
  /** Whether it is, or may be, the best for all users together. */
  readonly best: 'best' | 'may be best' | undefined
}

const goodputOf = (model: string): string => `models[${JSON.stringify(model)}].goodput`

/** `44 [14, 79] %` → `44 %`. */
const withoutIntervals = (text: string): string => text.replaceAll(/ \[[^\]]*\]/g, '')

function collapsesOf({ collapse }: CompareResult, arm: string): readonly CollapseAnswer[] {
  const found = Object.entries(collapse[arm] ?? {}).flatMap(([model, odds]) => {
    const { p, never_up, runs } = odds
    const falls = p !== null && p > 0
    const texts = [
      ...(falls ? [`falls in ${oddsText(odds)} of runs, at ${onsetText(odds)}`] : []),
      ...(never_up === 0 ? [] : [`never up in ${never_up} of ${runs} runs`]),
    ]
    if (texts.length === 0) return []
    const short = falls ? withoutIntervals(`falls in ${oddsText(odds)} at ${onsetText(odds)}`) : texts[0]!
    return [{ model, text: texts.join('; '), short, odds: p ?? 0 }]
  })
  // The one that falls most first: on a narrow screen it is the one that is read.
  return found.toSorted((a, b) => b.odds - a.odds).map(({ model, text, short }) => ({ model, text, short }))
}

function bestOf({ best_set, models, policies }: CompareResult, arm: string): ArmAnswer['best'] {
  const set = models.length === 1 ? best_set.models[models[0]!] : best_set.overall
  if (set === null || set === undefined || !set.arms.includes(arm)) return undefined
  if (set.arms.length === 1) return 'best'
  // Where none can be told from the best, nobody stands out.
  return set.arms.length === Object.keys(policies).length ? undefined : 'may be best'
}

export function answerOf(compare: CompareResult): readonly ArmAnswer[] {
  const { baseline, models, policies, differences } = compare
  const judged = verdicts(compare)
  return Object.keys(policies).map((arm) => ({
    arm,
    isBaseline: arm === baseline,
    models: models.map((model): ModelAnswer => {
      const path = goodputOf(model)
      const own = judged.find((verdict) => verdict.arm === arm && verdict.model === model)
      const difference = differences[arm]?.[path]
      if (own === undefined) {
        const figure = formatMean(policies[arm]?.[path] ?? { mean: null, ci95: null }, 'share')
        return { model, word: '', tone: 'plain', figure, centre: withoutIntervals(figure), findings: [] }
      }
      const figure = difference === undefined ? '' : formatDifference(difference, 'share')
      const centre = withoutIntervals(figure)
      return { model, word: textOf(own.word), tone: toneOf(own.word), figure, centre, findings: own.findings }
    }),
    collapses: collapsesOf(compare, arm),
    best: bestOf(compare, arm),
  }))
}

/** One line, for people who hear it and for titles. */
export function sentenceOf({ arm, isBaseline, models, collapses, best }: ArmAnswer, baseline: string): string {
  const verdict = models.map(({ model, word, figure }) =>
    isBaseline ? `${figure} of ${model}` : `${word} for ${model} (${figure})`,
  )
  const head = isBaseline
    ? `${arm}, the baseline: goodput ${verdict.join(', ')}`
    : `${arm} against ${baseline}: ${verdict.join(', ')}`
  const tail = collapses.map(({ model, text }) => `${model} ${text}`)
  return [head, ...tail, ...(best === undefined ? [] : [`${best} for all users`])].join('; ')
}

const duration = (ms: number): string =>
  ms >= 1_000 ? `${Number((ms / 1_000).toPrecision(4))} s` : `${Number(ms.toPrecision(4))} ms`

/** What goodput means here: `first token ≤ 5 s + 1 ms per prompt token, then ≥ 15 tok/s`. */
export function sloText({ ttft_base_ms, ttft_per_token_ms, decode_tps }: SloFigures): string {
  const perToken = ttft_per_token_ms === 0 ? '' : ` + ${duration(ttft_per_token_ms)} per prompt token`
  const rate =
    decode_tps === 0 ? '' : `, then ≥ ${formatNumber(decode_tps, Number.isInteger(decode_tps) ? 0 : 1)} tok/s`
  return `first token ≤ ${duration(ttft_base_ms)}${perToken}${rate}`
}
