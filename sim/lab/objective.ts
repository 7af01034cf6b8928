/** What a fleet shall meet: `goodput >= 95%` of every public model, or any figure by its path, such as `models["m"].ttft_ms.p95 <= 3000`. */
import { parseShare } from '../base/quantity.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { unitOf } from '../metrics/index.ts'
import { metricProblem } from './expectation-problems.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface Objective {
  /** As written. */
  readonly text: string
  readonly metric: string
  readonly sense: 'at_least' | 'at_most'
  /** In the figure's own unit; shares from 0 to 1. */
  readonly bound: number
}

const OBJECTIVE = /^\s*(.+?)\s*(>=|<=)\s*(\S+)\s*$/

/** `goodput`, `rate_429` … of every model: figures right below a model's name. */
const SHORT = /^[a-z0-9_]+(?:\.[a-z0-9_]+)?$/

const EXAMPLE = "such as 'goodput >= 95%' (of every public model) or 'models[\"gpt-oss-20b\"].ttft_ms.p95 <= 3000'"

/** One objective for each model where the figure is written without one. */
export function parseObjective(
  text: string,
  models: readonly string[],
  vocabulary: Vocabulary,
): Result<readonly Objective[], string> {
  const match = OBJECTIVE.exec(text)
  if (match === null) return fail(`must be a figure, >= or <=, and a bound, ${EXAMPLE}, not "${text}"`)
  const [, figure, sign, amount] = match as unknown as readonly [string, string, string, string]
  const isFull = metricProblem(figure, vocabulary) === undefined
  const metrics =
    isFull || !SHORT.test(figure) ? [figure] : models.map((model) => `models[${JSON.stringify(model)}].${figure}`)
  const objectives: Objective[] = []
  for (const metric of metrics) {
    const wrong = metricProblem(metric, vocabulary)
    if (wrong !== undefined) return fail(wrong)
    const bound = boundOf(metric, amount)
    if (!bound.ok) return bound
    objectives.push({ text, metric, sense: sign === '>=' ? 'at_least' : 'at_most', bound: bound.value })
  }
  return ok(objectives)
}

function boundOf(metric: string, amount: string): Result<number, string> {
  const isShare = unitOf(metric) === 'share'
  if (amount.endsWith('%') && !isShare) return fail(`compares ${metric}, which is no share, with ${amount}`)
  const value = amount.endsWith('%')
    ? parseShare(amount)
    : /^-?\d+(?:\.\d+)?$/.test(amount)
      ? Number(amount)
      : undefined
  if (value === undefined) return fail(`has no number to compare with: "${amount}"`)
  if (isShare && (value < 0 || value > 1)) return fail(`compares a share with ${amount}; write 95% or 0.95`)
  return ok(value)
}
