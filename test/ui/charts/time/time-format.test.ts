/** Times as people read them. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { formatTime } from '../../../../ui/charts/time/time-format.ts'

describe('a time', () => {
  it('is minutes and seconds, hours where there are some, and as fine as asked', () => {
    expect(formatTime(0)).toBe('0:00')
    expect(formatTime(599.96)).toBe('9:59')
    expect(formatTime(599.94, 0.1)).toBe('9:59.9')
    expect(formatTime(3_725)).toBe('1:02:05')
    expect(formatTime(-61)).toBe('-1:01')
  })

  it('that rounds to a whole minute or hour is one', () => {
    expect(formatTime(599.96, 0.1)).toBe('10:00.0')
    expect(formatTime(3_599.999_6, 0.001)).toBe('1:00:00.000')
  })

  test.prop([fc.double({ min: 0, max: 90_000, noNaN: true }), fc.constantFrom(1, 0.5, 0.1, 0.01, 0.001)])(
    'never has sixty seconds or sixty minutes',
    (seconds, step_s) => {
      const [rest, minutes] = formatTime(seconds, step_s).split(':').toReversed()
      expect(Number(rest)).toBeLessThan(60)
      expect(Number(minutes)).toBeLessThan(60)
    },
  )
})
