/** A trace of a few rows written by hand, for tests of what screens compute from it: two Macs, two builds of one model each. */
import type { RunNames } from '../../sim/lab/runs/run-names.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { TraceStore } from '../../sim/trace/store.ts'
import { traceIndex, type TraceIndex } from '../../ui/data/trace/trace-index.ts'

export const SECOND = 1_000_000

const NAMES = {
  machines: ['mac-1', 'mac-2'].map((serial) => ({ serial, chip: 'M4 Max 40c', memoryBytes: 64 * 2 ** 30 })),
  builds: ['oss', 'gemma-q4'],
  models: ['oss', 'gemma'],
  modelOfBuild: { oss: 'oss', 'gemma-q4': 'gemma' },
} as unknown as RunNames

/** Times in seconds of `at`, otherwise in microseconds. What a test leaves out of a row does not matter to it, and is 0. */
type LooseRow = { readonly kind: TraceRow['kind']; readonly at: number; readonly [column: string]: unknown }

/** Provider n is Mac n until a row says otherwise; the rows come in order of time. */
export function aTrace(rows: readonly LooseRow[], end_s = 100): TraceIndex {
  const store = new TraceStore()
  const emit = (row: LooseRow): void => store.row(row as unknown as TraceRow)
  for (const machine of NAMES.machines.keys())
    emit({ kind: 'registered', at: 0, provider: machine, machine, serial: `mac-${machine + 1}`, chip: 'M4 Max 40c' })
  for (const row of rows) emit({ ...row, at: row.at * SECOND })
  emit({ kind: 'run_ended', at: end_s * SECOND, inFlight: 0 })
  return traceIndex(store, NAMES)
}
