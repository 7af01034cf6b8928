/** What the README shows must be what the repository holds. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { builtinPolicies } from '../sim/policy/index.ts'
import { complaintsAbout } from './shipped-scenarios.ts'
import { loaded } from './simulation/world.ts'

const ROOT = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!)

describe('the README', () => {
  it('shows the example policy as it is in the repository', () => {
    expect(blocks('ts')).toEqual([readFileSync(join(ROOT, 'scenarios/policies/by-memory.ts'), 'utf8')])
  })

  it('shows a scenario that loads, and that serves what it expects', async () => {
    const scenario = blocks('yaml').find((text) => text.startsWith('name: two-studios'))!
    expect((await loaded(scenario)).scenario.machines).toHaveLength(2)
    const folder = mkdtempSync(join(tmpdir(), 'fleetlab-readme-'))
    writeFileSync(join(folder, 'two-studios.yaml'), scenario)
    expect(await complaintsAbout(join(folder, 'two-studios.yaml'))).toEqual([])
    rmSync(folder, { recursive: true })
  })

  it('links and names only files that exist', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1]!)
    const paths = [...readme.matchAll(/scenarios\/[\w./-]+\.(?:yaml|ts|csv)/g)].map((match) => match[0])
    expect([...links, ...paths].filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    expect(links.length).toBeGreaterThan(3)
  })

  it('names only built-in policies that exist, and no unfilled marks', () => {
    for (const [, name] of readme.matchAll(/`(pools-[\w]+)`/g)) {
      expect(builtinPolicies.map((policy) => policy.name)).toContain(name)
    }
    expect(readme).not.toContain('<!--')
  })
})
