/**
 * How the providers of one build stand towards requests of one shape (with tools or not, with pictures or not), before
 * anything is known of a request but its shape: who is passed over for what, who is left to be looked at. Counters are kept
 * as providers change, so that a decision visits only those whose answer depends on the request.
 */
import type { Drop } from '../decision.ts'

/** What the checks say; `open`: the request's lengths decide. */
const SILENT = 0
const CAPACITY = 1
const TOO_LARGE = 2
const OPEN = 3
const VISION = 4

/**
 * What the pool gate says. `gated`: a gate before it refuses. `asked`: it must be asked at the decision, because it may
 * relabel or nobody knows its answer.
 */
export const GATED = 0
export const ALLOWED = 1
export const ASKED = 2
export const REFUSED = 3
export type PoolStanding = typeof GATED | typeof ALLOWED | typeof ASKED | typeof REFUSED

const CHOICE_SHIFT = 3
const POOL_SHIFT = 6
const BREAKER = 1 << 8

export interface Stand {
  /** What the quick check finds; undefined: the lengths decide. */
  readonly quick: Drop | undefined
  readonly choice: Drop | undefined
  readonly pool: PoolStanding
  readonly breakerOpen: boolean
}

/** Counted without a look at any provider. */
export interface Counted {
  capacity: number
  tooLarge: number
  vision: number
  breaker: number
  /** Providers about whom the pool gate must be asked. */
  asked: number
}

const none = (): Counted => ({ capacity: 0, tooLarge: 0, vision: 0, breaker: 0, asked: 0 })

function kindOf(drop: Drop | undefined): number {
  switch (drop) {
    case undefined:
      return OPEN
    case 'headroom':
    case 'busy_other_slot':
    case 'admission':
      return CAPACITY
    case 'too_large':
      return TOO_LARGE
    case 'vision':
      return VISION
    default:
      return SILENT
  }
}

export class Standing {
  readonly quick = none()
  readonly choice = none()
  /** Whom a decision must look at, 32 places a word. */
  quickWords = new Int32Array(0)
  choiceWords = new Int32Array(0)
  /** Numbers of the last passes that made the quick check, and selection's alone. */
  lastQuick = 0
  lastChoice = 0
  private codes = new Uint16Array(0)

  /** Nobody stands anywhere yet. */
  reset(places: number): void {
    Object.assign(this.quick, none())
    Object.assign(this.choice, none())
    const words = (places + 31) >> 5
    this.quickWords = new Int32Array(words)
    this.choiceWords = new Int32Array(words)
    this.codes = new Uint16Array(places)
  }

  set(place: number, stand: Stand): void {
    const code =
      kindOf(stand.quick) |
      (kindOf(stand.choice) << CHOICE_SHIFT) |
      (stand.pool << POOL_SHIFT) |
      (stand.breakerOpen ? BREAKER : 0)
    const before = this.codes[place]!
    if (code === before) return
    this.add(place, before, -1)
    this.add(place, code, 1)
    this.codes[place] = code
  }

  /** An excluded provider is passed over before anything of it is counted. */
  uncount(place: number, from: Counted): void {
    const code = this.codes[place]!
    if ((code & BREAKER) !== 0) from.breaker -= 1
    else if (poolOf(code) === ALLOWED) tally(from, (code >> CHOICE_SHIFT) & 7, -1)
  }

  pool(place: number): PoolStanding {
    return poolOf(this.codes[place]!)
  }

  /** Number of the last pass that asked the pool gate about this provider, or went by what it remembers of it. */
  lastPass(place: number): number {
    return (this.codes[place]! & BREAKER) !== 0 ? this.lastQuick : Math.max(this.lastQuick, this.lastChoice)
  }

  /** For one who was asked about and allowed: true when the lengths decide, else it is counted. */
  isQuickOpen(place: number, into: Counted): boolean {
    return isOpen(this.codes[place]! & 7, into)
  }
  isChoiceOpen(place: number, into: Counted): boolean {
    return isOpen((this.codes[place]! >> CHOICE_SHIFT) & 7, into)
  }

  private add(place: number, code: number, by: 1 | -1): void {
    const bit = 1 << (place & 31)
    const pool = poolOf(code)
    count(this.quick, this.quickWords, place >> 5, bit, code & 7, pool, by)
    if ((code & BREAKER) !== 0) this.choice.breaker += by
    else count(this.choice, this.choiceWords, place >> 5, bit, (code >> CHOICE_SHIFT) & 7, pool, by)
  }
}

/** Field by field: `Object.assign` costs as much as looking at ten machines. */
export function copyCounted(from: Counted, into: Counted): void {
  into.capacity = from.capacity
  into.tooLarge = from.tooLarge
  into.vision = from.vision
  into.breaker = from.breaker
  into.asked = from.asked
}

const poolOf = (code: number): PoolStanding => ((code >> POOL_SHIFT) & 3) as PoolStanding

function isOpen(kind: number, into: Counted): boolean {
  if (kind === OPEN) return true
  tally(into, kind, 1)
  return false
}

function tally(into: Counted, kind: number, by: 1 | -1): void {
  if (kind === CAPACITY) into.capacity += by
  else if (kind === TOO_LARGE) into.tooLarge += by
  else if (kind === VISION) into.vision += by
}

function count(
  into: Counted,
  words: Int32Array,
  word: number,
  bit: number,
  kind: number,
  pool: PoolStanding,
  by: 1 | -1,
): void {
  if (pool === REFUSED || pool === GATED) return
  if (pool === ASKED) into.asked += by
  else if (kind !== OPEN) {
    tally(into, kind, by)
    return
  }
  if (by === 1) words[word]! |= bit
  else words[word]! &= ~bit
}
