/** The slow tier. `npm run test:slow` runs it file by file (run.ts), each in a process of its own. */
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { slowFiles } from './files.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const HOUR = 3_600_000

export default defineConfig({
  root: ROOT,
  test: {
    name: 'slow',
    include: [...slowFiles(ROOT)],
    provide: { tier: 'slow' },
    testTimeout: 6 * HOUR,
    hookTimeout: HOUR,
    maxWorkers: 1,
    pool: 'threads',
    isolate: false,
    reporters: ['default', './test/summary-reporter.ts'],
  },
})
