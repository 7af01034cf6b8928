/**
 * What goodput means: a first token within `5s + 1ms/token` (per prompt token), and a decode rate. The default is the
 * service level the real project assumes of its upstream router (facts coordinator-control.md §9.3) and the real
 * scheduler's floor of 15 tokens/s (MIN_DECODE_TPS).
 */
import { z } from 'zod'
import { within } from '../../base/config.ts'
import { parseDuration } from '../../base/quantity.ts'
import type { Micros } from '../../base/time.ts'

const BASE_MAX = 86_400_000_000
const PER_TOKEN_MAX = 1_000_000

export interface TtftLimit {
  readonly base: Micros
  readonly perToken: Micros
}

const DURATION = String.raw`(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+`
const TTFT_PATTERN = new RegExp(String.raw`^(${DURATION})(?: *\+ *(${DURATION})/token)?$`)

/** `5s + 1ms/token`, or `5s`; undefined when it is neither. */
export function parseTtftLimit(text: string): TtftLimit | undefined {
  const match = TTFT_PATTERN.exec(text)
  const base = match === null ? undefined : parseDuration(match[1]!)
  if (base === undefined) return undefined
  return { base, perToken: match?.[2] === undefined ? (0 as Micros) : parseDuration(match[2])! }
}

export const sloSchema = z
  .strictObject({
    ttft: z
      .string({ error: 'must be a limit such as `5s + 1ms/token` or `5s`' })
      .regex(TTFT_PATTERN, { error: 'must be a limit such as `5s + 1ms/token` or `5s`' })
      .refine(
        (text) => {
          const limit = parseTtftLimit(text)
          return limit === undefined || (limit.base <= BASE_MAX && limit.perToken <= PER_TOKEN_MAX)
        },
        { error: 'must be at most `24h + 1s/token`' },
      )
      .prefault('5s + 1ms/token')
      .describe('Time to the first token: a base, and more for each prompt token.'),
    decode_tps: within(0, 1_000_000).default(15).describe('Tokens per second after the first token.'),
  })
  .transform(({ ttft, decode_tps }) => {
    const { base, perToken } = parseTtftLimit(ttft)!
    return { ttftBase: base, ttftPerToken: perToken, decodeTps: decode_tps }
  })
