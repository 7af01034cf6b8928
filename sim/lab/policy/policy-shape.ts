/**
 * What a policy of a user's may look like and may answer, said at run time too: JavaScript was not type-checked, and a type can be
 * cast away. Built-in policies are not asked.
 */
import type { Problem } from '../../base/result.ts'
import { fitsParameter, type Parameter, parameterRange, type Policy, SURFACES } from '../../plug/index.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'

const SHAPE = "export default definePolicy({ name: 'mine', filter(request, machine, view) { … }, … })"

type Is = (value: unknown) => boolean
type Member = readonly [name: keyof Policy, is: Is, what: string]

export const isMap = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTextList: Is = (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string')
const isSwitch: Is = (value) => typeof value === 'boolean'
const isFunction: Is = (value) => typeof value === 'function'
const isCount: Is = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const orAbsent =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value)

const isNameList: Is = (value) => isTextList(value) && new Set(value as string[]).size === (value as string[]).length

/** How each surface is written, for messages. */
const ARGUMENTS: { readonly [surface in (typeof SURFACES)[number]]: string } = {
  admit: '(request, view)',
  filter: '(request, machine, view)',
  score: '(request, machine, view)',
  pick: '(request, candidates, draw, view)',
  reserve: '(request, machine, view)',
  unreserve: '(request, machine, view)',
  retry: '(request, failed, view)',
  order: '(queue, view)',
  onOutcome: '(request, machine, outcome, view)',
  evict: '(machine, build, view)',
}

const MEMBERS: readonly Member[] = [
  ['name', (value) => typeof value === 'string' && value !== '', 'a text that is not empty'],
  ['about', (value) => typeof value === 'string', 'one line of text'],
  ['maxModelSlotsDefault', (value) => Number.isSafeInteger(value) && (value as number) > 0, 'a whole number above 0'],
  [
    'refusesColdBesideBusy',
    (value) => typeof value === 'boolean' || value === 'when_full',
    "true, false or 'when_full'",
  ],
  ['test', isFunction, 'a function (question, view) => ({ allowed, why })'],
  ['poolKeys', isFunction, 'a function (labelOrBuild, view) => string[]'],
  ['shedsAfterFallback', orAbsent(isSwitch), 'true or false, or absent'],
  ['shedIsDemand', orAbsent(isSwitch), 'true or false, or absent'],
  ['exhausted', orAbsent(isFunction), 'a function (model, view) => number, or absent'],
  ['plan', orAbsent(isFunction), 'a function (question, view) => ({ pools, moves, holds }), or absent'],
  ['nearTie_ms', orAbsent((value) => typeof value === 'number' && value >= 0), 'milliseconds from 0, or absent'],
  ['parameters', orAbsent(isMap), "parameters by name, such as { keep: whole(2, 'Macs kept free') }, or absent"],
  ['state', orAbsent(isFunction), 'a function (parameters) => memory of a run, or absent'],
  ['counters', orAbsent(isNameList), 'a list of different names, or absent'],
  ['gauges', orAbsent(isNameList), 'a list of different names, or absent'],
  ...SURFACES.map((surface): Member => [surface, orAbsent(isFunction), `a function ${ARGUMENTS[surface]}, or absent`]),
]

const KNOWN: readonly string[] = MEMBERS.map(([name]) => name)

/** For messages. What JSON cannot say (a circle, a bigint) is said by its kind. */
export function shown(value: unknown): string {
  if (isPromise(value)) return 'a promise'
  // JSON makes null of what is no finite number.
  if (typeof value === 'number') return String(value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return typeof value === 'bigint' ? `${value}n` : `an ${typeof value} that JSON cannot write`
  }
}

const describe = (value: unknown): string =>
  value === undefined
    ? 'is missing'
    : `is ${value === null ? 'null' : typeof value === 'string' ? `"${value}"` : `a ${typeof value}`}`

/** Before what it lacks is filled in. */
export function exportProblems(value: unknown, file: string): readonly Problem[] {
  if (value === undefined) return [{ file, message: `has no default export; write: ${SHAPE}` }]
  if (typeof value !== 'object' || value === null)
    return [{ file, message: `its default export is no policy; write: ${SHAPE}` }]
  // A class may keep to itself what it likes.
  if (Object.getPrototypeOf(value) !== Object.prototype) return []
  return Object.keys(value)
    .filter((name) => !KNOWN.includes(name))
    .map((name) => ({ file, path: name, message: `no policy has this; ${suggestion(name, KNOWN, 'members')}` }))
}

export function shapeProblems(policy: Policy, file: string): readonly Problem[] {
  const members = MEMBERS.flatMap(([name, is, what]): Problem[] => {
    const member: unknown = policy[name]
    return is(member) ? [] : [{ file, path: name, message: `${describe(member)}; it must be ${what}` }]
  })
  const { parameters, counters = [], gauges = [] } = policy
  const twice = Array.isArray(counters) && Array.isArray(gauges) ? counters.filter((name) => gauges.includes(name)) : []
  return [
    ...members,
    ...twice.map((name: string) => ({ file, path: 'gauges', message: `\`${name}\` is a counter already` })),
    ...(isMap(parameters)
      ? Object.entries(parameters).flatMap(([name, each]) => parameterShape(name, each, file))
      : []),
  ]
}

const KINDS: ReadonlySet<unknown> = new Set(['whole', 'number', 'switch', 'choice', 'text'])

function parameterShape(name: string, value: unknown, file: string): readonly Problem[] {
  const path = `parameters.${name}`
  if (!/^[A-Za-z_]\w*$/.test(name)) return [{ file, path, message: 'a parameter is named by letters, digits and _' }]
  const isOne = isMap(value) && KINDS.has(value['kind']) && typeof value['about'] === 'string'
  if (!isOne || (value['kind'] === 'choice' && !isTextList(value['of'])))
    return [{ file, path, message: 'must be made by whole(), real(), toggle(), choice() or text()' }]
  const parameter = value as unknown as Parameter
  const { default: standard }: { readonly default: unknown } = parameter
  if (fitsParameter(parameter, standard)) return []
  return [{ file, path, message: `its default ${shown(standard)} is not ${parameterRange(parameter)}` }]
}

const isVerdict: Is = (value) =>
  isMap(value) &&
  typeof value['allowed'] === 'boolean' &&
  typeof value['why'] === 'string' &&
  (value['relabel'] === undefined || typeof value['relabel'] === 'string')

const isPlan: Is = (value) =>
  isMap(value) &&
  typeof value['holds'] === 'boolean' &&
  Array.isArray(value['pools']) &&
  value['pools'].every(
    (pool) => isMap(pool) && typeof pool['build'] === 'string' && isCount(pool['current']) && isCount(pool['desired']),
  ) &&
  Array.isArray(value['moves']) &&
  value['moves'].every((move) => isMap(move) && isCount(move['provider']) && typeof move['build'] === 'string')

const isFilterAnswer: Is = (value) =>
  typeof value === 'boolean' ||
  (isMap(value) &&
    typeof value['allowed'] === 'boolean' &&
    (value['as'] === undefined || value['as'] === 'full' || value['as'] === 'unfit') &&
    (value['why'] === undefined || typeof value['why'] === 'string'))

/** Refusals that say what the fleet is like; those that say what is wrong with a request are not a policy's to give. */
const REASONS: ReadonlySet<unknown> = new Set([
  undefined,
  'policy_refused',
  'pool_exhausted',
  'machine_busy',
  'ttft_too_slow',
  'queue_full',
  'model_shed',
  'no_provider',
])
const RETRY_AFTER_MAX_S = 3_600

const isAdmitAnswer: Is = (value) =>
  value === 'admit' ||
  value === 'queue' ||
  (isMap(value) &&
    (value['status'] === 429 || value['status'] === 503) &&
    REASONS.has(value['reason']) &&
    (value['retryAfter_s'] === undefined ||
      (Number.isSafeInteger(value['retryAfter_s']) &&
        (value['retryAfter_s'] as number) >= 0 &&
        (value['retryAfter_s'] as number) <= RETRY_AFTER_MAX_S)) &&
    (value['why'] === undefined || typeof value['why'] === 'string'))

const isRetryAnswer: Is = (value) =>
  value === 'again' ||
  value === 'give_up' ||
  (isMap(value) && Array.isArray(value['notOn']) && value['notOn'].every(isCount))

export const isPromise: Is = (value) =>
  typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'

/** A list holds nothing but what was given, each at most once. */
const isSelectionOf = (given: unknown, answer: unknown): boolean =>
  Array.isArray(given) &&
  Array.isArray(answer) &&
  new Set(answer).size === answer.length &&
  answer.every((entry) => given.includes(entry))

type Returns = readonly [is: (value: unknown, args: readonly unknown[]) => boolean, what: string]

/** What each function must give back, beyond what the type checker promised. */
export const RETURNS: { readonly [name: string]: Returns } = {
  test: [isVerdict, '{ allowed: boolean, why: string, relabel?: string }'],
  poolKeys: [isTextList, 'a list of texts'],
  exhausted: [Number.isSafeInteger, 'a whole number'],
  plan: [isPlan, '{ pools: [{ build, current, desired }], moves: [{ provider, build }], holds: boolean }'],
  state: [(value) => !isPromise(value), 'what the policy remembers'],
  admit: [
    isAdmitAnswer,
    `'admit', 'queue' or { status: 429 | 503, reason?: one of ${[...REASONS].filter(Boolean).join(', ')}, retryAfter_s?: whole seconds up to ${RETRY_AFTER_MAX_S}, why?: string }`,
  ],
  filter: [isFilterAnswer, "true, false or { allowed: boolean, as?: 'full' | 'unfit', why?: string }"],
  score: [Number.isFinite, 'a finite number of milliseconds'],
  pick: [
    (value, [, candidates]) => value === undefined || (Array.isArray(candidates) && candidates.includes(value)),
    'one of the candidates, or undefined',
  ],
  reserve: [(value) => value === undefined, 'nothing'],
  unreserve: [(value) => value === undefined, 'nothing'],
  onOutcome: [(value) => value === undefined, 'nothing'],
  retry: [isRetryAnswer, "'again', 'give_up' or { notOn: ids of machines }"],
  order: [(value, [queue]) => isSelectionOf(queue, value), 'requests of the queue, each at most once'],
  evict: [isSwitch, 'true or false'],
}
