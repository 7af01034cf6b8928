/** What `run --out` writes beside the result: the ledger's tables and the run's event stream, collected while the run goes. */
import { MICROS_PER_SECOND, type Micros } from '../../base/time.ts'
import type { RunResult } from '../../metrics/result.ts'
import type { Explanation, PolicySource, StateDocument } from '../../lab/runs/ports.ts'
import { namesOf } from '../../lab/runs/run-names.ts'
import { CandidateLines, candidatesHead, type Hardware } from '../../report/ledger/candidates.ts'
import { formatJson } from '../../report/form/json.ts'
import { LedgerExport, ledgerHead, type LedgerTable } from '../../report/ledger/ledger.ts'
import type { Scenario } from '../../scenario/index.ts'
import { encodeTraceFile, type TraceFileHeader } from '../../trace/file.ts'
import type { TraceRow } from '../../trace/row.ts'
import { TraceStore } from '../../trace/store.ts'
import type { OutputFolder } from './output.ts'

const TABLES: readonly LedgerTable[] = [
  'inference_routes',
  'request_rejections',
  'provider_capacity_samples',
  'pool_gauges',
  'provider_pools',
]

/** What lies in the folder afterwards, whatever else was asked for. */
export const WRITTEN: readonly string[] = ['result.json', 'trace.fleet', ...TABLES.map((table) => `${table}.csv`)]

/** Files that not every run writes. */
export const OF_SOME_RUNS = /^(?:inference_route_candidates\.csv|state-[\d.]+s\.json)$/

export const CANDIDATES = 'inference_route_candidates.csv'
export const stateName = (at: Micros): string => `state-${at / MICROS_PER_SECOND}s.json`

/** Written in pieces of this many characters. */
const PIECE = 2 ** 22

export interface RunFiles {
  observe(row: TraceRow): void
  /** Every decision; undefined unless candidates are wanted. */
  readonly onNote: ((note: Explanation[number]) => void) | undefined
  /** Into the folder; the caller commits. */
  write(result: RunResult): Promise<void>
  /** The coordinator's state at that time, under the policy as the user named it. */
  writeState(at: Micros, state: StateDocument, policy: PolicySource): void
}

export interface RunFilesOptions {
  readonly wantsCandidates: boolean
  /** Leave what arrived and what was sampled during the warm-up out of the ledger. */
  readonly skipsWarmup: boolean
}

export function runFiles(folder: OutputFolder, scenario: Scenario, options: RunFilesOptions): RunFiles {
  const { wantsCandidates, skipsWarmup } = options
  const lines = new Map(TABLES.map((table) => [table, [ledgerHead(table)]]))
  const ledgerFrom = (from: number): LedgerExport =>
    new LedgerExport((table, line) => void lines.get(table)?.push(line), { from })
  const { warmup } = scenario
  const from = !skipsWarmup ? 0 : warmup === 'auto' ? undefined : warmup
  // Where the warm-up is known only at the end, the ledger is written from the trace that is kept anyway.
  const ledger = from === undefined ? undefined : ledgerFrom(from)
  const store = new TraceStore()
  const candidates = wantsCandidates ? candidatesFile(folder, from ?? 0) : undefined
  return {
    onNote: candidates?.note,
    observe(row) {
      candidates?.observe(row)
      ledger?.row(row)
      store.row(row)
    },
    async write(result) {
      candidates?.flush()
      if (ledger === undefined) {
        const late = ledgerFrom(Math.round(result.warmup_s * MICROS_PER_SECOND))
        for (const row of store) late.row(row)
      }
      folder.write('result.json', formatJson(result))
      for (const [table, own] of lines) folder.write(`${table}.csv`, own.join(''))
      const { name } = result.scenario
      const { duration, slo } = scenario
      const header: TraceFileHeader = {
        scenario: name,
        policy: result.policy.name,
        seed: result.seed,
        digest: result.digest,
        duration_us: duration,
        // Found at the run's end where the scenario says `auto`.
        warmup_us: Math.round(result.warmup_s * MICROS_PER_SECOND),
        slo: { ttftBase: slo.ttftBase, ttftPerToken: slo.ttftPerToken, decodeTps: slo.decodeTps },
        ...namesOf(scenario),
      }
      folder.write('trace.fleet', await encodeTraceFile(store, header))
    },
    writeState(at, state, source) {
      const policy = source.kind === 'builtin' ? source.name : source.file
      folder.write(stateName(at), formatJson({ ...state, policy }))
    },
  }
}

/** Goes to the disk while the run goes: it may not fit into memory. */
function candidatesFile(folder: OutputFolder, from: number) {
  const name = CANDIDATES
  const hardware = new Map<number, Hardware>()
  const leftOut = new Set<number>()
  const table = new CandidateLines((provider) => hardware.get(provider))
  let piece = candidatesHead()
  const flush = (): void => {
    folder.append(name, piece)
    piece = ''
  }
  return {
    observe(row: TraceRow): void {
      if (row.kind === 'registered') hardware.set(row.provider, { chip: row.chip, memory_gb: row.memory_gb })
      if (row.kind === 'arrived' && row.at < from) leftOut.add(row.request)
    },
    note(note: Explanation[number]): void {
      const lines = table.lines(note)
      if (!leftOut.has(note.request)) piece += lines
      if (piece.length > PIECE) flush()
    },
    flush,
  }
}
