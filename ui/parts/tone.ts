/**
 * Green and red are for what somebody called good: goodput, and what the scenario's own expectations name. A counter that
 * rose is neither, whatever its usual direction.
 */
import { goodDirection } from '../../sim/metrics/index.ts'

const GOODPUT = /(?:^|\.)goodput$/

const isJudged = (path: string, named: readonly string[] = []): boolean => GOODPUT.test(path) || named.includes(path)

export interface JudgedLike {
  readonly mean: number | null
  readonly significant: boolean | null
}

export function toneOf(
  path: string,
  difference: JudgedLike | undefined,
  named: readonly string[] = [],
): 'good' | 'bad' | 'muted' | '' {
  if (difference?.mean === null || difference?.significant !== true) return 'muted'
  const direction = isJudged(path, named) ? goodDirection(path) : undefined
  if (direction === undefined) return ''
  return difference.mean > 0 === (direction === 'up') ? 'good' : 'bad'
}
