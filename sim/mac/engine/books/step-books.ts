/** Puts steps into the books, whole ones as they pass, and of the running one what has passed when somebody asks. */
import { type EngineAccount, GpuBooks, type OnceKind, PARTS } from './gpu-books.ts'

/** An engine as the books see it. */
export interface Stepping {
  readonly account: EngineAccount
  readonly onceKind: OnceKind
  /** What its next `steps` steps consist of, by PART. The array is used again by the next call. */
  partsOf(steps: number): number[]
}

export class StepBooks extends GpuBooks {
  readonly #before: number[] = Array.from({ length: PARTS }, () => 0)

  /** Whole steps from the current one on, which started at `since`, less what of it is booked. Call before they are passed. */
  steps(engine: Stepping, count: number, since: number): void {
    const before = this.booked > since ? this.#passed(engine, this.booked - since) : undefined
    const parts = engine.partsOf(count)
    if (before !== undefined) for (let part = 0; part < PARTS; part++) parts[part]! -= before[part]!
    this.step(engine.account, parts, engine.onceKind)
  }

  /** Of the step that runs since `since`, everything up to `until` or its end. */
  running(engine: Stepping, since: number, until: number): void {
    if (until <= this.booked) return
    const before = this.#passed(engine, Math.max(0, this.booked - since))
    const parts = engine.partsOf(1)
    let left = until - since
    for (let part = 0; part < PARTS; part++) {
      const passed = Math.min(left, parts[part]!)
      left -= passed
      parts[part] = passed - before[part]!
    }
    this.step(engine.account, parts, engine.onceKind)
  }

  /** What of its step has passed after `elapsed` nanoseconds, by part. The array is used again by the next call. */
  #passed(engine: Stepping, elapsed: number): readonly number[] {
    const passed = this.#before
    if (elapsed === 0) return passed.fill(0)
    const parts = engine.partsOf(1)
    let left = elapsed
    for (let part = 0; part < PARTS; part++) {
      passed[part] = Math.min(left, parts[part]!)
      left -= passed[part]!
    }
    return passed
  }
}
