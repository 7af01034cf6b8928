/** A cliff for a terminal, for a pull request and as a table for other programs. */
import type { CliffArm, CliffLevel, CliffResult, LoadCrossing } from '../../../lab/cliff/cliff.ts'
import type { LoopCentre, LoopRun } from '../../../lab/cliff/cliff-path.ts'
import type { RangeAxis } from '../../../lab/cliff/range-axis.ts'
import { csvLine } from '../../form/csv.ts'
import { markdownTable } from '../../form/markdown.ts'
import { markdownText } from '../../form/markdown-text.ts'
import { cell, type Paint, plainPaint, type TextCell } from '../../form/paint.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { NO_DATA } from '../../form/unit.ts'

const percent = (share: number): string => `${Math.round(share * 100)}`

const BAR = 30

/** `────░░▒▒█▒▒░░` the range as shade, the mean as a block. */
function ribbon({ p, low, high }: CliffLevel['curve']): string {
  const place = (share: number): number => Math.round(share * (BAR - 1))
  return Array.from({ length: BAR }, (_, i) => {
    if (i === place(p)) return '█'
    return i >= place(low) && i <= place(high) ? '░' : ' '
  }).join('')
}

function levelRow({ value, seeds, fell, never_up, untold, p, ci95, curve }: CliffLevel): readonly TextCell[] {
  const told = seeds.length - untold
  return [
    value,
    `${fell + never_up} of ${told}`,
    never_up === 0 ? '' : `${never_up}`,
    untold === 0 ? '' : `${untold}`,
    p === null || ci95 === null ? NO_DATA : `${percent(p)} [${percent(ci95[0])}, ${percent(ci95[1])}] %`,
    cell(`${percent(curve.p)} [${percent(curve.low)}, ${percent(curve.high)}] %`, 'dim'),
    ribbon(curve),
  ]
}

const tableOf = (axis: RangeAxis, { levels }: CliffArm): Table => ({
  columns: [
    { head: axis.path, align: 'right' },
    { head: 'fell', align: 'right' },
    { head: 'never up', align: 'right' },
    { head: 'too late to tell', align: 'right' },
    { head: 'counted (95 %)', align: 'right' },
    { head: 'curve (95 %)', align: 'right' },
    { head: '0 %            falls      100 %', align: 'left' },
  ],
  rows: levels.map(levelRow),
})

const load = (value: number): string => String(Number(value.toPrecision(3)))

/** `1.3 [1.1, 1.5]`; what lies outside the range that was looked at is said to. */
export function crossingText({ value, low, high }: LoadCrossing, axis: RangeAxis): string {
  const text = (at: number): string =>
    at < axis.low ? `below ${load(axis.low)}` : at > axis.high ? `above ${load(axis.high)}` : load(at)
  return `${text(value)} [${text(low)}, ${text(high)}]`
}

export function summaryOf(axis: RangeAxis, { levels, at_1, at_50, rises, runs }: CliffArm): readonly string[] {
  if (at_1 === null || at_50 === null) {
    const fell = levels.some((level) => level.fell + level.never_up > 0)
    return [
      `${fell ? 'every' : 'no'} run fell: the cliff is not between ${axis.low} and ${axis.high}${axis.unit} (${runs} runs)`,
    ]
  }
  return [
    `falls in 1 % of runs at ${axis.path} = ${crossingText(at_1, axis)}${axis.unit}, in 50 % at ${crossingText(at_50, axis)}${axis.unit} (${runs} runs)`,
    ...(rises < 0.95 && rises > 0.05 ? ['these runs cannot tell whether more of it makes falling likelier'] : []),
  ]
}

const duration = (seconds: number): string =>
  seconds % 60 === 0 ? `${seconds / 60} min` : `${Number(seconds.toPrecision(3))} s`

const centreText = ({ median, ci95 }: LoopCentre): string =>
  ci95 === null ? load(median) : `${load(median)} [${load(ci95[0])}, ${load(ci95[1])}]`

/** The loop in words: where it falls, where it comes back. */
export function loopLines({ path }: RangeAxis, { hysteresis }: CliffArm): readonly string[] {
  if (hysteresis === undefined) return []
  const { runs, falls, recovers, ramp_s } = hysteresis
  const count = (is: (run: LoopRun) => boolean): number => runs.filter(is).length
  const fell = count(({ fell_at }) => fell_at !== null)
  const never = count(({ never_up }) => never_up)
  const way = `up the range in ${duration(ramp_s)} and down again`
  const cold = never === 0 ? [] : [`in ${never} of ${runs.length} a model never came up`]
  if (falls === null) return [[`${way}: none of ${runs.length} runs fell`, ...cold].join('; ')]
  const back = count(({ recovered_at }) => recovered_at !== null)
  const down = count(({ fell_on }) => fell_on === 'down')
  return [
    [
      `${way}: ${fell} of ${runs.length} fell, in the median at ${path} = ${centreText(falls)}`,
      ...(down === 0 ? [] : [`${down} of them on the way down`]),
      recovers === null
        ? 'none came back before the end'
        : `${back} came back, in the median at ${centreText(recovers)}`,
      ...cold,
    ].join('; '),
  ]
}

function burstLines({ path }: RangeAxis, { burst }: CliffArm): readonly string[] {
  if (burst === undefined) return []
  const { from, bursts, smallest, falls_anyway, at_s, seeds } = burst
  if (falls_anyway) return [`bursts: at ${path} = ${from} half of ${seeds} runs fall without any`]
  if (bursts.length === 0) return ['bursts: the run is too short for one; give it more with --set duration=1h']
  return [
    `bursts from ${path} = ${from}, after ${duration(at_s)}, that topple at least half of ${seeds} runs:`,
    ...bursts.map(({ lasts_s, peak, fell, told }, place) =>
      peak === null
        ? `  ${duration(lasts_s)}: none in the range`
        : `  ${duration(lasts_s)} at ${peak} (${fell} of ${told} fell)${place === smallest ? ', the smallest by what it adds' : ''}`,
    ),
  ]
}

const pathLines = (axis: RangeAxis, arm: CliffArm): readonly string[] => [
  ...loopLines(axis, arm),
  ...burstLines(axis, arm),
]

const ABOUT =
  'fell: for ten minutes below half of its best (or what the scenario says); the curve is logistic, its range what these runs leave open; intervals cover seeds, not other days'

export function formatCliff(result: CliffResult, paint: Paint = plainPaint): string {
  const { axis, model } = result
  return [
    paint('strong', result.scenario.name),
    paint('dim', `${model ?? 'any model'}; ${ABOUT}`),
    ...Object.entries(result.arms).flatMap(([name, arm]) =>
      ['', paint('strong', name), formatTable(tableOf(axis, arm), paint)].concat(
        summaryOf(axis, arm),
        pathLines(axis, arm),
      ),
    ),
  ].join('\n')
}

export function cliffMarkdown(result: CliffResult): string {
  const { axis, model } = result
  return [
    `# ${markdownText(result.scenario.name)}`,
    '',
    `${markdownText(`${model ?? 'any model'}; ${ABOUT}`)}.`,
    ...Object.entries(result.arms).flatMap(([name, arm]) =>
      ['', `## ${markdownText(name)}`, ''].concat(
        summaryOf(axis, arm).map(markdownText),
        pathLines(axis, arm).map((line) => `- ${markdownText(line.trim())}`),
        '',
        markdownTable(tableOf(axis, arm)),
      ),
    ),
    '',
  ].join('\n')
}

export function cliffCsv(result: CliffResult): string {
  const head = csvLine([
    'policy',
    result.axis.path,
    'runs',
    'fell',
    'never_up',
    'untold',
    'p',
    'p_low',
    'p_high',
    'curve',
    'curve_low',
    'curve_high',
  ])
  const rows = Object.entries(result.arms).flatMap(([name, { levels }]) =>
    levels.map(({ value, seeds, fell, never_up, untold, p, ci95, curve }) =>
      csvLine([
        name,
        value,
        seeds.length,
        fell,
        never_up,
        untold,
        p,
        ci95?.[0],
        ci95?.[1],
        curve.p,
        curve.low,
        curve.high,
      ]),
    ),
  )
  return head + rows.join('')
}
