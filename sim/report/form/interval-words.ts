/** Whether figures over so many seeds have intervals, in the words of every legend. */
import { SEEDS_MIN } from '../../lab/statistics/interval.ts'

/** For the end of a clause, with the sign before it; `shown` says what intervals look like where there are any. */
export function intervalWords(seeds: number, shown: string): string {
  return seeds < SEEDS_MIN ? `; no intervals, they need ${SEEDS_MIN} seeds` : shown
}
