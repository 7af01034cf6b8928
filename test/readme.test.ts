/** What the README and the page on scenarios show must be what the repository holds. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { builtinPolicies } from '../sim/policy/index.ts'
import { complaintsAbout } from './shipped-scenarios.ts'
import { loaded } from './simulation/world.ts'

const ROOT = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const scenarios = readFileSync(join(ROOT, 'docs', 'scenarios.md'), 'utf8')
const pages = [readme, scenarios, readFileSync(join(ROOT, 'docs', 'policies.md'), 'utf8')]

describe('the README', () => {
  it('is short enough to be read', () => {
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(10_000)
  })

  it('names only scenarios and built-in policies that exist, and no unfilled marks', () => {
    for (const page of pages) {
      const paths = [...page.matchAll(/scenarios\/[\w./-]+\.(?:yaml|ts|csv)/g)].map((match) => match[0])
      expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
      for (const [, name] of page.matchAll(/`(pools-[\w]+)`/g)) {
        expect(builtinPolicies.map((policy) => policy.name)).toContain(name)
      }
      expect(page).not.toMatch(/<!--|@@/)
    }
  })
})

describe('the page on scenarios', () => {
  it('shows one that loads, and that serves what it expects', async () => {
    const scenario = [...scenarios.matchAll(/```yaml\n([\s\S]*?)```/g)]
      .map((match) => match[1]!)
      .find((text) => text.startsWith('name: two-studios'))!
    expect((await loaded(scenario)).scenario.machines).toHaveLength(2)
    const folder = mkdtempSync(join(tmpdir(), 'fleetlab-readme-'))
    writeFileSync(join(folder, 'two-studios.yaml'), scenario)
    expect(await complaintsAbout(join(folder, 'two-studios.yaml'))).toEqual([])
    rmSync(folder, { recursive: true })
  })
})
