/**
 * Drains of the queue that take time over each waiter, as in the real program, where they run beside each other (facts:
 * wire-protocol, order of the queue). A drain takes the head out of the list, looks for a machine for it, and holds it when
 * there is none; it puts back what it holds, in front, after each success and at its end. Meanwhile another drain sees
 * only those who are left, so a machine that has just come free may go to a later waiter.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { CoordinatorPorts } from '../ports.ts'
import type { OpenRequest } from '../view/open-request.ts'
import type { RequestQueue } from './queue.ts'

interface Drain {
  readonly build: BuildId
  readonly step: Micros
  /** Taken out, in their order, without a machine. */
  held: OpenRequest[]
}

export interface SlowDrainPorts {
  /** True: it has a machine, and waits no longer. */
  readonly assign: (request: OpenRequest) => boolean
  /** It had waited too long when it was found. */
  readonly stale: (request: OpenRequest) => void
}

export class SlowDrains {
  /** Everybody whom some drain has taken out. */
  private readonly out = new Set<OpenRequest>()

  constructor(
    private readonly queue: RequestQueue<OpenRequest>,
    private readonly outside: Pick<CoordinatorPorts, 'now' | 'after'>,
    private readonly ports: SlowDrainPorts,
  ) {}

  get size(): number {
    return this.out.size
  }

  heldOf(build: BuildId): number {
    let held = 0
    for (const request of this.out) if (request.build === build) held += 1
    return held
  }

  begin(build: BuildId, step: Micros): void {
    this.next({ build, step, held: [] })
  }

  /** It has gone, or its time is over. False when nobody has taken it out. */
  remove(request: OpenRequest): boolean {
    return this.out.delete(request)
  }

  /** Every look ends a waiter or lengthens `held`, so a drain ends. */
  private next(drain: Drain): void {
    const head = this.queue.takeHead(drain.build, this.outside.now(), this.ports.stale)
    if (head === undefined) return this.putBack(drain)
    this.out.add(head)
    this.outside.after(drain.step, 'decision', () => this.looked(drain, head))
  }

  private looked(drain: Drain, request: OpenRequest): void {
    if (this.out.has(request)) {
      if (this.ports.assign(request)) {
        this.out.delete(request)
        this.putBack(drain)
      } else drain.held.push(request)
    }
    this.next(drain)
  }

  private putBack(drain: Drain): void {
    const held = drain.held.filter((request) => this.out.delete(request))
    drain.held = []
    this.queue.putBack(drain.build, held)
  }
}
