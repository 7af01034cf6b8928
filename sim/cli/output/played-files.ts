/** What `play` and `serve --play` leave behind: result, trace, and the coordinator's own ledger of this run where it was to be had. */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { type MachineName, namesOf } from '../../lab/runs/run-names.ts'
import { type CoordinatorAddress, exportsOf } from '../../live/clients/coordinator-http.ts'
import { type Exports, Ledger, type LedgerAccount } from '../../live/ledger/ledger.ts'
import type { LedgerMac } from '../../live/ledger/ledger-rows.ts'
import { type PlayedOutcome, REAL, type Sees } from '../../live/played.ts'
import type { RunResult } from '../../metrics/result.ts'
import { formatJson } from '../../report/form/json.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { encodeTraceFile } from '../../trace/file.ts'
import { refuse } from '../exit.ts'
import type { Session } from '../session.ts'
import type { OutputFolder } from './output.ts'

const EXPORTS = { routes: 'inference_routes.csv', rejections: 'request_rejections.csv' } as const
const WRITTEN: readonly string[] = ['result.json', 'trace.fleet']
const MAYBE_WRITTEN = /^(?:inference_routes|request_rejections)\.csv$/
const GIB = 2 ** 30

export const playFolder = (session: Session, out: string | undefined): OutputFolder | undefined =>
  out === undefined ? undefined : session.outputs.folder('--out', out, WRITTEN, MAYBE_WRITTEN)

/** Asks for the coordinator's ledger before a run and after it. */
export class LedgerAsker {
  private constructor(
    private readonly address: CoordinatorAddress,
    /** What it says of runs before this one. */
    private readonly before: Exports,
  ) {}

  /** A key that it does not take, or exports that nobody can read, are said before anything is sent. undefined: nobody wants it. */
  static async open(address: CoordinatorAddress, adminKey: string | undefined): Promise<LedgerAsker | undefined> {
    if (adminKey === undefined) return undefined
    const as = { ...address, key: adminKey, option: '--admin-key' }
    const before = await exportsOf(as)
    if (!before.ok) return refuse(before.error)
    const readable = Ledger.read(before.value, before.value)
    if (!readable.ok) return refuse(readable.error)
    return new LedgerAsker(as, before.value)
  }

  /** undefined: it could not be had any more, which is said; the run is not lost for that. */
  async ledger(note: (text: string) => void): Promise<Ledger | undefined> {
    const now = await exportsOf(this.address)
    const read = now.ok ? Ledger.read(now.value, this.before) : now
    if (read.ok) return read.value
    for (const { message } of read.error) note(`no decisions in the trace: ${message}`)
    return undefined
  }
}

interface Filed {
  readonly folder: OutputFolder
  readonly loaded: LoadedScenario
  readonly sees: Sees
  readonly outcome: PlayedOutcome
  readonly result: RunResult
  readonly ledger: Ledger | undefined
}

export async function filePlayed({ folder, loaded, sees, outcome, result, ledger }: Filed): Promise<void> {
  const { duration, slo } = loaded.scenario
  folder.write('result.json', formatJson(result))
  const names = namesOf(loaded.scenario)
  const header = {
    scenario: result.scenario.name,
    policy: REAL,
    seed: result.seed,
    digest: result.digest,
    duration_us: duration,
    warmup_us: Math.round(result.warmup_s * MICROS_PER_SECOND),
    slo: { ttftBase: slo.ttftBase, ttftPerToken: slo.ttftPerToken, decodeTps: slo.decodeTps },
    ...names,
    // Clients alone do not know the Macs behind a coordinator.
    machines: [...(sees === 'macs' ? names.machines : []), ...outcome.others.map(machineName)],
    ...(outcome.account === undefined ? {} : { ledger: outcome.account }),
  }
  folder.write('trace.fleet', await encodeTraceFile(outcome.store, header))
  if (ledger !== undefined) {
    const { texts } = ledger
    folder.write(EXPORTS.routes, texts.routes)
    folder.write(EXPORTS.rejections, texts.rejections)
  }
  await folder.commit()
}

const machineName = ({ serial, chip, memory_gb }: LedgerMac): MachineName => ({
  serial,
  chip,
  memoryBytes: memory_gb * GIB,
  chassis: '',
})

/** As figures of a result. */
export const accountFigures = (account: LedgerAccount | undefined): { readonly [name: string]: number } =>
  account === undefined
    ? {}
    : {
        ledger_routes: account.routes,
        ledger_rejections: account.rejections,
        ledger_tied_by_macs: account.tied.macs,
        ledger_tied_by_answers: account.tied.answers,
        ledger_tied_by_fit: account.tied.fit,
        ledger_strange: account.strange,
        ledger_ambiguous: account.ambiguous,
        ledger_untold: account.untold,
        ledger_decisions: account.decisions,
        ledger_moved: account.moved,
      }
