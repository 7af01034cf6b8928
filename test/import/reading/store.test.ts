/** Order whatever the size: blocks that are put aside and merged. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { RequestStore } from '../../../sim/import/reading/request-store.ts'
import { runsInMemory } from '../../../sim/import/reading/runs-in-memory.ts'

describe('the store of requests', () => {
  test.prop([
    fc.array(fc.record({ at: fc.nat(50), prompt: fc.nat(1_000), model: fc.constantFrom('a', 'b', null) }), {
      maxLength: 200,
    }),
    fc.integer({ min: 1, max: 64 }),
  ])('gives every request back once, by time and then by order, whatever fits into a block', (rows, block) => {
    const store = new RequestStore(runsInMemory(), block)
    for (const { at, prompt, model } of rows) store.add({ at, model, promptTokens: prompt, ending: 'served' })
    const wanted = rows
      .map((row, i) => ({ ...row, i }))
      .toSorted((a, b) => a.at - b.at || a.i - b.i)
      .map(({ at, prompt, model }) => [at, prompt, model ?? ''])
    const read = () =>
      Array.from(store.inOrder(), ({ at, promptTokens, model }) => [at, promptTokens, store.models[model]])
    expect(read()).toEqual(wanted)
    expect(read()).toEqual(wanted)
  })
})
