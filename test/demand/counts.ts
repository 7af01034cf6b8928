/** What a list of arrival times looks like, for tests: counts in windows and gaps. Times are microseconds. */

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values)
  return meanOf(values.map((value) => (value - mean) * (value - mean)))
}

export function countsIn(times: readonly number[], window: number, end: number): readonly number[] {
  const counts = Array.from({ length: Math.floor(end / window) }, () => 0)
  for (const at of times) {
    const place = Math.floor(at / window)
    if (place < counts.length) counts[place]! += 1
  }
  return counts
}

/** Variance over mean of the counts: 1 for a Poisson process. */
export function fanoOf(times: readonly number[], window: number, end: number): number {
  const counts = countsIn(times, window, end)
  return varianceOf(counts) / meanOf(counts)
}

export function gapCv(times: readonly number[]): number {
  const gaps = times.slice(1).map((at, i) => at - times[i]!)
  return Math.sqrt(varianceOf(gaps)) / meanOf(gaps)
}
