/** Loads of models by who caused them, where each began; the causes are those of a run's result. */
import { LoadCauses } from '../../../../sim/metrics/index.ts'
import type { TraceRow, TraceRowKind } from '../../../../sim/trace/row.ts'
import { derive, lowerBound, type TraceIndex } from '../trace-index.ts'
import { rowsOfKinds } from '../trace-rows.ts'
import { endOf, type TimeGrid } from './time-grid.ts'

/** What the simulator's own book of causes reads. */
const KINDS: ReadonlySet<TraceRowKind> = new Set(['registered', 'load_command', 'dispatched', 'load_started'])

interface Loads {
  readonly at: Float64Array
  /** Place in `causes`. */
  readonly cause: Uint8Array
  readonly causes: readonly string[]
}

const loadsOf = (index: TraceIndex): Loads =>
  derive(index, 'trace/loads', () => {
    const books = new LoadCauses(0)
    const causes: string[] = []
    const [at, cause]: [number[], number[]] = [[], []]
    const hear = (row: TraceRow): void => {
      if (row.kind === 'registered') books.registered(row)
      else if (row.kind === 'load_command') books.command(row)
      else if (row.kind === 'dispatched') books.dispatched(row)
      else if (row.kind === 'load_started') {
        const name = books.started(row)
        if (!causes.includes(name)) causes.push(name)
        at.push(row.at)
        cause.push(causes.indexOf(name))
      }
    }
    // A fleet that loads nothing has nobody to ask about.
    if (index.store.table('load_started').length > 0) for (const row of rowsOfKinds(index.store, KINDS)) hear(row)
    return { at: Float64Array.from(at), cause: Uint8Array.from(cause), causes }
  })

export interface LoadCounts {
  readonly causes: readonly string[]
  /** Loads begun, `loads[cause * buckets + b]`. */
  readonly loads: Uint32Array
}

export function loadCounts(index: TraceIndex, grid: TimeGrid): LoadCounts {
  const { at, cause, causes } = loadsOf(index)
  const { start_us, bucket_us, buckets } = grid
  const loads = new Uint32Array(causes.length * buckets)
  const end = lowerBound(at, endOf(grid))
  for (let i = lowerBound(at, start_us); i < end; i += 1)
    loads[cause[i]! * buckets + Math.floor((at[i]! - start_us) / bucket_us)]! += 1
  return { causes, loads }
}
