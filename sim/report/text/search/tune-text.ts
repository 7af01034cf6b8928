/** A tuned policy for a terminal and for a pull request: what was chosen, what it is worth elsewhere, and what it was chosen from. */
import type { TuneScore } from '../../../lab/tune/tune-scores.ts'
import type { TuneResult } from '../../../lab/tune/tune.ts'
import { markdownTable } from '../../form/markdown.ts'
import { markdownText } from '../../form/markdown-text.ts'
import { cell, type Paint, plainPaint, type TextCell } from '../../form/paint.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { formatDifference, formatMean, formatValue, unitOf } from '../../form/unit.ts'

type Values = TuneScore['values']

const valuesText = (values: Values): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')

const unitsOf = ({ figures }: TuneResult) => figures.map(({ metrics }) => unitOf(metrics[0]))

const heads = ({ parameters, figures }: TuneResult): Table['columns'] => [
  ...parameters.map(({ name }) => ({ head: name, align: 'right' as const })),
  ...figures.map(({ name }) => ({ head: name, align: 'right' as const })),
]

const valueCells = ({ parameters }: TuneResult, values: Values): readonly TextCell[] =>
  parameters.map(({ name }) => String(values[name]))

const ROLES: { readonly [role in TuneScore['role']]: TextCell } = {
  chosen: cell('chosen', 'strong'),
  as_it_is: 'as it is',
  finalist: '',
}

function scoreTable(result: TuneResult, scores: readonly TuneScore[]): Table {
  const units = unitsOf(result)
  return {
    columns: [
      ...heads(result),
      { head: 'against as it is', align: 'right' },
      { head: '', align: 'left' },
      { head: '', align: 'left' },
    ],
    rows: scores.map(({ values, role, figures, difference }) => [
      ...valueCells(result, values),
      ...figures.map((figure, i) => formatMean(figure, units[i]!)),
      difference === undefined ? '' : formatDifference(difference, units[0]!),
      difference?.verdict ?? '',
      role === 'chosen' && difference === undefined ? cell('chosen: as it is', 'strong') : ROLES[role],
    ]),
  }
}

/** Among those that had all seeds: what looks good on few mostly had luck. */
function pointTable(result: TuneResult): Table {
  const units = unitsOf(result)
  const shown = result.points.filter(({ on_front, seeds }) => on_front && seeds === result.seeds.length)
  return {
    columns: [...heads(result), { head: '', align: 'left' }],
    rows: shown.map(({ values, centres, meets }) =>
      valueCells(result, values).concat(
        centres.map((centre, i) => formatValue(centre, units[i]!)),
        meets ? '' : cell('misses a constraint', 'warn'),
      ),
    ),
  }
}

function bestLine({ best_set, scores, objective }: TuneResult): string {
  if (best_set === null) return 'too few held-back seeds to say which are best'
  const names = best_set.map((place) => valuesText(scores[place]!.values))
  return names.length === 1
    ? `best for ${objective.text}: ${names[0]}`
    : `cannot be told from the best for ${objective.text}: ${names.join('; ')}`
}

function chosenLine({ chosen, policy, constraints }: TuneResult): string {
  const what = `${policy} with ${valuesText(chosen.values)}`
  if (constraints.length === 0 || chosen.meets) return what
  return `${what}: no point that was tried meets the constraints; this one misses them least`
}

const aboutOf = ({ points, runs, seeds, held_back }: TuneResult): string =>
  `${points.length} points, ${runs} runs on ${seeds.length} seeds; scores are on ${held_back.length} other seeds that had no part in choosing`

const FRONT = 'Trade-off: points that no other beats in everything (of those that had all seeds of the search)'

function sectionsOf(result: TuneResult): readonly (readonly [title: string, table: Table])[] {
  return [
    ['Scores on held-back seeds', scoreTable(result, result.scores)],
    ...result.worlds.map(
      ({ scenario, file, scores }) => [`In ${scenario.name} (${file})`, scoreTable(result, scores)] as const,
    ),
    [FRONT, pointTable(result)],
  ]
}

export function formatTune(result: TuneResult, paint: Paint = plainPaint): string {
  return [
    paint('strong', result.scenario.name),
    paint('dim', aboutOf(result)),
    '',
    chosenLine(result),
    bestLine(result),
    ...sectionsOf(result).flatMap(([title, table]) => ['', paint('strong', title), formatTable(table, paint)]),
  ].join('\n')
}

export function tuneMarkdown(result: TuneResult): string {
  return [
    `# ${markdownText(result.scenario.name)}`,
    '',
    `**${markdownText(chosenLine(result))}**`,
    '',
    `${markdownText(bestLine(result))}. ${markdownText(aboutOf(result))}.`,
    ...sectionsOf(result).flatMap(([title, table]) => ['', `## ${markdownText(title)}`, '', markdownTable(table)]),
    '',
  ].join('\n')
}
