/**
 * What identifies a scenario: the SHA-256 of its resolved settings in one canonical form. A path stands for the
 * content of its file, so that moving a scenario changes nothing and editing its trace does.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

export const digestOf = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))

/** `standsFor`: strings to write otherwise, by value. */
export const canonicalDigest = (value: unknown, standsFor: ReadonlyMap<string, string>): string =>
  digestOf(JSON.stringify(canonical(value, standsFor)))

/** Keys sorted; what is undefined or a function left out. */
function canonical(value: unknown, standsFor: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return standsFor.get(value) ?? value
  if (Array.isArray(value)) return value.map((item: unknown) => canonical(item, standsFor))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== 'function')
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, canonical(item, standsFor)])
}
