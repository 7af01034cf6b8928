/** What `run --out` writes beside the result: the ledger's tables and the run's event stream, collected while the run goes. */
import type { RunResult } from '../metrics/result.ts'
import { formatJson } from '../report/json.ts'
import { Ledger, ledgerHead, type LedgerTable } from '../report/ledger.ts'
import type { Scenario } from '../scenario/index.ts'
import { encodeTraceFile } from '../trace/file.ts'
import type { TraceRow } from '../trace/row.ts'
import { TraceStore } from '../trace/store.ts'
import type { OutputFolder } from './atomic.ts'

const TABLES: readonly LedgerTable[] = ['inference_routes', 'request_rejections', 'provider_capacity_samples']

export interface RunFiles {
  observe(row: TraceRow): void
  /** Into the folder; the caller commits. */
  write(result: RunResult): Promise<void>
}

/** Names that screens show for the numbers in the rows. */
const namesOf = (scenario: Scenario) => ({
  machines: scenario.machines.map(({ serial, chip, memoryBytes, chassis }) => ({
    serial,
    chip: chip.name,
    memoryBytes,
    chassis,
  })),
  /** In the order of the idleCapable bits. */
  builds: scenario.models.map((model) => model.build),
  /** What requests ask for. */
  models: scenario.publicModels,
})

export function runFiles(folder: OutputFolder, scenario: Scenario): RunFiles {
  const lines = new Map(TABLES.map((table) => [table, [ledgerHead(table)]]))
  const ledger = new Ledger((table, line) => void lines.get(table)?.push(line))
  const store = new TraceStore()
  return {
    observe(row) {
      ledger.row(row)
      store.row(row)
    },
    async write(result) {
      folder.write('result.json', formatJson(result))
      for (const [table, own] of lines) folder.write(`${table}.csv`, own.join(''))
      const { name } = result.scenario
      const header = {
        scenario: name,
        policy: result.policy.name,
        seed: result.seed,
        digest: result.digest,
        ...namesOf(scenario),
      }
      folder.write('trace.fleet', await encodeTraceFile(store, header))
    },
  }
}
