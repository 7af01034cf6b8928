/** A `trace.fleet` file, opened for screens. What its header does not say (the SLO) is taken as the default. */
import type { BuildId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import { decodeTraceFile } from '../../sim/trace/file.ts'
import type { TraceRow, TraceRowKind } from '../../sim/trace/row.ts'
import { LAYOUTS } from '../../sim/trace/schema.ts'
import type { TraceStore } from '../../sim/trace/store.ts'
import { RunSeriesCollector } from '../data/run-series.ts'
import { type MachineName, type RunNames, type TraceIndex, traceIndex } from '../data/trace-index.ts'
import type { OpenedTrace } from './protocol.ts'
import { traceName } from './protocol.ts'

/** `5s + 1ms/token, decode_tps: 15`, the scenario format's own default. */
const DEFAULT_SLO = { ttftBase: 5_000_000 as Micros, ttftPerToken: 1_000 as Micros, decodeTps: 15 }

/** What series are made of. A day of 500 Macs has twenty rows of other kinds (heartbeats, states) to each of these. */
const SERIES_KINDS: ReadonlySet<TraceRowKind> = new Set([
  'user_request',
  'user_ended',
  'arrived',
  'first_token',
  'ended',
  'queued',
  'dequeued',
  'load_started',
  'relabel',
] as const)

function* rowsOfKinds(store: TraceStore, wanted: ReadonlySet<TraceRowKind>): IterableIterator<TraceRow> {
  const tables = LAYOUTS.map(({ kind }) => (wanted.has(kind) ? store.table(kind) : undefined))
  const cursors = new Uint32Array(LAYOUTS.length)
  for (const kind of store.kinds) {
    const table = tables[kind]
    if (table !== undefined) yield table.read(cursors[kind]!++, store.texts)
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export async function openTrace(
  bytes: Uint8Array,
): Promise<{ readonly index: TraceIndex; readonly opened: OpenedTrace }> {
  const file = await decodeTraceFile(bytes)
  if (!file.ok) throw new Error(file.error)
  const { header, store } = file.value
  const builds = listOf(header['builds']) as readonly BuildId[]
  const names: RunNames = {
    machines: listOf(header['machines']) as readonly MachineName[],
    builds,
    models: listOf(header['models']) as readonly string[],
    modelOfBuild: {},
  }
  const index = traceIndex(store, names)
  const arrivals = store.column('user_request', 'at')
  // Arrivals end where the run was told to; the last of them is as near as the trace comes.
  const duration = Math.max(1, Math.ceil((arrivals.at(-1) ?? index.end_us) / 60e6)) * 60e6
  const collector = new RunSeriesCollector({ duration: duration as Micros, slo: DEFAULT_SLO, models: names.models })
  for (const row of rowsOfKinds(store, SERIES_KINDS)) collector.row(row)
  const { scenario, policy, seed, digest } = header
  const series = collector.result(duration)
  return {
    index,
    opened: { run: traceName(digest), scenario, policy, seed, digest, names, series, end_us: index.end_us },
  }
}
