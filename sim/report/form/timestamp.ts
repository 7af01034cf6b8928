/** Simulated time as the ledger's timestamps. */
import { MICROS_PER_DAY, writeTimeOfDay } from '../../base/calendar.ts'

/** Days from 1970-01-01 to 2026-06-21, the day of the coordinator that is simulated: where simulated time 0 is put. */
const FIRST_DAY = 20_625

/** ISO 8601 in UTC with microseconds; time 0 is 2026-06-21T00:00:00Z. */
export function timestamp(at: number): string {
  const day = Math.floor(at / MICROS_PER_DAY)
  return writeTimeOfDay(FIRST_DAY + day, at - day * MICROS_PER_DAY)
}
