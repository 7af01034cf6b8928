/** README, docs and tutorials, followed from a fresh clone to their ends. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clone, follow, freshClone, kept, type KeptOutput } from '../pages/fresh-clone.ts'
import { pageText, ROOT, stepsOf } from '../pages/page.ts'

const outputs = JSON.parse(readFileSync(join(ROOT, 'docs', 'outputs.json'), 'utf8')) as Record<
  string,
  readonly KeptOutput[]
>

let clone: Clone
beforeAll(() => {
  clone = freshClone()
})
afterAll(() => clone?.remove())

describe('followed from a fresh clone', () => {
  it.each(Object.keys(outputs))('%s says what happens', async (path) => {
    const home = clone.again()
    try {
      const results = await follow(stepsOf(pageText(path)), home.folder)
      expect(results.map(({ command, untrue }) => ({ command, untrue }))).toEqual(
        results.map(({ command }) => ({ command, untrue: undefined })),
      )
      expect(results.map(kept)).toEqual(outputs[path])
    } finally {
      home.remove()
    }
  })
})
