/** Keys on the evidence figure: they stay on its cells and seeds. */
import { fc, test } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { moved } from '../../../../ui/views/evidence/evidence-keys.ts'

const KEYS = ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', '.', ','] as const

it('begins at the first cell, whichever of its keys comes first', () => {
  for (const key of KEYS) expect(moved(undefined, key, 4, 3, 5)).toEqual({ row: 0, arm: 0, seed: undefined })
})

it('goes through the seeds of a cell and back to its mean', () => {
  const cell = { row: 1, arm: 2, seed: undefined }
  expect(moved(cell, '.', 4, 3, 5)).toEqual({ ...cell, seed: 0 })
  expect(moved({ ...cell, seed: 4 }, '.', 4, 3, 5)).toEqual({ ...cell, seed: 4 })
  expect(moved({ ...cell, seed: 0 }, ',', 4, 3, 5)).toEqual(cell)
})

it('leaves other keys to the page', () => {
  expect(moved(undefined, 'Tab', 4, 3, 5)).toBeUndefined()
  expect(moved({ row: 0, arm: 0, seed: undefined }, 'a', 4, 3, 5)).toBeUndefined()
})

test.prop([fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 40 })])('never leaves the figure', (keys) => {
  const end = keys.reduce<ReturnType<typeof moved>>((point, key) => moved(point, key, 4, 3, 5), undefined)
  expect(end?.row).toBeOneOf([0, 1, 2, 3])
  expect(end?.arm).toBeOneOf([0, 1, 2])
  expect(end?.seed).toBeOneOf([undefined, 0, 1, 2, 3, 4])
})
