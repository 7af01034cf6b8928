/** Where the cells of the evidence figure lie for a width, and which seed's dot is nearest to a point. Pure. */
import { scaleLinear } from 'd3'
import type { Evidence, EvidenceRow } from '../../data/answer/evidence.ts'

export interface CellBox {
  readonly row: number
  readonly arm: number
  readonly x: number
  readonly y: number
  readonly width: number
  /** First of its line: the axis is written beside it. */
  readonly begins: boolean
}

export interface EvidenceLayout {
  readonly width: number
  readonly height: number
  /** All arms of a row stand beside each other; otherwise each cell carries its arm's name. */
  readonly isOneLine: boolean
  readonly labelWidth: number
  /** Where a row's label is, by row. */
  readonly labels: readonly { readonly x: number; readonly y: number }[]
  readonly cells: readonly CellBox[]
  /** First cells of each block of rows, above which the arms are named. */
  readonly heads: readonly CellBox[]
}

export const HEAD_PX = 24
export const CELL_PX = 42
const [LABEL_PX, AXIS_PX, CELL_MIN_PX, CELL_GOOD_PX, CELL_MAX_PX] = [142, 56, 148, 185, 330] as const
const [LINE_GAP_PX, ROW_GAP_PX, BLOCK_GAP_PX] = [4, 9, 28] as const
/** Above the cells, where there is no room beside them. */
const LABEL_LINE_PX = 18
const NARROW_PX = 640

/** Rows in as many blocks beside each other as the width has room for. */
export function evidenceLayout({ rows, arms }: Pick<Evidence, 'rows' | 'arms'>, width: number): EvidenceLayout {
  const above = width < NARROW_PX
  const labelWidth = above ? 0 : LABEL_PX
  const left = labelWidth + AXIS_PX
  const fitting = Math.floor((width + BLOCK_GAP_PX) / (left + arms.length * CELL_GOOD_PX + BLOCK_GAP_PX))
  const blocks = Math.max(1, Math.min(fitting, rows.length))
  const blockWidth = (width - (blocks - 1) * BLOCK_GAP_PX) / blocks
  const room = Math.max(1, blockWidth - left)
  const perLine = Math.max(1, Math.min(arms.length, Math.floor(room / CELL_MIN_PX)))
  const cellWidth = Math.min(CELL_MAX_PX, room / perLine)
  const lines = Math.ceil(arms.length / perLine)
  const isOneLine = lines === 1
  const linePx = CELL_PX + (isOneLine ? 0 : NAME_PX)
  const rowPx = (above ? LABEL_LINE_PX : 0) + lines * linePx + (lines - 1) * LINE_GAP_PX + ROW_GAP_PX
  const rowsPerBlock = Math.ceil(rows.length / blocks)
  const top = isOneLine ? HEAD_PX : 4
  const placeOf = (row: number): { readonly x: number; readonly y: number } => ({
    x: Math.floor(row / rowsPerBlock) * (blockWidth + BLOCK_GAP_PX),
    y: top + (row % rowsPerBlock) * rowPx,
  })
  const cells = rows.flatMap((_, row) => {
    const { x, y } = placeOf(row)
    return arms.map((__, arm): CellBox => {
      const [line, column] = [Math.floor(arm / perLine), arm % perLine]
      const lineTop = y + (above ? LABEL_LINE_PX : 0) + line * (linePx + LINE_GAP_PX) + (isOneLine ? 0 : NAME_PX)
      return { row, arm, x: x + left + column * cellWidth, y: lineTop, width: cellWidth, begins: column === 0 }
    })
  })
  return {
    width,
    height: top + rowsPerBlock * rowPx,
    isOneLine,
    labelWidth,
    labels: rows.map((_, row) => placeOf(row)),
    cells,
    heads: isOneLine ? cells.filter(({ row }) => row % rowsPerBlock === 0) : [],
  }
}

export const NAME_PX = 14
const INSET_PX = 4

/** Of a row, from value to pixels below the top of its cells. */
export const rowScale = ({ domain }: EvidenceRow) =>
  scaleLinear([...domain], [CELL_PX - INSET_PX, INSET_PX]).clamp(true)

/** Where a cell's dots stand: the baseline's, and the arm's own, from the cell's left. */
export function dotPlaces(cellWidth: number): {
  readonly baseline: number
  readonly own: number
  readonly text: number
} {
  const span = Math.min(96, cellWidth * 0.46)
  return { baseline: 14, own: Math.max(30, span - 14), text: span + 6 }
}

/** Seeds stand side by side, so that dots of one value do not hide each other. */
export const seedOffset = (place: number, seeds: number): number =>
  seeds < 2 ? 0 : (place / (seeds - 1) - 0.5) * Math.min(18, seeds * 1.8)

export interface EvidencePoint {
  readonly row: number
  readonly arm: number
  /** Place among the seeds; undefined: the cell as a whole. */
  readonly seed: number | undefined
}

const NEAR_PX = 14

export function pointAt(evidence: Evidence, layout: EvidenceLayout, x: number, y: number): EvidencePoint | undefined {
  const box = layout.cells.find((cell) => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + CELL_PX)
  const row = box === undefined ? undefined : evidence.rows[box.row]
  if (box === undefined || row === undefined) return undefined
  const scale = rowScale(row)
  const places = dotPlaces(box.width)
  let [nearest, least]: [number | undefined, number] = [undefined, NEAR_PX]
  const look = (arm: number, at: number): void => {
    for (const [i, value] of (row.cells[arm]?.values ?? []).entries()) {
      if (value === null) continue
      const away = Math.hypot(box.x + at + seedOffset(i, evidence.seeds.length) - x, box.y + scale(value) - y)
      if (away < least) [nearest, least] = [i, away]
    }
  }
  look(box.arm, places.own)
  if (evidence.arms[box.arm] !== evidence.baseline) look(evidence.arms.indexOf(evidence.baseline), places.baseline)
  return { row: box.row, arm: box.arm, seed: nearest }
}
