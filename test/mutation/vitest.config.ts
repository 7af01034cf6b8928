/** The conformance tests over a coordinator with one number changed: MUTANT names the place and the new text. */
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import type { Mutant } from './constants.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const mutant = process.env['MUTANT'] === undefined ? undefined : (JSON.parse(process.env['MUTANT']) as Mutant)

export default defineConfig({
  root: ROOT,
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform(code, id) {
        if (mutant === undefined || id !== resolve(ROOT, mutant.file)) return undefined
        if (code.slice(mutant.start, mutant.end) !== mutant.from)
          throw new Error(`${mutant.file} has changed meanwhile`)
        return code.slice(0, mutant.start) + mutant.to + code.slice(mutant.end)
      },
    },
  ],
  // One process without isolation: nothing but the start-up costs time here.
  test: { include: ['test/conformance/**/*.test.ts'], pool: 'threads', isolate: false, fileParallelism: false },
})
