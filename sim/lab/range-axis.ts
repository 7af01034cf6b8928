/** A setting between two values, such as `demand[0].arrivals.load=0.5..4` or `fleet[0].count=10..60`. */
import { fail, ok, type Result } from '../base/result.ts'

export interface RangeAxis {
  readonly path: string
  readonly low: number
  readonly high: number
  /** What follows the number, such as `/s`. */
  readonly unit: string
}

/** A range is looked at in so many equal steps, each a power of two of the others. */
export const LEVELS = 32

const NUMBER = String.raw`-?\d+(?:\.\d+)?`
const RANGE = new RegExp(
  String.raw`^([^=]+)=\s*(${NUMBER})([^\d.\s-][^.\s]*|)\s*\.\.\s*(${NUMBER})([^\d.\s-][^\s]*|)$`,
  'i',
)

export function parseRangeAxis(text: string): Result<RangeAxis, string> {
  const match = RANGE.exec(text)
  const example = 'must be path=low..high, such as demand[0].arrivals.load=0.5..4'
  if (match === null) return fail(`${example}, not "${text}"`)
  const [path, low, unit, high, other] = [match[1]!.trim(), Number(match[2]), match[3]!, Number(match[4]), match[5]!]
  if (unit !== '' && unit !== other) return fail(`${example}, both ends in one unit, not "${text}"`)
  if (!(low < high)) return fail(`must have the lower end first, not "${text}"`)
  return ok({ path, low, high, unit: other })
}

/** The setting at a place from 0 to LEVELS; whole where both ends are whole and a step is more than 1. */
export function levelText({ low, high, unit }: RangeAxis, place: number): string {
  const value = low + ((high - low) * place) / LEVELS
  const isWhole = Number.isInteger(low) && Number.isInteger(high) && high - low >= LEVELS
  const text = isWhole ? String(Math.round(value)) : String(Number(value.toPrecision(6)))
  return `${text}${unit}`
}
