/** Names beside lines and marks: apart from each other, within bounds, and as near as that allows. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { beside, type Box, overlap, spread } from '../../../ui/charts/line-labels.ts'

const places = fc.array(fc.double({ min: -50, max: 250, noNaN: true }), { maxLength: 24 })

describe('names at line ends', () => {
  test.prop([places])('are a gap apart and within bounds, as many as have room', (wanted) => {
    const found = spread(wanted, 14, [0, 200])
    expect(found.map((at) => at === undefined)).toEqual(wanted.map((_, i) => i > 14))
    const sorted = found.filter((at) => at !== undefined).toSorted((a, b) => a - b)
    for (const [i, at] of sorted.entries()) {
      expect(at).toBeGreaterThanOrEqual(-1e-9)
      expect(at).toBeLessThanOrEqual(200 + 1e-9)
      if (i > 0) expect(at - sorted[i - 1]).toBeGreaterThanOrEqual(14 - 1e-6)
    }
  })

  it('stay at their lines where nobody is in the way, and share the way where somebody is', () => {
    expect(spread([100, 20], 14, [0, 200])).toEqual([100, 20])
    expect(spread([100, 100], 14, [0, 200])).toEqual([93, 107])
    expect(spread([0, 0, 0], 14, [0, 200])).toEqual([0, 14, 28])
  })

  test.prop([fc.uniqueArray(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 11 })])(
    'are in the order of their lines',
    (tenths) => {
      const found = spread(
        tenths.map((each) => each * 5),
        14,
        [0, 200],
      )
      const order = tenths.map((_, i) => i).toSorted((a, b) => tenths[a] - tenths[b])
      const along = order.map((i) => found[i]!)
      expect(along).toEqual(along.toSorted((a, b) => a - b))
    },
  )
})

describe('names beside marks', () => {
  const bounds: Box = { left: 0, top: 0, width: 300, height: 200 }
  const mark = fc.record({
    x: fc.integer({ min: 0, max: 300 }),
    y: fc.integer({ min: 0, max: 200 }),
    width: fc.integer({ min: 10, max: 90 }),
  })
  test.prop([fc.array(mark, { maxLength: 12 })])('lie over no other name, over no mark, and inside', (marks) => {
    const boxes = beside(marks, 13, 10, bounds)
    const found = boxes.filter((box) => box !== undefined)
    for (const [i, box] of found.entries()) {
      expect(box.left >= 0 && box.top >= 0 && box.left + box.width <= 300 && box.top + box.height <= 200).toBe(true)
      for (const other of found.slice(i + 1)) expect(overlap(box, other)).toBe(false)
      for (const { x, y } of marks) expect(overlap(box, { left: x - 5, top: y - 5, width: 10, height: 10 })).toBe(false)
    }
  })

  it('are there for every mark that stands alone', () => {
    const alone = [
      { x: 10, y: 10, width: 60 },
      { x: 290, y: 100, width: 60 },
      { x: 150, y: 195, width: 60 },
    ]
    expect(beside(alone, 13, 10, bounds).every((box) => box !== undefined)).toBe(true)
  })
})
