/**
 * A run's trace, indexed for screens: one typed column per fact about a request, the machine behind every provider,
 * and places of rows by machine. Built once after a run (about 0.3 s per million rows); every query reads it.
 */
import type { RunNames } from '../../../sim/lab/runs/run-names.ts'
import type { TraceStore } from '../../../sim/trace/store.ts'

/** Everything by request number; -1: never, none. Times in microseconds, texts as numbers of the dictionary. */
export interface RequestColumns {
  readonly arrivedAt: Float64Array
  readonly firstTokenAt: Float64Array
  readonly endedAt: Float64Array
  readonly user: Uint32Array
  readonly model: Uint32Array
  readonly outcome: Int32Array
  readonly reason: Int32Array
  readonly status: Int32Array
  readonly promptTokens: Uint32Array
  readonly completionTokens: Uint32Array
  /** The attempt that won; -1: none did. */
  readonly attempt: Int32Array
  /** Of the last dispatch. */
  readonly machine: Int32Array
  readonly dispatches: Uint32Array
}

/** What the rows do not say and screens need: how long arrivals went on, what figures leave out, what goodput means. */
export interface RunFacts {
  readonly duration_us: number
  /** undefined: nobody said; nothing is shaded then, and that is said. */
  readonly warmup_us: number | undefined
  /** undefined: no goodput. */
  readonly slo: { readonly ttftBase: number; readonly ttftPerToken: number; readonly decodeTps: number } | undefined
}

export interface TraceIndex {
  readonly store: TraceStore
  readonly names: RunNames
  readonly facts: RunFacts
  /** Time of the last row. */
  readonly end_us: number
  readonly requests: RequestColumns
  /** Provider → machine. */
  readonly machineOf: Int32Array
  /** Memory for what queries derive and want to keep, by their own key. */
  readonly derived: Map<string, unknown>
}

function machinesOfProviders(store: TraceStore): Int32Array {
  const providers = store.column('registered', 'provider')
  const machines = store.column('registered', 'machine')
  const machineOf = new Int32Array(providers.length).fill(-1)
  for (let i = 0; i < providers.length; i += 1) machineOf[providers[i]!] = machines[i]!
  return machineOf
}

function emptyColumns(count: number): RequestColumns {
  return {
    arrivedAt: new Float64Array(count),
    firstTokenAt: new Float64Array(count).fill(-1),
    endedAt: new Float64Array(count).fill(-1),
    user: new Uint32Array(count),
    model: new Uint32Array(count),
    outcome: new Int32Array(count).fill(-1),
    reason: new Int32Array(count).fill(-1),
    status: new Int32Array(count),
    promptTokens: new Uint32Array(count),
    completionTokens: new Uint32Array(count),
    attempt: new Int32Array(count).fill(-1),
    machine: new Int32Array(count).fill(-1),
    dispatches: new Uint32Array(count),
  }
}

const fill = (into: { [place: number]: number }, at: ArrayLike<number>, values: ArrayLike<number>): void => {
  for (let i = 0; i < at.length; i += 1) into[at[i]!] = values[i]!
}

function requestColumns(store: TraceStore, machineOf: Int32Array): RequestColumns {
  const ids = store.column('arrived', 'request')
  const columns = emptyColumns((ids.at(-1) ?? -1) + 1)
  fill(columns.arrivedAt, ids, store.column('arrived', 'at'))
  fill(columns.user, ids, store.column('arrived', 'user'))
  fill(columns.model, ids, store.column('arrived', 'model'))
  fill(columns.promptTokens, ids, store.column('arrived', 'estimatedPromptTokens'))
  const first = store.column('first_token', 'request')
  const firstAt = store.column('first_token', 'at')
  for (let i = first.length - 1; i >= 0; i -= 1) columns.firstTokenAt[first[i]!] = firstAt[i]!
  const ended = store.column('ended', 'request')
  fill(columns.endedAt, ended, store.column('ended', 'at'))
  fill(columns.outcome, ended, store.column('ended', 'outcome'))
  fill(columns.reason, ended, store.column('ended', 'reason'))
  fill(columns.status, ended, store.column('ended', 'status'))
  fill(columns.completionTokens, ended, store.column('ended', 'completionTokens'))
  fill(columns.attempt, ended, store.column('ended', 'attempt'))
  const sent = store.column('dispatched', 'request')
  const to = store.column('dispatched', 'provider')
  for (let i = 0; i < sent.length; i += 1) {
    columns.machine[sent[i]!] = machineOf[to[i]!] ?? -1
    columns.dispatches[sent[i]!]! += 1
  }
  return columns
}

/** `facts` absent: the rows are all there is. `end_us`: of a run under way, whose last row is not written yet. */
export function traceIndex(store: TraceStore, names: RunNames, facts?: RunFacts, end_us?: number): TraceIndex {
  const machineOf = machinesOfProviders(store)
  const ends = store.column('run_ended', 'at')
  const end = end_us ?? ends.at(-1) ?? 0
  return {
    store,
    names,
    facts: facts ?? { duration_us: end, warmup_us: undefined, slo: undefined },
    end_us: end,
    requests: requestColumns(store, machineOf),
    machineOf,
    derived: new Map(),
  }
}

/** What a query computes once per trace. */
export function derive<T>(index: TraceIndex, key: string, make: () => T): T {
  if (!index.derived.has(key)) index.derived.set(key, make())
  return index.derived.get(key) as T
}

/** First place in a sorted column whose value is at least `value`. */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Places of rows by group, in order: those of group g are `places.subarray(starts[g], starts[g + 1])`. */
export interface Grouped {
  readonly starts: Uint32Array
  readonly places: Uint32Array
}

export function groupRows(groupOf: ArrayLike<number>, groups: number): Grouped {
  const starts = new Uint32Array(groups + 1)
  for (let i = 0; i < groupOf.length; i += 1) starts[groupOf[i]! + 1]! += 1
  for (let g = 0; g < groups; g += 1) starts[g + 1]! += starts[g]!
  const next = starts.slice()
  const places = new Uint32Array(groupOf.length)
  for (let i = 0; i < groupOf.length; i += 1) places[next[groupOf[i]!]!++] = i
  return { starts, places }
}
