/**
 * Two-level fractional factorial designs (Box, Hunter and Hunter 2005, chapter 6): some factors take all combinations of low and
 * high, each further one follows the product of a few of those. What that saves in runs it costs in aliases: effects that no
 * number of runs of this design can tell apart. They are worked out here, so that nobody takes one for the other.
 */
import { assert } from '../../sim/base/assert.ts'

type Level = -1 | 1

export interface Fraction<Factor extends string> {
  readonly factors: readonly Factor[]
  /** Level of every factor, row by row. */
  readonly rows: readonly { readonly [factor in Factor]: Level }[]
  /** Products of factors that are the same in every row, shortest first. The length of the first is the resolution. */
  readonly definingWords: readonly (readonly Factor[])[]
  readonly resolution: number
}

/** A set of factors as bits. Products of words are exclusive ors, because a factor squared is 1. */
type Word = number

function wordsOf(generators: readonly Word[]): readonly Word[] {
  const words: Word[] = [0]
  for (const generator of generators) words.push(...words.map((word) => word ^ generator))
  return words.slice(1)
}

const lengthOf = (word: Word): number => (word === 0 ? 0 : (word & 1) + lengthOf(word >>> 1))

/** `basic` factors take all combinations; each of `generated` is the product of the basic ones that it names. */
export function fractionOf<Factor extends string>(
  basic: readonly Factor[],
  generated: { readonly [factor in Factor]?: readonly Factor[] },
): Fraction<Factor> {
  const entries = Object.entries(generated) as [Factor, readonly Factor[]][]
  const factors = [...basic, ...entries.map(([factor]) => factor)]
  const bit = (factor: Factor): Word => 2 ** factors.indexOf(factor)
  const generators = entries.map(([factor, parents]) => {
    assert(
      parents.every((parent) => basic.includes(parent)),
      'fraction: a generator names a factor that is none',
    )
    return [factor, ...parents].reduce((word, each) => word ^ bit(each), 0)
  })
  const named = (word: Word): readonly Factor[] => factors.filter((factor) => (word & bit(factor)) !== 0)
  const words = wordsOf(generators).toSorted((a, b) => lengthOf(a) - lengthOf(b) || a - b)
  const rows = Array.from({ length: 2 ** basic.length }, (_, row) => {
    const levels = new Map<Factor, Level>()
    for (const [place, factor] of basic.entries()) levels.set(factor, ((row >> place) & 1) === 1 ? 1 : -1)
    for (const [factor, parents] of entries)
      levels.set(factor, parents.reduce<number>((product, parent) => product * levels.get(parent)!, 1) as Level)
    return Object.fromEntries(levels) as unknown as { readonly [factor in Factor]: Level }
  })
  return {
    factors,
    rows,
    definingWords: words.map(named),
    resolution: words.length === 0 ? Number.POSITIVE_INFINITY : lengthOf(words[0]!),
  }
}

/** Pairs of factors whose joint effects this design cannot tell apart, group by group; a pair that stands alone is in none. */
export function aliasedPairs<Factor extends string>({
  factors,
  definingWords,
}: Fraction<Factor>): readonly (readonly (readonly [Factor, Factor])[])[] {
  const pairs = factors.flatMap((a, i) => factors.slice(i + 1).map((b) => [a, b] as const))
  const isAliased = ([a, b]: readonly [Factor, Factor], [c, d]: readonly [Factor, Factor]): boolean =>
    definingWords.some(
      (word) =>
        word.length === 4 && new Set([a, b, c, d]).size === 4 && [a, b, c, d].every((each) => word.includes(each)),
    )
  const groups: (readonly [Factor, Factor])[][] = []
  for (const pair of pairs) {
    const known = groups.find((group) => isAliased(group[0]!, pair))
    if (known === undefined) groups.push([pair])
    else known.push(pair)
  }
  return groups.filter((group) => group.length > 1)
}
