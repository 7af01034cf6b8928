/** docs/policies-worlds.md: which policies cannot be told from the best, world by world, and the figures behind it. */
import type { BestSet } from '../../sim/lab/estimates/best-set.ts'
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import { markdownTable } from '../../sim/report/form/markdown.ts'
import { cell, type TextCell } from '../../sim/report/form/paint.ts'
import type { TableColumn } from '../../sim/report/form/table.ts'
import { formatMean } from '../../sim/report/form/unit.ts'

export interface WorldTable {
  readonly scenario: string
  readonly result: CompareResult
}

const left = (head: string): TableColumn => ({ head, align: 'left' })
const right = (head: string): TableColumn => ({ head, align: 'right' })

/** Nothing where nobody can tell. */
function mark(set: BestSet | null, arm: string): string {
  if (set === null) return '?'
  return set.arms.includes(arm) ? 'best' : ''
}

const fellOf = ({ collapse }: CompareResult, arm: string): string => {
  const models = Object.values(collapse[arm] ?? {})
  const fell = models.reduce((sum, odds) => sum + odds.collapsed + odds.recovered + odds.never_up, 0)
  return `${fell} of ${models.reduce((sum, { runs }) => sum + runs, 0)}`
}

function worldSection({ scenario, result }: WorldTable): readonly string[] {
  const { models, policies, best_set, seeds } = result
  const columns = [
    left('policy'),
    ...models.map((model) => right(`goodput of ${model}`)),
    right('fell'),
    left('all users'),
  ]
  const goodput = (arm: string, model: string): TextCell => {
    const figure = policies[arm]![`models[${JSON.stringify(model)}].goodput`]
    const text = figure === undefined ? '' : formatMean(figure, 'share')
    return mark(best_set.models[model] ?? null, arm) === 'best' ? cell(text, 'strong') : text
  }
  const rows = Object.keys(policies).map((arm) =>
    [[arm], models.map((model) => goodput(arm, model)), [fellOf(result, arm), mark(best_set.overall, arm)]].flat(),
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
    'there is not one winner. Below, bold is the same for one model. *fell* counts the services, of all models and seeds, that collapsed or never came up.',
    'The commits of PR 432 before its last are left out, and so are worlds without a column; a world with more seeds is `npm run study:policies -- --seeds 1-20 FILE`.',
    '',
    summary,
    '',
    ...worlds.flatMap(worldSection),
  ].join('\n')
}
