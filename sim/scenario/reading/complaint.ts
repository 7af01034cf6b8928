/**
 * What is wrong with a scenario, by place in the document. Zod's issues become complaints here: an unknown key gets its
 * nearest known one, a missing value is called missing, and of a union's alternatives the one is judged that the
 * author most likely meant.
 */
import type { z } from 'zod'
import { ABSENT_SETTINGS, settingFacts } from '../../coordinator/config.ts'
import { alternativeScope, knownKeys, type Scope } from './known-keys.ts'
import { type Path, valueAt } from './path.ts'
import { suggestion } from './suggestion.ts'
import { SEE_ALTERNATIVES, shown } from './wording.ts'

export interface Complaint {
  readonly path: Path
  readonly message: string
  /** Point at the key itself, not at its value. */
  readonly atKey?: boolean
  /** The key means nothing here, most likely a slip. */
  readonly unknownKey?: boolean
}

/** How a check says what is wrong. */
export type Complain = (path: Path, message: string, atKey?: boolean) => void

/** Everything that is wrong, in the order of the document's schema. */
export function complaintsOf(error: z.ZodError, input: unknown, schema: z.ZodType): readonly Complaint[] {
  return error.issues.flatMap((issue) => fromIssue(issue, [], input, { schema, path: [] }))
}

type Issue = z.core.$ZodIssue

function fromIssue(issue: Issue, prefix: Path, input: unknown, scope: Scope): readonly Complaint[] {
  const path: Path = [...prefix, ...(issue.path as (string | number)[])]
  if (issue.code === 'unrecognized_keys') {
    const right = Object.keys(valueAt(input, path) ?? {}).filter((key) => !issue.keys.includes(key))
    const names = knownKeys(scope, path, right)
    return issue.keys.map((key) => ({
      path: [...path, key],
      atKey: true,
      unknownKey: true,
      message: `is not a known key; ${hint(key, names)}`,
    }))
  }
  if (issue.code === 'invalid_union' && issue.message === SEE_ALTERNATIVES) {
    return fromAlternatives(issue.errors, path, input, scope)
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    return issue.issues.flatMap((inner) => fromIssue(inner, path, input, scope))
  }
  const value = valueAt(input, path)
  if (value === undefined && issue.code !== 'custom') {
    return [{ path, message: issue.message.startsWith('must be ') ? `is missing; it ${issue.message}` : 'is missing' }]
  }
  // A count is out of bounds for what a list or map holds, not for being one.
  const scalar =
    typeof value !== 'object' || value === null || issue.code === 'invalid_type' || issue.code === 'invalid_union'
  return [
    { path, message: issue.code === 'custom' || !scalar ? issue.message : `${issue.message}, not ${shown(value)}` },
  ]
}

/** A setting of the coordinator may be meant by a former name, or be a real one that is not modelled; all of them are too many to list. */
function hint(key: string, names: readonly string[]): string {
  if (!names.some((name) => settingFacts(name) !== undefined)) return suggestion(key, names, 'known here')
  const former = names.flatMap((name) => settingFacts(name)?.formerly ?? [])
  const meant = suggestion(key, [...names, ...former, ...ABSENT_SETTINGS.map(({ name }) => name)], '')
  return meant.startsWith('did you mean') ? meant : '`fleetlab settings` lists those there are'
}

/** Signs that an alternative was not the one meant weigh this much against one ordinary mistake inside it. */
const WRONG_ALTERNATIVE = 10

/** Judged by the alternative that fits best; when several miss a key of their own equally, by what each would need. */
function fromAlternatives(
  alternatives: readonly (readonly Issue[])[],
  path: Path,
  input: unknown,
  scope: Scope,
): readonly Complaint[] {
  const value = valueAt(input, path)
  const scores = alternatives.map((issues) => sum(issues.map((issue) => misfit(issue, value))))
  const best = Math.min(...scores)
  const nearest = alternatives.filter((_, i) => scores[i] === best)
  if (best >= 10 * WRONG_ALTERNATIVE) {
    const words = [...new Set(nearest.flat().map((issue) => issue.message.replace(/^must be /, '')))]
    return [
      { path, message: value === undefined ? 'is missing' : `must be ${words.join(' or ')}, not ${shown(value)}` },
    ]
  }
  const needs = nearest.map((issues) => missingKeys(issues, value))
  if (nearest.length > 1 && needs.every((keys) => keys.length > 0)) {
    const wanted = needs.map((keys) => keys.map((key) => `\`${key}\``).join(' and '))
    const unknown = nearest[0]!.filter((issue) => issue.code === 'unrecognized_keys')
    return [
      { path, message: `needs ${wanted.join(', or ')}` },
      ...unknown.flatMap((issue) => fromIssue(issue, path, input, scope)),
    ]
  }
  const meant = alternativeScope(scope, path, alternatives.indexOf(nearest[0]!))
  return nearest[0]!.flatMap((issue) => fromIssue(issue, path, input, meant))
}

function misfit(issue: Issue, value: unknown): number {
  if (issue.path.length === 0 && issue.code === 'unrecognized_keys') return issue.keys.length * WRONG_ALTERNATIVE
  if (issue.path.length === 0 && issue.code !== 'custom') return 10 * WRONG_ALTERNATIVE
  const missing = issue.path.length === 1 && issue.code !== 'custom' && valueAt(value, issue.path as Path) === undefined
  return missing ? WRONG_ALTERNATIVE : 1
}

function missingKeys(issues: readonly Issue[], value: unknown): readonly string[] {
  return issues
    .filter(
      (issue) => issue.path.length === 1 && issue.code !== 'custom' && valueAt(value, issue.path as Path) === undefined,
    )
    .map((issue) => String(issue.path[0]))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
