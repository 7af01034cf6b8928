/**
 * Where requests wait for a machine: one first-in-first-out list per concrete build (facts: coordinator-routing §8). A
 * request stays with the build chosen at admission (Q5), so a request queued for an alias's desired build never
 * moves to the previous one. The queue only keeps order and bounds; who may be assigned is the caller's question, and
 * the 120 s timer of each waiter belongs to the caller too.
 *
 * A head that nobody can take (pinned to one serial, say) must not block those behind it: a drain sets it aside,
 * tries the next, and puts what it set aside back in front in the old order after each success (Q3).
 */
import { assert } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'

export interface Waiting {
  readonly build: BuildId
  readonly enqueuedAt: Micros
}

export interface QueueLimits {
  /** Entries per build (Q1). */
  readonly depthMax: number
  /** Measured from enqueue (Q1). */
  readonly waitMax: Micros
}

export class RequestQueue<W extends Waiting> {
  private readonly lists = new Map<BuildId, W[]>()
  private waiting = 0

  /** `limits`: as they are now; an operator may change them. */
  constructor(private readonly limits: () => QueueLimits) {}

  /** All waiters of all builds. */
  get size(): number {
    return this.waiting
  }

  depth(build: BuildId): number {
    return this.lists.get(build)?.length ?? 0
  }

  /** How long the head has waited; 0 when nobody waits. */
  oldestAge(build: BuildId, now: Micros): Micros {
    const head = this.lists.get(build)?.[0]
    return (head === undefined ? 0 : now - head.enqueuedAt) as Micros
  }

  /** Builds that have waiters, in the order in which they first had one. */
  builds(): BuildId[] {
    const builds: BuildId[] = []
    for (const [build, list] of this.lists) if (list.length > 0) builds.push(build)
    return builds
  }

  waiters(build: BuildId): readonly W[] {
    return this.lists.get(build) ?? []
  }

  /** Q1: drops stale entries first (handed to `stale`), then joins or reports that the list is full. */
  enqueue(waiter: W, now: Micros, stale: (waiter: W) => void): 'queued' | 'full' {
    let list = this.lists.get(waiter.build)
    if (list === undefined) {
      list = []
      this.lists.set(waiter.build, list)
    }
    if (list.length > 0) this.dropStale(list, now, stale)
    const { depthMax } = this.limits()
    if (list.length >= depthMax) return 'full'
    list.push(waiter)
    this.waiting += 1
    assert(list.length <= depthMax, 'INV-4 queue bound')
    return 'queued'
  }

  /** False when it was not waiting any more. */
  remove(waiter: W): boolean {
    const list = this.lists.get(waiter.build)
    const place = list?.indexOf(waiter) ?? -1
    if (list === undefined || place < 0) return false
    list.splice(place, 1)
    this.waiting -= 1
    return true
  }

  /**
   * Q3, at once. `assign` either takes the waiter (true) or leaves it. One drain fills all free capacity; it stops when a
   * whole pass assigns nothing. `assign` must not touch the queue.
   */
  drain(
    build: BuildId,
    now: Micros,
    assign: (waiter: W) => boolean,
    stale: (waiter: W) => void,
    order?: (list: readonly W[]) => readonly W[],
  ): number {
    const list = this.lists.get(build)
    if (list === undefined || list.length === 0) return 0
    this.dropStale(list, now, stale)
    if (order !== undefined) return this.drainIn([...order(list)], list, assign)
    let assigned = 0
    let place = 0
    // Each step either moves one place on or shortens the list and starts over: bounded by n(n+1)/2 tries.
    let triesLeft = (list.length * (list.length + 1)) / 2
    while (place < list.length) {
      assert(triesLeft > 0, 'INV-4 drain bound')
      triesLeft -= 1
      if (assign(list[place]!)) {
        list.splice(place, 1)
        this.waiting -= 1
        assigned += 1
        place = 0
      } else {
        place += 1
      }
    }
    return assigned
  }

  /** For a drain that takes its time: the head leaves the list, and nobody else sees it until it is put back. */
  takeHead(build: BuildId, now: Micros, stale: (waiter: W) => void): W | undefined {
    const list = this.lists.get(build)
    if (list === undefined || list.length === 0) return undefined
    this.dropStale(list, now, stale)
    const head = list.shift()
    if (head !== undefined) this.waiting -= 1
    return head
  }

  /** In front of those who have come since, in their own order. */
  putBack(build: BuildId, waiters: readonly W[]): void {
    this.lists.get(build)!.unshift(...waiters)
    this.waiting += waiters.length
  }

  /** The same in an order that somebody else gives; who is not in it keeps waiting. */
  private drainIn(order: W[], list: W[], assign: (waiter: W) => boolean): number {
    let assigned = 0
    let place = 0
    while (place < order.length) {
      const waiter = order[place]!
      if (!assign(waiter)) {
        place += 1
        continue
      }
      order.splice(place, 1)
      list.splice(list.indexOf(waiter), 1)
      this.waiting -= 1
      assigned += 1
      place = 0
    }
    return assigned
  }

  /** A waiter older than the longest wait gets the nil signal (Q2); its own timer fires at exactly that age. */
  private dropStale(list: W[], now: Micros, stale: (waiter: W) => void): void {
    const { waitMax } = this.limits()
    for (let place = 0; place < list.length; ) {
      const waiter = list[place]!
      if (now - waiter.enqueuedAt > waitMax) {
        list.splice(place, 1)
        this.waiting -= 1
        stale(waiter)
      } else {
        place += 1
      }
    }
  }
}
