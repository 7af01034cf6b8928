/** A policy file is held to the declarations before it runs, its loops are counted, and what it throws is found in its own lines. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatProblem } from '../../../sim/base/result.ts'
import { bundlePolicy } from '../../../sim/cli/policy-files/policy-bundle.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { withSteps } from '../../../sim/lab/policy/policy-steps.ts'
import { typeProblems } from '../../../sim/cli/policy-files/policy-types.ts'
import { policyFromCode } from '../../../sim/lab/policy/policy-code.ts'
import { STEP } from '../../../sim/lab/policy/policy-guard.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-types-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const mistakes = async (name: string, text: string): Promise<readonly string[]> =>
  (await typeProblems(write(name, text), `./${name}`)).map(formatProblem)

const WRONG = `import { definePolicy, whole } from 'fleetlab/plug'
export default definePolicy({
  name: 'mine',
  parameters: { keep: whole(2, 'kept') },
  counters: ['seen'],
  filter(request, machine, view) {
    view.count('sene')
    return machine.memoryGb > view.parameters.kep && request.outputTokens < 3
  },
  score: async () => 1,
})
`

describe('a policy file', () => {
  it('is told each mistake with line and column, and what was meant where the compiler can tell', async () => {
    expect(await mistakes('wrong.ts', WRONG)).toEqual([
      expect.stringMatching(/^\.\/wrong\.ts:7:16 .*"sene".*"seen"/),
      expect.stringMatching(/^\.\/wrong\.ts:8:20 .*'memoryGb'.*Did you mean 'memory_gb'/),
      expect.stringMatching(/^\.\/wrong\.ts:8:47 .*'kep'.*Did you mean 'keep'/),
      expect.stringMatching(/^\.\/wrong\.ts:8:62 Property 'outputTokens' does not exist/),
      expect.stringMatching(/^\.\/wrong\.ts:10:3 .*Promise<number>/),
    ])
  })

  it('that names a surface that is none is told which it may have meant, in JavaScript too', async () => {
    const text =
      "import { definePolicy } from 'fleetlab/plug'\nexport default definePolicy({ name: 'a', scoer: () => 1 })\n"
    expect(await mistakes('member.js', text)).toEqual(['./member.js:2:42 no policy has `scoer`; did you mean `score`?'])
  })

  it('is in order when it has everything, a package of its own and logging included', async () => {
    mkdirSync(join(folder, 'node_modules', 'tiny'), { recursive: true })
    write(
      'node_modules/tiny/package.json',
      '{"name":"tiny","version":"1.0.0","type":"module","exports":"./index.js","types":"./index.d.ts"}',
    )
    write('node_modules/tiny/index.js', 'export const half = (n) => n / 2\n')
    write('node_modules/tiny/index.d.ts', 'export declare const half: (n: number) => number\n')
    write('own.ts', 'export const ENOUGH_GB: number = 48\n')
    const text = `import { definePolicy, whole } from 'fleetlab/plug'
import { half } from 'tiny'
import { ENOUGH_GB } from './own.ts'
export default definePolicy({
  name: 'good',
  parameters: { keep: whole(2, 'kept', { min: 0 }) },
  state: () => ({ seen: 0 }),
  gauges: ['seen'],
  filter(request, machine, view) {
    view.state.seen += 1
    view.gauge('seen', view.state.seen)
    console.log(view.demand(request.model).arrivalsPerSecond)
    return machine.memory_gb >= half(ENOUGH_GB) + view.parameters.keep
  },
})
`
    const path = write('good.ts', text)
    expect(await typeProblems(path, './good.ts')).toEqual([])
    const resolved = await resolvePolicy(path)
    expect(resolved.ok && resolved.value.kind).toBe('code')
  })

  it('is found by its own line when it throws, through bundler and imports', async () => {
    write('thrower.ts', 'export function thrower(list: number[]): number {\n\n  return list[3]!.toFixed().length\n}\n')
    const text = `import { definePolicy } from 'fleetlab/plug'
import { thrower } from './thrower.ts'

export default definePolicy({
  name: 'mine',
  score: () => thrower([]),
})
`
    const path = write('throws.ts', text)
    const { code, places } = must(await bundlePolicy(path, './throws.ts'))
    const policy = must(policyFromCode(code, './throws.ts', places))
    const ask = (): unknown =>
      policy.score!({ id: 1, promptTokens: 1 } as never, { serial: 'm' } as never, { now: 0 } as never)
    expect(ask).toThrow(/thrower\.ts:3 score\(\) threw TypeError: .* \(request 1, machine m, at 0\.000000 s\)$/)
  })

  it('that never ends is ended by count, at the line of its loop', async () => {
    const text = `import { definePolicy } from 'fleetlab/plug'
export default definePolicy({
  name: 'mine',
  pick(_request, candidates) {
    let place = 0
    while (place >= 0)
      place += 1
    return candidates[place]
  },
})
`
    const path = write('endless.ts', text)
    const { code, places } = must(await bundlePolicy(path, './endless.ts'))
    const policy = must(policyFromCode(code, './endless.ts', places))
    expect(() => policy.pick!({} as never, [], {} as never, {} as never)).toThrow(
      /^\.\/endless\.ts:[67] pick\(\) takes more than 10,000,000 steps/,
    )
  })
})

const counted = async (code: string): Promise<string> => {
  const { parseSync } = await import('vite')
  return withSteps(code, parseSync('a.js', code).program)
}

describe('the count of steps', () => {
  it.each([
    ['for (;;) work()', 'for (;;) {S();work()}'],
    ['while (a) { b() }', 'while (a) {S(); b() }'],
    ['do x(); while (a)', 'do {S();x();} while (a)'],
    ['for (const a of b) for (const c in a) d(c)', 'for (const a of b) {S();for (const c in a) {S();d(c)}}'],
    ['const f = (a) => a + 1', 'const f = (a) => (S(),a + 1)'],
    ['const f = (a) => (b) => ({ a, b })', 'const f = (a) => (S(),(b) => (S(),({ a, b })))'],
    ['function f() { return 1 }', 'function f() {S(); return 1 }'],
    ['const o = { m() { }, get g() { return 1 } }', 'const o = { m() {S(); }, get g() {S(); return 1 } }'],
    ['class A { m() { } static { while (a) b() } }', 'class A { m() {S(); } static { while (a) {S();b()} } }'],
    ['const s = "while (true) {}"', 'const s = "while (true) {}"'],
  ])('of %s', async (code, expected) => {
    expect(await counted(code)).toBe(expected.replaceAll('S()', `${STEP}()`))
  })
})

function must<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
