/**
 * What of a policy can be set without editing it: each parameter has a default, bounds and a line of text, so that a value
 * is checked before anything runs and reports can say what was in force. Given as `--set policy.NAME=…`, in an arm's `set`,
 * by `sweep --vary policy.NAME=…`, or under `policy:` in a scenario.
 */
import { fail, ok, type Problem, type Result } from '../base/result.ts'

export type ParameterValue = number | boolean | string

interface Described {
  /** One line, for `fleetlab policies`. */
  readonly about: string
}

export interface NumberParameter extends Described {
  readonly kind: 'whole' | 'number'
  readonly default: number
  readonly min?: number
  readonly max?: number
  /** For reports: `s`, `tokens`, `tokens/s` … */
  readonly unit?: string
}

export interface SwitchParameter extends Described {
  readonly kind: 'switch'
  readonly default: boolean
}

export interface ChoiceParameter<Word extends string = string> extends Described {
  readonly kind: 'choice'
  readonly default: Word
  readonly of: readonly Word[]
}

/** A text without a list: the name of a model, say. */
export interface TextParameter extends Described {
  readonly kind: 'text'
  readonly default: string
}

export type Parameter = NumberParameter | SwitchParameter | ChoiceParameter | TextParameter
export type Parameters = { readonly [name: string]: Parameter }
export type ParameterValues = { readonly [name: string]: ParameterValue }

type ValueOf<P extends Parameter> =
  P extends ChoiceParameter<infer Word>
    ? Word
    : P['default'] extends number
      ? number
      : P['default'] extends boolean
        ? boolean
        : string

/** The values of declared parameters, by name. */
export type ValuesOf<P extends Parameters> = { readonly [Name in keyof P]: ValueOf<P[Name]> }

interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly unit?: string
}

/** A whole number: `keep: whole(2, 'Macs kept free', { min: 0 })`. */
export const whole = (standard: number, about: string, bounds: Bounds = {}): NumberParameter => ({
  kind: 'whole',
  default: standard,
  about,
  ...bounds,
})

/** Any number. */
export const real = (standard: number, about: string, bounds: Bounds = {}): NumberParameter => ({
  kind: 'number',
  default: standard,
  about,
  ...bounds,
})

/** true or false. */
export const toggle = (standard: boolean, about: string): SwitchParameter => ({
  kind: 'switch',
  default: standard,
  about,
})

/** One of a list of words; the first is the default: `choice(['fast', 'any'], 'which Macs')`. */
export const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  about: string,
): ChoiceParameter<Words[number]> => ({ kind: 'choice', default: words[0], of: words, about })

/** A text. */
export const text = (standard: string, about: string): TextParameter => ({ kind: 'text', default: standard, about })

/** What would be right, for a message. */
export function parameterRange(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'switch':
      return 'true or false'
    case 'choice':
      return `one of ${parameter.of.join(', ')}`
    case 'text':
      return 'a text'
    case 'whole':
    case 'number': {
      const { min, max, kind } = parameter
      const what = kind === 'whole' ? 'a whole number' : 'a number'
      if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`
      if (min !== undefined) return `${what} of ${min} or more`
      return max === undefined ? what : `${what} of ${max} or less`
    }
  }
}

export function fitsParameter(parameter: Parameter, value: unknown): value is ParameterValue {
  switch (parameter.kind) {
    case 'switch':
      return typeof value === 'boolean'
    case 'choice':
      return typeof value === 'string' && parameter.of.includes(value)
    case 'text':
      return typeof value === 'string'
    case 'whole':
    case 'number':
      return (
        typeof value === 'number' &&
        Number.isFinite(value) &&
        (parameter.kind === 'number' || Number.isSafeInteger(value)) &&
        value >= (parameter.min ?? -Infinity) &&
        value <= (parameter.max ?? Infinity)
      )
  }
}

/** The values in force: what is given over the defaults. What is given and not declared is somebody else's. */
export function parameterValues(
  declared: Parameters | undefined,
  given: { readonly [name: string]: unknown },
): Result<ParameterValues> {
  const values: { [name: string]: ParameterValue } = {}
  const problems: Problem[] = []
  for (const [name, parameter] of Object.entries(declared ?? {})) {
    const value = Object.hasOwn(given, name) ? given[name] : parameter.default
    if (fitsParameter(parameter, value)) values[name] = value
    else {
      const message = `is ${JSON.stringify(value)}; it must be ${parameterRange(parameter)} (${parameter.about})`
      problems.push({ path: `policy.${name}`, message })
    }
  }
  return problems.length > 0 ? fail(problems) : ok(Object.freeze(values))
}
