/** The Mac model against published measurements, as tables on a screen and as the report that is committed. */
import type { CalibrateResult, CalibrationRow, GroupSummary, Moved } from '../../../evidence/calibrate/calibrate.ts'
import { type TextCell, cell, type Paint, plainPaint } from '../../form/paint.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { decimalsApart, formatNumber } from '../../form/unit.ts'

const percent = (share: number, decimals = 1): string => `${formatNumber(share * 100, decimals)} %`
const signed = (share: number): string => (share > 0 ? `+${percent(share)}` : percent(share))

/** Four significant digits. */
function figure(value: number): string {
  const magnitude = Math.abs(value)
  const decimals = magnitude >= 1_000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3
  return formatNumber(value, decimals)
}

const measuredText = ({ measured, range }: CalibrationRow): string =>
  range === undefined ? figure(measured) : `${figure(range[0])} … ${figure(range[1])}`

/** Without its group. */
const nameOf = ({ id }: Pick<CalibrationRow, 'id'>): string => id.slice(id.indexOf('/') + 1)

const verdictOf = ({ tolerance, passed }: CalibrationRow): TextCell => {
  if (tolerance === null) return cell('no target', 'dim')
  return passed ? cell('✓', 'good') : cell('✗', 'bad')
}

function tableOf(rows: readonly CalibrationRow[]): Table {
  return {
    columns: [
      { head: '', align: 'left' },
      { head: 'figure', align: 'left' },
      { head: 'measured', align: 'right' },
      { head: 'simulated', align: 'right' },
      { head: '', align: 'left' },
      { head: 'error', align: 'right' },
      { head: 'fitted on it', align: 'left' },
    ],
    rows: rows.map((row): readonly TextCell[] => [
      verdictOf(row),
      nameOf(row),
      measuredText(row),
      figure(row.simulated),
      row.unit,
      cell(signed(row.error), row.passed === false ? 'bad' : 'plain'),
      cell(row.fitted.length === 0 ? '-' : row.fitted.join(', '), 'dim'),
    ]),
  }
}

const targetText = ({ target }: GroupSummary): string => {
  if (target === null) return 'none'
  const share = `${percent(target.share, 0)} of rows within ${percent(target.tolerance, 0)}`
  return target.median === null ? share : `median ${percent(target.median, 0)}, ${share}`
}

/** Told from the target beside them. */
const withinText = ({ within, target }: GroupSummary): string =>
  within === null ? '-' : percent(within, decimalsApart(within * 100, (target?.share ?? NaN) * 100, 0))
const medianText = ({ median, target }: GroupSummary): string =>
  percent(median, decimalsApart(median * 100, (target?.median ?? NaN) * 100, 1))

const worstText = ({ worst }: GroupSummary): string => `${signed(worst.error)} ${nameOf(worst)}`

const metCell = ({ met }: GroupSummary): TextCell => {
  if (met === null) return cell('-', 'dim')
  return met ? cell('met', 'good') : cell('missed', 'bad')
}

function summaryTable(groups: readonly GroupSummary[]): Table {
  return {
    columns: [
      { head: 'group', align: 'left' },
      { head: 'rows', align: 'right' },
      { head: 'median error', align: 'right' },
      { head: 'within', align: 'right' },
      { head: 'target', align: 'left' },
      { head: '', align: 'left' },
      { head: 'worst row', align: 'left' },
    ],
    rows: groups.map((group): readonly TextCell[] => [
      cell(group.group, 'strong'),
      String(group.rows),
      medianText(group),
      withinText(group),
      targetText(group),
      metCell(group),
      worstText(group),
    ]),
  }
}

const missesOf = (rows: readonly CalibrationRow[]): readonly CalibrationRow[] =>
  rows.filter((row) => row.passed !== true)

const groupsOf = (result: CalibrateResult): ReadonlySet<string> => new Set(result.rows.map((row) => row.group))

export function formatCalibration(result: CalibrateResult, paint: Paint = plainPaint): string {
  const parts: string[] = []
  for (const group of groupsOf(result)) {
    const rows = result.rows.filter((row) => row.group === group)
    parts.push(paint('strong', group), formatTable(tableOf(rows), paint))
    const notes = missesOf(rows).filter((row) => row.note !== undefined)
    if (notes.length > 0) {
      const lines = notes.map((row) => `  ${nameOf(row)}: ${row.note}`)
      parts.push(paint('dim', [...new Set(lines)].join('\n')))
    }
    parts.push('')
  }
  parts.push(formatTable(summaryTable(result.groups), paint))
  return parts.join('\n')
}

const sentence = ({ id, was, is }: Moved): string => {
  if (was === undefined) return `${id} is new: ${figure(is ?? 0)}`
  if (is === undefined) return `${id} is gone; it was ${figure(was)}`
  return `${id} moved from ${figure(was)} to ${figure(is)} (${signed(is / was - 1)})`
}

/** One line per row that differs from the committed report; a good word when none does. */
export function formatMoved(moved: readonly Moved[], rows: number, paint: Paint = plainPaint): string {
  if (moved.length === 0) return paint('good', `all ${rows} rows are as in the committed report`)
  const head = `${moved.length} of ${rows} rows differ from the committed report`
  return [paint('bad', head), ...moved.map((each) => `  ${sentence(each)}`)].join('\n')
}

const cells = (values: readonly string[]): string => `| ${values.join(' | ')} |`

/** The same as a document. */
export function calibrationMarkdown(result: CalibrateResult): string {
  const lines = [
    '# The Mac model against published measurements',
    '',
    'Made by `fleetlab calibrate --write docs`; `fleetlab calibrate` says which rows have moved since.',
    'Every figure is played on the engine that simulations use. The error is relative to the figure, or to the nearer end',
    'of the range where sources disagree. Rows of llama.cpp are predicted from other families of chips: the constants are',
    'fitted without the family of the row. `fitted on it` names parameters that this very figure helped to choose; its',
    'error is a residual, not a test. `no target`: nearly every published run of its kind was needed to fit, so that nothing',
    'is passed or missed there; how far off the worst row of each group is stands in the summary.',
    '',
    cells(['group', 'rows', 'median error', 'within', 'target', '', 'worst row']),
    cells(['---', '---:', '---:', '---:', '---', '---', '---']),
    ...result.groups.map((group) =>
      cells([
        group.group,
        String(group.rows),
        medianText(group),
        withinText(group),
        targetText(group),
        group.met === null ? '-' : group.met ? 'met' : '**missed**',
        worstText(group),
      ]),
    ),
  ]
  for (const group of groupsOf(result)) {
    lines.push('', `## ${group}`, '')
    lines.push(cells(['', 'figure', 'measured', 'simulated', '', 'error', 'fitted on it', 'source', 'note']))
    lines.push(cells(['---', '---', '---:', '---:', '---', '---:', '---', '---', '---']))
    for (const row of result.rows) {
      if (row.group !== group) continue
      const mark = row.tolerance === null ? 'no target' : row.passed ? '✓' : '**✗**'
      const name = nameOf(row)
      const error = row.passed === false ? `**${signed(row.error)}**` : signed(row.error)
      const { unit, source } = row
      const values = [mark, name, measuredText(row), figure(row.simulated), unit, error, row.fitted.join(', '), source]
      lines.push(cells([...values, row.note ?? '']))
    }
  }
  return `${lines.join('\n')}\n`
}
