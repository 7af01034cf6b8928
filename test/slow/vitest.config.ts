/** The slow tier: what stands in this folder, and the long form of every test that has one. `npm run test:slow`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import LastResults from './last-results.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const HOUR = 3_600_000

const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .map((name) => join('test', name))
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => relative('test/slow', name) === name.split('/').at(-1) || hasLongForm(name))
  .toSorted()

function hasLongForm(name: string): boolean {
  return /from '(?:\.\.?\/)+tier\.ts'/.test(readFileSync(join(ROOT, name), 'utf8'))
}

export default defineConfig({
  root: ROOT,
  test: {
    name: 'slow',
    include: files,
    provide: { tier: 'slow' },
    testTimeout: 6 * HOUR,
    hookTimeout: HOUR,
    maxWorkers: '100%',
    pool: 'threads',
    isolate: false,
    reporters: ['default', './test/summary-reporter.ts', new LastResults(files.length)],
  },
})
