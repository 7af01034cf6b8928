/**
 * Figures of a run that nobody could see, as of one before a real coordinator: its result names them among what it
 * assumes. Whoever reads such a figure by its path is told that there is none, and not the 0 that stands in its place.
 */
import type { AssumedInput } from '../../base/assumed.ts'
import type { RunResult } from '../result.ts'

const WORD = 'unseen'

/** `figures`: paths as metrics have them, and all below each; `*` stands for any one name, such as a model's. */
export const unseenFigures = (figures: readonly string[], why: string): AssumedInput => ({
  path: figures.join(', '),
  value: WORD,
  why,
})

type Pattern = readonly string[]

const NONE: readonly Pattern[] = []
/** By what a result assumes: the same list is asked for every figure. */
const known = new WeakMap<readonly AssumedInput[], readonly Pattern[]>()

function patternsOf(assumed: readonly AssumedInput[]): readonly Pattern[] {
  let patterns = known.get(assumed)
  if (patterns === undefined) {
    const paths = assumed.filter(({ value }) => value === WORD).flatMap(({ path }) => path.split(', '))
    patterns = paths.map((path) => path.split('.'))
    known.set(assumed, patterns)
  }
  return patterns
}

export function isUnseen({ assumed }: Pick<RunResult, 'assumed'>, names: readonly string[]): boolean {
  // Files of before have no such list.
  const patterns = (assumed as RunResult['assumed'] | undefined) === undefined ? NONE : patternsOf(assumed)
  return patterns.some(
    (pattern) =>
      pattern.length <= names.length && pattern.every((each, place) => each === '*' || each === names[place]),
  )
}
