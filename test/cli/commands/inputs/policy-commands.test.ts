/** `fleetlab policy new` and `fleetlab policy check`: what they write, what they find, and how they end. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../../../../sim/cli/exit.ts'
import type { PolicyCheckResult } from '../../../../sim/evidence/policy/policy-check.ts'
import { policyWorld } from '../../../../sim/evidence/policy/policy-worlds.ts'
import { SURFACES, whole } from '../../../../sim/plug/index.ts'
import { fleetlab as inProcess } from '../../in-process.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-policy-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function fleetlab(...words: readonly string[]) {
  const { err, ...rest } = await inProcess(words)
  return { ...rest, err: err.trimEnd() }
}

function policyFile(name: string, members: string): string {
  const path = join(folder, `${name}.ts`)
  writeFileSync(
    path,
    `import { definePolicy, whole } from 'fleetlab/plug'\nexport default definePolicy({\n  name: '${name}',\n${members}\n})\n`,
  )
  return path
}

/** Answers at every surface as the coordinator would, but for a queue that some join and a build that some give up. */
const EVERYWHERE = `
  admit: (request) => (request.id % 3 === 0 ? 'queue' : 'admit'),
  filter: () => true,
  score: (_request, machine) => machine.cost.cost_ms,
  pick: () => undefined,
  reserve: () => {},
  unreserve: () => {},
  retry: () => 'again',
  order: (queue) => queue,
  counters: ['ended'],
  onOutcome: (_request, _machine, _outcome, { count }) => count('ended'),
  evict: (machine) => machine.age !== undefined && machine.age > 4_000_000,`

describe('fleetlab policy check', () => {
  it('asks every surface there is, in some world', async () => {
    const { code, out, err } = await fleetlab(
      'policy',
      'check',
      policyFile('everywhere', EVERYWHERE),
      '--worlds',
      '1-10',
      '--json',
    )
    expect([code, err]).toEqual([EXIT.good, ''])
    const result = JSON.parse(out) as PolicyCheckResult
    expect(Object.keys(result.asked).toSorted()).toEqual(SURFACES.toSorted())
    expect(Object.entries(result.asked).filter(([, times]) => times === 0)).toEqual([])
    expect(result.asked['unreserve']).toBe(result.asked['reserve'])
    expect(result.states).toMatchObject({ count: 120, decisions: 307 })
    expect(result.worlds.served).toBeGreaterThan(100)
    expect(result.unlike).toEqual([])
  })

  it('ends with 1 and says where, when something outlives a run', async () => {
    const kept = policyFile(
      'kept',
      `  filter() {
    const shared = Array as unknown as { calls?: number }
    shared.calls = (shared.calls ?? 0) + 1
    return shared.calls < 50
  },`,
    )
    try {
      const { code, out } = await fleetlab('policy', 'check', kept, '--worlds', '2,4')
      expect(code).toBe(EXIT.failed)
      expect(out).toMatch(/the second time: \d+ digests? differs?\n/)
      expect(out).toMatch(/\n {2}(?:state [\w-]+|world [24])\n {4}first +\S.*\n {4}second +\S/)
      expect(out).toContain('must live in its state()')
    } finally {
      delete (Array as unknown as { calls?: number }).calls
    }
  })

  it('ends with 2 and names line, surface, circumstances and parameters, when it goes wrong at a bound', async () => {
    const bound = policyFile(
      'bound',
      `  parameters: { keep: whole(2, 'kept', { min: 0, max: 9 }) },
  score(_request, machine, view) {
    if (view.parameters.keep !== 2) throw new Error('never tried')
    return machine.cost.cost_ms
  },`,
    )
    const numbers = Array.from({ length: 20 }, (_, place) => place + 1)
    const declared = { keep: whole(2, 'kept', { min: 0, max: 9 }) }
    const odd = numbers.find((number) => (policyWorld(number, declared).parameters['keep'] ?? 2) !== 2)!
    expect((await fleetlab('policy', 'check', bound, '--worlds', '2')).code).toBe(EXIT.good)
    const { code, err, out } = await fleetlab('policy', 'check', bound, '--worlds', String(odd))
    expect([code, out]).toEqual([EXIT.badInput, ''])
    expect(err).toMatch(
      new RegExp(
        String.raw`bound\.ts:6 score\(\) threw Error: never tried \(request \d+, machine [\w-]+, at [\d.]+ s\), in world ${odd}, policy\.keep=[09]$`,
      ),
    )
  })

  it('names the recorded state, when it goes wrong there, and the number that is none', async () => {
    const nan = policyFile('nan', '  score: (_request, machine) => machine.decodeTps / 0,')
    const { code, err } = await fleetlab('policy', 'check', nan)
    expect(code).toBe(EXIT.badInput)
    expect(err).toMatch(
      /nan\.ts:4 score\(\) must return a finite number of milliseconds, not Infinity \(.*\), in the recorded state rich-\d+$/,
    )
  })

  it.each(['', '0-', '1,1', 'x', '5-1', '-1'])('takes no worlds called %j', async (worlds) => {
    const { code, err } = await fleetlab('policy', 'check', 'open', `--worlds=${worlds}`)
    expect([code, err]).toEqual([EXIT.badInput, expect.stringContaining('--worlds')])
  })

  it('does not begin with a policy whose types are wrong', async () => {
    const { code, err } = await fleetlab('policy', 'check', policyFile('typo', '  scoer: () => 1,'))
    expect(code).toBe(EXIT.badInput)
    expect(err).toMatch(/typo\.ts:4:3 no policy has `scoer`; did you mean `score`\?$/)
  })
})

describe('random worlds', () => {
  it('follow from their number, and differ', () => {
    const texts = Array.from({ length: 20 }, (_, number) => policyWorld(number, {}).text)
    expect(Array.from({ length: 20 }, (_, number) => policyWorld(number, {}).text)).toEqual(texts)
    expect(new Set(texts).size).toBe(20)
  })

  it('of odd numbers draw parameters within their bounds, the bounds among them', () => {
    const declared = { keep: whole(2, 'kept', { min: 0, max: 9 }) }
    const drawn = Array.from({ length: 60 }, (_, number) => policyWorld(number, declared).parameters['keep'])
    expect(drawn.filter((_, number) => number % 2 === 0).every((value) => value === undefined)).toBe(true)
    expect(new Set(drawn.filter((_, number) => number % 2 === 1))).toEqual(new Set([0, 2, 9]))
  })
})

describe('the states that the package carries', () => {
  it('are among those recorded from the real coordinator', () => {
    const linesOf = (...path: readonly string[]): readonly string[] =>
      gunzipSync(readFileSync(join(ROOT, ...path)))
        .toString()
        .trimEnd()
        .split('\n')
    const recorded = join('test', 'conformance', 'recorded')
    const all = new Set(
      readdirSync(join(ROOT, recorded))
        .filter((name) => name.startsWith('states-'))
        .flatMap((name) => linesOf(recorded, name)),
    )
    const carried = linesOf('sim', 'evidence', 'recorded', 'states.jsonl.gz')
    expect(carried.length).toBe(120)
    expect(carried.filter((line) => !all.has(line))).toEqual([])
  })
})

describe('fleetlab policy new', () => {
  it('writes three files into a folder that it makes, and says what next', async () => {
    const out = join(folder, 'made', 'here')
    const ended = await fleetlab('policy', 'new', 'mine', '--out', out)
    expect(ended.code).toBe(EXIT.good)
    expect(readdirSync(out).toSorted()).toEqual(['mine.test.mjs', 'mine.ts', 'mine.yaml'])
    expect(ended.out).toContain(`npx fleetlab policy check ${join(out, 'mine.ts')}`)
  })

  it('overwrites nothing, and then writes nothing', async () => {
    const out = join(folder, 'taken')
    mkdirSync(out)
    writeFileSync(join(out, 'mine.yaml'), 'precious')
    const { code, err } = await fleetlab('policy', 'new', 'mine', '--out', out)
    expect(code).toBe(EXIT.badInput)
    expect(err).toBe(
      `error: ${join(out, 'mine.yaml')} is there already, and nothing is overwritten; take another name or folder`,
    )
    expect(readdirSync(out)).toEqual(['mine.yaml'])
    expect(readFileSync(join(out, 'mine.yaml'), 'utf8')).toBe('precious')
  })

  it.each(['Mine', '../mine', 'a--b', '-a', '9lives', 'a b', 'a'.repeat(61), 'open'])(
    'takes no policy called %j',
    async (name) => {
      const { code } = await fleetlab('policy', 'new', '--out', join(folder, 'never'), '--', name)
      expect(code).toBe(EXIT.badInput)
      expect(existsSync(join(folder, 'never'))).toBe(false)
    },
  )
})
