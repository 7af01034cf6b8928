/** A user's policy file, from disk to something that runs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { bundlePolicy } from '../../../sim/cli/policy-files/policy-bundle.ts'
import { formatProblem } from '../../../sim/base/result.ts'
import { policyFromCode } from '../../../sim/lab/policy/policy-code.ts'
import type { PolicyContext, PoolQuestion } from '../../../sim/plug/index.ts'

const POLICY = `
import { definePolicy, type PoolVerdict } from 'fleetlab/plug'
import { reason } from './reason.ts'
const yes: PoolVerdict = { allowed: true, why: reason }
export default definePolicy({
  name: 'mine', about: 'a test', maxModelSlotsDefault: 2, refusesColdBesideBusy: false,
  test: () => yes,
  poolKeys: (label: string) => [label],
})
`

let folder = ''
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-policy-'))
  write('reason.ts', "export const reason: string = 'because'\n")
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What bundling `text` is refused for, the file being called ./mine.ts. */
async function refusal(text: string): Promise<string[]> {
  const bundled = await bundlePolicy(write('broken.ts', text), './mine.ts')
  return bundled.ok ? [] : bundled.error.map(formatProblem)
}

describe('a policy file', () => {
  it('may be TypeScript in several files that import from fleetlab/plug', async () => {
    const bundled = await bundlePolicy(write('mine.ts', POLICY), './mine.ts')
    const policy = policyFromCode(bundled.ok ? bundled.value.code : '', './mine.ts')
    expect(policy.ok && policy.value.test({} as PoolQuestion, {} as PolicyContext)).toEqual({
      allowed: true,
      why: 'because',
    })
  })

  it('is refused with file and line when it is no TypeScript', async () => {
    expect(await refusal('const a = 1\nconst b = = 2\n')).toEqual(['./mine.ts:2:11 Unexpected token'])
  })

  it('may not import from outside of itself', async () => {
    expect(await refusal("import { readFileSync } from 'node:fs'\nexport default readFileSync\n")).toEqual([
      './mine.ts a policy may not import node:fs: it sees only its question and its view',
    ])
  })

  it('is told which import leads nowhere', async () => {
    expect(await refusal("import { x } from './nowhere.ts'\nexport default x\n")).toEqual([
      expect.stringMatching(/^\.\/mine\.ts.*\.\/nowhere\.ts/),
    ])
  })

  it('must exist and be a file', async () => {
    expect(await bundlePolicy(join(folder, 'none.ts'), './none.ts')).toEqual({
      ok: false,
      error: [{ file: './none.ts', message: 'no such policy file' }],
    })
    mkdirSync(join(folder, 'folder.ts'))
    expect(await bundlePolicy(join(folder, 'folder.ts'), './folder.ts')).toMatchObject({ ok: false })
  })
})

describe('a policy by name', () => {
  it('is a built-in', async () => {
    expect(await resolvePolicy('open')).toEqual({ ok: true, value: { kind: 'builtin', name: 'open' } })
  })

  it('gets a suggestion when it is none', async () => {
    const resolved = await resolvePolicy('opne')
    expect(resolved.ok ? [] : resolved.error.map(formatProblem)).toEqual([
      '`opne` is no policy (one of your own is given by its path, such as ./mine.ts); did you mean `open`?',
    ])
  })
})
