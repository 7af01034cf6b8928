/**
 * One first-come-first-served station with c servers, built on the kernel's public door alone: an arrival and a
 * departure are events with handlers, a waiting request is an entry of a ring buffer. Waits fall out of the events; no
 * recursion on waiting times is used, because the point is to test the kernel, not the recursion.
 */
import { assert } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import { Priority, type Scheduler } from '../../kernel/scheduler.ts'

export interface StationSettings {
  readonly servers: number
  /** Most requests in the system, in service or waiting; absent = no bound. */
  readonly capacity?: number
  /** Arrivals to generate, of which the first `warmup` are not counted. */
  readonly arrivals: number
  readonly warmup: number
  /** Each returns whole microseconds. */
  readonly drawInterarrival: () => number
  readonly drawService: () => number
}

export class Station {
  /** Of counted arrivals: how many came, were turned away, were served, and how long the served waited in total. */
  counted = 0
  blocked = 0
  served = 0
  /** Exact: whole microseconds, below 2^53 in all. */
  waitTotal = 0

  private arrived = 0
  private busy = 0
  private waiting = 0
  private head = 0
  /** Ring buffer of (arrival time, whether it counts: negative times do not). */
  private ring = new Float64Array(1024)
  private readonly capacity: number

  constructor(
    private readonly scheduler: Scheduler,
    private readonly settings: StationSettings,
  ) {
    this.capacity = settings.capacity ?? Infinity
    assert(this.capacity >= settings.servers, 'station: capacity includes those in service')
    this.scheduleArrival()
  }

  private scheduleArrival(): void {
    const at = (this.scheduler.now + this.settings.drawInterarrival()) as Micros
    this.scheduler.schedule(at, Priority.arrival, this.arrive)
  }

  private startService(): void {
    const at = (this.scheduler.now + this.settings.drawService()) as Micros
    this.scheduler.schedule(at, Priority.work, this.depart)
  }

  private readonly arrive = (): void => {
    const { settings } = this
    const counts = this.arrived++ >= settings.warmup
    if (counts) this.counted++
    if (this.arrived < settings.arrivals) this.scheduleArrival()
    if (this.busy < settings.servers) {
      this.busy++
      if (counts) this.served++
      this.startService()
    } else if (this.busy + this.waiting < this.capacity) {
      this.enqueue(counts ? this.scheduler.now : -1)
    } else if (counts) {
      this.blocked++
    }
  }

  private readonly depart = (): void => {
    if (this.waiting === 0) {
      this.busy--
      return
    }
    const arrivedAt = this.ring[this.head]!
    this.head = (this.head + 1) & (this.ring.length - 1)
    this.waiting--
    if (arrivedAt >= 0) {
      this.served++
      this.waitTotal += this.scheduler.now - arrivedAt
    }
    this.startService()
  }

  private enqueue(arrivedAt: number): void {
    if (this.waiting === this.ring.length) this.growRing()
    this.ring[(this.head + this.waiting) & (this.ring.length - 1)] = arrivedAt
    this.waiting++
  }

  /** The length stays a power of two, so that wrapping around is a mask. */
  private growRing(): void {
    const larger = new Float64Array(this.ring.length * 2)
    larger.set(this.ring.subarray(this.head))
    larger.set(this.ring.subarray(0, this.head), this.ring.length - this.head)
    this.ring = larger
    this.head = 0
  }
}
