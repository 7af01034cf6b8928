/**
 * How much more frequent something is in one group than in another, with what chance alone could make of it: the
 * difference of two shares with Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, 873, method 10), which
 * holds its level for small groups and for shares near 0 and 1. Many comparisons at once need a wider interval each:
 * `comparisons` divides the error among them (Bonferroni).
 */
import { studentQuantile } from '../../../../sim/lab/statistics/student.ts'

export interface Group {
  readonly count: number
  readonly total: number
}

export interface ShareDifference {
  /** In the first group minus in the second. */
  readonly difference: number
  readonly low: number
  readonly high: number
  /** The interval's end nearest to none, 0 when it holds none: a difference that is surely there. */
  readonly sure: number
}

const LEVEL = 0.95
/** Student with so many degrees of freedom is the normal distribution to six digits. */
const MANY = 1e7

export const zFor = (comparisons: number): number => studentQuantile(1 - (1 - LEVEL) / (2 * comparisons), MANY)

function scoreInterval({ count, total }: Group, z: number): readonly [number, number] {
  if (total === 0) return [0, 1]
  const share = count / total
  const square = (z * z) / total
  const middle = (share + square / 2) / (1 + square)
  const half = (z * Math.sqrt((share * (1 - share)) / total + square / (4 * total))) / (1 + square)
  return [Math.max(0, middle - half), Math.min(1, middle + half)]
}

const shareOf = ({ count, total }: Group): number => (total === 0 ? 0 : count / total)

export function shareDifference(inside: Group, outside: Group, z: number): ShareDifference {
  const [a, b] = [shareOf(inside), shareOf(outside)]
  const [lowA, highA] = scoreInterval(inside, z)
  const [lowB, highB] = scoreInterval(outside, z)
  const difference = a - b
  const low = difference - Math.sqrt((a - lowA) ** 2 + (highB - b) ** 2)
  const high = difference + Math.sqrt((highA - a) ** 2 + (b - lowB) ** 2)
  return { difference, low, high, sure: low > 0 ? low : high < 0 ? high : 0 }
}
