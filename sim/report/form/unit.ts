/**
 * How a figure is read by people, in the unit its metric is declared in. Differences of shares are percentage points,
 * never per cent of per cent.
 */
import type { Unit } from '../../metrics/index.ts'

export type { Unit } from '../../metrics/index.ts'
export { unitOf } from '../../metrics/index.ts'

/** Thousands apart by a thin comma, decimals as told: `12,345.6`. Own code because `toLocaleString` follows the machine. */
export function formatNumber(value: number, decimals: number): string {
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split('.')
  const grouped = whole!.replace(/\B(?=(?:\d{3})+$)/g, ',')
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`
  return value < 0 && /[1-9]/.test(text) ? `-${text}` : text
}

/** As many decimals as two different numbers need to look different, and no fewer than usual. */
export function decimalsApart(a: number, b: number, usual: number): number {
  if (a === b) return usual
  let decimals = usual
  while (decimals < 15 && a.toFixed(decimals) === b.toFixed(decimals)) decimals += 1
  return decimals
}

/** Enough decimals for three significant figures, at most `most`. */
function decimalsFor(value: number, most: number): number {
  const size = Math.abs(value)
  if (size >= 100 || size === 0) return 0
  if (size >= 10) return Math.min(1, most)
  if (size < 1 && most > 2) return most
  return Math.min(2, most)
}

interface Scale {
  readonly factor: number
  readonly suffix: string
  /** At most so many decimals. */
  readonly decimals: number
  /** Decimals stay put whatever the size, so that a column of shares lines up. */
  readonly fixed: boolean
}

/** `sample` decides between milliseconds and seconds, so that a mean and its half-width get the same unit. */
function scaleOf(unit: Unit, sample: number, difference: boolean): Scale {
  switch (unit) {
    case 'share':
      return { factor: 100, suffix: difference ? ' pp' : ' %', decimals: 2, fixed: true }
    case 'ms':
      return Math.abs(sample) >= 10_000
        ? { factor: 1e-3, suffix: ' s', decimals: 2, fixed: false }
        : { factor: 1, suffix: ' ms', decimals: 1, fixed: false }
    case 's':
      return { factor: 1, suffix: ' s', decimals: 2, fixed: false }
    case 'tok/s':
      return { factor: 1, suffix: ' tok/s', decimals: 2, fixed: false }
    case 'provider-s':
      return { factor: 1, suffix: ' provider-s', decimals: 1, fixed: false }
    case 'USD':
    case 'kWh':
    case 'Wh':
      return { factor: 1, suffix: ` ${unit}`, decimals: 4, fixed: false }
    case 'tokens':
    case 'plain':
      return { factor: 1, suffix: '', decimals: 2, fixed: false }
  }
}

/** What follows a value of the unit as it is declared. */
export const suffixOf = (unit: Unit): string => scaleOf(unit, 0, false).suffix

const isWhole = (unit: Unit, value: number): boolean =>
  (unit === 'plain' || unit === 'tokens') && Number.isInteger(value)

function scaled(value: number, scale: Scale, sample: number, whole: boolean): string {
  const decimals = scale.fixed ? scale.decimals : whole ? 0 : decimalsFor(sample * scale.factor, scale.decimals)
  return formatNumber(value * scale.factor, decimals)
}

/** What stands for a figure nobody could compute. */
export const NO_DATA = '–'

/** `71.25 %`, `842 ms`, `12.4 s`. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return NO_DATA
  const scale = scaleOf(unit, value, false)
  return scaled(value, scale, value, isWhole(unit, value)) + scale.suffix
}

export interface MeanWithInterval {
  readonly mean: number | null
  /** What the interval is about where there is one. */
  readonly median?: number
  readonly ci95: readonly [number, number] | null
}

const centreOf = ({ mean, median }: MeanWithInterval): number | null => median ?? mean

/** The same in every run: an interval would only be noise. */
const isPoint = ({ ci95 }: MeanWithInterval): boolean => ci95 === null || ci95[0] === ci95[1]

/** `71.25 [69.80, 72.40] %`: both ends, because few intervals lie evenly around their centre. Without one just the centre. */
export function formatMean(figure: MeanWithInterval, unit: Unit): string {
  const centre = centreOf(figure)
  if (centre === null) return NO_DATA
  if (isPoint(figure)) return formatValue(centre, unit)
  const scale = scaleOf(unit, centre, false)
  const [low, high] = figure.ci95!
  return `${scaled(centre, scale, centre, false)} [${endsOf(low, high, scale, centre)}]${scale.suffix}`
}

const endsOf = (low: number, high: number, scale: Scale, sample: number): string =>
  [low, high].map((end) => (Number.isFinite(end) ? scaled(end, scale, sample, false) : end < 0 ? '-∞' : '∞')).join(', ')

const signed = (value: number, text: string): string => (value > 0 ? `+${text}` : text)

/** `+3.10 [+2.30, +3.90] pp`. */
export function formatDifference(figure: MeanWithInterval, unit: Unit): string {
  const centre = centreOf(figure)
  if (centre === null) return NO_DATA
  const scale = scaleOf(unit, centre, true)
  if (isPoint(figure)) return `${signed(centre, scaled(centre, scale, centre, isWhole(unit, centre)))}${scale.suffix}`
  const [low, high] = figure.ci95!
  const sample = Math.max(Math.abs(centre), (high - low) / 2)
  const each = (value: number): string => signed(value, scaled(value, scale, sample, false))
  return `${each(centre)} [${each(low)}, ${each(high)}]${scale.suffix}`
}

/** `1h 10m`, `90 s`: as a person would say it. */
export function formatSpan(seconds: number): string {
  if (seconds < 120) return `${formatNumber(seconds, Number.isInteger(seconds) ? 0 : 1)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}
