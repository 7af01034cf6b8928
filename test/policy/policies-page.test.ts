/** The guide to policies names every surface, where it is asked and where the real code does the same, and every policy of the gallery. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { SURFACES } from '../../sim/plug/index.ts'
import { gallery } from '../../sim/policy/gallery/index.ts'

const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs', 'policies.md'), 'utf8')
const section = (head: string): string => page.split(/^## /m).find((text) => text.startsWith(`${head}\n`)) ?? ''

it.each(['Surfaces', 'How the real code does the same'])('the section "%s" has every surface in its table', (head) => {
  const firsts = section(head)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|')[1]!)
  const missing = SURFACES.filter(
    (surface) => !firsts.some((first) => new RegExp(String.raw`\b${surface}\b`).test(first)),
  )
  expect(missing).toEqual([])
})

it('the gallery on the page is the gallery', () => {
  const names = Array.from(section('The gallery').matchAll(/^\| (`[^|]*)\|/gm), ([, cell]) => cell!)
    .flatMap((cell) => cell.split(','))
    .map((name) => name.replaceAll('`', '').trim())
  expect(names.toSorted()).toEqual(gallery.map(({ name }) => name).toSorted())
})
