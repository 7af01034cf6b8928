/**
 * Intervals of equal length that tracks count in: as wide as a few pixels, of a length that people read (`per 10 s`),
 * and laid out from the run's start, so that the intervals of two runs, and of two windows, are the same intervals.
 */

export interface TimeGrid {
  readonly start_us: number
  readonly bucket_us: number
  readonly buckets: number
}

const STEPS_S = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  21600, 43200, 86400,
]

const stepFor = (least_us: number): number => {
  const step_s = STEPS_S.find((step) => step * 1e6 >= least_us)
  return step_s === undefined ? Math.ceil(least_us / 86_400e6) * 86_400e6 : Math.round(step_s * 1e6)
}

export interface GridQuery {
  readonly from_us: number
  readonly to_us: number
  /** At most so many intervals across. */
  readonly most: number
}

/** Whole intervals that cover the window. */
export function gridOf({ from_us, to_us, most }: GridQuery): TimeGrid {
  const bucket_us = stepFor(Math.max(1, (to_us - from_us) / Math.max(1, most)))
  const first = Math.floor(from_us / bucket_us)
  const last = Math.max(first + 1, Math.ceil(to_us / bucket_us))
  return { start_us: first * bucket_us, bucket_us, buckets: last - first }
}

export const endOf = ({ start_us, bucket_us, buckets }: TimeGrid): number => start_us + bucket_us * buckets

/** -1: before or after the grid. */
export function bucketAt({ start_us, bucket_us, buckets }: TimeGrid, at_us: number): number {
  const bucket = Math.floor((at_us - start_us) / bucket_us)
  return bucket >= 0 && bucket < buckets ? bucket : -1
}
