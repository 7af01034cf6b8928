/**
 * The pending events, ordered by (time, priority class, sequence of scheduling). Hand-written because npm's heaps break
 * ties arbitrarily, and the order of ties is part of every result.
 *
 * A 4-ary heap in typed arrays: no object per event, and the four children of a node lie in one or two cache lines. The
 * keys move with the heap; what does not take part in comparisons (handler, payload) stays in the event's slot. Each
 * slot knows its place in the heap, so cancelling takes O(log n) and leaves no tombstones behind.
 */
import { assert, InvariantError } from '../base/assert.ts'
import type { EventHandler, EventId, Priority } from './scheduler.ts'

/** Room for 4,194,304 pending events; the rest of a 53-bit handle tells the uses of a slot apart. */
const SLOTS_MAX = 2 ** 22
/** A slot retires after this many uses rather than let an old handle name a new event. */
const GENERATION_MAX = 2 ** 30 - 1
/** Priority and sequence share one number, so that a tie costs one comparison: 7 classes of 2^50 events fit in 53 bits. */
const SEQUENCES_MAX = 2 ** 50
const NONE = -1

export interface EventQueueLimits {
  /** How often a slot may be used. */
  readonly generationMax?: number
  /** How many events may ever be scheduled. */
  readonly sequencesMax?: number
}

export class EventQueue {
  private count = 0
  private capacity = 64
  /** A popped event leaves its place open: most handlers schedule at least one event, which then needs one sift, not two. */
  private rootIsVacant = false
  private sequence = 0
  /** Slots ever handed out; those of them not in use form the free list. */
  private slots = 0
  private free = NONE
  // By place in the heap.
  private time = new Float64Array(this.capacity)
  private order = new Float64Array(this.capacity)
  private slot = new Int32Array(this.capacity)
  // By slot.
  /** Place in the heap while pending; the next free slot while free. */
  private place = new Int32Array(this.capacity)
  private generation = new Int32Array(this.capacity)
  private payload = new Float64Array(this.capacity)
  /** Not cleared when a slot falls free: at most one handler per slot is kept alive, and the next use overwrites it. */
  private readonly handler: EventHandler[] = []
  private readonly generationMax: number
  private readonly sequencesMax: number

  /** The limits are there for tests; nobody waits for 2^30 events. */
  constructor(limits: EventQueueLimits = {}) {
    this.generationMax = limits.generationMax ?? GENERATION_MAX
    this.sequencesMax = limits.sequencesMax ?? SEQUENCES_MAX
  }

  get size(): number {
    return this.rootIsVacant ? this.count - 1 : this.count
  }

  /** Time of the first event; Infinity when there is none. */
  firstTime(): number {
    if (this.rootIsVacant) this.fillRoot()
    return this.count === 0 ? Infinity : this.time[0]!
  }

  push(time: number, priority: Priority, handler: EventHandler, payload: number): EventId {
    if (this.sequence >= this.sequencesMax) throw new InvariantError('event queue: sequence numbers used up')
    const slot = this.takeSlot()
    this.handler[slot] = handler
    this.payload[slot] = payload
    const order = priority * SEQUENCES_MAX + this.sequence++
    if (this.rootIsVacant) {
      this.rootIsVacant = false
      this.siftDown(0, time, order, slot)
    } else {
      this.siftUp(this.count++, time, order, slot)
    }
    return (this.generation[slot]! * SLOTS_MAX + slot) as EventId
  }

  /** Removes the first event and returns its slot, whose handler and payload can be read until the next `push`. */
  popSlot(): number {
    if (this.rootIsVacant) this.fillRoot()
    assert(this.count > 0, 'event queue: pop from an empty queue')
    const slot = this.slot[0]!
    this.rootIsVacant = true
    this.releaseSlot(slot)
    return slot
  }

  handlerOf(slot: number): EventHandler {
    return this.handler[slot]!
  }

  payloadOf(slot: number): number {
    return this.payload[slot]!
  }

  /** False when the event has run or was cancelled before. */
  cancel(event: EventId): boolean {
    // Not by `%`, which on numbers beyond 32 bits is a call.
    const generation = Math.floor(event / SLOTS_MAX)
    const slot = event - generation * SLOTS_MAX
    if (slot >= this.slots || this.generation[slot] !== generation) return false
    if (this.rootIsVacant) this.fillRoot()
    const place = this.place[slot]!
    // A free slot has already moved on to its next generation, which no handle names yet: unless someone made one up.
    if (place >= this.count || this.slot[place] !== slot) return false
    const last = --this.count
    if (place < last) this.refill(place, this.time[last]!, this.order[last]!, this.slot[last]!)
    this.releaseSlot(slot)
    return true
  }

  private fillRoot(): void {
    this.rootIsVacant = false
    const last = --this.count
    if (last > 0) this.siftDown(0, this.time[last]!, this.order[last]!, this.slot[last]!)
  }

  private takeSlot(): number {
    const slot = this.free
    if (slot !== NONE) {
      this.free = this.place[slot]!
      return slot
    }
    if (this.slots === this.capacity) this.grow()
    return this.slots++
  }

  private releaseSlot(slot: number): void {
    const generation = this.generation[slot]! + 1
    this.generation[slot] = generation
    // place -1 names no event; a slot that retires keeps it for ever.
    this.place[slot] = NONE
    if (generation > this.generationMax) return
    this.place[slot] = this.free
    this.free = slot
  }

  /** Puts an event into a hole in the middle, from where it may have to move either way. */
  private refill(hole: number, time: number, order: number, slot: number): void {
    const parent = (hole - 1) >> 2
    const up = hole > 0 && isBefore(time, order, this.time[parent]!, this.order[parent]!)
    if (up) this.siftUp(hole, time, order, slot)
    else this.siftDown(hole, time, order, slot)
  }

  private siftUp(hole: number, time: number, order: number, slot: number): void {
    const { time: times, order: orders, slot: slots, place } = this
    while (hole > 0) {
      const parent = (hole - 1) >> 2
      const parentTime = times[parent]!
      const parentOrder = orders[parent]!
      if (!isBefore(time, order, parentTime, parentOrder)) break
      const parentSlot = slots[parent]!
      times[hole] = parentTime
      orders[hole] = parentOrder
      slots[hole] = parentSlot
      place[parentSlot] = hole
      hole = parent
    }
    times[hole] = time
    orders[hole] = order
    slots[hole] = slot
    place[slot] = hole
  }

  private siftDown(hole: number, time: number, order: number, slot: number): void {
    const { time: times, order: orders, slot: slots, place, count } = this
    for (;;) {
      const first = (hole << 2) + 1
      if (first >= count) break
      const end = Math.min(first + 4, count)
      let best = first
      let bestTime = times[first]!
      let bestOrder = orders[first]!
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child]!
        if (childTime > bestTime) continue
        const childOrder = orders[child]!
        if (childTime === bestTime && childOrder > bestOrder) continue
        best = child
        bestTime = childTime
        bestOrder = childOrder
      }
      if (!isBefore(bestTime, bestOrder, time, order)) break
      const bestSlot = slots[best]!
      times[hole] = bestTime
      orders[hole] = bestOrder
      slots[hole] = bestSlot
      place[bestSlot] = hole
      hole = best
    }
    times[hole] = time
    orders[hole] = order
    slots[hole] = slot
    place[slot] = hole
  }

  private grow(): void {
    const capacity = Math.min(this.capacity * 2, SLOTS_MAX)
    assert(capacity > this.capacity, `event queue: more than ${SLOTS_MAX} events pending`)
    this.time = copyInto(new Float64Array(capacity), this.time)
    this.order = copyInto(new Float64Array(capacity), this.order)
    this.payload = copyInto(new Float64Array(capacity), this.payload)
    this.slot = copyInto(new Int32Array(capacity), this.slot)
    this.place = copyInto(new Int32Array(capacity), this.place)
    this.generation = copyInto(new Int32Array(capacity), this.generation)
    this.capacity = capacity
  }
}

function isBefore(time: number, order: number, otherTime: number, otherOrder: number): boolean {
  return time < otherTime || (time === otherTime && order < otherOrder)
}

function copyInto<Column extends Float64Array | Int32Array>(larger: Column, column: Column): Column {
  larger.set(column)
  return larger
}
