/**
 * A `trace.fleet` file, opened for screens. Files of older versions do not say how long arrivals went on, what the SLO
 * was and which model a build belongs to; what stands for it then is said to the user.
 */
import type { BuildId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import { decodeTraceFile, type RunTraceFile } from '../../sim/trace/file.ts'
import type { TraceRowKind } from '../../sim/trace/row.ts'
import type { TraceStore } from '../../sim/trace/store.ts'
import { prepareLanes } from '../data/fleet/lanes.ts'
import { RunSeriesCollector } from '../data/answer/run-series.ts'
import type { MachineName, RunNames } from '../../sim/lab/runs/run-names.ts'
import { type RunFacts, type TraceIndex, traceIndex } from '../data/trace/trace-index.ts'
import { rowsOfKinds } from '../data/trace/trace-rows.ts'
import type { OpenedTrace } from './protocol.ts'
import { traceName } from './protocol.ts'

/** Shares of the whole after unpacking, indexing and the pass over the rows; lanes are the rest. Of half a million requests. */
const UNPACKED = 0.25
const INDEXED = 0.32
const COUNTED = 0.6
/** Rows between two reports; some milliseconds each. */
const ROWS_PER_STEP = 200_000

/** What series are made of. A day of 500 Macs has twenty rows of other kinds (heartbeats, states) to each of these. */
const SERIES_KINDS: ReadonlySet<TraceRowKind> = new Set([
  'user_request',
  'user_ended',
  'arrived',
  'first_token',
  'ended',
  'queued',
  'dequeued',
  'registered',
  'load_command',
  'dispatched',
  'load_started',
  'relabel',
  'pool',
  'audit',
] as const)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const outOf = (values: ArrayLike<number>, count: number): boolean =>
  Array.prototype.some.call(values, (value: number) => !(value < count))

/** Numbers that screens take for places in a list: one that is far out would cost the memory of a list so long. */
function oddity(store: TraceStore, { machines }: RunNames): string | undefined {
  if (machines.length > MACHINES_MAX) return `it names ${machines.length} Macs; screens have room for ${MACHINES_MAX}`
  if (outOf(store.column('arrived', 'request'), store.rows)) return 'a request has a number beyond all rows'
  if (outOf(store.column('registered', 'provider'), store.rows)) return 'a provider has a number beyond all rows'
  if (outOf(store.column('registered', 'machine'), machines.length))
    return 'a provider is of a Mac that it does not name'
  if (outOf(store.column('run_ended', 'at'), TIME_MAX_US)) return 'it ends later than any run'
  return undefined
}

/** Names alone are small, and lanes are not: a hundred bytes of a file would cost megabytes. */
const MACHINES_MAX = 10_000

/** Two years. */
const TIME_MAX_US = 2 * 366 * 86_400 * 1_000_000

export interface OpenTraceHooks {
  pause(): Promise<void>
  onProgress(share: number): void
}

interface ReadTrace {
  readonly index: TraceIndex
  readonly opened: OpenedTrace
}

export async function openTrace(bytes: Uint8Array, hooks: OpenTraceHooks): Promise<ReadTrace> {
  hooks.onProgress(0)
  const file = await decodeTraceFile(bytes)
  if (!file.ok) throw new Error(file.error)
  hooks.onProgress(UNPACKED)
  await hooks.pause()
  try {
    return await readTrace(file.value, hooks)
  } catch (error) {
    // Rows that no run writes: what they lead to is told in the words of whoever stumbled over them.
    throw new Error(`the trace.fleet file is damaged: ${(error as Error).message}`, { cause: error })
  }
}

async function readTrace({ header, store }: RunTraceFile, { pause, onProgress }: OpenTraceHooks): Promise<ReadTrace> {
  const names: RunNames = {
    machines: listOf(header['machines']) as readonly MachineName[],
    builds: listOf(header['builds']) as readonly BuildId[],
    models: listOf(header['models']) as readonly string[],
    modelOfBuild: header.modelOfBuild,
  }
  const odd = oddity(store, names)
  if (odd !== undefined) throw new Error(odd)
  const { duration_us: duration } = header
  const warmup = header['warmup_us']
  const facts: RunFacts = {
    duration_us: duration,
    warmup_us: typeof warmup === 'number' ? warmup : undefined,
    slo: header.slo,
  }
  const index = traceIndex(store, names, facts)
  onProgress(INDEXED)
  const { ttftBase, ttftPerToken, decodeTps } = header.slo
  const slo = { ttftBase: ttftBase as Micros, ttftPerToken: ttftPerToken as Micros, decodeTps }
  const collector = new RunSeriesCollector({ duration: duration as Micros, slo, models: names.models })
  let counted = 0
  for (const kind of SERIES_KINDS) counted += store.column(kind, 'at').length
  let rows = 0
  for (const row of rowsOfKinds(store, SERIES_KINDS)) {
    collector.row(row)
    rows += 1
    if (rows % ROWS_PER_STEP !== 0) continue
    onProgress(INDEXED + (COUNTED - INDEXED) * (rows / counted))
    await pause()
  }
  await prepareLanes(index, async (share) => {
    onProgress(COUNTED + (1 - COUNTED) * share)
    await pause()
  })
  const { scenario, policy, seed, digest } = header
  const series = collector.result(duration)
  const run = traceName(digest)
  return { index, opened: { run, scenario, policy, seed, digest, names, series, end_us: index.end_us } }
}
