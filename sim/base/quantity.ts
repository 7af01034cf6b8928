/** Quantities as people write them in scenario files: a number and a unit. A bare number is refused, because 60 may be seconds or minutes. */
import { MICROS_PER_SECOND, type Micros } from './time.ts'

const DURATION_UNITS: { readonly [unit: string]: number } = {
  us: 1,
  ms: 1_000,
  s: MICROS_PER_SECOND,
  m: 60 * MICROS_PER_SECOND,
  h: 3_600 * MICROS_PER_SECOND,
  d: 86_400 * MICROS_PER_SECOND,
}
const BYTE_UNITS: { readonly [unit: string]: number } = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

export const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h|d))+$|^0$/
export const BYTES_PATTERN = /^\d+(?:\.\d+)?(?:B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$|^0$/
export const RATE_PATTERN = /^\d+(?:\.\d+)?\/(?:s|m|h)$|^0$/
export const SHARE_PATTERN = /^\d+(?:\.\d+)?%$|^0$/
export const BANDWIDTH_PATTERN = /^\d+(?:\.\d+)?(?:MB|GB|TB)\/s$/

/** `1h`, `90s`, `1m30s`, `250ms`; undefined when it is not a duration. */
export function parseDuration(text: string): Micros | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g)) {
    total += Number(amount) * DURATION_UNITS[unit!]!
  }
  return Math.round(total) as Micros
}

/** `14m3s` or `843s`, or as the dashboard shows it: `14:03` (minutes and seconds), `1:14:03` (hours first). */
export function parseInstant(text: string): Micros | undefined {
  const clock = /^(?:(\d+):(?=\d\d:))?(\d+):([0-5]\d(?:\.\d+)?)$/.exec(text)
  if (clock === null) return parseDuration(text)
  const [, hours, minutes, seconds] = clock
  if (hours !== undefined && Number(minutes) >= 60) return undefined
  const whole_s = Number(hours ?? 0) * 3_600 + Number(minutes) * 60
  return Math.round((whole_s + Number(seconds)) * MICROS_PER_SECOND) as Micros
}

/** `64GB` = 64·10^9, `13.5GiB` = 13.5·2^30; bytes. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/.exec(text)
  if (text === '0') return 0
  return match === null ? undefined : Math.round(Number(match[1]) * BYTE_UNITS[match[2]!]!)
}

/** `6/s`, `90/m`; per second. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text)
  if (text === '0') return 0
  if (match === null) return undefined
  return (Number(match[1]) * MICROS_PER_SECOND) / DURATION_UNITS[match[2]!]!
}

/** `2%` = 0.02. */
export function parseShare(text: string): number | undefined {
  if (text === '0') return 0
  return SHARE_PATTERN.test(text) ? Number(text.slice(0, -1)) / 100 : undefined
}

/** `546GB/s`; decimal GB per second. */
export function parseBandwidth(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(MB|GB|TB)\/s$/.exec(text)
  return match === null ? undefined : (Number(match[1]) * BYTE_UNITS[match[2]!]!) / 1e9
}
