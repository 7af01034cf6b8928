/** Recorded answers held against ours, as a table: one line per figure. */
import type { FigureComparison, FirstDifference } from '../../lab/decide/decide-compare.ts'
import { cell, type TextCell, type Paint, plainPaint } from '../form/paint.ts'
import { formatTable } from '../form/table.ts'
import { formatNumber } from '../form/unit.ts'

export interface DecideCompareResult {
  readonly format: 'fleetlab.decide-compare/1'
  readonly states: number
  readonly compared: number
  readonly different: number
  readonly figures: readonly FigureComparison[]
}

export function compareResult(states: number, figures: readonly FigureComparison[]): DecideCompareResult {
  const sum = (of: (figure: FigureComparison) => number): number =>
    figures.reduce((total, figure) => total + of(figure), 0)
  return {
    format: 'fleetlab.decide-compare/1',
    states,
    compared: sum(({ compared }) => compared),
    different: sum(({ different }) => different),
    figures,
  }
}

/** Ends without a newline. */
export function formatDecideCompare(result: DecideCompareResult, paint: Paint = plainPaint): string {
  const columns = [
    { head: 'figure', align: 'left' as const },
    { head: 'compared', align: 'right' as const },
    { head: 'different', align: 'right' as const },
    { head: 'first differing state', align: 'left' as const },
  ]
  const rows = result.figures.map(({ figure, compared, different, first }): readonly TextCell[] => [
    figure,
    formatNumber(compared, 0),
    cell(formatNumber(different, 0), different > 0 ? 'bad' : 'good'),
    first === undefined ? '' : firstText(first),
  ])
  const states = `${formatNumber(result.states, 0)} state${result.states === 1 ? '' : 's'}`
  const agrees = result.different === 0
  const verdict = paint(agrees ? 'good' : 'bad', agrees ? 'all agree' : `${formatNumber(result.different, 0)} differ`)
  return `${formatTable({ columns, rows }, paint)}\n\n${states}, ${formatNumber(result.compared, 0)} figures compared: ${verdict}`
}

const firstText = ({ id, path, recorded, ours }: FirstDifference): string =>
  `${id} ${path}: recorded ${JSON.stringify(recorded)}, ours ${JSON.stringify(ours)}`
