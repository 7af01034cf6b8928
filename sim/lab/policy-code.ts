/**
 * A user's policy from its bundled code. The code is evaluated anew for every run: what a policy remembers in its
 * module must not leak from one seed into the next, or the number of workers would change the results.
 */
import { BadInputError, fail, ok, type Problem, type Result } from '../base/result.ts'
import type { Policy, PoolVerdict } from '../plug/index.ts'
import { policyGlobals } from './policy-globals.ts'

/** A script that leaves the module's exports in a variable of this name. */
export const POLICY_EXPORTS = 'fleetlabPolicy'

const SHAPE =
  'export default definePolicy({ name, about, maxModelSlotsDefault, refusesColdBesideBusy, test, poolKeys })'

type Member = readonly [name: keyof Policy, is: (value: unknown) => boolean, what: string]

const isSwitch = (value: unknown): boolean => value === undefined || typeof value === 'boolean'
const isFunctionOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'function'

const MEMBERS: readonly Member[] = [
  ['name', (value) => typeof value === 'string' && value !== '', 'a text that is not empty'],
  ['about', (value) => typeof value === 'string', 'one line of text'],
  ['maxModelSlotsDefault', (value) => Number.isSafeInteger(value) && (value as number) > 0, 'a whole number above 0'],
  [
    'refusesColdBesideBusy',
    (value) => typeof value === 'boolean' || value === 'when_full',
    "true, false or 'when_full'",
  ],
  ['test', (value) => typeof value === 'function', 'a function (question, context) => ({ allowed, why })'],
  ['poolKeys', (value) => typeof value === 'function', 'a function (labelOrBuild, context) => string[]'],
  ['shedsAfterFallback', isSwitch, 'true or false, or absent'],
  ['shedIsDemand', isSwitch, 'true or false, or absent'],
  ['exhausted', isFunctionOrAbsent, 'a function (model, context) => number, or absent'],
  ['plan', isFunctionOrAbsent, 'a function (question, context) => ({ pools, moves, holds }), or absent'],
]

const describe = (value: unknown): string =>
  value === undefined
    ? 'is missing'
    : `is ${value === null ? 'null' : typeof value === 'string' ? `"${value}"` : `a ${typeof value}`}`

function shapeProblems(value: unknown, file: string): Problem[] {
  if (value === undefined) return [{ file, message: `has no default export; write: ${SHAPE}` }]
  if (typeof value !== 'object' || value === null)
    return [{ file, message: `its default export is no policy; write: ${SHAPE}` }]
  return MEMBERS.flatMap(([name, is, what]) => {
    const member: unknown = (value as { readonly [key: string]: unknown })[name]
    return is(member) ? [] : [{ file, path: name, message: `${describe(member)}; it must be ${what}` }]
  })
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)

function isVerdict(value: unknown): value is PoolVerdict {
  if (typeof value !== 'object' || value === null) return false
  const { allowed, relabel, why } = value as { readonly [key: string]: unknown }
  return (
    typeof allowed === 'boolean' && typeof why === 'string' && (relabel === undefined || typeof relabel === 'string')
  )
}

/** For messages. What JSON cannot say (a circle, a bigint) is said by its kind. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return typeof value === 'bigint' ? `${value}n` : `an ${typeof value} that JSON cannot write`
  }
}

const isTextList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string')

const isMap = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isPlan = (value: unknown): boolean =>
  isMap(value) &&
  typeof value['holds'] === 'boolean' &&
  Array.isArray(value['pools']) &&
  value['pools'].every(
    (pool) => isMap(pool) && typeof pool['build'] === 'string' && isCount(pool['current']) && isCount(pool['desired']),
  ) &&
  Array.isArray(value['moves']) &&
  value['moves'].every((move) => isMap(move) && isCount(move['provider']) && typeof move['build'] === 'string')

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

/** What each function must give back, beyond what the type checker (which did not see the file) promised. */
const RETURNS: { readonly [name: string]: readonly [(value: unknown) => boolean, string] } = {
  test: [isVerdict, '{ allowed: boolean, why: string, relabel?: string }'],
  poolKeys: [isTextList, 'a list of texts'],
  exhausted: [Number.isSafeInteger, 'a whole number'],
  plan: [isPlan, '{ pools: [{ build, current, desired }], moves: [{ provider, build }], holds: boolean }'],
}

/** The same policy, whose mistakes come back as messages about its file instead of as failures of ours. */
function guarded(policy: Policy, file: string): Policy {
  const members: PropertyDescriptorMap = {}
  // Keys of an object and the two that a class instance keeps on its prototype, out of sight of Object.keys.
  for (const name of new Set([...Object.keys(policy), ...Object.keys(RETURNS)])) {
    const method: unknown = policy[name as keyof Policy]
    if (typeof method !== 'function') continue
    const returns = RETURNS[name]
    const value = (...args: unknown[]): unknown => {
      let answer: unknown
      try {
        answer = method.apply(policy, args)
      } catch (error) {
        if (error instanceof BadInputError) throw error
        throw new BadInputError([{ file, message: `${name}() threw ${messageOf(error)}` }])
      }
      if (returns !== undefined && !returns[0](answer)) {
        throw new BadInputError([{ file, message: `${name}() must return ${returns[1]}, not ${shown(answer)}` }])
      }
      return answer
    }
    members[name] = { value, enumerable: true }
  }
  return Object.create(policy, members) as Policy
}

/** Evaluates bundled code. `file` names it in messages. */
export function policyFromCode(code: string, file: string): Result<Policy> {
  const globals = policyGlobals()
  let exported: unknown
  try {
    // The code is the user's own file, run on the user's own machine; parameters are the only way to shadow its globals.
    // eslint-disable-next-line no-new-func, typescript/no-implied-eval
    const evaluate = new Function(
      ...globals.keys(),
      `"use strict";\nvar ${POLICY_EXPORTS} = {};\n${code}\nreturn ${POLICY_EXPORTS}`,
    )
    exported = (evaluate as (...values: unknown[]) => { readonly default?: unknown })(...globals.values()).default
  } catch (error) {
    return fail([{ file, message: `failed while it was loaded: ${messageOf(error)}` }])
  }
  const problems = shapeProblems(exported, file)
  return problems.length > 0 ? fail(problems) : ok(guarded(exported as Policy, file))
}
