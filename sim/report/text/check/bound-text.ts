/**
 * A bound as it was meant, and a value beside it. Rounding must not make the two look alike: a bound shows every digit
 * it has, and a value as many as tell it from the bounds that it misses, or meets by little.
 */
import type { CheckedExpectation } from '../../../lab/check/check-result.ts'
import type { Published } from '../../../lab/check/published.ts'
import { formatMean, formatNumber, formatValue, suffixOf, type Unit, unitOf } from '../../form/unit.ts'

const RELATIONS: { readonly [relation: string]: string } = {
  at_most: 'at most',
  at_least: 'at least',
  equals: 'exactly',
  improves_by: 'better by',
}

/** Of the figure itself; an improvement is relative, whatever it is of. */
export const unitFor = (expectation: CheckedExpectation): Unit =>
  expectation.versus !== undefined || expectation.over !== undefined
    ? 'share'
    : expectation.metric === undefined
      ? 'plain'
      : unitOf(expectation.metric)

/** A double holds no more. */
const DIGITS = 15
const DECIMALS_MAX = 15

/** What a person would write: without the noise that a multiplication leaves in the last bits. */
const clean = (value: number): number => Number(value.toPrecision(DIGITS))

const inUnit = (value: number, unit: Unit): number => (unit === 'share' ? clean(value * 100) : clean(value))

function decimalsOf(value: number): number {
  for (let decimals = 0; decimals < DECIMALS_MAX; decimals++) {
    if (Number(value.toFixed(decimals)) === value) return decimals
  }
  return DECIMALS_MAX
}

const atDecimals = (value: number, unit: Unit, decimals: number): string =>
  formatNumber(inUnit(value, unit), decimals) + suffixOf(unit)

/** Everything it has: as other figures are written where that is all of it. */
function exactly(value: number, unit: Unit): string {
  const usual = formatValue(value, unit)
  const full = atDecimals(value, unit, decimalsOf(inUnit(value, unit)))
  return numberIn(usual, unit) === inUnit(value, unit) ? usual : full
}

/** The number that a text shows, in the unit. Long times go by seconds. */
function numberIn(text: string, unit: Unit): number {
  const suffix = suffixOf(unit)
  const shown = Number(text.replace(/[ a-z%/-]+$/, '').replaceAll(',', ''))
  return text.endsWith(suffix) ? shown : clean(shown * 1_000)
}

/** `at most 2.00 %`; `at 95 %` where it asks for confidence. */
export function boundText(expectation: CheckedExpectation): string {
  if (expectation.published !== undefined) return publishedText(expectation.published, unitFor(expectation))
  const bounds = Object.entries(expectation.bound).map(
    ([relation, value]) => `${RELATIONS[relation] ?? relation} ${exactly(value, unitFor(expectation))}`,
  )
  return bounds.join(', ') + (expectation.confidence === undefined ? '' : ' at 95 % confidence')
}

/** `71.00 % ± 5 points (PR 381)`. */
function publishedText({ range: [least, most], tolerance, source }: Published, unit: Unit): string {
  const figure = least === most ? exactly(least, unit) : `${exactly(least, unit)} to ${exactly(most, unit)}`
  const off = 'points' in tolerance ? `${tolerance.points} points` : `${tolerance.percent} %`
  return `${figure} ± ${off} (${source})`
}

/** As the value is usually written, or with more digits while a different bound is written the same. */
function beside(value: number, bounds: readonly number[], unit: Unit): string {
  const usual = formatValue(value, unit)
  const shown = new Set(bounds.filter((bound) => bound !== value).map((bound) => exactly(bound, unit)))
  const looksLike = (text: string): boolean => shown.has(text) || agrees(text, value, bounds, unit)
  if (!looksLike(usual)) return usual
  for (let decimals = 2; decimals <= DECIMALS_MAX; decimals++) {
    const text = atDecimals(value, unit, decimals)
    if (!looksLike(text)) return text
  }
  return String(inUnit(value, unit)) + suffixOf(unit)
}

/** The text rounds the value to, or beyond, a bound that it differs from. */
function agrees(text: string, value: number, bounds: readonly number[], unit: Unit): boolean {
  const rounded = numberIn(text, unit)
  return bounds.some((bound) => {
    const edge = inUnit(bound, unit)
    return value < bound ? rounded >= edge : value > bound && rounded <= edge
  })
}

const asymmetric = (value: number, [low, high]: readonly [number, number]): boolean =>
  Math.abs(low + high - 2 * value) > 1e-6 * Math.max(Math.abs(low), Math.abs(high), Math.abs(value))

/** `1.31 ±0.20 %`, or why there is no value. */
export function valueText(expectation: CheckedExpectation): string {
  const { value, ci95, note, bound, confidence, verdict } = expectation
  if (value === null) return note ?? 'no data'
  const unit = unitFor(expectation)
  const bounds = Object.values(bound)
  const mean = beside(value, bounds, unit)
  const reason = note === undefined ? '' : ` (${note})`
  if (ci95 === null) return mean + reason
  // Where the interval decides, its ends stand beside the bound.
  const decides = confidence !== undefined || expectation.versus !== undefined
  const [low, high] = ci95
  if (low === high && low === value) return mean + reason
  if (decides && (verdict !== 'met' || asymmetric(value, ci95))) {
    return `${mean}, 95 % interval ${beside(low, bounds, unit)} to ${beside(high, bounds, unit)}${reason}`
  }
  const usual = formatMean({ mean: value, ci95 }, unit)
  return (mean === formatValue(value, unit) ? usual : `${mean} (${usual})`) + reason
}

/** What the expectation is about: `models["m"].rate_429 under pools`. */
export function expectationTitle(expectation: CheckedExpectation): string {
  const { metric, row, where, policy, versus, over } = expectation
  const conditions = Object.entries(where ?? {}).map(([column, value]) => `${column}=${value}`)
  const what = metric ?? `rows ${row ?? ''}${conditions.length > 0 ? ` with ${conditions.join(', ')}` : ''}`
  const base = over === undefined ? '' : ` of ${over.join(' + ')}`
  return `${what}${base} under ${policy}${versus === undefined ? '' : `, against ${versus}`}`
}
