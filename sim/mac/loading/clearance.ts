/**
 * Brings a Mac down to one build (PR 435, coordinator-control 1.4: "unload every other model"). A load under way ends
 * first: the loader makes room for it meanwhile and must not find its victims gone. Then one model after another is
 * unloaded, as for any load. Nobody begins a load until it is over.
 */
import { assert } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import type { Slot } from './slot.ts'

interface ClearancePorts {
  loading(): boolean
  /** Those being unloaded included. */
  slots(): readonly Slot[]
  acceptedFor(build: BuildId): number
  unload(slot: Slot): void
  /** Loads may begin again. */
  cleared(): void
}

export class Clearance {
  private goal: { readonly build: BuildId; readonly done: () => void } | undefined

  constructor(private readonly ports: ClearancePorts) {}

  get active(): boolean {
    return this.goal !== undefined
  }

  /** `done` is called once, at once or later, unless it is stopped or begun anew before. */
  begin(build: BuildId, done: () => void): void {
    this.goal = { build, done }
    this.advance()
  }

  stop(): void {
    if (this.goal === undefined) return
    this.goal = undefined
    this.ports.cleared()
  }

  powerOff(): void {
    this.goal = undefined
  }

  /** A load or an unload has ended. */
  advance(): void {
    const { goal, ports } = this
    if (goal === undefined || ports.loading()) return
    const other = this.otherThan(goal.build)
    if (other === undefined) {
      this.goal = undefined
      goal.done()
      return ports.cleared()
    }
    assert(ports.acceptedFor(other.build) === 0, 'clearance: requests of other builds are drained before')
    other.afterUnload.push(() => this.advance())
    if (!other.unloading) ports.unload(other)
  }

  private otherThan(build: BuildId): Slot | undefined {
    for (const slot of this.ports.slots()) if (slot.build !== build) return slot
    return undefined
  }
}
