import { describe, expect, it } from 'vitest'
import { RowCap } from '../../../sim/mac/engine/batch/row-cap.ts'

const observe = (cap: RowCap, running: number, tps: number, times: number): void => {
  for (let i = 0; i < times; i++) cap.observe(running, tps)
}

describe('the adaptive row cap (provider-runtime §5.3)', () => {
  it('stays 24 however slow the rows are, until 24 of them really run', () => {
    const cap = new RowCap(24)
    observe(cap, 23, 3, 100)
    expect(cap.rows).toBe(24)
  })

  it('says nothing before 8 samples, then drops by one when no smaller batch is known to be good', () => {
    const cap = new RowCap(24)
    observe(cap, 24, 10, 7)
    expect(cap.rows).toBe(24)
    observe(cap, 24, 10, 1)
    expect(cap.rows).toBe(23)
  })

  it('drops to the largest smaller batch that is known to reach 15 tok/s', () => {
    const cap = new RowCap(24)
    observe(cap, 8, 30, 8)
    observe(cap, 12, 16, 8)
    observe(cap, 16, 12, 8)
    observe(cap, 24, 9, 8)
    expect(cap.rows).toBe(12)
  })

  it('grows by one when a full batch reaches 17.25 tok/s and the next size is not known to be bad', () => {
    const cap = new RowCap(24)
    observe(cap, 12, 17, 8)
    observe(cap, 24, 9, 8)
    expect(cap.rows).toBe(12)
    observe(cap, 12, 17, 20)
    expect(cap.rows).toBe(12)
    observe(cap, 12, 20, 8)
    expect(cap.rows).toBeGreaterThan(12)
  })

  it('never grows beyond what it started with', () => {
    const cap = new RowCap(4)
    observe(cap, 4, 100, 50)
    expect(cap.rows).toBe(4)
  })
})
