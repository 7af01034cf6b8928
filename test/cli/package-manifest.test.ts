/** What the package asks its user to install: all that the built command looks up at run time, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtCommand, type BuiltCommand } from './built-command.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')

interface Manifest {
  readonly dependencies: { readonly [name: string]: string }
  readonly engines: { readonly node: string }
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
const { dependencies, engines } = manifestOf(ROOT)

/** Run as a program of its own, so no line imports it. */
const STARTED = ['typescript']

let built: BuiltCommand
beforeAll(async () => {
  built = await builtCommand('manifest')
})
afterAll(() => built.remove())

function lookedUp(): readonly string[] {
  const files = readdirSync(built.folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))
  const names = files.flatMap((file) =>
    Array.from(
      readFileSync(join(built.folder, file), 'utf8').matchAll(
        /^(?:import|export)\b[^'"\n;]*?from\s*["']([^"'\n]+)["']|^import\s*["']([^"'\n]+)["']|\bimport\(\s*["']([^"'\n]+)["']\s*\)/gm,
      ),
      ([, from, bare, dynamic]) => (from ?? bare ?? dynamic)!,
    ),
  )
  const packages = names
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:') && !builtinModules.includes(name))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    )
  return [...new Set(packages)].toSorted()
}

describe('the manifest', () => {
  it('depends on what the built command looks up, and on nothing that is bundled', () => {
    expect([...lookedUp(), ...STARTED].toSorted()).toEqual(Object.keys(dependencies).toSorted())
  })

  it('names exact versions', () => {
    expect(Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([])
  })

  it('asks for no Node on which a dependency would not run', () => {
    // Ours are named one by one, and every one of them must satisfy theirs.
    const own = Array.from(
      engines.node.matchAll(/\^(\d+)\.(\d+)\.\d+/g),
      ([, major, minor]) => [Number(major), Number(minor)] as const,
    )
    expect(own.length).toBeGreaterThan(0)
    for (const name of Object.keys(dependencies)) {
      const theirs = manifestOf(join(ROOT, 'node_modules', name)).engines?.node ?? '>=0'
      for (const version of own) expect(satisfies(version, theirs), `${name}: ${theirs}`).toBe(true)
    }
  })
})

/** Enough of npm's ranges for those that stand there: alternatives of `^a.b.c` and `>=a.b.c`. */
function satisfies([major, minor]: readonly [number, number], range: string): boolean {
  return range.split('||').some((part) => {
    const match = /^(\^|>=)\s*(\d+)(?:\.(\d+))?(?:\.\d+)?$/.exec(part.trim())
    if (match === null) throw new Error(`a range of another kind: ${range}`)
    const [, kind, least, leastMinor = '0'] = match
    if (major === Number(least)) return minor >= Number(leastMinor)
    return kind === '>=' && major > Number(least)
  })
}
