/** The scale of a track: a round upper edge, few ticks, each different from the next; counts tick at whole numbers. */
import { formatNumber } from '../../../../sim/report/form/unit.ts'
import type { TrackKind, TrackScene } from '../../../data/trace/tracks/track-scenes.ts'

export interface TrackScale {
  readonly most: number
  readonly signed: boolean
  readonly ticks: readonly { readonly value: number; readonly text: string }[]
}

type Unit = TrackKind['unit']

const WHOLE: ReadonlySet<Unit> = new Set<Unit>(['loads', 'macs', 'changes'])
/** Whose half is round too. */
const ROUND = [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10]

/** The least round number that is no less. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const size = 10 ** Math.floor(Math.log10(value))
  const step = ROUND.find((each) => each * size >= value * (1 - 1e-9)) ?? 10
  return step * size
}

const decimalsOf = (value: number): number => (value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3)

/** A value of the unit, for scales and for reading. */
export function valueText(unit: Unit, value: number): string {
  const size = Math.abs(value)
  switch (unit) {
    case 'share': {
      const percent = size * 100
      return `${formatNumber(value * 100, percent === 0 || percent >= 10 ? 0 : 1)} %`
    }
    case 'ttft':
      return size < 1e6 ? `${formatNumber(value / 1e3, 0)} ms` : `${formatNumber(value / 1e6, size < 1e7 ? 1 : 0)} s`
    case 'tokens':
      return size >= 10_000 ? `${formatNumber(value / 1_000, 1)}k/s` : `${formatNumber(value, 0)}/s`
    case 'per_second':
      return `${formatNumber(value, decimalsOf(size))
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')}/s`
    case 'loads':
    case 'macs':
    case 'changes':
      return formatNumber(value, 0)
  }
}

export function differenceText(unit: Unit, value: number): string {
  const sign = value > 0 ? '+' : ''
  if (unit === 'ttft') return value >= 0 ? `× ${formatNumber(2 ** value, 2)}` : `÷ ${formatNumber(2 ** -value, 2)}`
  if (unit === 'share') return `${sign}${formatNumber(value * 100, Math.abs(value) >= 0.1 ? 0 : 1)} pp`
  return `${sign}${valueText(unit, value)}`
}

const TTFT_TICKS_US = [100_000, 1_000_000, 10_000_000, 100_000_000]

/** One for all scenes that stand together. */
export function scaleOf(unit: Unit, scenes: readonly TrackScene[], signed: boolean): TrackScale {
  const largest = Math.max(0, ...scenes.map(({ most }) => most))
  if (signed) {
    const most = unit === 'ttft' ? Math.max(1, Math.ceil(largest)) : roundUp(largest)
    const ticks = [most, -most].map((value) => ({ value, text: differenceText(unit, value) }))
    return { most, signed, ticks }
  }
  if (unit === 'ttft')
    return { most: 1, signed, ticks: TTFT_TICKS_US.map((value) => ({ value, text: valueText(unit, value) })) }
  const top = WHOLE.has(unit) && largest < 10 ? Math.ceil(largest) : roundUp(largest)
  const most = unit === 'share' ? Math.min(1, Math.max(0.01, top)) : WHOLE.has(unit) ? Math.max(1, top) : top
  // A fleet's size is a number people know: its edge is that, and not a rounder one.
  const edge = unit === 'macs' && largest > 0 ? largest : most
  const half = WHOLE.has(unit) ? Math.round(edge / 2) : edge / 2
  // Of three, two is no half.
  const values = half > 0 && half < edge && (!WHOLE.has(unit) || edge > 3) ? [half, edge] : [edge]
  return { most: edge, signed, ticks: values.map((value) => ({ value, text: valueText(unit, value) })) }
}
