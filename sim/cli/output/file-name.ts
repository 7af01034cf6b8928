/**
 * A name for a file or a folder, made of any text: readable, and never the same for two texts, also on a disk that
 * ignores case or rewrites letters with accents. Plain names stay as they are; all others end in a hash of the exact
 * text behind a `~`, which no plain name has. The same text gives the same name whatever stands beside it.
 */
import { createHash } from 'node:crypto'

const PLAIN = /^[a-z0-9][a-z0-9._@+-]*$/
const PLAIN_LENGTH_MAX = 100
/** What Windows keeps for devices, with any ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/
/** Letters of the text that the name shows; 40 of four bytes leave room for the hash in the 255 bytes of a name. */
const SHOWN = 40
const HASH_DIGITS = 16

/** Text in which single halves of a pair stay apart, which UTF-8 would make equal. */
const hashOf = (text: string): string =>
  createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, HASH_DIGITS)

export function fileName(text: string): string {
  if (PLAIN.test(text) && text.length <= PLAIN_LENGTH_MAX && !text.endsWith('.') && !DEVICE.test(text)) return text
  const words = text.replaceAll(/[^\p{L}\p{M}\p{N}.@+-]+/gu, '-').replace(/^[-.]+/, '')
  return `${Array.from(words)
    .slice(0, SHOWN)
    .join('')
    .replace(/[-.]+$/, '')}~${hashOf(text)}`
}
