/**
 * What a cell of somebody's table says, with the leniency that such tables need and no more: blanks around it, words for
 * "nothing", `1234.0` for a whole number, `1,234` for a large one. Nothing is never 0.
 */
import { readTimestamp, type WrittenTime } from './calendar.ts'
import { scaledDecimal } from './decimal.ts'

export type TimeUnit = 's' | 'ms' | 'us' | 'ns'
/** Power of ten that makes microseconds of the unit. */
const SHIFT: { readonly [unit in TimeUnit]: number } = { s: 6, ms: 3, us: 0, ns: -3 }

const NOTHING = /^(?:|null|none|nan|nil|n\/a|na|-|\\N|undefined)$/i
export const isNothing = (text: string): boolean => NOTHING.test(text)

/** Whole microseconds of a number in its unit; undefined: no such number. */
export const microsOf = (text: string, unit: TimeUnit): number | undefined => scaledDecimal(text.trim(), SHIFT[unit])

/** A whole number of 0 or more; undefined: something else. */
export function wholeOf(text: string): number | undefined {
  const trimmed = text.trim()
  if (/^\d{1,15}$/.test(trimmed)) return Number(trimmed)
  const match = /^(\d{1,15})(?:[.,]0*)?$/.exec(trimmed) ?? /^(\d{1,3}(?:,\d{3})+)(?:\.0*)?$/.exec(trimmed)
  return match === null ? undefined : Number(match[1]!.replaceAll(',', ''))
}

/** `true`, `1`, `t`, `yes` and their opposites; undefined: something else. */
export function truthOf(text: string): boolean | undefined {
  if (/^(?:true|t|1|yes|y)$/i.test(text.trim())) return true
  if (/^(?:false|f|0|no|n)$/i.test(text.trim())) return false
  return undefined
}

/** A date and time of day; undefined: something else, such as a number. */
export const timestampOf = (text: string): WrittenTime | undefined => readTimestamp(text.trim())
