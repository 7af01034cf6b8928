/** Zod's complaints in our words. Handed to every parse; a message that a schema states itself takes precedence. */
import type { z } from 'zod'

/** What a union says when its schema states nothing: look at the alternatives instead. */
export const SEE_ALTERNATIVES = '\u0000see alternatives'

const TYPE_WORDS: { readonly [type: string]: string } = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  tuple: 'a list',
}

const quoted = (values: readonly unknown[]): string => values.map((value) => `\`${String(value)}\``).join(', ')

export const wording: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_WORDS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return issue.values.length === 1 ? `must be ${quoted(issue.values)}` : `must be one of ${quoted(issue.values)}`
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum), issue.inclusive !== false)
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum), issue.inclusive !== false)
    case 'invalid_format':
      return 'has the wrong form'
    case 'invalid_union':
      return SEE_ALTERNATIVES
    default:
      return undefined
  }
}

const things = (count: number): string => (count === 1 ? 'entry' : 'entries')

function tooSmall(origin: string, minimum: number, inclusive: boolean): string {
  if (origin === 'string') return 'must not be empty'
  if (origin === 'array') return `must have at least ${minimum} ${things(minimum)}`
  return inclusive ? `must be at least ${minimum}` : `must be more than ${minimum}`
}

function tooBig(origin: string, maximum: number, inclusive: boolean): string {
  if (origin === 'string') return `must have at most ${maximum} characters`
  if (origin === 'array') return `must have at most ${maximum} ${things(maximum)}`
  return inclusive ? `must be at most ${maximum}` : `must be less than ${maximum}`
}

/** A wrong value as its author wrote it, or what kind of thing it is. */
export function shown(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}
