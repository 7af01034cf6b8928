/** Who keeps GPU steps from starting. Several may at once; the earliest of those still there is blamed. */
import { assert } from '../../base/assert.ts'
import { type Culprit, type DelayCause, NONE } from './engine.ts'

/** Weight reads hold the lock of the process (provider-runtime 6); a fault is nobody's doing. */
export type FreezeCause = { readonly kind: 'load'; readonly build: Culprit } | { readonly kind: 'fault' }

/** While a fault keeps the running step from going on. */
export const FAULT_BLAMED = { culprit: NONE, cause: 'queue' } as const satisfies Blamed

interface Blamed {
  readonly culprit: Culprit
  readonly cause: DelayCause
}

export class GpuLock {
  readonly #holders: FreezeCause[] = []

  get held(): boolean {
    return this.#holders.length > 0
  }

  get heldByFault(): boolean {
    return this.#holders.some((holder) => holder.kind === 'fault')
  }

  get blamed(): Blamed {
    const holder = this.#holders[0]
    return holder?.kind === 'load' ? { culprit: holder.build, cause: 'load' } : FAULT_BLAMED
  }

  take(cause: FreezeCause): void {
    this.#holders.push(cause)
  }

  release(cause: FreezeCause): void {
    const place = this.#holders.findIndex((each) => sameCause(each, cause))
    assert(place >= 0, 'unfreeze follows a freeze for the same cause')
    this.#holders.splice(place, 1)
  }
}

function sameCause(a: FreezeCause, b: FreezeCause): boolean {
  if (a.kind === 'fault' || b.kind === 'fault') return a.kind === b.kind
  return a.build === b.build
}
