/**
 * What a user's policy finds under the names of the world outside. Its code is evaluated with these as parameters, so
 * they shadow the real ones from its first line to its last call, at no cost per call and without touching anybody
 * else's globals. Chance and clocks throw; logarithms and powers are our own, which give the same bits in every engine.
 */
import { exp, ln, pow } from '../../base/math.ts'

/** A policy did something that would make two runs of the same seed differ. */
class ForbiddenInPolicyError extends Error {
  override readonly name = 'ForbiddenInPolicyError'
  constructor(what: string, instead: string) {
    super(`a policy may not use ${what}: the same seed must give the same run; ${instead}`)
  }
}

const CLOCK = 'read view.now'
const CHANCE = 'draw from view.random(name)'
const ENGINE = 'engines differ in the last bit; use sqrt, log, exp and pow, which here are the same everywhere'
const OUTSIDE = 'a policy sees only its question and its view'

function thrower(what: string, instead: string): () => never {
  return () => {
    throw new ForbiddenInPolicyError(what, instead)
  }
}

/** Any use throws: reading a member, calling, constructing. */
function forbidden(what: string, instead: string): unknown {
  const fail = thrower(what, instead)
  return new Proxy(function policyGlobal() {}, {
    get: fail,
    set: fail,
    has: fail,
    apply: fail,
    construct: fail,
    ownKeys: fail,
    getPrototypeOf: fail,
  })
}

const INEXACT = ['log2', 'log10', 'log1p', 'expm1', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2'] as const
const INEXACT_TOO = ['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'cbrt', 'hypot'] as const

function policyMath(): object {
  const math: object = Object.create(null, Object.getOwnPropertyDescriptors(Math)) as object
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(math, name, { value, enumerable: false, configurable: false, writable: false })
  }
  define('random', thrower('Math.random', CHANCE))
  define('log', ln)
  define('exp', exp)
  define('pow', pow)
  for (const name of [...INEXACT, ...INEXACT_TOO]) define(name, thrower(`Math.${name}`, ENGINE))
  return Object.freeze(math)
}

const OUTSIDE_NAMES = [
  'process',
  'require',
  'module',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'localStorage',
  'navigator',
  'XMLHttpRequest',
  'WebSocket',
  'EventSource',
  'Worker',
  'WeakRef',
  'FinalizationRegistry',
  'Intl',
  'Bun',
  'Deno',
  'document',
] as const

/** Nothing of it may stand between the lines of a result, so all of it goes to standard error. */
// eslint-disable-next-line no-console
const say = (...words: unknown[]): void => console.error(...words)

function policyConsole(): object {
  return Object.freeze({ log: say, info: say, debug: say, warn: say, error: say, trace: say })
}

/** Name → value, for the parameters of the function that evaluates the policy's code. */
export function policyGlobals(): ReadonlyMap<string, unknown> {
  const globals = new Map<string, unknown>([
    ['Math', policyMath()],
    ['console', policyConsole()],
    ['Date', forbidden('Date', CLOCK)],
    ['performance', forbidden('performance', CLOCK)],
    ['crypto', forbidden('crypto', CHANCE)],
    ...OUTSIDE_NAMES.map((name): [string, unknown] => [name, forbidden(name, OUTSIDE)]),
  ])
  const scope = Object.freeze(Object.fromEntries(globals))
  for (const name of ['globalThis', 'window', 'self', 'global']) globals.set(name, scope)
  return globals
}
