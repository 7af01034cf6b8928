/** A policy in the page is what it is on the command line: the same runs, and the same words for what is wrong with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { jobRoom } from '../../../sim/lab/runs/job.ts'
import type { PolicySource } from '../../../sim/lab/runs/ports.ts'
import { scenarioText } from '../../../sim/cli/policy-files/policy-template.ts'
import { policyText } from '../../../sim/lab/policy/policy-text.ts'
import { plugText } from '../../../ui/build/plug-text.ts'
import { ownPolicy, policiesOf } from '../../../ui/worker/own-policy.ts'

let folder = ''
let plug = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-own-'))
  plug = await plugText()
})
afterAll(() => rmSync(folder, { recursive: true }))

const head = "import { definePolicy } from 'fleetlab/plug'\n"

async function digestOf(policy: PolicySource): Promise<string> {
  const files = { read: async () => scenarioText('mine'), resolve: (_: string, to: string) => to }
  const outcome = await jobRoom(files).run(
    {
      scenario: 'mine.yaml',
      settings: ['policies=[open]', 'expect=[]'],
      policy,
      policyName: 'mine',
      seed: 3,
      verify: false,
      rows: [],
      wantsSamples: false,
    },
    {},
  )
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.result.digest
}

/** What both say of files of these names and texts; the entry is mine.ts. */
async function bothSay(texts: { readonly [file: string]: string }): Promise<readonly [string, string]> {
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, file), text)
  const path = join(folder, 'mine.ts')
  const here = ownPolicy('./mine.ts', texts, plug)
  const there = await resolvePolicy(path)
  const words = (result: typeof here): string =>
    result.ok ? 'in order' : result.error.map(({ message }) => message.replaceAll(path, './mine.ts')).join('\n')
  return [words(here), words(there)]
}

describe('a policy in the page', () => {
  it('runs to the digest of the command line, its template and one of two files', async () => {
    const two = {
      'mine.ts': `${head}import { price } from './price'\nexport default definePolicy({ name: 'mine', about: 'x', score: (_r, machine) => price(machine.pendingCount) })\n`,
      'price.ts': 'enum Unit { Each = 7 }\nexport const price = (count: number): number => count * Unit.Each\n',
    }
    for (const texts of [{ 'mine.ts': policyText('mine') }, two]) {
      const digests = []
      for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, file), text)
      for (const found of [ownPolicy('./mine.ts', texts, plug), await resolvePolicy(join(folder, 'mine.ts'))]) {
        if (!found.ok) throw new Error(JSON.stringify(found.error))
        digests.push(await digestOf(found.value))
      }
      expect(digests[0]).toBe(digests[1])
    }
  })

  it.each([
    ['exports nothing', 'export const x = 1\n'],
    ['has no name', `${head}export default definePolicy({ about: 'x' } as never)\n`],
    [
      'has a surface that is none',
      `${head}export default definePolicy({ name: 'm', about: 'x', filtre: () => true } as never)\n`,
    ],
    [
      'has a surface that is no function',
      `${head}export default definePolicy({\n  name: 'm',\n  about: 'x',\n  filter: 7 as never,\n})\n`,
    ],
    [
      'throws while it is loaded',
      `${head}const a = 1\nthrow new Error('no')\nexport default definePolicy({ name: 'm', about: 'x' })\n`,
    ],
    [
      'never ends while it is loaded',
      `${head}let n = 0\nwhile (n >= 0) n += 1\nexport default definePolicy({ name: String(n), about: 'x' })\n`,
    ],
    [
      'draws by chance while it is loaded',
      `${head}const a: number = Math.random()\nexport default definePolicy({ name: 'm', about: 'x' + a })\n`,
    ],
    [
      'asks the clock while it is loaded',
      `${head}\nconst now = Date.now()\nexport default definePolicy({ name: 'm', about: 'x' + now })\n`,
    ],
    [
      'reads files',
      `import { readFileSync } from 'node:fs'\n${head}export default definePolicy({ name: 'm', about: String(readFileSync) })\n`,
    ],
  ])('is refused in the words of the command line when it %s', async (_, text) => {
    const [here, there] = await bothSay({ 'mine.ts': text })
    expect(there).not.toBe('in order')
    // Types are checked there alone, and first.
    if (!/TS\d+|type/i.test(there)) expect(here).toBe(there)
    else expect(here).not.toBe('in order')
  })

  it('names the line on which it failed', () => {
    const texts = {
      'mine.ts': `${head}import { b } from './b'\nexport default definePolicy({ name: 'm', about: b })`,
      'b.ts': "\n\nexport const b: string = 'x' + Math.random()\n",
    }
    expect(ownPolicy('./mine.ts', texts, plug)).toMatchObject({ ok: false, error: [{ file: './b.ts', line: 3 }] })
    const member = `${head}export default definePolicy({\n  name: 'm',\n  about: 'x',\n  filtre: () => true,\n} as never)\n`
    expect(ownPolicy('./mine.ts', { 'mine.ts': member }, plug)).toMatchObject({
      error: [{ file: './mine.ts', line: 5 }],
    })
  })

  it('says where a text is no policy at all, and what is not here', async () => {
    expect(ownPolicy('./mine.ts', { 'mine.ts': 'export default {\n  name: ,\n}' }, plug)).toMatchObject({
      ok: false,
      error: [{ file: './mine.ts', line: 2 }],
    })
    expect(ownPolicy('./mine.ts', { 'mine.ts': "import './other'\nexport default {}" }, plug)).toMatchObject({
      error: [{ file: './mine.ts', message: './other is not here; open it beside the policy' }],
    })
    expect(ownPolicy('./toString', {}, plug)).toMatchObject({
      error: [{ message: 'no such policy file here; write or open it beside the scenario' }],
    })
    expect(await policiesOf({}, plug)('nobody')).toMatchObject({ ok: false })
    expect(await policiesOf({}, plug)('pools')).toEqual({ ok: true, value: { kind: 'builtin', name: 'pools' } })
  })
})
