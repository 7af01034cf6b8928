/** Seeds: whole numbers up to 2^53 - 1, the largest that JSON and every reader of a result keep exactly. */
import { z } from 'zod'

const SEEDS_MAX = 10_000
const SEED_WORDS = 'must be a whole number from 0 to 9007199254740991'
const LIST_WORDS = `must be seeds such as 1-10 or 1,2,5, each once and at most ${SEEDS_MAX}`

export const seedSchema = z.int({ error: SEED_WORDS }).refine((seed) => seed >= 0, { error: SEED_WORDS })

/** `1-10`, `1,4,7-9`; undefined when it is not such a list, names a seed twice, or holds too many. */
export function parseSeedList(text: string): readonly number[] | undefined {
  const seeds = new Set<number>()
  let count = 0
  for (const part of text.split(',')) {
    const match = /^ *(\d+)(?:-(\d+))? *$/.exec(part)
    if (match === null) return undefined
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
    count += last - first + 1
    if (!Number.isSafeInteger(last) || last < first || count > SEEDS_MAX) return undefined
    for (let seed = first; seed <= last; seed++) seeds.add(seed)
  }
  return seeds.size === count ? [...seeds] : undefined
}

export const seedsSchema = z
  .union(
    [
      z.string().refine((text) => parseSeedList(text) !== undefined, { error: LIST_WORDS }),
      seedSchema,
      z.array(seedSchema).min(1).max(SEEDS_MAX),
    ],
    { error: LIST_WORDS },
  )
  .transform((input): readonly number[] => {
    if (typeof input === 'string') return parseSeedList(input)!
    return typeof input === 'number' ? [input] : input
  })
  .refine((seeds) => new Set(seeds).size === seeds.length, { error: 'must not name a seed twice' })
