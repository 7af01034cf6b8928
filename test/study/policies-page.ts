/** docs/policies-worlds.md: which policies cannot be told from the best, world by world, and the figures behind it. */
import type { BestSet } from '../../sim/lab/estimates/best-set.ts'
import type { CollapseOdds } from '../../sim/lab/estimates/collapse-odds.ts'
import type { JudgedDifference } from '../../sim/lab/estimates/verdict.ts'
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import { markdownTable } from '../../sim/report/form/markdown.ts'
import { cell, type TextCell } from '../../sim/report/form/paint.ts'
import type { TableColumn } from '../../sim/report/form/table.ts'
import { formatDifference, formatMean } from '../../sim/report/form/unit.ts'
import { seedWords } from '../../sim/report/form/verdict.ts'

export interface WorldTable {
  readonly scenario: string
  readonly result: CompareResult
}

const pathOf = (model: string): string => `models[${JSON.stringify(model)}].goodput`
const left = (head: string): TableColumn => ({ head, align: 'left' })
const right = (head: string): TableColumn => ({ head, align: 'right' })

/** Nothing where nobody can tell. */
function mark(set: BestSet | null, arm: string): string {
  if (set === null) return '?'
  return set.arms.includes(arm) ? 'best' : ''
}

const countOf = ({ collapse }: CompareResult, arm: string, of: (odds: CollapseOdds) => number): string => {
  const models = Object.values(collapse[arm] ?? {})
  const found = models.reduce((sum, odds) => sum + of(odds), 0)
  return found === 0 ? '0' : `${found} of ${models.reduce((sum, { runs }) => sum + runs, 0)}`
}

/** `+31.07 [+12.4, +49.7] pp, better; higher in 19 of 20`. */
function againstBaseline(difference: JudgedDifference | undefined): string {
  if (difference?.seeds === undefined) return ''
  const { seeds, verdict } = difference
  if (seeds.higher + seeds.lower === 0) return 'the same in every seed'
  const word = verdict === null || verdict === 'inconclusive' ? '' : `, ${verdict}`
  return `${formatDifference(difference, 'share')}${word}; ${seedWords(difference)}`
}

function worldSection({ scenario, result }: WorldTable): readonly string[] {
  const { models, policies, best_set, seeds } = result
  const columns = [
    left('policy'),
    ...models.flatMap((model) => [right(`goodput of ${model}`), left(`against ${result.baseline}`)]),
    right('collapsed'),
    right('never up'),
    left('all users'),
  ]
  const goodput = (arm: string, model: string): TextCell => {
    const figure = policies[arm]![pathOf(model)]
    const text = figure === undefined ? '' : formatMean(figure, 'share')
    return mark(best_set.models[model] ?? null, arm) === 'best' ? cell(text, 'strong') : text
  }
  const rows = Object.keys(policies).map((arm) =>
    [
      [arm],
      models.flatMap((model) => [goodput(arm, model), againstBaseline(result.differences[arm]?.[pathOf(model)])]),
      [
        countOf(result, arm, ({ collapsed, recovered }) => collapsed + recovered),
        countOf(result, arm, (odds) => odds.never_up),
      ],
      [mark(best_set.overall, arm)],
    ].flat(),
  )
  return [
    `## ${result.scenario.name}`,
    '',
    `\`${scenario}\`, ${seeds.length} seeds.`,
    '',
    markdownTable({ columns, rows }),
    '',
  ]
}

export function policiesPage(worlds: readonly WorldTable[]): string {
  const arms = [...new Set(worlds.flatMap(({ result }) => Object.keys(result.policies)))]
  const summary = markdownTable({
    columns: [left('policy'), ...worlds.map(({ result }) => left(result.scenario.name))],
    rows: arms.map((arm) => [arm].concat(worlds.map(({ result }) => mark(result.best_set.overall, arm)))),
  })
  return [
    '# Policies over worlds',
    '',
    'Written by `npm run study:policies`. *best*: in the goodput of all users it cannot be told from the best of that world (95 %, see [how-sure.md](how-sure.md));',
    'there is not one winner. Below, bold is the same for one model. *collapsed* and *never up* count services, of all',
    'models and seeds: those that fell (some of them came back), and those that no five minutes saw at four fifths of goodput. Policies act where they have something to decide: *the same* are runs with the same goodput.',
    'The commits of PR 432 before its last are left out, and so are worlds without a column; a world with more seeds is `npm run study:policies -- --seeds 1-20 FILE`.',
    '',
    summary,
    '',
    ...worlds.flatMap(worldSection),
  ].join('\n')
}
