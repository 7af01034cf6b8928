/** A user's policy that does something wrong is told what, where, about what and when; nothing of it becomes a result. */
import { describe, expect, it, vi } from 'vitest'
import { BadInputError, formatProblem } from '../../../sim/base/result.ts'
import { POLICY_EXPORTS, policyFromCode } from '../../../sim/lab/policy/policy-code.ts'
import { STEP, STEPS_MAX } from '../../../sim/lab/policy/policy-guard.ts'
import type { Policy, PolicyView } from '../../../sim/plug/index.ts'

/** A script as the bundler leaves it: a policy with these members, the first on line 3. */
const script = (members: string): string => `var ${POLICY_EXPORTS} = { default: {\n  name: 'mine',\n  ${members}\n} };`
const places = { files: ['./mine.ts'], lines: Array.from({ length: 20 }, (_, line) => [0, line + 101] as const) }

function load(members: string): Policy {
  const policy = policyFromCode(script(members), './mine.ts', places)
  if (!policy.ok) throw new Error(policy.error.map(formatProblem).join('\n'))
  return policy.value
}

function refusal(members: string): readonly string[] {
  const policy = policyFromCode(script(members), './mine.ts', places)
  return policy.ok ? [] : policy.error.map(formatProblem)
}

const view = { now: 12_345_678 } as unknown as PolicyView
const request = { id: 17, promptTokens: 100 }
const machine = { serial: 'mac-3', id: 3 }

/** What a call is refused for. */
function wrong(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(BadInputError)
    return (error as Error).message
  }
  return 'nothing'
}

const asked = (members: string, surface: 'filter' | 'score' | 'reserve'): string =>
  wrong(() => load(members)[surface]!(request as never, machine as never, view))

describe('a question that goes wrong', () => {
  it('names file, line, surface, request, machine and simulated time when it throws', () => {
    expect(asked('filter(request, machine) {\n    return request.no.thing\n  }', 'filter')).toBe(
      "./mine.ts:104 filter() threw TypeError: Cannot read properties of undefined (reading 'thing') " +
        '(request 17, machine mac-3, at 12.345678 s)',
    )
  })

  it('says what is thrown when it is no error, too, at the line of the surface', () => {
    expect(asked("score() { throw 'no' }", 'score')).toBe(
      './mine.ts:103 score() threw no (request 17, machine mac-3, at 12.345678 s)',
    )
  })

  it.each([
    ['filter', 'async filter() { return true }', 'not a promise; a policy answers at once'],
    ['score', 'score: async () => 1', 'not a promise; a policy answers at once'],
    ['reserve', 'async reserve() {}', 'must return nothing, not a promise'],
  ] as const)('refuses a promise from %s', (surface, member, said) => {
    expect(asked(member, surface)).toContain(said)
  })

  it.each([
    ['score', 'score: () => NaN', 'a finite number of milliseconds, not NaN'],
    ['score', "score: () => '3'", 'a finite number of milliseconds, not "3"'],
    ['filter', 'filter: () => 1', "true, false or { allowed: boolean, as?: 'full' | 'unfit', why?: string }, not 1"],
    ['filter', 'filter() {}', 'not undefined'],
    ['filter', "filter: () => ({ allowed: false, as: 'never' })", 'not {"allowed":false,"as":"never"}'],
    ['reserve', 'reserve: () => 1', 'must return nothing, not 1'],
  ] as const)('refuses the answer of %s when it is of another shape: %s', (surface, member, said) => {
    expect(asked(member, surface)).toMatch(/^\.\/mine\.ts:103 /)
    expect(asked(member, surface)).toContain(said)
  })

  it.each([
    ['418', '{ status: 418 }'],
    ['a reason that is not for a policy to give', "{ status: 429, reason: 'bad_param' }"],
    ['a Retry-After below 0', '{ status: 429, retryAfter_s: -1 }'],
    ['a Retry-After of days', '{ status: 429, retryAfter_s: 100000 }'],
    ['a word that is none', "'maybe'"],
  ])('refuses an admission of %s', (_, answer) => {
    expect(wrong(() => load(`admit: () => (${answer})`).admit!(request as never, view))).toMatch(
      /^\.\/mine\.ts:103 admit\(\) must return 'admit', 'queue' or \{ status: 429 \| 503.*\(request 17, at 12\.345678 s\)$/,
    )
  })

  it('refuses a pick that was no candidate, an order of strangers, a retry on nobody', () => {
    const candidates = [machine]
    const policy = load(
      'pick: (_r, c) => ({ ...c[0] }), order: (q) => [q[0], q[0]], retry: () => ({ notOn: ["mac-3"] })',
    )
    expect(wrong(() => policy.pick!(request as never, candidates as never, {} as never, view))).toContain(
      'pick() must return one of the candidates, or undefined',
    )
    expect(wrong(() => policy.order!([request] as never, view))).toContain(
      'order() must return requests of the queue, each at most once',
    )
    expect(wrong(() => policy.retry!(request as never, { machine } as never, view))).toMatch(
      /retry\(\) must return 'again', 'give_up' or \{ notOn: ids of machines \}.*request 17, machine mac-3/,
    )
  })

  it('ends by the number of its steps, with the name of the surface', () => {
    const said = `takes more than ${STEPS_MAX.toLocaleString('en')} steps; does one of its loops never end?`
    expect(asked(`filter() { for (;;) { ${STEP}(); } }`, 'filter')).toBe(
      `./mine.ts:103 filter() ${said} (request 17, machine mac-3, at 12.345678 s)`,
    )
    expect(asked(`filter() { try { for (;;) { ${STEP}(); } } catch { return true } }`, 'filter')).toContain(said)
  })

  it('counts the steps of each question anew', () => {
    const policy = load(`score() { for (let i = 0; i < ${STEPS_MAX / 2}; i++) { ${STEP}(); } return 1 }`)
    const ask = (): number => policy.score!(request as never, machine as never, view)
    expect([ask(), ask(), ask()]).toEqual([1, 1, 1])
  })
})

describe('a member that nobody asks for', () => {
  it('is told what was meant', () => {
    expect(refusal('fitler: () => true')).toEqual(['./mine.ts:103 fitler no policy has this; did you mean `filter`?'])
  })

  it('is no parameter, no counter, no gauge if it is not made like one', () => {
    expect(refusal('parameters: { keep: 2 }')).toEqual([
      './mine.ts:103 parameters.keep must be made by whole(), real(), toggle(), choice() or text()',
    ])
    expect(refusal("parameters: { keep: { kind: 'whole', default: 9, about: '', max: 4 } }")).toEqual([
      './mine.ts:103 parameters.keep its default 9 is not a whole number of 4 or less',
    ])
    expect(refusal("counters: ['a'], gauges: ['a']")).toEqual(['./mine.ts gauges `a` is a counter already'])
    expect(refusal("counters: 'a'")).toEqual([
      './mine.ts:103 counters is "a"; it must be a list of different names, or absent',
    ])
    expect(refusal('nearTie_ms: -1')).toHaveLength(1)
    expect(refusal('score: 1')).toEqual([
      './mine.ts:103 score is a number; it must be a function (request, machine, view), or absent',
    ])
  })
})

describe('what stands in for the world outside', () => {
  it.each(['fetch', 'WebSocket', 'XMLHttpRequest', 'Worker', 'Intl', 'process', 'require', 'setTimeout', 'Date'])(
    'throws on %s',
    (name) => {
      expect(asked(`score() { return ${name}() }`, 'score')).toContain(`a policy may not use ${name}`)
    },
  )

  it('writes what a policy logs to standard error', () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    load("score() { console.log('a', 1); return 1 }").score!(request as never, machine as never, view)
    const words = said.mock.calls
    said.mockRestore()
    expect(words).toEqual([['a', 1]])
  })
})
