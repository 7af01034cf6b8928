/**
 * Published days and weeks: multipliers of the mean rate for each hour (UTC) of the Azure traces of one week of May 2024, read
 * off their plots (facts workload §4). Conversation has weekdays of 51.3/s and weekends of 29.2/s, coding 34.7/s and 11.3/s.
 */

import type { DayShape, WeekShape } from './config.ts'

const DAYS: { readonly [name in DayShape]: readonly number[] } = {
  'azure-conv-weekday': [
    0.89, 0.97, 0.95, 0.79, 0.8, 0.87, 1.01, 1.09, 1.11, 1.08, 0.97, 1.03, 1.15, 1.27, 1.34, 1.25, 1.13, 1.09, 1.08,
    1.01, 0.92, 0.77, 0.69, 0.72,
  ],
  'azure-conv-weekend': [
    0.88, 0.94, 0.93, 0.79, 0.77, 0.8, 0.82, 0.92, 0.95, 0.87, 0.92, 1.02, 1.09, 1.22, 1.23, 1.28, 1.19, 1.18, 1.13,
    1.06, 1.07, 1.01, 0.94, 1.01,
  ],
  'azure-code-weekday': [
    0.71, 0.68, 0.64, 0.53, 0.42, 0.35, 0.3, 0.25, 0.23, 0.24, 0.26, 0.38, 0.7, 1.18, 1.68, 1.82, 1.72, 1.98, 2.18,
    2.23, 2.08, 1.53, 1.1, 0.82,
  ],
  'azure-code-weekend': [
    1.35, 1.32, 1.18, 1.14, 0.95, 0.78, 0.64, 0.44, 0.34, 0.31, 0.29, 0.4, 0.61, 0.8, 0.99, 1.14, 1.24, 1.32, 1.46,
    1.48, 1.5, 1.48, 1.48, 1.36,
  ],
}

interface Week {
  readonly weekday: DayShape
  readonly weekend: DayShape
  readonly weekday_s: number
  readonly weekend_s: number
}

const WEEKS: { readonly [name in WeekShape]: Week } = {
  'azure-conv': { weekday: 'azure-conv-weekday', weekend: 'azure-conv-weekend', weekday_s: 51.3, weekend_s: 29.2 },
  'azure-code': { weekday: 'azure-code-weekday', weekend: 'azure-code-weekend', weekday_s: 34.7, weekend_s: 11.3 },
}

/** Factors of 24 hours with a mean of 1: those of the plots are off by up to a hundredth. */
export function hoursOf(day: DayShape): readonly number[] {
  const hours = DAYS[day]
  const mean = hours.reduce((sum, hour) => sum + hour, 0) / hours.length
  return hours.map((hour) => hour / mean)
}

/** Factors of seven days, Monday first, with a mean of 1. */
export function daysOf(week: WeekShape): readonly (readonly number[])[] {
  const { weekday, weekend, weekday_s, weekend_s } = WEEKS[week]
  const mean = (5 * weekday_s + 2 * weekend_s) / 7
  const days = (name: DayShape, rate: number, count: number) =>
    Array.from({ length: count }, () => hoursOf(name).map((hour) => (hour * rate) / mean))
  return [...days(weekday, weekday_s, 5), ...days(weekend, weekend_s, 2)]
}
