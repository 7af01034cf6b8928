/** "Did you mean": the known names nearest to what somebody wrote, or the list of all of them. */
import { distance } from 'fastest-levenshtein'

/** A longer list helps nobody. */
const NAMES_SHOWN = 12
const COMPLETIONS_SHOWN = 4
/** Fewer letters stand in too many names to mean one. */
const PART_MIN = 4

/** A third of the letters may differ, and one more when the first letter is right: swapped letters count as two. */
function nearest(written: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const name of names) {
    const away = distance(written.toLowerCase(), name.toLowerCase())
    const limit = Math.max(1, Math.floor(written.length / 3)) + (written[0] === name[0] ? 1 : 0)
    if (away <= limit && away < bestDistance) [best, bestDistance] = [name, away]
  }
  return best
}

/** `did you mean \`warmup\`?` or `known: a, b, c`. */
export function suggestion(written: string, names: readonly string[], known: string): string {
  const start = written.toLowerCase()
  const completions = start === '' ? [] : names.filter((name) => name.toLowerCase().startsWith(start))
  const near = nearest(written, names)
  const holders = start.length < PART_MIN ? [] : names.filter((name) => name.toLowerCase().includes(start))
  const meant =
    [completions, near === undefined ? [] : [near], holders].find(
      (found) => found.length > 0 && found.length <= COMPLETIONS_SHOWN,
    ) ?? []
  if (meant.length > 0) return `did you mean ${meant.map((name) => `\`${name}\``).join(' or ')}?`
  if (names.length === 0) return `there are no ${known}`
  const more = names.length - NAMES_SHOWN
  return `${known}: ${names.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
