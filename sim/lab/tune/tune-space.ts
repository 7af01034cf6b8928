/** What of a policy is tuned: its parameters as axes of a unit box, and points of the box as settings. */
import { hashDraw } from '../../base/hash.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import {
  fitsParameter,
  type Parameter,
  parameterRange,
  type Parameters,
  type ParameterValue,
} from '../../plug/index.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'
import type { UnitPoint } from '../statistics/direct-search.ts'

/** `--param`: a parameter by name, between two values where it is a number. */
export interface ParameterRange {
  readonly name: string
  readonly range: readonly [low: number, high: number] | undefined
}

export interface TunedParameter {
  readonly name: string
  readonly about: string
  /** All there are, in order; absent: every number between. */
  readonly values?: readonly ParameterValue[]
  readonly low?: number
  readonly high?: number
  readonly isWhole?: boolean
}

const RANGE = /^([\w-]+)(?:=\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?))?$/

export function parseParameterRange(text: string): Result<ParameterRange, string> {
  const match = RANGE.exec(text.trim())
  if (match === null) return fail(`must be name or name=low..high, such as keep=0..8, not "${text}"`)
  const [, name, low, high] = match
  if (low === undefined) return ok({ name: name!, range: undefined })
  if (!(Number(low) < Number(high))) return fail(`must have the lower end first, not "${text}"`)
  return ok({ name: name!, range: [Number(low), Number(high)] })
}

/** Whole numbers with more values than this are drawn like any number, and rounded. */
const FEW = 64
/** More digits of a parameter tell nobody anything. */
const DIGITS = 4
/** Any fixed number. */
const DRAW_SEED = 1965

/** Which parameters: those named, else all that have bounds. */
export function tunedParameters(
  declared: Parameters,
  wanted: readonly ParameterRange[],
  policy: string,
): Result<readonly TunedParameter[]> {
  const names = Object.keys(declared)
  if (names.length === 0) return fail([{ message: `${policy} has no parameters; there is nothing to tune` }])
  const problems: Problem[] = []
  const chosen = wanted.length > 0 ? wanted : names.map((name): ParameterRange => ({ name, range: undefined }))
  const tuned: TunedParameter[] = []
  for (const { name, range } of chosen) {
    const parameter = Object.hasOwn(declared, name) ? declared[name] : undefined
    if (parameter === undefined) {
      const message = `--param ${name}: ${policy} has no such parameter; ${suggestion(name, names, 'parameters')}`
      problems.push({ message })
      continue
    }
    const found = axisOf(name, parameter, range)
    if (found.ok) tuned.push(found.value)
    else if (wanted.length > 0) problems.push({ message: `--param ${name}: ${found.error}` })
  }
  if (problems.length > 0) return fail(problems)
  if (tuned.length > 0) return ok(tuned)
  const message = `no parameter of ${policy} has two bounds; give them, such as --param ${names[0]}=0..10`
  return fail([{ message }])
}

function axisOf(name: string, parameter: Parameter, range: ParameterRange['range']): Result<TunedParameter, string> {
  const { about } = parameter
  if (parameter.kind === 'switch' || parameter.kind === 'choice') {
    if (range !== undefined) return fail(`is ${parameterRange(parameter)}, so it has no range; write its name alone`)
    return ok({ name, about, values: parameter.kind === 'switch' ? [false, true] : parameter.of })
  }
  if (parameter.kind === 'text') return fail('is a text, and has no range')
  const [low, high] = range ?? [parameter.min, parameter.max]
  if (low === undefined || high === undefined) return fail(`has no two bounds; give them, such as ${name}=0..10`)
  const wrong = [low, high].find((end): boolean => !fitsParameter(parameter, end))
  if (wrong !== undefined) return fail(`must be ${parameterRange(parameter)}, not ${wrong}`)
  if (low === high) return fail(`can only be ${low}`)
  const isFew = parameter.kind === 'whole' && high - low < FEW
  if (isFew) return ok({ name, about, values: Array.from({ length: high - low + 1 }, (_, i) => low + i) })
  return ok({ name, about, low, high, isWhole: parameter.kind === 'whole' })
}

export type PointValues = { readonly [name: string]: ParameterValue }

export class TuneSpace {
  constructor(readonly parameters: readonly TunedParameter[]) {}

  at(point: UnitPoint): PointValues {
    return Object.fromEntries(
      this.parameters.map((parameter, axis) => [parameter.name, valueAt(parameter, point[axis]!)]),
    )
  }

  /** Every point there is; undefined: more than `most`. */
  all(most: number): readonly PointValues[] | undefined {
    let points: readonly PointValues[] = [{}]
    for (const { name, values } of this.parameters) {
      if (values === undefined || points.length * values.length > most) return undefined
      points = points.flatMap((point) => values.map((value) => Object.assign({}, point, { [name]: value })))
    }
    return points
  }

  /** A Latin hypercube: along each axis one point in each of `count` equal parts (McKay, Beckman and Conover 1979). */
  spread(count: number): readonly PointValues[] {
    const columns = this.parameters.map((_, axis) => shuffled(count, axis))
    return Array.from({ length: count }, (_, i) =>
      this.at(columns.map((column, axis) => (column[i]! + hashDraw(DRAW_SEED, axis, i, 1)) / count)),
    )
  }
}

/** `policy.NAME=value` of each. */
export const settingsAt = (values: PointValues): readonly string[] =>
  Object.entries(values).map(([name, value]) => `policy.${name}=${JSON.stringify(value)}`)

function valueAt({ values, low = 0, high = 1, isWhole = false }: TunedParameter, share: number): ParameterValue {
  if (values !== undefined) return values[Math.min(values.length - 1, Math.floor(share * values.length))]!
  const exact = low + (high - low) * share
  const value = isWhole ? Math.round(exact) : Number(exact.toPrecision(DIGITS))
  return Math.min(high, Math.max(low, value))
}

/** 0 to count - 1 in an order of its own for each axis (Fisher and Yates). */
function shuffled(count: number, axis: number): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(hashDraw(DRAW_SEED, axis, i) * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
