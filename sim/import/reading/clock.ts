/**
 * Whose clock a log's times are on, and in which unit. The format may say; else the content may tell; else nobody can, and
 * the user is asked: a wrong guess would replay another day without a word. Decided once, on the first rows of a file.
 */
import { microsOf, type TimeUnit, timestampOf } from '../../base/cell.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { Notes, TimeRule } from './log-format.ts'
import type { LogCell } from './request.ts'

export const TIME_UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']
export const CLOCKS = ['epoch', 'relative'] as const
export type ClockKind = (typeof CLOCKS)[number]

/** Microseconds that a zone is ahead of UTC when its own clocks show this. */
export type Zone = (local: number) => number

/** What the user said. */
export interface TimeFlags {
  readonly unit?: TimeUnit
  readonly clock?: ClockKind
  readonly zone?: { readonly name: string; readonly ahead: Zone }
}

export interface Clock {
  readonly kind: ClockKind
  /** Whole microseconds; or why there are none. */
  at(cell: LogCell): number | 'no_time' | 'unreadable_time' | 'other_clock'
}

/** A log of requests to language models is younger than 2015 and was not written after 2050. */
const EPOCH_MIN = 1_420_070_400 * MICROS_PER_SECOND
const EPOCH_MAX = 2_524_608_000 * MICROS_PER_SECOND
const isEpoch = (at: number): boolean => at >= EPOCH_MIN && at <= EPOCH_MAX
/** What counts from the start of a recording or of a machine has not counted for longer. */
const RELATIVE_MAX = 3 * 366 * 86_400 * MICROS_PER_SECOND

const UNIT_NAMES: { readonly [unit in TimeUnit]: string } = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
}

export function clockOf(
  cells: readonly LogCell[],
  rule: TimeRule,
  flags: TimeFlags,
  notes: Notes,
): Result<Clock, string> {
  const written = cells.filter((cell) => cell !== null && cell !== undefined)
  const dates = written.filter((cell) => typeof cell === 'string' && timestampOf(cell) !== undefined)
  const numbers = written.filter((cell) => TIME_UNITS.some((unit) => numberOf(cell, unit) !== undefined))
  if (dates.length === 0 && numbers.length === 0) {
    return fail(
      written.length === 0
        ? 'none of the first rows has a time'
        : 'none of the first rows has a time that can be read: a number, or a date such as 2026-06-21T12:30:00.5+02:00',
    )
  }
  return dates.length >= numbers.length
    ? calendarClock(dates as readonly string[], rule, flags, notes)
    : countingClock(numbers, rule, flags, notes)
}

function calendarClock(
  dates: readonly string[],
  rule: TimeRule,
  flags: TimeFlags,
  notes: Notes,
): Result<Clock, string> {
  if (flags.unit !== undefined) return fail('--unit is for times that are numbers, and these are dates')
  const withoutZone = dates.find((date) => timestampOf(date)?.ahead === undefined)
  let zone: Zone | undefined = flags.zone?.ahead
  if (withoutZone === undefined) notes.find('times are dates with their zone')
  else if (zone !== undefined) notes.find(`times are dates of ${flags.zone!.name}`)
  else if (rule.utcBecause !== undefined) {
    zone = () => 0
    notes.assume(`times have no zone and are taken as UTC: ${rule.utcBecause}; --zone says otherwise`)
  } else return fail('times have no zone; say which one with --zone, such as --zone UTC, +02:00 or Europe/Berlin')
  return ok({
    kind: flags.clock ?? 'epoch',
    at(cell) {
      if (cell === null || cell === undefined) return 'no_time'
      const time = typeof cell === 'string' ? timestampOf(cell) : undefined
      if (time === undefined) return 'unreadable_time'
      const ahead = time.ahead ?? zone?.(time.local)
      if (ahead === undefined) return 'unreadable_time'
      const at = time.local - ahead
      return isEpoch(at) ? at : 'other_clock'
    },
  })
}

function countingClock(
  numbers: readonly LogCell[],
  rule: TimeRule,
  flags: TimeFlags,
  notes: Notes,
): Result<Clock, string> {
  const unit = unitOf(numbers, rule, flags, notes)
  if (!unit.ok) return unit
  const kind = kindOf(numbers, unit.value, rule, flags)
  if (!kind.ok) return kind
  const fits = (at: number): boolean =>
    kind.value === 'epoch' ? isEpoch(at) : at <= RELATIVE_MAX || flags.clock === 'relative'
  const since = kind.value === 'epoch' ? 'since 1970' : 'since a start of their own'
  notes.find(`times are ${UNIT_NAMES[unit.value]} ${since}`)
  return ok({
    kind: kind.value,
    at(cell) {
      if (cell === null || cell === undefined) return 'no_time'
      const at = numberOf(cell, unit.value)
      if (at === undefined) return 'unreadable_time'
      return fits(at) ? at : 'other_clock'
    },
  })
}

/** In the one unit that puts most of the times into our age. */
const epochUnitOf = (numbers: readonly LogCell[]): TimeUnit | undefined =>
  TIME_UNITS.find((unit) => {
    const inAge = numbers.filter((cell) => isEpoch(numberOf(cell, unit) ?? 0))
    return inAge.length * 2 > numbers.length
  })

function unitOf(numbers: readonly LogCell[], rule: TimeRule, flags: TimeFlags, notes: Notes): Result<TimeUnit, string> {
  if (flags.unit !== undefined) return ok(flags.unit)
  if (rule.unit !== 'tell') return ok(rule.unit)
  const epoch = flags.clock === 'relative' ? undefined : epochUnitOf(numbers)
  if (epoch === undefined) {
    return fail('times are numbers whose unit cannot be told; say it with --unit s, ms, us or ns')
  }
  notes.assume(`only as ${UNIT_NAMES[epoch]} since 1970 are the times of our age; --unit and --clock say otherwise`)
  return ok(epoch)
}

function kindOf(
  numbers: readonly LogCell[],
  unit: TimeUnit,
  rule: TimeRule,
  flags: TimeFlags,
): Result<ClockKind, string> {
  const times = numbers.map((cell) => numberOf(cell, unit) ?? Infinity)
  const inAge = times.filter(isEpoch).length
  const wanted = flags.clock ?? (rule.clock === 'tell' ? undefined : rule.clock)
  if (wanted === 'epoch' && inAge * 2 <= times.length) {
    const told = epochUnitOf(numbers)
    const hint = told === undefined ? 'counted from something else: --clock relative' : `--unit ${told}`
    return fail(`as ${UNIT_NAMES[unit]} since 1970 the times are of another age; they may be ${hint}`)
  }
  if (wanted !== undefined) {
    // Told as counting from a start, and yet of our age: a recording whose clock was left on.
    return ok(flags.clock === undefined && wanted === 'relative' && inAge * 2 > times.length ? 'epoch' : wanted)
  }
  if (inAge * 2 > times.length) return ok('epoch')
  if (times.filter((at) => at <= RELATIVE_MAX).length * 2 > times.length) return ok('relative')
  return fail(
    `as ${UNIT_NAMES[unit]} the times are neither of our age nor within three years of a start; say which with --clock epoch or relative, and --unit`,
  )
}

function numberOf(cell: LogCell, unit: TimeUnit): number | undefined {
  if (typeof cell === 'number') return cell >= 0 ? microsOf(String(cell), unit) : undefined
  return typeof cell === 'string' ? microsOf(cell, unit) : undefined
}
