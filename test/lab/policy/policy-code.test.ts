/** A user's policy as a bundled script: what it may be, and what it may not do. */
import { describe, expect, it } from 'vitest'
import { BadInputError, formatProblem } from '../../../sim/base/result.ts'
import { exp, ln } from '../../../sim/base/math.ts'
import { POLICY_EXPORTS, policyFromCode } from '../../../sim/lab/policy/policy-code.ts'
import type { Policy, PolicyContext, PoolQuestion } from '../../../sim/plug/index.ts'

const question = {} as PoolQuestion
const context = {} as PolicyContext

/** A script as the bundler leaves it. */
const script = (test: string, before = ''): string => `
var ${POLICY_EXPORTS} = (function(exports) {
  ${before}
  exports.default = {
    name: 'mine', about: 'a test', maxModelSlotsDefault: 1, refusesColdBesideBusy: false,
    test() { ${test} },
    poolKeys: (label) => [label],
  };
  return exports;
})({});`

function load(code: string): Policy {
  const policy = policyFromCode(code, './mine.ts')
  if (!policy.ok) throw new Error(policy.error.map(formatProblem).join('\n'))
  return policy.value
}

function refusal(code: string): string[] {
  const policy = policyFromCode(code, './mine.ts')
  return policy.ok ? [] : policy.error.map(formatProblem)
}

/** What a call of test() is refused for. */
function refusalOf(test: string): string {
  try {
    load(script(test)).test(question, context)
  } catch (error) {
    expect(error).toBeInstanceOf(BadInputError)
    return (error as Error).message
  }
  return 'nothing'
}

describe('a user policy', () => {
  it('answers like any other', () => {
    const policy = load(script('return { allowed: Math.max(1, 2) === 2, why: "because" }'))
    expect(policy.name).toBe('mine')
    expect(policy.test(question, context)).toEqual({ allowed: true, why: 'because' })
    expect(policy.poolKeys('a', context)).toEqual(['a'])
  })

  it.each([
    ['Math.random()', 'Math.random'],
    ['globalThis.Math.random()', 'Math.random'],
    ['Date.now()', 'Date'],
    ['new Date()', 'Date'],
    ['performance.now()', 'performance'],
    ['crypto.randomUUID()', 'crypto'],
    ['Math.sin(1)', 'Math.sin'],
    ['process.hrtime()', 'process'],
    ['setTimeout(() => {}, 1)', 'setTimeout'],
  ])('may not use %s', (expression, what) => {
    expect(refusalOf(`${expression}; return { allowed: true, why: '' }`)).toMatch(
      `./mine.ts test() threw ForbiddenInPolicyError: a policy may not use ${what}: the same seed must give the same run`,
    )
  })

  it('may not use chance while it is loaded either', () => {
    expect(refusal(script('', 'const salt = Math.random();'))).toEqual([
      expect.stringMatching(
        /^\.\/mine\.ts failed while it was loaded: ForbiddenInPolicyError: a policy may not use Math\.random/,
      ),
    ])
  })

  it('leaves the Math and the Date of everybody else alone', () => {
    refusalOf('Math.random()')
    expect(Math.random()).toBeLessThan(1)
    expect(Date.now()).toBeGreaterThan(0)
  })

  it('gets logarithms and powers with the same bits in every engine', () => {
    const policy = load(script('return { allowed: true, why: String([Math.log(3.7), Math.exp(1.3), Math.sqrt(2)]) }'))
    expect(policy.test(question, context).why).toBe(String([ln(3.7), exp(1.3), Math.sqrt(2)]))
  })

  it('starts every run with a module of its own', () => {
    const code = script('count += 1; return { allowed: true, why: String(count) }', 'let count = 0;')
    load(code).test(question, context)
    expect(load(code).test(question, context).why).toBe('1')
  })

  it('may call its own variables whatever it likes', () => {
    const code = script('return { allowed: true, why: fetch + crypto }', "const fetch = 'a', crypto = 'b';")
    expect(load(code).test(question, context).why).toBe('ab')
  })

  it('is told what its mistake was when it throws', () => {
    expect(refusalOf('return question.nothing.there')).toBe(
      './mine.ts test() threw ReferenceError: question is not defined',
    )
  })

  it('must return a verdict', () => {
    expect(refusalOf('return true')).toBe(
      './mine.ts test() must return { allowed: boolean, why: string, relabel?: string }, not true',
    )
  })

  it.each([
    ['a circle', 'const a = {}; a.a = a; return a', 'an object that JSON cannot write'],
    ['a bigint', 'return 5n', '5n'],
  ])('is told so when it returns %s, which JSON cannot write', (_, body, said) => {
    expect(refusalOf(body)).toBe(
      `./mine.ts test() must return { allowed: boolean, why: string, relabel?: string }, not ${said}`,
    )
  })

  it('needs a default export', () => {
    expect(refusal('')).toEqual([
      expect.stringMatching(/^\.\/mine\.ts has no default export; write: export default definePolicy/),
    ])
  })

  it('is told every member that is missing or wrong, each with what would be right', () => {
    const code = `var ${POLICY_EXPORTS} = { default: { name: '', about: 'x', maxModelSlotsDefault: 0.5, test: 1 } };`
    expect(refusal(code)).toEqual([
      './mine.ts name is ""; it must be a text that is not empty',
      './mine.ts maxModelSlotsDefault is a number; it must be a whole number above 0',
      './mine.ts test is a number; it must be a function (question, view) => ({ allowed, why })',
    ])
  })

  it('may be an instance of a class', () => {
    const code = `var ${POLICY_EXPORTS} = { default: new (class {
      name = 'c'; about = ''; maxModelSlotsDefault = 3; refusesColdBesideBusy = true; calls = 0;
      test() { this.calls++; return { allowed: true, why: String(this.calls) } }
      poolKeys() { return [] }
    })() };`
    const policy = load(code)
    policy.test(question, context)
    expect(policy.test(question, context).why).toBe('2')
    expect(policy.maxModelSlotsDefault).toBe(3)
  })
})
