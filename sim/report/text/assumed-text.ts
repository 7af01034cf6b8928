/** What a result rests on without anybody knowing it, as lines of text: the input, its value where it is short, and why. */
import type { GatheredAssumed } from '../../lab/compare/assumed.ts'

/** Longer values are a screen of their own, and stand in the scenario. */
const SHORT = 60

/** Flow style, without the quotes that plain words do not need; '' where it would be long. */
export function shortValue(value: unknown): string {
  const text = JSON.stringify(value)?.replace(/"([A-Za-z_][\w .%/@-]*)"/g, '$1') ?? ''
  return text.length > SHORT ? '' : text.replaceAll(',', ', ').replaceAll(':', ': ')
}

/** Places named in a line; more are counted. */
const NAMED = 3

/** Of a grid, whose cells are many and have long names. */
export const assumedOfCells = (input: GatheredAssumed): string => {
  const { arms } = input
  return assumedLine(arms === undefined || arms.length <= NAMED ? input : { ...input, arms: [`${arms.length} cells`] })
}

/** `demand[0].max_tokens = 1024 (open): clients' limits are not published`. */
export function assumedLine({ path, value, why, arms }: GatheredAssumed): string {
  const short = shortValue(value)
  return `${path}${short === '' ? '' : ` = ${short}`}${arms === undefined ? '' : ` (${arms.join(', ')})`}: ${why}`
}
