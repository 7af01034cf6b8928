/** Keys on a chart over time: they stay inside what is shown, and what was zoomed out of is all again. */
import { fc, test } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { keyMove, type KeyScope } from '../../../../ui/charts/time/chart-keys.ts'

const HOUR: KeyScope = { at_s: undefined, shown: { from_s: 600, to_s: 1_200 }, duration_s: 3_600, step_s: 10 }

it('begins to read at the left end of what is shown, and goes no farther than its ends', () => {
  expect(keyMove('ArrowRight', HOUR)).toEqual({ cursor_s: 610 })
  expect(keyMove('ArrowLeft', HOUR)).toEqual({ cursor_s: 600 })
  expect(keyMove('ArrowRight', { ...HOUR, at_s: 1_195 })).toEqual({ cursor_s: 1_200 })
})

it('zooms around the moment that is read', () => {
  expect(keyMove('+', { ...HOUR, at_s: 900 })).toEqual({ zoom: { from_s: 750, to_s: 1_050 } })
  expect(keyMove('-', { ...HOUR, at_s: 900 })).toEqual({ zoom: { from_s: 300, to_s: 1_500 } })
})

it('shows all on Escape, and where minus would show more than there is', () => {
  expect(keyMove('Escape', HOUR)).toEqual({ zoom: undefined })
  expect(keyMove('-', { ...HOUR, at_s: 1_800, shown: { from_s: 0, to_s: 3_600 } })).toEqual({ zoom: undefined })
})

it('leaves other keys to the page', () => {
  expect(keyMove('Tab', HOUR)).toBeUndefined()
  expect(keyMove('constructor', HOUR)).toBeUndefined()
})

test.prop([fc.constantFrom('+', '-'), fc.double({ min: 0, max: 3_600, noNaN: true })])(
  'never zooms beyond the run',
  (key, at_s) => {
    const move = keyMove(key, { ...HOUR, at_s })
    const { from_s, to_s } = (move !== undefined && 'zoom' in move && move.zoom) || { from_s: 0, to_s: 3_600 }
    expect(from_s).toBeGreaterThanOrEqual(0)
    expect(to_s).toBeLessThanOrEqual(3_600)
    expect(to_s).toBeGreaterThan(from_s)
  },
)
