/** The repository of a user that is shown under examples/, as far as it can be tried without installing anything. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { fleetlab } from './in-process.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const EXAMPLE = join(ROOT, 'examples', 'fleet-repository')
const readme = readFileSync(join(EXAMPLE, 'README.md'), 'utf8')

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: { readonly [name: string]: unknown }
}

describe('the example repository', () => {
  it('passes, every digest that of its baselines', async () => {
    const { code, out } = await fleetlab(['check', join(EXAMPLE, 'fleet'), '--require-baseline'])
    expect(code, out).toBe(0)
    // After a change that moves digests: npx fleetlab check examples/fleet-repository/fleet --update, and its fleet.md.
    expect(out).toContain('2 baselines the same')
  })

  it('has the version of this package, and a workflow that uses the action as it is', () => {
    const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    const theirs = JSON.parse(readFileSync(join(EXAMPLE, 'package.json'), 'utf8')) as {
      devDependencies: { fleetlab: string }
    }
    expect(theirs.devDependencies.fleetlab).toBe(own.version)
    const { inputs } = parse(readFileSync(join(ROOT, 'action', 'action.yml'), 'utf8')) as { inputs: object }
    const workflow = parse(readFileSync(join(EXAMPLE, '.github/workflows/fleet.yml'), 'utf8')) as {
      jobs: { check: { steps: readonly Step[] } }
    }
    const step = workflow.jobs.check.steps.find(({ uses }) => uses?.includes('/action@') === true)!
    expect(step.uses!.endsWith(`@v${own.version}`)).toBe(true)
    expect(Object.keys(step.with!).filter((name) => !Object.hasOwn(inputs, name))).toEqual([])
  })

  it('has the workflow that the guide shows', () => {
    const guide = readFileSync(join(ROOT, 'docs', 'ci.md'), 'utf8')
    const [, block] = /```yaml\n(jobs:\n[\s\S]*?)```/.exec(guide)!
    expect(readFileSync(join(EXAMPLE, '.github/workflows/fleet.yml'), 'utf8')).toContain(block)
  })

  it('tells of files that it has', () => {
    const files = readdirSync(EXAMPLE, { recursive: true, encoding: 'utf8' })
    const named = Array.from(readme.matchAll(/^\| `([^`*]+)`/gm), ([, name]) => name!)
    expect(named.length).toBeGreaterThan(4)
    expect(named.filter((name) => !files.includes(name))).toEqual([])
  })
})
