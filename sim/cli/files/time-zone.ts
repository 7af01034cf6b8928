/** Zones by name, whose clocks the system knows: how far they were ahead of UTC when they showed this. */
import type { Zone } from '../../import/reading/clock.ts'
import { MICROS_PER_DAY, readZone } from '../../base/calendar.ts'

const MICROS_PER_HOUR = 3_600_000_000

/** undefined: there is no such zone. */
export function zoneNamed(name: string): Zone | undefined {
  const fixed = readZone(name)
  if (fixed !== undefined) return () => fixed
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return undefined
  }
  /** Of an instant in UTC, microseconds. */
  const aheadAt = (at: number): number => {
    const parts = new Map(format.formatToParts(at / 1_000).map(({ type, value }) => [type, Number(value)]))
    const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map(
      (part) => parts.get(part as Intl.DateTimeFormatPartTypes)!,
    ) as [number, number, number, number, number, number]
    return Date.UTC(year, month - 1, day, hour, minute, second) * 1_000 - Math.floor(at / 1e6) * 1e6
  }
  // Clocks change on the quarter of an hour; a log asks for many times of each.
  const known = new Map<number, number>()
  return (local) => {
    const quarter = Math.floor((local * 4) / MICROS_PER_HOUR)
    let ahead = known.get(quarter)
    if (ahead === undefined) {
      // An hour that comes twice is its first; one that never came goes by the clocks before.
      const [before, after] = [aheadAt(local - MICROS_PER_DAY), aheadAt(local + MICROS_PER_DAY)]
      const fits = [Math.max(before, after), Math.min(before, after)].find((each) => aheadAt(local - each) === each)
      ahead = fits ?? before
      known.set(quarter, ahead)
    }
    return ahead
  }
}
