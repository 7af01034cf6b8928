/** A comparison for a terminal and for a pull request: verdicts first, the figures they rest on below. */
import type { BestSet } from '../../../lab/estimates/best-set.ts'
import type { CompareResult } from '../../../lab/compare/compare.ts'
import { assumedLine } from '../assumed-text.ts'
import { collapseTable, survivalLines } from './collapse-text.ts'
import { compareLegend, compareTables } from './compare-tables.ts'
import { csvLine } from '../../form/csv.ts'
import { markdownTable } from '../../form/markdown.ts'
import { markdownText } from '../../form/markdown-text.ts'
import { type Paint, plainPaint, textOf, toneOf } from '../../form/paint.ts'
import { MODEL_LEGEND, MODEL_TITLE, modelTable } from './model-part-table.ts'
import { formatTable } from '../../form/table.ts'
import { verdicts } from '../../form/verdict.ts'

function verdictLines(result: CompareResult, paint: Paint): string[] {
  return verdicts(result).map(({ arm, model, word, findings }) => {
    const head = `${paint('strong', arm)} against ${result.baseline}, ${paint('strong', model)}: ${paint(toneOf(word), textOf(word))}`
    return [head, ...findings.map((finding) => `  ${finding}`)].join('\n')
  })
}

/** Not one winner, but those who may be it. */
export function bestLines({ best_set, models, policies }: CompareResult): readonly string[] {
  const arms = Object.keys(policies).length
  const line = (what: string, set: BestSet | null): string => {
    if (set === null) return `${what}: too few seeds to say which are best`
    const [first, ...others] = set.arms
    if (others.length === 0) return `${what}: ${first} is best`
    if (set.arms.length === arms) return `${what}: none can be told from the best`
    return `${what}: ${set.arms.join(', ')} cannot be told from the best`
  }
  const of = models.map((model) => line(`goodput of ${model}`, best_set.models[model] ?? null))
  return models.length < 2 ? of : [...of, line('goodput of all users', best_set.overall)]
}

/** One per arm that has any. */
export const parameterLines = ({ parameters = {} }: CompareResult): readonly string[] =>
  Object.entries(parameters).map(
    ([arm, values]) =>
      `${arm}: ${Object.entries(values)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')}`,
  )

export const COLLAPSE_TITLE =
  'Does it hold? (runs that fell below half of their best for ten minutes, if the scenario says nothing else)'

export const RESTS_ON =
  'Verdicts rest on goodput and fragmentation only: a policy can improve what the served ones waited by refusing.'

const ASSUMED = 'Assumed: what these figures rest on and nobody published'

export function formatCompare(result: CompareResult, width: number, paint: Paint = plainPaint): string {
  return [
    paint('strong', result.scenario.name),
    paint('dim', compareLegend(result)),
    ...parameterLines(result).map((line) => paint('dim', line)),
    '',
    paint('strong', COLLAPSE_TITLE),
    formatTable(collapseTable(result), paint),
    ...survivalLines(result),
    ...compareTables(result, width).flatMap(({ title, table }) => [
      '',
      paint('strong', title),
      formatTable(table, paint),
    ]),
    '',
    ...verdictLines(result, paint),
    ...modelLines(result, paint),
    ...bestLines(result),
    paint('dim', RESTS_ON),
    ...(result.assumed.length === 0 ? [] : ['', paint('dim', ASSUMED)]),
    ...result.assumed.map((input) => `- ${assumedLine(input)}`),
    ...result.warnings.map((warning) => paint('warn', `warning: ${warning}`)),
  ].join('\n')
}

function modelLines(result: CompareResult, paint: Paint): string[] {
  const table = modelTable(result)
  if (table === undefined) return []
  return ['', paint('strong', MODEL_TITLE), paint('dim', MODEL_LEGEND), formatTable(table, paint), '']
}

export function compareMarkdown(result: CompareResult): string {
  const lines = verdicts(result).map(
    ({ arm, model, word, findings }) =>
      `- **${markdownText(arm)}** against ${markdownText(result.baseline)}, **${markdownText(model)}**: ${textOf(word)}. ${markdownText(findings.join('; '))}`,
  )
  return [
    `# ${markdownText(result.scenario.name)}`,
    '',
    ...lines,
    ...bestLines(result).map((line) => `- ${markdownText(line)}`),
    ...parameterLines(result).map((line) => `- with ${markdownText(line)}`),
    '',
    `## ${COLLAPSE_TITLE}`,
    '',
    markdownTable(collapseTable(result)),
    '',
    ...survivalLines(result).map((line) => `- ${markdownText(line)}`),
    '',
    `${RESTS_ON} ${markdownText(compareLegend(result))}.`,
    ...modelSection(result),
    ...compareTables(result, Infinity).flatMap(({ title, table }) => [
      '',
      `## ${markdownText(title)}`,
      '',
      markdownTable(table),
    ]),
    ...(result.assumed.length === 0
      ? []
      : ['', ASSUMED, '', ...result.assumed.map((input) => `- ${markdownText(assumedLine(input))}`)]),
    ...(result.warnings.length === 0
      ? []
      : ['', ...result.warnings.map((warning) => `- warning: ${markdownText(warning)}`)]),
    '',
  ].join('\n')
}

function modelSection(result: CompareResult): string[] {
  const table = modelTable(result)
  return table === undefined ? [] : ['', `## ${MODEL_TITLE}`, '', `${MODEL_LEGEND}.`, '', markdownTable(table)]
}

const CSV_HEAD = [
  'policy',
  'metric',
  'mean',
  'ci95_low',
  'ci95_high',
  'n',
  'difference',
  'difference_ci95_low',
  'difference_ci95_high',
  'relative',
  'significant',
  'verdict',
  'delta',
  'verdict_ci_low',
  'verdict_ci_high',
]

/** A row per arm and metric: every metric, not only those of the tables. */
export function compareCsv(result: CompareResult): string {
  const rows = Object.entries(result.policies).flatMap(([arm, figures]) =>
    Object.entries(figures).map(([path, figure]) => {
      const difference = result.differences[arm]?.[path]
      const against = [
        difference?.mean,
        difference?.ci95?.[0],
        difference?.ci95?.[1],
        difference?.relative,
        difference?.significant,
        difference?.verdict,
        difference?.delta,
        difference?.verdict_ci?.[0],
        difference?.verdict_ci?.[1],
      ]
      return csvLine([arm, path, figure.mean, figure.ci95?.[0], figure.ci95?.[1], figure.n, ...against])
    }),
  )
  return csvLine(CSV_HEAD) + rows.join('')
}
