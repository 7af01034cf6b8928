/**
 * The guide to checks in CI, as it is written: its commands in the example repository, with the package as npm packs it, and what they
 * print. After a change that moves it: npm run test:slow -- ci-guide -u
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PackedPackage, packedPackage } from '../packed-package.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGE = join(ROOT, 'docs', 'ci.md')

let user: PackedPackage
beforeAll(async () => {
  user = await packedPackage({ isRunnable: true })
  cpSync(join(ROOT, 'examples', 'fleet-repository'), user.folder, { recursive: true })
})
afterAll(() => user?.remove())

/** Both streams, as a terminal shows them. */
function shell(command: string): string {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, GITHUB_ACTIONS: ___, CI: ____, ...environment } = process.env
  const env = { ...environment, NO_COLOR: '1', npm_config_offline: 'true', GITHUB_STEP_SUMMARY: '' }
  return spawnSync('sh', ['-c', `{ ${command}\n} 2>&1`], { cwd: user.folder, env, encoding: 'utf8' }).stdout
}

it('shows what its commands print, one after the other', async () => {
  const page = readFileSync(PAGE, 'utf8')
  let count = 0
  const written = page.replaceAll(/```console\n([\s\S]*?)```/g, (_, block: string) => {
    const commands = block.split('\n').filter((line) => line.startsWith('$ '))
    count += commands.length
    const shown = commands.map((line) => `${line}\n${shell(line.slice(2)).replace(/\n*$/, '\n').replace(/^\n$/, '')}`)
    return `\`\`\`console\n${shown.join('')}\`\`\``
  })
  expect(count).toBeGreaterThan(8)
  await expect(written).toMatchFileSnapshot(PAGE)
})

it('shows the workflow of the example', () => {
  const workflow = readFileSync(join(ROOT, 'examples/fleet-repository/.github/workflows/fleet.yml'), 'utf8')
  const [, block] = /```yaml\njobs:\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8'))!
  expect(workflow).toContain(block)
})
