/** One name, one meaning: whoever looks a type up by its name finds the one that was meant. Reads every declaration as text. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const sources = (room: string): readonly string[] =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => join(room, path))
const DECLARED = /^export (?:abstract )?(?:interface|type|class) (\w+)/gm

it('no two files of the simulator or the dashboard export types of one name', () => {
  const homes = new Map<string, Set<string>>()
  for (const file of ['sim', 'ui'].flatMap(sources))
    for (const [, name] of readFileSync(join(ROOT, file), 'utf8').matchAll(DECLARED))
      homes.set(name!, (homes.get(name!) ?? new Set()).add(file))
  expect(homes.size).toBeGreaterThan(1_000)
  const several = [...homes].filter(([, files]) => files.size > 1)
  expect(several.map(([name, files]) => `${name}: ${[...files].join(', ')}`)).toEqual([])
})
