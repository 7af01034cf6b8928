/** Names, colours and explanations of causes and culprits, in the words of the trace. */
import { CAUSES, type Cause } from '../../data/interference/delay-shares.ts'
import { colour } from '../../parts/colours.ts'

export interface CauseWords {
  readonly cause: Cause
  readonly name: string
  readonly colour: string
  readonly about: string
}

const WORDS: { readonly [C in Cause]: Omit<CauseWords, 'cause'> } = {
  gpu: { name: 'GPU', colour: colour(0), about: 'steps of the GPU that other rows took, or that they made longer' },
  memory: {
    name: 'memory',
    colour: colour(3),
    about: 'steps stretched by compression and swapping; weights that the GPU takes up again after idling',
  },
  thermal: { name: 'heat', colour: colour(1), about: 'a clock held down by heat, by each model’s share of it' },
  load: { name: 'load', colour: colour(4), about: 'waiting for weights to be loaded' },
  queue: {
    name: 'queue',
    colour: colour(7),
    about: 'waiting for a slot, or outside the Mac: coordinator, network, retries',
  },
}

export const CAUSE_WORDS: readonly CauseWords[] = CAUSES.map((cause) => ({ cause, ...WORDS[cause] }))

/** Culprits that are no model, in the order of the columns. */
export const OTHER_CULPRITS: { readonly [culprit: string]: { readonly name: string; readonly about: string } } = {
  ghosts: { name: 'ghosts', about: 'requests nobody waits for any more that the GPU still works on' },
  process: { name: 'other process', about: 'something else that the Mac’s owner runs' },
  prefix_hit: {
    name: 'prefix hit',
    about: 'a credit: tokens of the prompt that were in the cache already, so it is negative',
  },
  none: {
    name: 'none',
    about: 'nobody’s fault: coordinator, network, retries, polls, faults, a Mac short of memory by itself',
  },
}

export const nameOfCulprit = (culprit: string): string =>
  Object.hasOwn(OTHER_CULPRITS, culprit) ? OTHER_CULPRITS[culprit]!.name : culprit
