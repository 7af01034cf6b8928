/**
 * Dots with their intervals, a row each, over one axis: what a comparison is read from. Every row has its figure in words
 * beside it, so nothing rests on colour or on an eye for distances. Lengths are shares of the width, so that text keeps its
 * size on any screen.
 */
import { type MeanWithInterval, formatDifference, formatMean } from '../form/unit.ts'
import { html, type Markup } from './markup.ts'

export interface FigureRow {
  readonly label: string
  readonly figure: MeanWithInterval
  /** The baseline is hollow. */
  readonly isBaseline: boolean
  readonly tone: 'good' | 'bad' | 'dim' | 'plain'
}

/** Shares: from nothing to all; or differences of them, around none. */
export type FigureKind = 'share' | 'difference'

interface Axis {
  readonly low: number
  readonly high: number
  readonly ticks: readonly number[]
  /** Half the width of the band around none in which nothing matters. */
  readonly band: number | undefined
}

const SHARES: Axis = { low: 0, high: 1, ticks: [0, 0.25, 0.5, 0.75, 1], band: undefined }
/** Ends of an axis of differences: the first that holds all. */
const REACHES = [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 1] as const

const centreOf = ({ mean, median }: MeanWithInterval): number | null => median ?? mean
const finite = (value: number): boolean => Number.isFinite(value)

function differencesAxis(rows: readonly FigureRow[], band: number | undefined): Axis {
  const ends = rows.flatMap(({ figure }) => [centreOf(figure) ?? 0, ...(figure.ci95 ?? [])].filter(finite))
  const most = Math.max(0, ...ends.map(Math.abs))
  const reach = REACHES.find((each) => each >= most) ?? 1
  return { low: -reach, high: reach, ticks: [-reach, -reach / 2, 0, reach / 2, reach], band }
}

/** Where a value stands, in hundredths of the width; what lies beyond the axis stands at its end. */
const placeOf = (value: number, { low, high }: Axis): number =>
  Math.round(((Math.min(high, Math.max(low, value)) - low) / (high - low)) * 1e4) / 100

const tickText = (value: number, kind: FigureKind): string => {
  const points = Math.round(value * 1_000) / 10
  return kind === 'share' ? `${points} %` : `${points > 0 ? '+' : ''}${points} pp`
}

const anchorOf = (place: number): string => (place <= 0 ? 'start' : place >= 100 ? 'end' : 'middle')

function axisRow(axis: Axis, kind: FigureKind): Markup {
  const ticks = axis.ticks.map((value) => {
    const place = placeOf(value, axis)
    return html`<text x="${place}%" y="12" text-anchor="${anchorOf(place)}">${tickText(value, kind)}</text>`
  })
  return html`<div class="row ticks"><span></span><svg class="strip axis" aria-hidden="true">${ticks}</svg><span></span></div>`
}

const colourOf = (tone: FigureRow['tone']): string =>
  tone === 'plain' ? 'var(--accent)' : tone === 'dim' ? 'var(--muted)' : `var(--${tone})`

function strip({ figure, isBaseline, tone }: FigureRow, axis: Axis): Markup {
  const grid = axis.ticks.map((value) => {
    const place = placeOf(value, axis)
    return html`<line x1="${place}%" x2="${place}%" y1="0" y2="24" stroke="var(--line)"/>`
  })
  const { band } = axis
  const equal =
    band === undefined
      ? undefined
      : html`<rect x="${placeOf(-band, axis)}%" width="${placeOf(band, axis) - placeOf(-band, axis)}%" y="0" height="24" fill="var(--sunken)"/>`
  const centre = centreOf(figure)
  const colour = colourOf(tone)
  const ends = figure.ci95
  const line =
    ends === null
      ? undefined
      : html`<line x1="${placeOf(ends[0], axis)}%" x2="${placeOf(ends[1], axis)}%" y1="12" y2="12" stroke="${colour}" stroke-width="2.5" stroke-linecap="round"/>`
  const dot =
    centre === null
      ? undefined
      : html`<circle cx="${placeOf(centre, axis)}%" cy="12" r="4.5" stroke="${colour}" stroke-width="2" fill="${isBaseline ? 'var(--bg)' : colour}"/>`
  return html`<svg class="strip" aria-hidden="true">${equal}${grid}${line}${dot}</svg>`
}

export interface FigureOptions {
  readonly kind: FigureKind
  readonly band?: number | undefined
}

export function intervalFigure(rows: readonly FigureRow[], { kind, band }: FigureOptions): Markup {
  const axis = kind === 'share' ? SHARES : differencesAxis(rows, band)
  const text = (figure: MeanWithInterval): string =>
    kind === 'share' ? formatMean(figure, 'share') : formatDifference(figure, 'share')
  const lines = rows.map(
    (row) =>
      html`<div class="row"><bdi>${row.label}</bdi>${strip(row, axis)}<span class="figure-value">${text(row.figure)}</span></div>`,
  )
  return html`${axisRow(axis, kind)}${lines}`
}
