/** What every interval of this room has in common: where the truth lies, at a stated confidence. */

/** Both ends belong to it. */
export type Interval = readonly [low: number, high: number]

/** What a figure cannot leave: a share lies in [0, 1], a difference of shares in [-1, 1]. */
export type Bounds = Interval

export const clipped = ([low, high]: Interval, [least, most]: Bounds): Interval => [
  Math.min(most, Math.max(least, low)),
  Math.max(least, Math.min(most, high)),
]

/**
 * Fewer seeds give no interval: an order-statistic interval of four values covers 87.5 %, and a bootstrap of four has
 * too few samples to draw from.
 */
export const SEEDS_MIN = 5
