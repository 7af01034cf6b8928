/** A capacity for a terminal and for a pull request. */
import type { CapacityArm, CapacityLevel, CapacityResult, ObjectiveStanding } from '../../../lab/cliff/capacity.ts'
import { markdownTable } from '../../form/markdown.ts'
import { markdownText } from '../../form/markdown-text.ts'
import { cell, type Paint, plainPaint, type TextCell, type Tone } from '../../form/paint.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { formatMean, unitOf } from '../../form/unit.ts'

const WORDS: { readonly [standing in ObjectiveStanding]: readonly [text: string, tone: Tone] } = {
  meets: ['meets it', 'good'],
  misses: ['misses it', 'bad'],
  unclear: ['cannot be told', 'warn'],
}

const levelRow = ({ value, seeds, standing, figures }: CapacityLevel): readonly TextCell[] => [
  value,
  String(seeds),
  ...Object.entries(figures).map(([metric, figure]) => formatMean(figure, unitOf(metric))),
  cell(...WORDS[standing]),
]

const tableOf = ({ axis, objectives }: CapacityResult, { levels }: CapacityArm): Table => ({
  columns: [
    { head: axis.path, align: 'right' },
    { head: 'seeds', align: 'right' },
    ...objectives.map(({ metric }) => ({ head: metric, align: 'right' as const })),
    { head: '', align: 'left' },
  ],
  rows: levels.map(levelRow),
})

function answerOf({ axis, objectives }: CapacityResult, { better, meets, misses, levels }: CapacityArm): string {
  const slo = [...new Set(objectives.map(({ text }) => text))].join(' and ')
  if (better === null) {
    const [first] = levels
    return first?.standing === 'unclear'
      ? `${slo}: neither end of ${axis.path} can be told; more seeds or a wider range would`
      : `${slo}: both ends of ${axis.path} ${first?.standing === 'meets' ? 'meet' : 'miss'} it, so its limit lies outside`
  }
  const [most, fewest] = better === 'low' ? ['up to', 'from'] : ['from', 'down from']
  return [
    meets === null ? `${slo}: surely met nowhere in the range` : `${slo}: surely met ${most} ${axis.path} = ${meets}`,
    misses === null ? 'surely missed nowhere in the range' : `surely missed ${fewest} ${misses}`,
  ].join(', ')
}

const ABOUT = 'intervals cover seeds, not other days; all looks at a level hold together at 95 %'

export function formatCapacity(result: CapacityResult, paint: Paint = plainPaint): string {
  return [
    paint('strong', result.scenario.name),
    paint('dim', ABOUT),
    ...Object.entries(result.arms).flatMap(([name, arm]) =>
      ['', paint('strong', name)].concat(formatTable(tableOf(result, arm), paint), answerOf(result, arm)),
    ),
  ].join('\n')
}

export function capacityMarkdown(result: CapacityResult): string {
  return [
    `# ${markdownText(result.scenario.name)}`,
    '',
    `${ABOUT}.`,
    ...Object.entries(result.arms).flatMap(([name, arm]) =>
      ['', `## ${markdownText(name)}`, ''].concat(
        markdownText(answerOf(result, arm)),
        '',
        markdownTable(tableOf(result, arm)),
      ),
    ),
    '',
  ].join('\n')
}
