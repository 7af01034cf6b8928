/** `fleetlab/plug` in a user's own repository, from the packed package: found by the compiler, with types that say no. */
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policyText } from '../../sim/lab/policy/policy-text.ts'
import { type PackedPackage, packedPackage } from '../packed-package.ts'

/** Every switch that makes the compiler stricter with what it reads, libraries included. */
const STRICT = {
  strict: true,
  noEmit: true,
  target: 'es2023',
  lib: ['es2023'],
  types: [],
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
}

const WAYS = [
  { module: 'nodenext', moduleResolution: 'nodenext', manifest: { type: 'module' } },
  { module: 'node20', moduleResolution: 'node16', manifest: { type: 'module' } },
  { module: 'esnext', moduleResolution: 'bundler', manifest: {} },
]

const WRONG = `import { definePolicy, type PolicyMachine, whole } from 'fleetlab/plug'
const memory = (machine: PolicyMachine): string => machine.memory_gb
export default definePolicy({
  name: 'wrong',
  parameters: { keep: whole(2, 'kept') },
  scoer: () => 1,
})
export const other = definePolicy({
  name: 'other',
  parameters: { keep: whole(2, 'kept') },
  score: (request, machine, view) => request.outputTokens + machine.cost.cost + view.parameters.kep + memory(machine).length,
})
`

let user: PackedPackage
beforeAll(async () => {
  user = await packedPackage({ isRunnable: false })
})
afterAll(() => user?.remove())

/** Lines of the compiler's complaints. */
function compiled(file: string, { manifest, ...options }: (typeof WAYS)[number]): Promise<readonly string[]> {
  const write = (name: string, value: object): void => writeFileSync(join(user.folder, name), JSON.stringify(value))
  write('package.json', { name: 'mine', private: true, ...manifest })
  write('tsconfig.json', { compilerOptions: { ...STRICT, ...options }, files: [file] })
  const tsc = join(user.folder, 'node_modules', 'typescript', 'bin', 'tsc')
  return new Promise((done) => {
    execFile(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: user.folder }, (_, stdout) =>
      done(stdout.split('\n').filter((line) => line !== '')),
    )
  })
}

describe.each(WAYS)('the packed package under module $module', (way) => {
  it('compiles what `policy new` writes under the strictest switches', async () => {
    writeFileSync(join(user.folder, 'mine.ts'), policyText('mine'))
    expect(await compiled('mine.ts', way)).toEqual([])
  })

  it('has types that find a misspelt surface, property and parameter', async () => {
    writeFileSync(join(user.folder, 'wrong.ts'), WRONG)
    expect(await compiled('wrong.ts', way)).toEqual([
      expect.stringMatching(/^wrong\.ts\(2,52\): error TS2322: Type 'number' is not assignable to type 'string'/),
      expect.stringMatching(/^wrong\.ts\(6,3\): error .*'scoer'/),
      expect.stringMatching(/^wrong\.ts\(11,46\): error .*'outputTokens'/),
      expect.stringMatching(/^wrong\.ts\(11,74\): error .*'cost'/),
      expect.stringMatching(/^wrong\.ts\(11,97\): error .*'kep'/),
    ])
  })
})

const has = (path: string): boolean => existsSync(join(user.folder, 'node_modules', 'fleetlab', path))

it('carries what its own commands read, and no test', () => {
  const read = ['sim/evidence/recorded/states.jsonl.gz', 'sim/evidence/recorded/README.md', 'docs/policies.md']
  expect(read.filter((path) => !has(path))).toEqual([])
  expect(has('test')).toBe(false)
})
