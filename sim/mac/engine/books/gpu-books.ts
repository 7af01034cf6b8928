/**
 * The GPU's account of its time: every nanosecond since it exists belongs to one cause and one culprit. A row that
 * notes the counters when it comes knows at its end what it was waiting for, and the shares add up to its stay exactly.
 *
 * Of a step, first the owned rows' plain time passes, then the ghosts', then what memory, another process and heat add,
 * then one-off costs: the order matters only to those who look in the middle of a step.
 */
import { assert } from '../../../base/assert.ts'
import {
  type Culprit,
  DELAY_CAUSES,
  type DelayCause,
  type DelayShare,
  GHOSTS,
  NONE,
  PREFIX_HIT,
  PROCESS,
  type RowDelays,
} from '../engine.ts'
import type { Blame, Pace, Worked } from '../law/pace.ts'

const CAUSES = DELAY_CAUSES.length
const CAUSE = { gpu: 0, memory: 1, thermal: 2, load: 3, queue: 4 } as const satisfies { [cause in DelayCause]: number }

/** What a row noted: the counters at its coming, and its own engine's plain time then and at its admission. */
export interface RowClock {
  readonly counters: readonly number[]
  readonly own: number
  admitted: number
}

/** One engine's part of the books. */
export interface EngineAccount {
  readonly culprit: number
  /** Nanoseconds of plain steps, ghosts' share left out. */
  own: number
}

/** Nanoseconds of one or several steps of an engine by what they are, in the order in which they pass. */
export const PART = { own: 0, ghosts: 1, memory: 2, process: 3, heat: 4, once: 5 } as const
export const PARTS = 6

/** What a one-off part is: warming up after a load, or wiring weights the driver had let go of. */
export type OnceKind = 'load' | 'memory'

export class GpuBooks {
  /** Everything up to here is booked, nanoseconds. */
  booked = 0
  readonly #names: Culprit[] = []
  readonly #places = new Map<Culprit, number>()
  /** Nanoseconds by culprit and cause. */
  readonly #counters: number[] = []
  /** GPU time used, by culprit. */
  readonly #worked: number[] = []
  readonly #workedView = { culprits: this.#names, nanos: this.#worked }
  readonly #ghosts = this.culprit(GHOSTS)
  readonly #process = this.culprit(PROCESS)
  readonly #none = this.culprit(NONE)
  /** Who is to blame for what memory and heat add; those of before, where the pace adds nothing and a step has still to make up for the last one. */
  #memoryBlame: readonly Blame[] = []
  #heatBlame: readonly Blame[] = []
  /** Extra time since the last split among those to blame. */
  #memoryToSplit = 0
  #heatToSplit = 0

  culprit(name: Culprit): number {
    const known = this.#places.get(name)
    if (known !== undefined) return known
    const place = this.#names.push(name) - 1
    this.#places.set(name, place)
    for (let cause = 0; cause < CAUSES; cause++) this.#counters.push(0)
    this.#worked.push(0)
    return place
  }

  account(name: Culprit): EngineAccount {
    return { culprit: this.culprit(name), own: 0 }
  }

  /** Whom extra time is blamed on from now on. */
  setPace({ memoryBlame, heatBlame }: Pace): void {
    this.#settle()
    if (memoryBlame.length > 0) this.#memoryBlame = memoryBlame
    if (heatBlame.length > 0) this.#heatBlame = heatBlame
  }

  /** `parts`: what passed, by PART. */
  step(account: EngineAccount, parts: readonly number[], once: OnceKind): void {
    const own = parts[PART.own]!
    const ghosts = parts[PART.ghosts]!
    const extra = parts[PART.memory]! + parts[PART.process]! + parts[PART.heat]! + parts[PART.once]!
    account.own += own
    this.#add(account.culprit, CAUSE.gpu, own)
    this.#worked[account.culprit]! += own + extra
    this.booked += own + ghosts + extra
    if (ghosts > 0) {
      this.#add(this.#ghosts, CAUSE.gpu, ghosts)
      this.#worked[this.#ghosts]! += ghosts
    }
    if (extra === 0) return
    this.#memoryToSplit += parts[PART.memory]!
    this.#add(this.#process, CAUSE.gpu, parts[PART.process]!)
    this.#heatToSplit += parts[PART.heat]!
    if (once === 'load') this.#add(account.culprit, CAUSE.load, parts[PART.once]!)
    else this.#add(this.#none, CAUSE.memory, parts[PART.once]!)
  }

  /** No step ran: nothing to do, or somebody held the lock. */
  pause(until: number, blamed: { readonly culprit: Culprit; readonly cause: DelayCause }): void {
    if (until === this.booked) return
    this.#add(this.culprit(blamed.culprit), CAUSE[blamed.cause], until - this.booked)
    this.booked = until
  }

  open(account: EngineAccount): RowClock {
    this.#settle()
    return { counters: this.#counters.slice(), own: account.own, admitted: account.own }
  }

  /** `alone`: the row by itself on the idle Mac; `saved`: what its restore took off that. Call when everything is booked. */
  close(account: EngineAccount, clock: RowClock, alone: number, saved: number): RowDelays {
    this.#settle()
    const before = clock.admitted - clock.own
    // Rounding may leave a row a few nanoseconds faster in company than alone.
    const solo = Math.min(alone, account.own - clock.admitted)
    const shares: DelayShare[] = []
    for (let place = 0; place < this.#names.length; place++) {
      const own = place === account.culprit
      const gpu = this.#since(clock, place, CAUSE.gpu) - (own ? before + solo : 0)
      const memory = this.#since(clock, place, CAUSE.memory)
      const thermal = this.#since(clock, place, CAUSE.thermal)
      const load = this.#since(clock, place, CAUSE.load)
      const queue = this.#since(clock, place, CAUSE.queue) + (own ? before : 0)
      if (gpu !== 0 || memory !== 0 || thermal !== 0 || load !== 0 || queue !== 0)
        shares.push({ culprit: this.#names[place]!, gpu, memory, thermal, load, queue })
    }
    if (saved !== 0) shares.push({ culprit: PREFIX_HIT, gpu: -saved, memory: 0, thermal: 0, load: 0, queue: 0 })
    return { soloNanos: solo + saved, shares }
  }

  /** GPU time used so far, by place of the culprit; the arrays go on growing. */
  get worked(): Worked {
    return this.#workedView
  }

  /** Nanoseconds of a culprit and cause since the clock noted the counters; a culprit may be younger than that. */
  #since(clock: RowClock, culprit: number, cause: number): number {
    const at = culprit * CAUSES + cause
    return this.#counters[at]! - (clock.counters[at] ?? 0)
  }

  #add(culprit: number, cause: number, nanos: number): void {
    this.#counters[culprit * CAUSES + cause]! += nanos
  }

  #settle(): void {
    if (this.#memoryToSplit > 0) this.#split(this.#memoryToSplit, this.#memoryBlame, CAUSE.memory)
    if (this.#heatToSplit > 0) this.#split(this.#heatToSplit, this.#heatBlame, CAUSE.thermal)
    this.#memoryToSplit = this.#heatToSplit = 0
  }

  #split(nanos: number, blame: readonly Blame[], cause: number): void {
    const parts = apportion(nanos, blame)
    for (let i = 0; i < parts.length; i++) this.#add(this.culprit(blame[i]!.culprit), cause, parts[i]!)
  }
}

/** Whole parts of `total` in proportion to the weights, by largest remainder; ties go to the first. */
export function apportion(total: number, blame: readonly Blame[]): readonly number[] {
  let weight = 0
  let blamed = 0
  for (const each of blame) {
    weight += each.weight
    if (each.weight !== 0) blamed++
  }
  assert(weight > 0, 'somebody is to blame')
  if (blamed === 1) return blame.map((each) => (each.weight === 0 ? 0 : total))
  const parts: number[] = []
  const remainders: number[] = []
  let rest = total
  for (const each of blame) {
    const exact = (total * each.weight) / weight
    const part = Math.floor(exact)
    parts.push(part)
    remainders.push(exact - part)
    rest -= part
  }
  // A handful of culprits: looking for the largest as often as one is due is faster than sorting them.
  for (; rest > 0; rest--) {
    let largest = 0
    for (let i = 1; i < remainders.length; i++) if (remainders[i]! > remainders[largest]!) largest = i
    parts[largest]!++
    remainders[largest]! -= 2
  }
  // A quotient may have been rounded up across a whole number.
  for (let k = 0; rest < 0; k = (k + 1) % parts.length) {
    if (parts[k]! > 0) {
      parts[k]!--
      rest++
    }
  }
  return parts
}
