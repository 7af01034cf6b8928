/**
 * What a fleet shall meet: `goodput >= 95%` of every public model, `goodput of m >= 95%` of one, or any figure by its path, such as
 * `models["m"].ttft_ms.p95 <= 3000`. And what shall be as good as can be: the same without a bound.
 */
import { parseShare } from '../../base/quantity.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import { goodDirection, unitOf } from '../../metrics/index.ts'
import { metricProblem } from '../check/expectation-problems.ts'
import type { Vocabulary } from '../runs/vocabulary.ts'

export interface Objective {
  /** As written. */
  readonly text: string
  readonly metric: string
  readonly sense: 'at_least' | 'at_most'
  /** In the figure's own unit; shares from 0 to 1. */
  readonly bound: number
}

/** A figure to make as large or as small as can be; of several models the worst off counts, run by run. */
export interface Goal {
  /** As written. */
  readonly text: string
  readonly metrics: readonly [string, ...string[]]
  readonly direction: 'up' | 'down'
}

const OBJECTIVE = /^\s*(.+?)\s*(>=|<=)\s*(\S+)\s*$/

/** `goodput`, `rate_429` … of every model: figures right below a model's name. */
const SHORT = /^[a-z0-9_]+(?:\.[a-z0-9_]+)?$/

const OF_MODEL = /^([a-z0-9_]+(?:\.[a-z0-9_]+)?)\s+of\s+(\S+)$/

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
  const metrics = metricsOf(figure, models, vocabulary)
  if (!metrics.ok) return metrics
  const objectives: Objective[] = []
  for (const metric of metrics.value) {
    const bound = boundOf(metric, amount)
    if (!bound.ok) return bound
    objectives.push({ text, metric, sense: sign === '>=' ? 'at_least' : 'at_most', bound: bound.value })
  }
  return ok(objectives)
}

const GOAL = /^\s*(?:(max|min)\s+)?(.+?)\s*$/

const GOAL_EXAMPLE = "such as 'goodput of gpt-oss-20b', 'goodput' (of the model worst off) or 'min pool_moves'"

/** `max` and `min` say which way where the figure itself does not. */
export function parseGoal(text: string, models: readonly string[], vocabulary: Vocabulary): Result<Goal, string> {
  const match = GOAL.exec(text)
  if (match === null || /[<>]=/.test(text)) return fail(`must be a figure, ${GOAL_EXAMPLE}, not "${text}"`)
  const metrics = metricsOf(match[2]!, models, vocabulary)
  if (!metrics.ok) return metrics
  const good = goodDirection(metrics.value[0])
  const direction = match[1] === undefined ? good : match[1] === 'max' ? 'up' : 'down'
  if (direction === undefined) return fail(`could go either way; write "max ${match[2]}" or "min ${match[2]}"`)
  return ok({ text, metrics: metrics.value, direction })
}

/** `goodput`: of every model; `goodput of m`: of one; else a path. */
function metricsOf(
  written: string,
  models: readonly string[],
  vocabulary: Vocabulary,
): Result<readonly [string, ...string[]], string> {
  const [, short, model] = OF_MODEL.exec(written) ?? []
  if (model !== undefined && !models.includes(model)) {
    return fail(`asks for \`${model}\`, which no request asks for; there are ${models.join(', ')}`)
  }
  const asked = model === undefined ? models : [model]
  const figure = short ?? written
  const isFull = model === undefined && metricProblem(figure, vocabulary) === undefined
  const metrics =
    isFull || !SHORT.test(figure) ? [figure] : asked.map((name) => `models[${JSON.stringify(name)}].${figure}`)
  for (const metric of metrics) {
    const wrong = metricProblem(metric, vocabulary)
    if (wrong !== undefined) return fail(wrong)
  }
  const [first, ...others] = metrics
  return first === undefined ? fail('asks for figures of models, and there are none') : ok([first, ...others])
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
