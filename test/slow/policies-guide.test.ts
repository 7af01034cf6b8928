/** The guide to policies, tried as it is written: its commands, in an empty folder, with the package as npm packs it. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PackedPackage, packedPackage } from '../packed-package.ts'

const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs', 'policies.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  Array.from(page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g')), ([, text]) => text!)

const INSTALL = 'npm install fleetlab'
const commands = blocks('sh')[0]!.trimEnd().split('\n')

let user: PackedPackage
beforeAll(async () => {
  user = await packedPackage({ isRunnable: true })
})
afterAll(() => user?.remove())

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function shell(command: string): Ended {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, ...environment } = process.env
  // The folder above is the only place that a package may come from.
  const env = { ...environment, NO_COLOR: '1', npm_config_offline: 'true' }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: user.folder, env, encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

/** What each command must have said, so that one that did nothing is noticed. */
const SAYS: readonly (readonly [command: RegExp, says: RegExp])[] = [
  [/policy new/, /^wrote keep-free\.ts, keep-free\.yaml, keep-free\.test\.mjs\n/],
  [/policy check/, /\n120 recorded states: .*\n20 random worlds, judges on: .*\nthe second time: the same digests\n/],
  [/ compare /, /\nkeep-free against open, gpt-oss-20b: (?:better|worse|equivalent|no )/],
  [/ sweep /, /\n0 +\S+keep-free\.ts .*\n1 +\S+keep-free\.ts .*\n2 +\S+keep-free\.ts /],
  [/^node --test/, /(?:#|ℹ) pass 2\n/],
]

describe('the guide to policies', () => {
  it('begins with the installation, which the packed package stands for', () => {
    expect(commands[0]).toBe(INSTALL)
    expect(readdirSync(user.folder)).toEqual(['node_modules'])
  })

  it('leads from an empty folder to a verdict, every command ending well', () => {
    for (const command of commands.slice(1)) {
      const says = SAYS.find(([pattern]) => pattern.test(command))
      expect(says, `nobody knows what \`${command}\` should say`).toBeDefined()
      const ended = shell(command)
      expect(ended.code, `${command}\n${ended.out}${ended.err}`).toBe(0)
      expect(ended.out).toMatch(says![1])
    }
  })

  it.each(blocks('ts').map((text, place) => [place + 1, text] as const))('policy %i on it is safe', (place, text) => {
    const file = `shown-${place}.ts`
    writeFileSync(join(user.folder, file), text)
    const ended = shell(`npx fleetlab policy check ${file}`)
    expect(ended, ended.err).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toMatch(/\npick +\d/)
  })

  it('has a module behind its types, which Node finds by the same name', () => {
    const ended = shell(
      `node --input-type=module -e "import { definePolicy } from 'fleetlab/plug'; console.log(definePolicy({ name: 'it' }).name)"`,
    )
    expect(ended).toEqual({ code: 0, out: 'it\n', err: '' })
  })
})
