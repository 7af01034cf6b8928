/** What became of each model's service under each arm: counts by outcome and odds, before any mean. */
import type { CollapseOdds } from '../../../lab/estimates/collapse-odds.ts'
import type { CompareResult } from '../../../lab/compare/compare.ts'
import { cell, type TextCell } from '../../form/paint.ts'
import type { Table } from '../../form/table.ts'
import { NO_DATA } from '../../form/unit.ts'

const percent = (share: number): string => `${Math.round(share * 100)}`
const minutes = (seconds: number): string => `${Math.round(seconds / 60)}`

/** Share of the runs that fell, with its interval. */
export const oddsText = ({ p, ci95 }: CollapseOdds): string =>
  p === null || ci95 === null ? NO_DATA : `${percent(p)} [${percent(ci95[0])}, ${percent(ci95[1])}] %`

/** `3 of 10 fell, 1 came back`. */
function outcomeText(odds: CollapseOdds): string {
  const { runs, held, collapsed, recovered, never_up, unresolved, unknown } = odds
  const fell = collapsed + recovered
  const parts = [
    ...(held === runs ? [`all ${runs} held`] : []),
    ...(fell > 0 ? [`${fell} of ${runs} fell`] : []),
    ...(recovered > 0 ? [`${recovered} came back`] : []),
    ...(never_up > 0 ? [`${never_up} never up`] : []),
    ...(unresolved > 0 ? [`${unresolved} too late to tell`] : []),
    ...(unknown > 0 ? [`${unknown} too short or too few to tell`] : []),
  ]
  return parts.length === 0 ? `${held} of ${runs} held` : parts.join(', ')
}

const tone = ({ collapsed, never_up, held, runs }: CollapseOdds): TextCell =>
  cell('', collapsed + never_up > 0 ? 'bad' : held === runs ? 'good' : 'dim')

/** When they fell. */
export const onsetText = ({ onset_s }: CollapseOdds): string => {
  if (onset_s === null) return NO_DATA
  const { first, median, last } = onset_s
  return first === last ? `${minutes(first)} min` : `${minutes(median)} [${minutes(first)}–${minutes(last)}] min`
}

export function collapseTable(result: CompareResult): Table {
  const rows = Object.entries(result.collapse).flatMap(([arm, models]) =>
    Object.entries(models).map(([model, odds], place): readonly TextCell[] => {
      const shade = tone(odds)
      return [
        place === 0 ? arm : '',
        model,
        typeof shade === 'string' ? outcomeText(odds) : cell(outcomeText(odds), shade.tone),
        oddsText(odds),
        onsetText(odds),
      ]
    }),
  )
  return {
    columns: [
      { head: 'arm', align: 'left' },
      { head: 'model', align: 'left' },
      { head: 'outcome', align: 'left' },
      { head: 'falls (95 %)', align: 'right' },
      { head: 'onset (median [first–last])', align: 'right' },
    ],
    rows,
  }
}

/** A curve where something fell: `open gemma-4-26b: still up at 12 min 90 %, at 31 min 80 %`. */
export function survivalLines(result: CompareResult): readonly string[] {
  return Object.entries(result.collapse).flatMap(([arm, models]) =>
    Object.entries(models).flatMap(([model, { survival }]) => {
      const steps = thinned(survival.slice(1))
      if (steps.length === 0) return []
      const texts = steps.map(({ at_s, up }) => `${minutes(at_s)} min ${percent(up)} %`)
      return [`${arm}, ${model}: not yet fallen after ${texts.join(', ')}`]
    }),
  )
}

const STEPS_MAX = 8

/** Evenly, the last always. */
function thinned<T>(steps: readonly T[]): readonly T[] {
  if (steps.length <= STEPS_MAX) return steps
  return Array.from({ length: STEPS_MAX }, (_, i) => steps[Math.round((i * (steps.length - 1)) / (STEPS_MAX - 1))]!)
}
