/**
 * In how many seeds an arm had more than the baseline, and whether that is more than chance. Where runs end in two humps no
 * interval of the mean tells anything before there are dozens of seeds: one run in which the arm falls and the baseline does
 * not outweighs all others, and eight seeds cannot exclude it. The direction in most seeds they can (sign test, exact: Conover,
 * Practical Nonparametric Statistics, 3.4; seeds in which both are equal say nothing and are left out).
 */
import { shareInterval } from '../statistics/shares.ts'

export interface SeedSigns {
  readonly higher: number
  readonly lower: number
  readonly equal: number
  /** Where the arm is in most seeds, not only in these; null: not more than chance. */
  readonly most: 'higher' | 'lower' | null
}

/** `level`: corrected for all comparisons that a reader makes at once. Seeds where either side has no data are left out. */
export function seedSigns(
  arm: readonly (number | null)[],
  baseline: readonly (number | null)[],
  level: number,
): SeedSigns {
  const counts = { higher: 0, lower: 0, equal: 0 }
  for (const [index, value] of arm.entries()) {
    const other = baseline[index] ?? null
    if (value === null || other === null) continue
    counts[value > other ? 'higher' : value < other ? 'lower' : 'equal'] += 1
  }
  const apart = counts.higher + counts.lower
  if (apart === 0) return { ...counts, most: null }
  const [low, high] = shareInterval(counts.higher, apart, level)
  return { ...counts, most: low > 0.5 ? 'higher' : high < 0.5 ? 'lower' : null }
}
