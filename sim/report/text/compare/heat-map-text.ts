/**
 * Heat maps for a terminal, a file or a log: shades are made of characters, so they need no colour and survive being
 * copied. Every cell has its number and, where there is one, its interval; a shade that the interval does not bear out says so.
 */
import type { Estimate } from '../../../lab/estimates/estimate.ts'
import type { SweepResult } from '../../../lab/compare/sweep.ts'
import {
  centreOfCell,
  type HeatMap,
  type HeatMaps,
  heatMapsOf,
  type HeatScale,
  placeOn,
} from '../../picture/heat-map.ts'
import { type Paint, plainPaint, type TextCell } from '../../form/paint.ts'
import { legendOf } from '../../picture/sweep-figures.ts'
import { formatTable, type Table, tableWidth } from '../../form/table.ts'
import { formatMean, formatValue, NO_DATA, type Unit } from '../../form/unit.ts'

/** Light to dark; as wide as each other in every font of fixed width. */
const SHADES = ['··', '░░', '▒▒', '▓▓', '██']

const shadeAt = (scale: HeatScale, value: number): number =>
  Math.min(SHADES.length - 1, Math.floor(placeOn(scale, value) * SHADES.length))

const UNSURE = '~'

function cellText(cell: Estimate | undefined, unit: Unit, scale: HeatScale | undefined): string {
  const centre = centreOfCell(cell)
  if (cell === undefined || centre === undefined || scale === undefined) return `   ${NO_DATA}`
  const shade = shadeAt(scale, centre)
  const isUnsure = cell.ci95 !== null && cell.ci95.some((end) => shadeAt(scale, end) !== shade)
  return `${SHADES[shade]!}${isUnsure ? UNSURE : ' '}${formatMean(cell, unit)}`
}

/** The columns from one to another, that one left out. */
function tableOf({ down, across, unit, scale }: HeatMaps, { cells }: HeatMap, from: number, to: number): Table {
  return {
    columns: [
      { head: `${down.name} ↓  ${across.name} →`, align: 'left' },
      ...across.values.slice(from, to).map((head) => ({ head, align: 'left' as const })),
    ],
    rows: cells.map((row, index): readonly TextCell[] => [
      { text: down.values[index]!, tone: 'strong' },
      ...row.slice(from, to).map((cell) => cellText(cell, unit, scale)),
    ]),
  }
}

/** One below the other where the columns are too many for the width. */
function tablesOf(figure: HeatMaps, map: HeatMap, width: number): readonly Table[] {
  const tables: Table[] = []
  const count = figure.across.values.length
  for (let from = 0; from < count; ) {
    let to = from + 1
    while (to < count && tableWidth(tableOf(figure, map, from, to + 1)) <= width) to++
    tables.push(tableOf(figure, map, from, to))
    from = to
  }
  return tables
}

function figureText(figure: HeatMaps, width: number, paint: Paint): string {
  const texts = figure.maps.map((map) => {
    const title = map.title === '' ? '' : `${paint('strong', map.title)}\n`
    const tables = tablesOf(figure, map, width).map((table) => formatTable(table, paint))
    return `\n${title}${tables.join('\n\n')}`
  })
  return texts.join('\n')
}

function scaleText({ scale, unit }: HeatMaps): string {
  if (scale === undefined) return 'no data'
  const { low, high } = scale
  if (low === high) return `${SHADES[shadeAt(scale, low)]!} ${formatValue(low, unit)} everywhere`
  const steps = SHADES.map((shade, index) => {
    const from = low + ((high - low) * index) / SHADES.length
    return `${shade} ${formatValue(from, unit)}`
  })
  return `${steps.join('  ')}  to ${formatValue(high, unit)}`
}

export function formatHeatMaps(
  result: SweepResult,
  width = Number.POSITIVE_INFINITY,
  paint: Paint = plainPaint,
  metrics: readonly string[] = [],
): string {
  const figures = heatMapsOf(result, metrics)
  const withIntervals = result.cells.some(({ metrics: all }) => Object.values(all).some(({ ci95 }) => ci95 !== null))
  const unsure = `${UNSURE} the interval reaches into another shade`
  return [
    paint('dim', [legendOf(result.seeds), ...(withIntervals ? [unsure] : [])].join('; ')),
    ...figures.map((figure) =>
      ['', paint('strong', figure.label), paint('dim', scaleText(figure)), figureText(figure, width, paint)].join('\n'),
    ),
  ].join('\n')
}
