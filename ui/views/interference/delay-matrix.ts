/** The figures of a matrix as screens show them: rows, columns, seconds in all or per served request, one scale. */
import { CAUSES, type Cause } from '../../data/interference/delay-shares.ts'
import type { InterferenceAnswer } from '../../data/interference/interference-window.ts'
import type { InterferenceParts, RunResult } from '../../../sim/metrics/result.ts'
import { formatValue } from '../../../sim/report/form/unit.ts'
import { OTHER_CULPRITS } from './words.ts'

/** What a cell shows: seconds per served request of the victim, or seconds in all. */
export type DelayMeasure = 'per_request' | 'total'

/** A finished run's own matrix: the whole run after warm-up. */
export const answerOfResult = (result: RunResult): InterferenceAnswer => ({
  matrix: result.interference,
  served: Object.fromEntries(Object.entries(result.models).map(([model, { requests }]) => [model, requests.served])),
})

const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())]

export const victimsOf = (answers: readonly InterferenceAnswer[]): readonly string[] =>
  union(answers.map(({ matrix }) => Object.keys(matrix)))

/** Models first, in the order of the victims, so that a model's own requests lie on the diagonal. */
export function culpritsOf(answers: readonly InterferenceAnswer[]): readonly string[] {
  const victims = victimsOf(answers)
  const all = union(answers.flatMap(({ matrix }) => Object.values(matrix).map((row) => Object.keys(row))))
  const others = Object.keys(OTHER_CULPRITS)
  const models = [...victims, ...all.filter((name) => !victims.includes(name) && !others.includes(name))]
  return [...models, ...others]
}

/** Seconds by place in CAUSES; of one cause only, if it is chosen. */
export type SecondsByCause = readonly number[]

export function figuresOf(
  answer: InterferenceAnswer,
  victim: string,
  culprit: string,
  cause: Cause | undefined,
  measure: DelayMeasure,
): SecondsByCause {
  const parts = answer.matrix[victim]?.[culprit]
  const divisor = measure === 'total' ? 1 : answer.served[victim] || 1
  return CAUSES.map((each) => (cause === undefined || cause === each ? secondsBy(parts, each) / divisor : 0))
}

export const secondsBy = (parts: InterferenceParts | undefined, cause: Cause): number => parts?.[`${cause}_s`] ?? 0

export const sumOfFigures = (figures: SecondsByCause): number => figures.reduce((sum, each) => sum + each, 0)

/** The longest bar of all matrices side by side: positive parts and credits count by their size. */
export const scaleOf = (cells: readonly SecondsByCause[]): number =>
  Math.max(0, ...cells.map((figures) => figures.reduce((sum, each) => sum + Math.abs(each), 0)))

/** Too small to matter at three figures, beside residues of nanoseconds. */
const NOTHING_S = 5e-7

export function formatDelay(seconds: number): string {
  if (Math.abs(seconds) < NOTHING_S) return '0'
  if (Math.abs(seconds) >= 100_000) return `${formatValue(seconds / 3600, 'plain')} h`
  return Math.abs(seconds) < 1 ? formatValue(seconds * 1000, 'ms') : formatValue(seconds, 's')
}
