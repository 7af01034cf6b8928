/** What happened to the fleet from outside: what the operator did and what went wrong, as moments that cut every track. */
import type { TraceIndex } from './trace-index.ts'
import { type OperatorChange, operatorChanges } from './change-words.ts'

export interface MomentsQuery {
  readonly kind: 'moments'
}

export interface Moments {
  /** What the run leaves out of its figures; undefined: nobody said. */
  readonly warmup_s: number | undefined
  readonly operator: readonly OperatorChange[]
  /** Faults in order of time; ends of faults (`recovered`, `wake`, `restarted`) are among them. */
  readonly faultAt_us: Float64Array
  readonly faultMachine: Uint32Array
  /** Place in `faults`. */
  readonly faultWhat: Uint8Array
  readonly faults: readonly string[]
}

/** Words for what ends a fault. */
export const ENDS_OF_FAULTS: ReadonlySet<string> = new Set(['recovered', 'wake', 'restarted'])

export function moments({ store, facts }: TraceIndex): Moments {
  const text = (number: number): string => store.texts.text(number)
  const what = store.column('timeline', 'what')
  const entries = Array.from(store.column('timeline', 'at'), (at_us, i) => ({ at_us, what: text(what[i]!) }))
  const kinds = store.column('fault', 'what')
  const words = [...new Set(kinds)]
  return {
    warmup_s: facts.warmup_us === undefined ? undefined : facts.warmup_us / 1e6,
    operator: operatorChanges(entries),
    faultAt_us: Float64Array.from(store.column('fault', 'at')),
    faultMachine: Uint32Array.from(store.column('fault', 'machine')),
    faultWhat: Uint8Array.from(kinds, (kind) => words.indexOf(kind)),
    faults: words.map(text),
  }
}
