/**
 * attempts.parquet: one row for each time a request was sent to a Mac, as the coordinator saw it and as it was on the Mac;
 * and delays.parquet: what delayed it there, by whom. A row is whole when both sides have said how it ended.
 */
import type {
  AttemptEndedRow,
  DelayRow,
  DispatchedRow,
  PricedRow,
  RegisteredRow,
  TraceRow,
  WorkRow,
} from '../../trace/row.ts'
import type { ParquetColumn } from '../files/parquet.ts'
import { secondsOf } from './run-columns.ts'

export interface AttemptRecord {
  readonly dispatched: DispatchedRow
  readonly provider: RegisteredRow | undefined
  /** What this Mac was taken to cost when it was chosen. */
  readonly priced: PricedRow | undefined
  /** undefined: in flight when the run ended. */
  ended: AttemptEndedRow | undefined
  /** undefined: it never came in, or its Mac was lost with it. */
  work: WorkRow | undefined
}

export interface DelayRecord {
  readonly delay: DelayRow
  readonly serial: string | undefined
}

const msOf = (nanos: number): number => nanos / 1e6
const unlessNone = <V>(value: V, none: V): V | undefined => (value === none ? undefined : value)

export const ATTEMPT_COLUMNS: readonly ParquetColumn<AttemptRecord>[] = [
  { name: 'request', type: 'whole', about: 'of requests.parquet', value: ({ dispatched }) => dispatched.request },
  {
    name: 'attempt',
    type: 'whole',
    about: '0, 1, 2 … over retries and backups of the request',
    value: ({ dispatched }) => dispatched.attempt,
  },
  { name: 'mac', type: 'text', about: 'serial of the Mac it was sent to', value: ({ provider }) => provider?.serial },
  { name: 'build', type: 'text', about: '', value: ({ dispatched }) => dispatched.build },
  {
    name: 'backup',
    type: 'flag',
    about: 'sent beside another that was late',
    value: ({ dispatched }) => dispatched.backup,
  },
  {
    name: 'slot_state',
    type: 'text',
    about: 'of the build on that Mac as the coordinator had heard; `unknown`: it holds no such build',
    value: ({ dispatched }) => dispatched.slotState,
  },
  {
    name: 'cost_ms',
    type: 'real',
    about: 'what the coordinator took it to cost there; NULL: it was not priced',
    value: ({ priced }) => unlessNone(priced?.cost_ms ?? -1, -1),
  },
  {
    name: 'expected_ttft_ms',
    type: 'real',
    about: 'what it expected; NULL: nothing',
    value: ({ priced }) => unlessNone(priced?.ttft_ms ?? -1, -1),
  },
  {
    name: 'dispatched_at_s',
    type: 'real',
    about: 'from the start of the run',
    value: ({ dispatched }) => secondsOf(dispatched.at),
  },
  {
    name: 'ended_at_s',
    type: 'real',
    about: 'as the coordinator heard; NULL: in flight when the run ended',
    value: ({ ended }) => secondsOf(ended?.at),
  },
  {
    name: 'outcome',
    type: 'text',
    about: 'success, error, cancelled, timeout, disconnected or in_flight',
    value: ({ ended }) => ended?.outcome ?? 'in_flight',
  },
  { name: 'status', type: 'whole', about: 'as an HTTP status; NULL: in flight', value: ({ ended }) => ended?.code },
  {
    name: 'error',
    type: 'text',
    about: "the Mac's words; NULL: none",
    value: ({ ended }) => unlessNone<string>(ended?.text ?? '', ''),
  },
  {
    name: 'prompt_tokens',
    type: 'whole',
    about: 'as the Mac counted them, for the coordinator; NULL: in flight',
    value: ({ ended }) => ended?.promptTokens,
  },
  { name: 'completion_tokens', type: 'whole', about: '', value: ({ ended }) => ended?.completionTokens },
  {
    name: 'received_at_s',
    type: 'real',
    about:
      'truth from here on: when the Mac had the message; NULL as all that follows where it never did, or was lost with it',
    value: ({ work }) => secondsOf(work?.receivedAt),
  },
  {
    name: 'admitted_at_s',
    type: 'real',
    about: 'when its engine began with it; NULL: never',
    value: ({ work }) => secondsOf(work?.admittedAt),
  },
  {
    name: 'mac_first_token_at_s',
    type: 'real',
    about: 'NULL: never',
    value: ({ work }) => secondsOf(work?.firstTokenAt),
  },
  { name: 'mac_ended_at_s', type: 'real', about: '', value: ({ work }) => secondsOf(work?.at) },
  {
    name: 'mac_outcome',
    type: 'text',
    about: 'finished, cancelled, error or unfinished',
    value: ({ work }) => work?.outcome,
  },
  {
    name: 'prefilled_tokens',
    type: 'whole',
    about: 'worked, whether delivered or not',
    value: ({ work }) => work?.prefilledTokens,
  },
  { name: 'decoded_tokens', type: 'whole', about: '', value: ({ work }) => work?.decodedTokens },
  {
    name: 'solo_ms',
    type: 'real',
    about:
      'what its stay would have been on the same Mac idle, cool and with the model resident; NULL: it did not finish',
    value: ({ work }) => (work?.outcome === 'finished' ? msOf(work.solo_ns) : undefined),
  },
]

export const DELAY_COLUMNS: readonly ParquetColumn<DelayRecord>[] = [
  { name: 'request', type: 'whole', about: 'of attempts.parquet, with the next', value: ({ delay }) => delay.request },
  { name: 'attempt', type: 'whole', about: '', value: ({ delay }) => delay.attempt },
  { name: 'mac', type: 'text', about: 'serial', value: ({ serial }) => serial },
  { name: 'build', type: 'text', about: 'that was delayed', value: ({ delay }) => delay.build },
  {
    name: 'culprit',
    type: 'text',
    about: 'a build, its own one included, or ghosts, process, prefix_hit (a credit), none',
    value: ({ delay }) => delay.culprit,
  },
  {
    name: 'gpu_ms',
    type: 'real',
    about: 'all five and `solo_ms`, over the culprits of an attempt, are its stay on the Mac',
    value: ({ delay }) => msOf(delay.gpu_ns),
  },
  { name: 'memory_ms', type: 'real', about: '', value: ({ delay }) => msOf(delay.memory_ns) },
  { name: 'thermal_ms', type: 'real', about: '', value: ({ delay }) => msOf(delay.thermal_ns) },
  { name: 'load_ms', type: 'real', about: '', value: ({ delay }) => msOf(delay.load_ns) },
  { name: 'queue_ms', type: 'real', about: '', value: ({ delay }) => msOf(delay.queue_ns) },
]

export interface AttemptSinks {
  attempt(record: AttemptRecord): void
  delay(record: DelayRecord): void
}

/** Takes the trace and hands out attempts and delays. */
export class AttemptRows {
  private readonly live = new Map<string, AttemptRecord>()
  private readonly priced = new Map<number, PricedRow>()
  private readonly providers = new Map<number, RegisteredRow>()
  private readonly serials = new Map<number, string>()

  constructor(private readonly sinks: AttemptSinks) {}

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    switch (row.kind) {
      case 'registered':
        this.providers.set(row.provider, row)
        this.serials.set(row.machine, row.serial)
        break
      case 'priced':
        this.priced.set(row.request, row)
        break
      case 'ended':
        this.priced.delete(row.request)
        break
      case 'dispatched':
        this.dispatched(row)
        break
      case 'attempt_ended': {
        const record = this.live.get(keyOf(row))
        if (record !== undefined) this.endedThere(record, (record.ended = row))
        break
      }
      case 'work': {
        const record = this.live.get(keyOf(row))
        if (record !== undefined) this.endedThere(record, (record.work = row))
        break
      }
      case 'delay':
        this.sinks.delay({ delay: row, serial: this.serials.get(row.machine) })
        break
      default:
      // Of no attempt.
    }
  }

  /** After the last row: what only one side has heard of. */
  end(): void {
    for (const record of this.live.values()) this.sinks.attempt(record)
    this.live.clear()
  }

  private dispatched(row: DispatchedRow): void {
    const priced = this.priced.get(row.request)
    this.live.set(keyOf(row), {
      dispatched: row,
      provider: this.providers.get(row.provider),
      priced: priced?.provider === row.provider ? priced : undefined,
      ended: undefined,
      work: undefined,
    })
  }

  private endedThere(record: AttemptRecord, row: AttemptEndedRow | WorkRow): void {
    if (record.ended === undefined || record.work === undefined) return
    this.live.delete(keyOf(row))
    this.sinks.attempt(record)
  }
}

const keyOf = ({ request, attempt }: { readonly request: number; readonly attempt: number }): string =>
  `${request}/${attempt}`
