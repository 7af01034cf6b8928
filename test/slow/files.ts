/** The files of the slow tier: what stands in this folder, and every test that has a long form. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const slowFiles = (root: string): readonly string[] =>
  readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((name) => join('test', name))
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => relative('test/slow', name) === name.split('/').at(-1) || hasLongForm(join(root, name)))
    .toSorted()

const hasLongForm = (path: string): boolean => /from '(?:\.\.?\/)+tier\.ts'/.test(readFileSync(path, 'utf8'))
