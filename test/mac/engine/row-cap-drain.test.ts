import { expect, it } from 'vitest'
import { RowCap } from '../../../sim/mac/engine/batch/row-cap.ts'

it('drops while a batch fuller than the cap drains, and never rises for being too slow (provider-runtime 5.3)', () => {
  const cap = new RowCap(24)
  const seen: number[] = []
  for (const running of [24, 23, 24]) {
    for (let sample = 0; sample < 8; sample++) cap.observe(running, 10)
    seen.push(cap.rows)
  }
  expect(seen).toEqual([23, 22, 22])
})
