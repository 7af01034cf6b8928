/** Timestamps as programs write them, and decimals without a floating-point number. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { readTimestamp, readZone, writeTimestamp } from '../../sim/base/calendar.ts'
import { wholeOf } from '../../sim/base/cell.ts'
import { scaledDecimal } from '../../sim/base/decimal.ts'

const instant = fc.integer({ min: 0, max: 4_102_444_800_000_000 })

describe('timestamps', () => {
  test.prop([instant])('are read back to the microsecond, and are those of the calendar', (at) => {
    const text = writeTimestamp(at)
    expect(readTimestamp(text)).toEqual({ local: at, ahead: 0 })
    expect(text.slice(0, 23)).toBe(new Date(Math.floor(at / 1_000)).toISOString().slice(0, 23))
  })

  it('come in many forms', () => {
    const noon = { local: 1_782_043_200_500_000, ahead: undefined }
    for (const text of ['2026-06-21T12:00:00.5', '2026-06-21 12:00:00.500000000', '2026/6/21 12:00:00,5'])
      expect(readTimestamp(text)).toEqual(noon)
    for (const text of ['2026-06-21T12:00:00.5+02:00', '2026-06-21 12:00:00.5+02', '2026-06-21 12:00:00.5 +0200'])
      expect(readTimestamp(text)).toEqual({ ...noon, ahead: 7_200_000_000 })
    expect(readTimestamp('2026-06-21T12:00:00.123456789Z')?.local).toBe(1_782_043_200_123_457)
    expect(readTimestamp('2026-06-21 12:00')?.local).toBe(1_782_043_200_000_000)
    expect(readTimestamp('2024-02-29T00:00:00Z')?.local).toBe(1_709_164_800_000_000)
  })

  it('that no calendar has are none', () => {
    for (const text of [
      '2026-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-06-21T24:00:00Z',
      '2026-06-21',
      '12:00',
      '2026-06-21T12:00:00+99:00',
      '21.06.2026 12:00',
      '',
    ])
      expect(readTimestamp(text)?.ahead === undefined && readTimestamp(text) !== undefined).toBe(false)
    expect(readZone('Mars')).toBeUndefined()
  })
})

describe('decimals', () => {
  const digits = fc.stringMatching(/^\d{1,9}$/)
  test.prop([digits, fc.stringMatching(/^\d{0,12}$/), fc.integer({ min: -3, max: 6 }), fc.constantFrom('.', ',')])(
    'are whole units, exactly, halves up',
    (whole, fraction, shift, point) => {
      const scale = 10n ** 20n
      const exact = BigInt(whole + fraction) * 10n ** BigInt(20 - fraction.length)
      const wanted = shift >= 0 ? exact * 10n ** BigInt(shift) : exact / 10n ** BigInt(-shift)
      const rounded = (wanted * 2n + scale) / (2n * scale)
      expect(scaledDecimal(fraction === '' ? whole : `${whole}${point}${fraction}`, shift)).toBe(Number(rounded))
    },
  )

  it('may have an exponent, and are nothing else', () => {
    expect(scaledDecimal('1.7e9', 6)).toBe(1_700_000_000_000_000)
    expect(scaledDecimal('1700000000123456789', -3)).toBe(1_700_000_000_123_457)
    for (const text of ['', '-1', '1.2.3', 'x', '0x10', '1e999', '9'.repeat(30)])
      expect(scaledDecimal(text, 0)).toBeUndefined()
  })

  it('that count are whole', () => {
    expect(['12', '12.0', '12.', ' 12 ', '1,234', '1,234,567.0'].map(wholeOf)).toEqual([
      12, 12, 12, 12, 1_234, 1_234_567,
    ])
    for (const text of ['1.5', '1,5', '12,34', '-1', '', '1e3', 'many']) expect(wholeOf(text)).toBeUndefined()
  })
})
