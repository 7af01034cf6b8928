/**
 * Where a run's start stops colouring its figures: MSER-5 (White 1997; White, Cobb and Spratt 2000). Batches of five;
 * cut the front so that the standard error of the mean of what is left is smallest. A minimum in the second half means
 * the run never settled, so only cuts up to the middle count.
 */

/** The 5 of MSER-5. */
const BATCH = 5

export interface WarmupCut {
  /** Samples to leave out. */
  readonly samples: number
  /** False when the best cut is the latest allowed: the run is too short or never settles. */
  readonly settled: boolean
}

/** `values` in the order of time. Fewer than 20 samples (four batches) say nothing: no cut, not settled. */
export function mser5(values: ArrayLike<number>): WarmupCut {
  const batches = Math.floor(values.length / BATCH)
  if (batches < 4) return { samples: 0, settled: false }
  const means = new Float64Array(batches)
  for (let i = 0; i < batches * BATCH; i += 1) {
    const batch = Math.floor(i / BATCH)
    means[batch] = means[batch]! + values[i]! / BATCH
  }
  // Welford from the back: `spread` is the sum of squared deviations of means[cut] and all after it.
  const lastCut = Math.floor(batches / 2)
  let mean = 0
  let spread = 0
  let best = 0
  let bestError = Infinity
  for (let cut = batches - 1; cut >= 0; cut -= 1) {
    const kept = batches - cut
    const deviation = means[cut]! - mean
    mean += deviation / kept
    spread += deviation * (means[cut]! - mean)
    const error = spread / (kept * kept)
    // `<=`: of equal cuts the earliest, which keeps most.
    if (cut <= lastCut && error <= bestError) {
      bestError = error
      best = cut
    }
  }
  return { samples: best * BATCH, settled: best < lastCut }
}
