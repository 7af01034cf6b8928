/**
 * The calendar, by arithmetic of our own: neither a clock nor the machine's zone may decide what a timestamp means. Reads
 * ISO 8601 and what programs make of it (a blank for the T, slashes, more decimals than anybody measured), and writes it.
 */
import { scaledDecimal } from './decimal.ts'
import { MICROS_PER_SECOND } from './time.ts'

export const MICROS_PER_DAY = 86_400_000_000

/** A timestamp as it was written. */
export interface WrittenTime {
  /** Microseconds since 1970-01-01T00:00 on the clock it was read off. */
  readonly local: number
  /** Microseconds that this clock was ahead of UTC; undefined: not said. */
  readonly ahead: number | undefined
}

const TIMESTAMP =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})[T ](\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d*)?))? ?(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

export function readTimestamp(text: string): WrittenTime | undefined {
  const match = TIMESTAMP.exec(text)
  if (match === null) return undefined
  const [year, month, day, hours, minutes] = [match[1], match[3], match[4], match[5], match[6]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const seconds = scaledDecimal(match[7] ?? '0', 6)
  if (month < 1 || month > 12 || day < 1 || hours > 23 || minutes > 59 || seconds === undefined) return undefined
  if (day > MONTH_DAYS[month - 1]! + (month === 2 && isLeap(year) ? 1 : 0)) return undefined
  // 60 is a leap second: the one that follows, as every clock of a program has it.
  if (seconds > 61 * MICROS_PER_SECOND) return undefined
  const ahead = match[8] === undefined ? undefined : readZone(match[8])
  if (match[8] !== undefined && ahead === undefined) return undefined
  const local = dayOf(year, month, day) * MICROS_PER_DAY + (hours * 3_600 + minutes * 60) * MICROS_PER_SECOND + seconds
  return { local, ahead }
}

/** `Z`, `+02:00`, `-0500`, `+01`: microseconds ahead of UTC. */
export function readZone(text: string): number | undefined {
  if (/^(?:Z|UTC|GMT)$/i.test(text)) return 0
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text)
  if (match === null) return undefined
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)]
  if (hours > 15 || minutes > 59) return undefined
  return (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60 * MICROS_PER_SECOND
}

/** Days since 1970-01-01 of a Gregorian date, counting years from 1 March so that leap days come last. */
function dayOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const two = (value: number): string => String(value).padStart(2, '0')

/** Gregorian date of a day number (days since 1970-01-01), counted likewise. */
function dateOf(day: number): string {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${year}-${two(month)}-${two(dayOfMonth)}`
}

/** ISO 8601 in UTC with microseconds, of microseconds since 1970. */
export function writeTimestamp(at: number): string {
  const day = Math.floor(at / MICROS_PER_DAY)
  return writeTimeOfDay(day, at - day * MICROS_PER_DAY)
}

/** Of a day since 1970 and the microseconds in it, which stay exact for longer than their sum. */
export function writeTimeOfDay(day: number, micros: number): string {
  const seconds = Math.floor(micros / MICROS_PER_SECOND)
  const clock = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${dateOf(day)}T${clock}.${String(micros % MICROS_PER_SECOND).padStart(6, '0')}Z`
}
