/**
 * To what a recording's clock is exact. Requests of one tick came somewhere within it; to spread them further would undo bursts,
 * to keep them together would make some. How dense a recording is says nothing about it, so only two things count: the decimals
 * that its times have, and ticks so regular that only a clock can have made them.
 */
import { decimalStep } from './recording-clock.ts'
import type { TraceFile } from './trace-file.ts'

/** Longer ticks than this are not guessed: batches on a timetable look the same. `resolution:` says them. */
const TICK_MAX = 10_000_000
/** Distinct times that a pattern needs to be one. */
const INSTANTS_MIN = 100
/** How far from whole multiples of the tick gaps may be, in ticks: the Mooncake recording's are within 0.001. */
const SLACK = 0.002
/** Variance over mean of requests per tick. Samples of a stream have about 1 or more; batches of one size have none. */
const DISPERSION_MIN = 0.25

/** Microseconds. */
export const resolutionOf = (trace: TraceFile): number => tickOf(trace.arrivals) ?? decimalStep(trace)

/** The length of ticks on which all times lie, several requests on most of them; undefined: there are none such. */
function tickOf(arrivals: Float64Array): number | undefined {
  const instants: number[] = []
  const counts: number[] = []
  for (const at of arrivals) {
    if (at === instants.at(-1)) counts[counts.length - 1]! += 1
    else {
      instants.push(at)
      counts.push(1)
    }
  }
  if (instants.length < INSTANTS_MIN || arrivals.length < 2 * instants.length) return undefined
  const gaps = instants.slice(1).map((at, i) => at - instants[i]!)
  const tick = gaps.toSorted((a, b) => a - b)[gaps.length >> 1]!
  if (tick > TICK_MAX) return undefined
  const isRegular = gaps.every((gap) => {
    const ticks = Math.max(1, Math.round(gap / tick))
    return Math.abs(gap - ticks * tick) <= SLACK * tick
  })
  return isRegular && dispersion(counts) >= DISPERSION_MIN ? tick : undefined
}

function dispersion(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - mean) * (count - mean), 0) / counts.length / mean
}
