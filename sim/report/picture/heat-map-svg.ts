/**
 * Heat maps as one SVG file that needs nothing beside it: for pages, slides and pull requests. A cell's colour is its
 * figure on the scale below the title; its number stands in it, below that its interval, and a bar across the foot of the
 * cell shows where on the same scale the interval lies. Names are text whatever they contain.
 */
import type { Estimate } from '../../lab/estimates/estimate.ts'
import type { SweepResult } from '../../lab/compare/sweep.ts'
import { centreOfCell, type HeatMap, type HeatMaps, heatMapsOf, type HeatScale, placeOn } from './heat-map.ts'
import { escapeXml } from '../files/junit.ts'
import { legendOf } from './sweep-figures.ts'
import { formatMean, formatValue, NO_DATA, type Unit } from '../form/unit.ts'

const MARGIN = 24
const CELL_WIDTH_LEAST = 96
const CELL_HEIGHT = 52
const LINE = 18
/** Of the font below, about. */
const CHARACTER = 6.9
const SCALE_WIDTH = 260
const SCALE_HEIGHT = 12
const SCALE_STEPS = 26

/** Light to dark, told apart in grey and by every kind of eye. ColorBrewer's "Blues", its ends and middle. */
const RAMP = [
  [239, 243, 255],
  [107, 174, 214],
  [8, 69, 148],
] as const

const INK = '#1b1f24'
const FAINT = '#57606a'

function colourAt(place: number): readonly number[] {
  const at = place * (RAMP.length - 1)
  const step = Math.min(RAMP.length - 2, Math.floor(at))
  return RAMP[step]!.map((from, i) => Math.round(from + (RAMP[step + 1]![i]! - from) * (at - step)))
}

const hex = (colour: readonly number[]): string =>
  `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`

/** What is read on it: dark on light, light on dark. */
const inkOn = ([red, green, blue]: readonly number[]): string =>
  0.299 * red! + 0.587 * green! + 0.114 * blue! > 140 ? INK : '#ffffff'

const number = (value: number): string => String(Math.round(value * 100) / 100)

interface TextLook {
  readonly size?: number
  readonly weight?: 600
  readonly anchor?: 'middle' | 'end'
  readonly fill?: string
}

function text(x: number, y: number, content: string, { size = 12, weight, anchor, fill = INK }: TextLook = {}): string {
  const look = [
    `font-size="${size}"`,
    ...(weight === undefined ? [] : [`font-weight="${weight}"`]),
    ...(anchor === undefined ? [] : [`text-anchor="${anchor}"`]),
    `fill="${fill}"`,
  ]
  return `<text x="${number(x)}" y="${number(y)}" ${look.join(' ')}>${escapeXml(content)}</text>`
}

const rect = (x: number, y: number, width: number, height: number, fill: string, also = ''): string =>
  `<rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" fill="${fill}"${also}/>`

const widthOf = (content: string, size = 12): number => (Array.from(content).length * CHARACTER * size) / 12

/** The centre, and what stands in brackets behind it. */
function numbersOf(cell: Estimate, unit: Unit): readonly [string, string] {
  const centre = centreOfCell(cell)
  const whole = formatMean(cell, unit)
  const bracket = /\[[^\]]*\]/.exec(whole)?.[0] ?? ''
  return [bracket === '' ? whole : formatValue(centre, unit), bracket]
}

interface Drawn {
  readonly parts: readonly string[]
  readonly width: number
  readonly height: number
}

function cellParts(cell: Estimate | undefined, unit: Unit, scale: HeatScale | undefined, box: Box): readonly string[] {
  const { x, y, width } = box
  const middle = x + width / 2
  const centre = centreOfCell(cell)
  if (cell === undefined || centre === undefined || scale === undefined) {
    return [
      rect(x, y, width, CELL_HEIGHT, '#ffffff', ' stroke="#8c959f" stroke-dasharray="3 3"'),
      text(middle, y + CELL_HEIGHT / 2 + 4, NO_DATA, { anchor: 'middle', fill: FAINT }),
    ]
  }
  const colour = colourAt(placeOn(scale, centre))
  const fill = inkOn(colour)
  const [value, interval] = numbersOf(cell, unit)
  const hasInterval = interval !== '' && cell.ci95 !== null
  const parts = [
    rect(x, y, width, CELL_HEIGHT, hex(colour), ' stroke="#ffffff"'),
    text(middle, y + (hasInterval ? 20 : 31), value, { size: 13, weight: 600, anchor: 'middle', fill }),
  ]
  if (!hasInterval) return parts
  const [from, to] = cell.ci95.map((end) => x + 6 + (width - 12) * placeOn(scale, end)) as [number, number]
  return [
    ...parts,
    text(middle, y + 36, interval, { size: 11, anchor: 'middle', fill }),
    rect(from, y + CELL_HEIGHT - 8, Math.max(1.5, to - from), 3, fill),
  ]
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
}

function mapParts(figure: HeatMaps, { title, cells }: HeatMap, at: { readonly x: number; readonly y: number }): Drawn {
  const { down, across, unit, scale } = figure
  const parts: string[] = []
  let { y } = at
  if (title !== '') {
    parts.push(text(at.x, y + 13, title, { size: 13, weight: 600 }))
    y += LINE + 4
  }
  const numbers = cells.flat().map((cell) => (cell === undefined ? '' : numbersOf(cell, unit).toSorted(byLength)[0]!))
  const widest = [...numbers, ...across.values].reduce((most, each) => Math.max(most, widthOf(each, 13)), 0)
  const width = Math.max(CELL_WIDTH_LEAST, Math.ceil(widest) + 16)
  const left = at.x + Math.max(...[`${down.name} ↓`, ...down.values].map((each) => widthOf(each))) + 12
  parts.push(text(left, y + 12, `${across.name} →`, { fill: FAINT }))
  y += LINE
  parts.push(text(at.x, y + 12, `${down.name} ↓`, { fill: FAINT }))
  for (const [column, value] of across.values.entries())
    parts.push(text(left + width * (column + 0.5), y + 12, value, { anchor: 'middle' }))
  y += LINE
  for (const [row, values] of cells.entries()) {
    parts.push(text(left - 12, y + CELL_HEIGHT / 2 + 4, down.values[row]!, { anchor: 'end' }))
    for (const [column, cell] of values.entries())
      parts.push(...cellParts(cell, unit, scale, { x: left + width * column, y, width }))
    y += CELL_HEIGHT
  }
  return { parts, width: left + width * across.values.length - at.x, height: y - at.y }
}

const byLength = (a: string, b: string): number => b.length - a.length

function scaleParts({ scale, unit }: HeatMaps, x: number, y: number): Drawn {
  if (scale === undefined)
    return { parts: [text(x, y + 12, 'no data', { fill: FAINT })], width: SCALE_WIDTH, height: 20 }
  const { low, high } = scale
  if (low === high) {
    const words = `${formatValue(low, unit)} in every cell`
    return { parts: [text(x, y + 12, words, { fill: FAINT })], width: widthOf(words), height: 20 }
  }
  const step = SCALE_WIDTH / SCALE_STEPS
  const boxes = Array.from({ length: SCALE_STEPS }, (_, i) =>
    rect(x + i * step, y, step + 0.5, SCALE_HEIGHT, hex(colourAt(i / (SCALE_STEPS - 1)))),
  )
  const below = y + SCALE_HEIGHT + 14
  return {
    parts: [
      ...boxes,
      text(x, below, formatValue(low, unit), { size: 11, fill: FAINT }),
      text(x + SCALE_WIDTH, below, formatValue(high, unit), { size: 11, anchor: 'end', fill: FAINT }),
    ],
    width: SCALE_WIDTH,
    height: SCALE_HEIGHT + 22,
  }
}

export function heatMapsSvg(result: SweepResult, metrics: readonly string[] = []): string {
  const parts: string[] = []
  let width = 0
  let y = MARGIN
  const line = (content: string, look: TextLook & { readonly size: number }): void => {
    parts.push(text(MARGIN, y + look.size, content, look))
    width = Math.max(width, widthOf(content, look.size))
    y += look.size + 8
  }
  const place = (drawn: Drawn, below: number): void => {
    parts.push(...drawn.parts)
    width = Math.max(width, drawn.width)
    y += drawn.height + below
  }
  line(result.scenario.name, { size: 18, weight: 600 })
  const intervals = result.cells.some(({ metrics: all }) => Object.values(all).some(({ ci95 }) => ci95 !== null))
  const bars = intervals ? '; the bar in a cell is its interval on the scale of the colours' : ''
  line(`${legendOf(result.seeds)}${bars}`, { size: 12, fill: FAINT })
  for (const warning of result.warnings) line(`warning: ${warning}`, { size: 12, fill: '#9a6700' })
  for (const figure of heatMapsOf(result, metrics)) {
    y += 14
    line(figure.label, { size: 15, weight: 600 })
    place(scaleParts(figure, MARGIN, y), 8)
    for (const map of figure.maps) place(mapParts(figure, map, { x: MARGIN, y }), 16)
  }
  const [w, h] = [Math.ceil(width + MARGIN * 2), Math.ceil(y + MARGIN)]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img" aria-label="${escapeXml(result.scenario.name)}" font-family="ui-sans-serif, system-ui, 'Helvetica Neue', Arial, sans-serif">`,
    rect(0, 0, w, h, '#ffffff'),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}
