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
const anyDuration = () =>
  quantity<Micros>(DURATION_PATTERN, 'a duration with a unit, such as 250ms, 90s, 10m or 1h', parseDuration)
export const duration = () =>
  anyDuration().refine((value) => value <= DURATION_MAX, { error: 'must be at most 8784h, a year' })
/** Bytes. */
const anyBytes = () => quantity<number>(BYTES_PATTERN, 'a size with a unit, such as 64GB or 13.5GiB', parseBytes)
export const bytes = () => anyBytes().refine((value) => value <= BYTES_MAX, { error: 'must be at most 1000TB' })
/** Per second. */
const rate = () => quantity<number>(RATE_PATTERN, 'a rate with a unit, such as 6/s or 90/m', parseRate)
/** 0 … 1, written in per cent. */
export const share = () =>
  quantity<number>(SHARE_PATTERN, 'a share in per cent, such as 17%', parseShare).refine((value) => value <= 1, {
    error: 'must be at most 100%',
  })
/** 0 … 1: `never`, `always`, or a share in between. */
export const frequency = () =>
  z
    .union([z.enum(['never', 'always']), share()], { error: 'must be `never`, `always` or a share such as 30%' })
    .transform((often) => (often === 'never' ? 0 : often === 'always' ? 1 : often))
/** Decimal GB per second. */
const bandwidth = () => quantity<number>(BANDWIDTH_PATTERN, 'a bandwidth with a unit, such as 546GB/s', parseBandwidth)
/** A positive duration. */
export const positiveDuration = () => duration().refine((value) => value > 0, { error: 'must be more than 0' })
const range = (min: number | string, max: number | string): string => `must be from ${min} to ${max}`

/** A number inside its bounds, both included. */
export const within = (min: number, max: number) =>
  z
    .number()
    .min(min, { error: range(min, max) })
    .max(max, { error: range(min, max) })
export const wholeWithin = (min: number, max: number) =>
  z
    .int()
    .min(min, { error: range(min, max) })
    .max(max, { error: range(min, max) })
/** Bounds as one would write them: `10ms`, `1h`. */
export function durationWithin(min: string, max: string) {
  const [least, most] = [parseDuration(min)!, parseDuration(max)!]
  return anyDuration().refine((value) => value >= least && value <= most, { error: range(min, max) })
}
export function bytesWithin(min: string, max: string) {
  const [least, most] = [parseBytes(min)!, parseBytes(max)!]
  return anyBytes().refine((value) => value >= least && value <= most, { error: range(min, max) })
}
export function bandwidthWithin(min: string, max: string) {
  const [least, most] = [parseBandwidth(min)!, parseBandwidth(max)!]
  return bandwidth().refine((value) => value >= least && value <= most, { error: range(min, max) })
}
/** How often something comes; slower is never. */
export function rateWithin(min: string, max: string) {
  const [least, most] = [parseRate(min)!, parseRate(max)!]
  return rate()
    .refine((value) => value > 0, { error: 'must be more than 0', abort: true })
    .refine((value) => value >= least && value <= most, { error: range(min, max) })
}
/** What happens again and again: at most ten times a second, or the clock hardly moves. */
export const period = () => durationWithin('100ms', '8784h')

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
