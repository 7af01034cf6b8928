/**
 * Decimal text as a whole number of some power of ten, exactly: `1700000000.123456789` seconds are 1700000000123457
 * microseconds, which no floating-point product would give. Rounds to nearest, halves up. A comma may stand for the
 * point, as half of the world writes it, and an exponent is worked in.
 */

const DECIMAL = /^\+?(\d+)(?:[.,](\d*))?(?:[eE]([+-]?\d{1,3}))?$/

/** `text` · 10^shift; undefined when it is no plain decimal, is negative, or is beyond what is exact. */
export function scaledDecimal(text: string, shift: number): number | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const whole = match[1]!
  const fraction = match[2] ?? ''
  // Digits before the point once it has moved.
  const point = whole.length + shift + Number(match[3] ?? 0)
  const digits = whole + fraction
  if (point > 400) return undefined
  const kept = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0')
  const next = point < 0 ? '0' : (digits[point] ?? '0')
  const value = Number(kept) + (next >= '5' ? 1 : 0)
  return Number.isSafeInteger(value) ? value : undefined
}
