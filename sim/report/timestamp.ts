/** Simulated time as the ledger's timestamps. Calendar arithmetic of our own, because a run must not depend on a clock or a zone. */

/** Days from 1970-01-01 to 2026-06-21, the day of the coordinator that is simulated: where simulated time 0 is put. */
const FIRST_DAY = 20_625
const MICROS_PER_DAY = 86_400_000_000

const two = (value: number): string => String(value).padStart(2, '0')

/** Gregorian date of a day number (days since 1970-01-01), counting years from 1 March so that leap days come last. */
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

/** ISO 8601 in UTC with microseconds; time 0 is 2026-06-21T00:00:00Z. */
export function timestamp(at: number): string {
  const day = Math.floor(at / MICROS_PER_DAY)
  const micros = at - day * MICROS_PER_DAY
  const seconds = Math.floor(micros / 1_000_000)
  const clock = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${dateOf(FIRST_DAY + day)}T${clock}.${String(micros % 1_000_000).padStart(6, '0')}Z`
}
