/** A median that is kept, against one that is worked out anew. */
import { fc, test } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { SortedFigures } from '../../../sim/coordinator/plan/sorted-figures.ts'

const of = (values: readonly number[]): SortedFigures => {
  const figures = new SortedFigures()
  for (const value of values) figures.add(value)
  return figures
}

it('takes the middle value as the median, or the mean of the middle two; 0 of nothing', () => {
  expect(of([]).median).toBe(0)
  expect(of([5, 1, 3]).median).toBe(3)
  expect(of([4, 1, 3, 2]).median).toBe(2.5)
})

// More than the first room holds, and many of them equal.
const values = fc.array(fc.oneof(fc.nat(20), fc.double({ noNaN: true, min: 0, max: 1e6 })), { maxLength: 200 })

test.prop([values, fc.infiniteStream(fc.nat())])('is the same whoever came and went before', (given, draws) => {
  const figures = of(given)
  const left = [...given]
  for (const _ of given.slice(0, given.length >> 1)) {
    const [gone] = left.splice(draws.next().value! % left.length, 1)
    figures.remove(gone!)
    expect(figures.median).toBe(of(left).median)
  }
})
