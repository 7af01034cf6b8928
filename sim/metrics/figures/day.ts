/**
 * A day in the few figures by which two of them are compared: what became of the requests hour by hour, and how long the
 * served ones waited and how fast their text came, by hour and tier of the Mac. The same for a day that was recorded and
 * one that was simulated, so that their distance is a matter of the days alone.
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { Histogram } from './histogram.ts'

const HOUR = 3_600 * MICROS_PER_SECOND

/** `served`, `cancelled`, `failed`, `in flight`, or the reason of a refusal. */
export type DayOutcome = string

export interface DayEnding {
  /** Of its arrival, microseconds on the day's clock. */
  readonly at: number
  readonly outcome: DayOutcome
  /** Of the Mac that served it. */
  readonly tier?: string | undefined
  readonly ttft_ms?: number | undefined
  readonly decode_tps?: number | undefined
}

export const DAY_MEASURES = ['ttft_ms', 'decode_tps'] as const
export type DayMeasure = (typeof DAY_MEASURES)[number]

export type Bins = readonly (readonly [bin: number, count: number])[]

/** `fleetlab.day/1`. */
export interface Day {
  readonly format: 'fleetlab.day/1'
  /** Where simulated time 0 lies on the day's clock, microseconds. */
  readonly origin_us: number
  /** Whether that clock is the calendar's (UTC), or counts from a start of its own. */
  readonly calendar: boolean
  /** Counts by hour of the clock. */
  readonly outcomes: readonly { readonly hour: number; readonly outcome: DayOutcome; readonly requests: number }[]
  readonly measures: readonly {
    readonly hour: number
    readonly tier: string
    readonly measure: DayMeasure
    readonly bins: Bins
  }[]
}

export class DayTally {
  private readonly outcomes = new Map<string, { hour: number; outcome: DayOutcome; requests: number }>()
  private readonly measures = new Map<string, { hour: number; tier: string; measure: DayMeasure; of: Histogram }>()

  add(ending: DayEnding): void {
    const hour = Math.floor(ending.at / HOUR)
    const key = `${hour} ${ending.outcome}`
    const known = this.outcomes.get(key)
    if (known === undefined) this.outcomes.set(key, { hour, outcome: ending.outcome, requests: 1 })
    else known.requests += 1
    if (ending.outcome !== 'served') return
    for (const measure of DAY_MEASURES) {
      const value = ending[measure]
      if (value !== undefined) this.measure(hour, ending.tier ?? 'unknown', measure).add(value)
    }
  }

  day(origin_us: number, calendar: boolean): Day {
    return {
      format: 'fleetlab.day/1',
      origin_us,
      calendar,
      outcomes: [...this.outcomes.values()].toSorted((a, b) => a.hour - b.hour || (a.outcome < b.outcome ? -1 : 1)),
      measures: [...this.measures.values()]
        .toSorted((a, b) => a.hour - b.hour || compareText(a.tier, b.tier) || compareText(a.measure, b.measure))
        .map(({ hour, tier, measure, of }) => ({ hour, tier, measure, bins: of.filled() })),
    }
  }

  private measure(hour: number, tier: string, measure: DayMeasure): Histogram {
    const key = `${hour} ${measure} ${tier}`
    const known = this.measures.get(key)
    if (known !== undefined) return known.of
    const of = new Histogram()
    this.measures.set(key, { hour, tier, measure, of })
    return of
  }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
