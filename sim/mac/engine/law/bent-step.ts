/**
 * A step whose pace changes while it runs, or that stands still for a while. The share of it that is done stays done, and
 * the rest goes at the new pace: what is left times the new length over the old one, to the nearest nanosecond.
 *
 * Paces of one instant count as one: as long as nothing has passed since the last change, a further one starts again from
 * what was left before. So a slow spell that begins where another ends is the same as one that lasts.
 *
 * Books: plain time passes first, as in any step, so what is left of it is whole; whatever else the rest takes is split
 * among the layers by what each has come to so far and will still add, less what of it is booked.
 */
import { assert } from '../../../base/assert.ts'
import { NANOS_MAX } from '../cycle.ts'
import { NONE } from '../engine.ts'
import { apportion, type EngineAccount, type OnceKind, PART, PARTS } from '../books/gpu-books.ts'
import type { Stepping } from '../books/step-books.ts'

const LAYERS = [PART.memory, PART.process, PART.heat, PART.once] as const

function sumOf(parts: readonly number[]): number {
  let sum = 0
  for (const part of parts) sum += part
  return sum
}

export class BentStep implements Stepping {
  readonly account: EngineAccount
  readonly onceKind: OnceKind
  /** Nanoseconds: since when the rest below is what is left, at the present pace. */
  since: number
  /** Of the whole step at the present pace, and of that at the pace before the latest instant of change. */
  #whole: readonly number[]
  #wholeBefore: readonly number[]
  /** What was left then, at that pace, and of the plain parts of it. */
  #restBefore: number
  #ownLeft: number
  #ghostsLeft: number
  /** Of each layer: what it should have taken of the step so far, less what is booked on it. */
  readonly #owed: number[] = LAYERS.map(() => 0)
  /** What is left, by PART. */
  readonly #left: number[]
  #stopped = false

  /** The step takes `whole` at the pace it started with. */
  constructor({ account, onceKind }: Stepping, whole: readonly number[], startedAt: number) {
    this.account = account
    this.onceKind = onceKind
    this.since = startedAt
    this.#whole = this.#wholeBefore = whole.slice()
    this.#left = whole.slice()
    this.#restBefore = sumOf(whole)
    this.#ownLeft = whole[PART.own]!
    this.#ghostsLeft = whole[PART.ghosts]!
  }

  get restNanos(): number {
    return sumOf(this.#left)
  }

  get stopped(): boolean {
    return this.#stopped
  }

  partsOf(steps: number): number[] {
    assert(steps === 1, 'a bent step is one step')
    return this.#left.slice()
  }

  /** From now on the whole step would take `whole`. */
  setWhole(whole: readonly number[], now: number): void {
    this.#passTo(now)
    this.#whole = whole.slice()
    this.#bend()
  }

  /** It stands still from now on. */
  stop(now: number): void {
    this.#passTo(now)
    this.#stopped = true
  }

  resume(now: number): void {
    this.since = now
    this.#stopped = false
  }

  #passTo(now: number): void {
    if (this.#stopped || now === this.since) return
    const elapsed = now - this.since
    const rest = this.restNanos
    assert(elapsed > 0 && elapsed < rest, 'a step bends while it runs')
    const share = elapsed / sumOf(this.#whole)
    const left = this.#left
    let passing = elapsed
    for (let part = 0; part < PARTS; part++) {
      const mine = Math.min(passing, left[part]!)
      passing -= mine
      left[part]! -= mine
      if (part === PART.own) this.#ownLeft -= mine
      else if (part === PART.ghosts) this.#ghostsLeft -= mine
      else {
        const layer = LAYERS.indexOf(part as (typeof LAYERS)[number])
        this.#owed[layer] = this.#owed[layer]! + share * this.#whole[part]! - mine
      }
    }
    this.#restBefore = rest - elapsed
    this.#wholeBefore = this.#whole
    this.since = now
  }

  #bend(): void {
    const before = sumOf(this.#wholeBefore)
    const rest = Math.max(1, inProportion(this.#restBefore, sumOf(this.#whole), before))
    const undone = this.#restBefore / before
    const own = Math.min(this.#ownLeft, rest)
    const ghosts = Math.min(this.#ghostsLeft, rest - own)
    const left = this.#left.fill(0)
    left[PART.own] = own
    left[PART.ghosts] = ghosts
    const layers = rest - own - ghosts
    if (layers > NANOS_MAX) {
      // It will not be over within a run.
      left[PART.process] = layers
    } else if (layers > 0) {
      const weights = LAYERS.map((layer, i) => ({
        culprit: NONE,
        weight: Math.max(0, this.#owed[i]! + undone * this.#whole[layer]!),
      }))
      // Nothing but rounding is left when no layer claims it.
      if (weights.every(({ weight }) => weight === 0)) weights[LAYERS.indexOf(PART.process)]!.weight = 1
      const shares = apportion(layers, weights)
      for (const [i, layer] of LAYERS.entries()) left[layer] = shares[i]!
    }
  }
}

/**
 * amount * to / from, to the nearest whole number, a half upwards. Exact, although such products leave the doubles, for
 * whatever ends within a run.
 */
export function inProportion(amount: number, to: number, from: number): number {
  if (to === from) return amount
  const doubled = 2 * amount * to + from
  // So far all of it is exact in doubles: decode steps, and chunks of a few milliseconds.
  if (doubled <= Number.MAX_SAFE_INTEGER) return Math.floor(doubled / (2 * from))
  if (Math.max(amount, to, from) > NANOS_MAX) return Math.round(amount * (to / from))
  return Number((2n * BigInt(amount) * BigInt(to) + BigInt(from)) / (2n * BigInt(from)))
}
