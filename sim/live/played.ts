/** What came of a scenario's demand before a real coordinator: a result and a trace of what could be seen, as of any run. */
import type { AssumedInput } from '../base/assumed.ts'
import type { RequestId } from '../base/ids.ts'
import { MICROS_PER_SECOND } from '../base/time.ts'
import { sloFigures, unseenFigures } from '../metrics/index.ts'
import type { RunResult, RunWarning, SampleSummary } from '../metrics/result.ts'
import type { LoadedScenario } from '../scenario/index.ts'
import { measurement } from '../simulation.ts'
import { TraceDigest } from '../trace/digest.ts'
import { TraceStore } from '../trace/store.ts'
import { Trace, type TraceSubscriber } from '../trace/writer.ts'
import type { Ledger, LedgerAccount } from './ledger/ledger.ts'
import type { LedgerMac } from './ledger/ledger-rows.ts'
import { WrittenRows } from './ledger/written-rows.ts'
import type { LatenessReport } from './time/lateness.ts'
import type { LiveRun } from './live-run.ts'
import type { Sighting } from './witness.ts'

/** The name under which results of a real coordinator stand beside those of policies. */
export const REAL = 'real'

/** Whether rows of the Macs are among those of the clients. */
export type Sees = 'clients' | 'macs'

export interface PlayedRun {
  readonly run: LiveRun
  readonly seed: number
  readonly openAttempts: number
  /** The coordinator's own account of it; undefined: nobody asked for it, or it could not be had. */
  readonly ledger: Ledger | undefined
  /** The names that answers bore, and what Macs of ours saw. */
  readonly answerNames: ReadonlyMap<string, RequestId>
  readonly sightings: readonly Sighting[]
}

export interface PlayedOutcome {
  readonly result: RunResult
  /** All rows, in order. */
  readonly store: TraceStore
  readonly account: LedgerAccount | undefined
  /** Macs that the ledger alone knows; their numbers follow those of ours. */
  readonly others: readonly LedgerMac[]
}

export class PlayedDemand {
  readonly #seen = new TraceStore()

  constructor(
    private readonly loaded: LoadedScenario,
    readonly sees: Sees,
  ) {}

  get subscribers(): readonly TraceSubscriber[] {
    return [this.#seen.row]
  }

  /** The run is over, its books are closed. */
  outcome({ run, seed, openAttempts, ledger, answerNames, sightings }: PlayedRun): PlayedOutcome {
    const { sees, loaded } = this
    const { scenario, digest: scenarioDigest, assumed } = loaded
    run.trace.emit({ kind: 'run_ended', at: run.kernel.now, inFlight: openAttempts })
    const rows = new WrittenRows(this.#seen)
    const told = ledger?.tell(rows, {
      sightings,
      byAnswers: answerNames,
      began_us: run.began_us,
      providers: this.#seen.table('registered').length,
      machines: sees === 'macs' ? scenario.machines.length : 0,
    })
    const account = told?.account
    const store = new TraceStore()
    const digest = new TraceDigest()
    const measure = measurement(scenario)
    const trace = new Trace([digest.row, measure.row, store.row])
    for (const row of rows) trace.emit(row)
    const { metrics, warned } = measure.end()
    const lateness = run.lateness.report()
    const { late, instants, worst_ms } = lateness
    const result = metrics.result({
      scenario: {
        name: scenario.name,
        digest: scenarioDigest,
        about: scenario.about,
        slo: sloFigures(scenario.slo),
      },
      policy: { name: REAL },
      seed,
      events: trace.rows,
      digest: digest.hex(),
      // Whom the coordinator did not send a request is its own to say.
      warned: [realTime(lateness), ...warned.filter(({ code }) => code !== 'macs_without_requests')],
      assumed: [...assumed, ...unseen(sees, account)],
    })
    return {
      result: {
        ...result,
        // Where the table of a figure can say that it is not known, it does.
        models: Object.fromEntries(
          Object.entries(result.models).map(([name, model]) => [name, { ...model, queue_ms: UNSEEN }]),
        ),
        interference: sees === 'macs' ? result.interference : {},
        energy: sees === 'macs' ? result.energy : { gpu_kwh: null, gpu_wh_per_1k_tokens: null },
        meta: {
          sees_macs: sees === 'macs' ? 1 : 0,
          real_s: run.kernel.now / MICROS_PER_SECOND,
          late,
          instants,
          worst_late_ms: worst_ms,
        },
      },
      store,
      account,
      others: told?.others ?? [],
    }
  }
}

/** Two things that a run of the lab need not be told of. */
function realTime({ late, instants, late_after_ms, worst_ms }: LatenessReport): RunWarning {
  const told =
    late === 0
      ? `nothing was late by more than ${late_after_ms} ms`
      : `${late} of ${instants} instants were late by more than ${late_after_ms} ms, at worst ${Math.round(worst_ms)} ms`
  return {
    code: 'real_time',
    about: '',
    text: `in real time before a real coordinator, which draws near ties anew each time: ${told}`,
    look: '',
  }
}

const UNSEEN: SampleSummary = { count: 0, mean: null, p50: null, p90: null, p95: null, p99: null, max: null }

/** Without rows of Macs; without a ledger; without either; in any case. */
const OF_MACS = [
  'loads',
  'evictions',
  'faults',
  'providers',
  'fragmentation',
  'interference',
  'energy',
  'reported.macs',
  'models.*.wasted_tokens',
]
const OF_DECISIONS = ['reported_by_model.*.candidates', 'reported_by_model.*.ttft_estimate_ms']
const OF_DISPATCHES = [
  'reported.served_on',
  'reported.attempt_errors',
  'reported.ttft_from_dispatch_ms',
  'reported_by_model.*.ttft_from_dispatch_ms',
]
const OF_COORDINATORS = [
  'pools',
  'pool_moves',
  'audit',
  'models.*.queue_ms',
  'reported_by_model.*.queued',
  'providers.thermal',
  'loads.by_cause',
  'upstream.*.standing',
]

/** Figures for which there are no rows, and columns that the ledger left open. */
function unseen(sees: Sees, account: LedgerAccount | undefined): readonly AssumedInput[] {
  const figures = [
    ...(sees === 'macs' ? [] : OF_MACS),
    ...(account === undefined ? OF_DECISIONS : []),
    ...(sees === 'macs' || account !== undefined ? [] : OF_DISPATCHES),
    ...OF_COORDINATORS,
  ]
  const why = 'what happens inside a real coordinator and between it and its Macs is not seen'
  const of: AssumedInput[] = [unseenFigures(figures, why)]
  const open = Object.entries(account?.unknown ?? {})
  if (open.length > 0)
    of.push({
      path: open.map(([column]) => column).join(', '),
      value: 'unseen',
      why: "the coordinator's ledger does not tell these columns of its decisions, or not always; 0 or -1 stands for unknown there",
    })
  return of
}
