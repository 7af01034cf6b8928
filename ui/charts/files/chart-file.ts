/** A chart or a table as a file: SVG that stands alone, PNG drawn from it, and the download itself. */
import { KEY_LINE_PX, type LegendEntry } from '../legend.tsx'

export interface ChartCaption {
  readonly title: string
  readonly about: string
  readonly entries: readonly LegendEntry[]
}

const SPACE = 'http://www.w3.org/2000/svg'
/** What CSS says of marks and must be written on them, because the file has no style sheet. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-size',
  'paint-order',
  'stroke-linejoin',
] as const
const [TITLE_PX, LINE_PX, FOOT_PX, PAD_PX] = [20, 15, 22, 10]
/** Of a letter at 11 pixels, sans-serif. */
export const LETTER_PX = 6.3

function inlined(from: Element, to: Element): void {
  const style = getComputedStyle(from)
  for (const name of STYLES) to.setAttribute(name, style.getPropertyValue(name))
  for (const name of ['class', 'style', 'tabindex', 'role']) to.removeAttribute(name)
  for (let i = 0; i < from.children.length; i += 1) inlined(from.children[i]!, to.children[i]!)
}

function text(content: string, x: number, y: number, attributes: { readonly [name: string]: string }): SVGElement {
  const made = document.createElementNS(SPACE, 'text')
  made.textContent = content
  for (const [name, value] of Object.entries({ x: String(x), y: String(y), ...attributes }))
    made.setAttribute(name, value)
  return made
}

function box(width: number, height: number, fill: string): SVGElement {
  const made = document.createElementNS(SPACE, 'rect')
  for (const [name, value] of Object.entries({ width, height, fill })) made.setAttribute(name, String(value))
  return made
}

function wrapped(content: string, letters: number): readonly string[] {
  const lines: string[] = []
  for (const word of content.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < letters) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const keyWidth = ({ dash }: LegendEntry): number => (dash === undefined ? 10 : KEY_LINE_PX)
const entryWidth = (entry: LegendEntry): number => keyWidth(entry) + 5 + entry.name.length * LETTER_PX + 18

function legendRows(entries: readonly LegendEntry[], width: number): readonly (readonly LegendEntry[])[] {
  const rows: LegendEntry[][] = [[]]
  let used = 0
  for (const entry of entries) {
    if (used > 0 && used + entryWidth(entry) > width) {
      rows.push([])
      used = 0
    }
    rows.at(-1)!.push(entry)
    used += entryWidth(entry)
  }
  return rows
}

interface LegendPlace {
  /** CSS → the theme's colour. */
  of(css: string): string
  readonly foot: number
}

function legend(full: SVGElement, entries: readonly LegendEntry[], { of, foot }: LegendPlace): void {
  let x = PAD_PX
  for (const entry of entries) {
    const { name, colour, dash, picture } = entry
    const wide = keyWidth(entry)
    const [tag, place] =
      dash !== undefined
        ? ([
            'line',
            {
              x1: x,
              x2: x + wide,
              y1: foot + 9,
              y2: foot + 9,
              stroke: of(colour),
              'stroke-width': 3,
              'stroke-dasharray': dash === '' ? 'none' : dash,
            },
          ] as const)
        : picture === undefined
          ? (['rect', { x, y: foot + 4, width: wide, height: 10, fill: of(colour) }] as const)
          : (['image', { x, y: foot + 4, width: wide, height: 10, href: picture }] as const)
    const key = document.createElementNS(SPACE, tag)
    for (const [attribute, value] of Object.entries(place)) key.setAttribute(attribute, String(value))
    full.append(key)
    full.append(text(name, x + wide + 5, foot + 13, { fill: of('var(--text)'), 'font-size': '11' }))
    x += entryWidth(entry)
  }
}

/** With title and legend, in the colours of the theme on screen. */
export function svgFile(svg: SVGSVGElement, caption: ChartCaption): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  inlined(svg, copy)
  return captioned(copy, svg.clientWidth, svg.clientHeight, caption)
}

/** A picture that says by itself what it shows: title, what it is of, legend. */
export function captioned(copy: SVGSVGElement, width: number, height: number, caption: ChartCaption): string {
  const page = getComputedStyle(document.documentElement)
  const of = (css: string): string => page.getPropertyValue(/var\((--[\w-]+)\)/.exec(css)?.[1] ?? '').trim() || css
  const full = document.createElementNS(SPACE, 'svg')
  const about = wrapped(caption.about, width / LETTER_PX)
  const head = TITLE_PX + about.length * LINE_PX + 8
  const rows = legendRows(caption.entries, width)
  const foot = rows.length * FOOT_PX
  const [wide, high] = [width + 2 * PAD_PX, height + head + foot + PAD_PX]
  for (const [name, value] of Object.entries({ width: wide, height: high, viewBox: `0 0 ${wide} ${high}` }))
    full.setAttribute(name, String(value))
  full.setAttribute('font-family', page.getPropertyValue('--font').trim() || 'sans-serif')
  full.append(box(wide, high, of('var(--panel)')))
  full.append(text(caption.title, PAD_PX, 18, { fill: of('var(--text)'), 'font-size': '14', 'font-weight': '600' }))
  for (const [i, line] of about.entries())
    full.append(text(line, PAD_PX, TITLE_PX + (i + 1) * LINE_PX, { fill: of('var(--muted)'), 'font-size': '11' }))
  copy.setAttribute('x', String(PAD_PX))
  copy.setAttribute('y', String(head))
  // A tick's label may stand out.
  copy.setAttribute('overflow', 'visible')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  full.append(copy)
  for (const [i, row] of rows.entries()) legend(full, row, { of, foot: high - foot + i * FOOT_PX })
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(full)}\n`
}

/** At least twice: a picture is looked at larger than it was on screen. */
const sharpness = (): number => Math.max(2, devicePixelRatio)

export async function pngFile(svg: string): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.width * sharpness())
  canvas.height = Math.round(image.height * sharpness())
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return await new Promise((done, failed) =>
    canvas.toBlob((blob) => (blob === null ? failed(new Error('the picture is too large')) : done(blob)), 'image/png'),
  )
}

export function download(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  // The browser has read it long before.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

export const textFile = (content: string, type: string): Blob => new Blob([content], { type: `${type};charset=utf-8` })

/** For any file system: `gpt-oss-vs-gemma ttft.csv` has no characters that one of them refuses. */
export const fileName = (...parts: readonly string[]): string => parts.join(' ').replaceAll(/[^\w.-]+/g, '-')
