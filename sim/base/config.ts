/**
 * Schema types for quantities, for every room's `config.ts`. Input is text with a unit, output is the number the room
 * works with. YAML gives a bare number where the author forgot the unit; the message then says what would be right.
 */
import { z } from 'zod'
import {
  BANDWIDTH_PATTERN,
  BYTES_PATTERN,
  DURATION_PATTERN,
  parseBandwidth,
  parseBytes,
  parseDuration,
  parseRate,
  parseShare,
  RATE_PATTERN,
  SHARE_PATTERN,
} from './quantity.ts'
import { type ByName, withoutPrototype, withRealNames } from './names.ts'
import type { Micros } from './time.ts'

/** 2^53 - 1 microseconds, where time stops being exact, are 285 years; a year is more than any question needs. */
const DURATION_MAX = (8_784 * 3_600 * 1_000_000) as Micros
/** A thousand times what the largest Mac holds; bytes stay exact well beyond it. */
const BYTES_MAX = 1e15

/** `0` needs no unit; YAML reads it as a number. */
function quantity<T>(pattern: RegExp, what: string, parse: (text: string) => T | undefined) {
  return z
    .union([z.string().regex(pattern, { error: `must be ${what}` }), z.literal(0)], { error: `must be ${what}` })
    .transform((input) => parse(String(input)) as T)
}

/** Whole microseconds. */
export const duration = () =>
  quantity<Micros>(DURATION_PATTERN, 'a duration with a unit, such as 250ms, 90s, 10m or 1h', parseDuration).refine(
    (value) => value <= DURATION_MAX,
    { error: 'must be at most 8784h, a year' },
  )
/** Bytes. */
export const bytes = () =>
  quantity<number>(BYTES_PATTERN, 'a size with a unit, such as 64GB or 13.5GiB', parseBytes).refine(
    (value) => value <= BYTES_MAX,
    { error: 'must be at most 1000TB' },
  )
/** Per second. */
export const rate = () => quantity<number>(RATE_PATTERN, 'a rate with a unit, such as 6/s or 90/m', parseRate)
/** 0 … 1, written in per cent. */
export const share = () =>
  quantity<number>(SHARE_PATTERN, 'a share in per cent, such as 17%', parseShare).refine((value) => value <= 1, {
    error: 'must be at most 100%',
  })
/** Decimal GB per second. */
export const bandwidth = () =>
  quantity<number>(BANDWIDTH_PATTERN, 'a bandwidth with a unit, such as 546GB/s', parseBandwidth)
/** A positive duration. */
export const positiveDuration = () => duration().refine((value) => value > 0, { error: 'must be more than 0' })
/** A positive rate. */
export const positiveRate = () => rate().refine((value) => value > 0, { error: 'must be more than 0' })

/** Longer ones are slips, and fill tables and messages. */
const NAME_MAX = 200
/** Control characters, separators of lines, and halves of characters that no file can hold. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u
const PRINTABLE = 'must not hold control characters'
const isPrintable = (text: string): boolean => !UNPRINTABLE.test(withRealNames(text))

/** Text that people read, possibly empty. */
export const label = () => z.string().max(NAME_MAX).refine(isPrintable, { error: PRINTABLE })
/** What something is called. Any printable name is one, `constructor` and `__proto__` too. */
export const name = () => label().min(1)

/** A map from names to values, which finds nothing under a name that is not in it, whatever the name. */
export const byName = <V extends z.ZodType>(value: V, key: z.ZodType<string, string> = name()) =>
  z.record(key, value).transform((map): ByName<z.output<V>> => withoutPrototype(map))
