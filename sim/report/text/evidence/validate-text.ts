/** The simulator against theory as a table: both values, how far apart, and how far apart they may be. */
import type { ValidateResult, ValidationRow } from '../../../evidence/validate/validate.ts'
import { type TextCell, cell, type Paint, plainPaint } from '../../form/paint.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { decimalsApart, formatNumber } from '../../form/unit.ts'

/** Six significant places: errors are parts of a per cent. */
const value = (row: ValidationRow, figure: number): string =>
  row.unit === 'share' ? `${formatNumber(figure * 100, 4)} %` : `${formatNumber(figure, 5)} s`

const percent = (share: number, decimals: number): string => `${formatNumber(share * 100, decimals)} %`

/** The error and how much of one is allowed, with digits enough to tell one from the other. */
function beside({ error, tolerance }: ValidationRow): { readonly error: string; readonly allowed: string } {
  const decimals = decimalsApart(Math.abs(error) * 100, tolerance * 100, 3)
  return { error: `${error > 0 ? '+' : ''}${percent(error, decimals)}`, allowed: `±${percent(tolerance, decimals)}` }
}

function tableOf(rows: readonly ValidationRow[]): Table {
  return {
    columns: [
      { head: '', align: 'left' },
      { head: 'queue', align: 'left' },
      { head: 'theory', align: 'right' },
      { head: 'simulated', align: 'right' },
      { head: 'error', align: 'right' },
      { head: 'allowed', align: 'right' },
      { head: '99 % half-width', align: 'right' },
      { head: 'arrivals', align: 'right' },
    ],
    rows: rows.map((row): readonly TextCell[] => [
      row.passed ? cell('✓', 'good') : cell('✗', 'bad'),
      row.id,
      value(row, row.measured),
      value(row, row.simulated),
      cell(beside(row).error, row.passed ? 'plain' : 'bad'),
      beside(row).allowed,
      percent(row.half_width_relative, 3),
      formatNumber(row.arrivals, 0),
    ]),
  }
}

export function formatValidation(result: ValidateResult, paint: Paint = plainPaint): string {
  const failed = result.rows.filter((row) => !row.passed).length
  const summary =
    failed === 0
      ? paint('good', `all ${result.rows.length} rows agree with theory`)
      : paint('bad', `${failed} of ${result.rows.length} rows do not agree with theory`)
  return [formatTable(tableOf(result.rows), paint), '', summary].join('\n')
}
