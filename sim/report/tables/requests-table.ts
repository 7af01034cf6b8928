/**
 * requests.parquet: one row for each attempt of the upstream router that reached us, what `requests.arrived` counts. Its
 * figures are worked out by the same code as those of the result, so that SQL over this table and the JSON cannot part.
 */
import { RequestTallies } from '../../metrics/requests/request-tallies.ts'
import type { Slo } from '../../metrics/settings.ts'
import type { Micros } from '../../base/time.ts'
import type { ArrivedRow, DispatchedRow, EndedRow, TraceRow, UserRequestRow } from '../../trace/row.ts'
import type { ParquetColumn } from '../files/parquet.ts'
import { secondsOf } from './run-columns.ts'

/** What only a served request has. */
interface ServedFigures {
  readonly ttft_ms: number
  readonly tpot_ms: number | undefined
  readonly decode_tps: number | undefined
  readonly e2e_ms: number
  readonly queue_ms: number
  readonly good: boolean
}

export interface RequestRecord {
  readonly arrived: ArrivedRow
  /** undefined: the client had given up before its request came in. */
  readonly user: UserRequestRow | undefined
  readonly promptTokens: number
  readonly isFirst: boolean
  /** Arrived after warm-up. */
  readonly counted: boolean
  build: string
  dispatches: number
  usedBackup: boolean
  wasQueued: boolean
  /** -1: none. */
  firstTokenAt: number
  /** Serials by attempt. */
  readonly macs: Map<number, string>
  ended: EndedRow | undefined
  served: ServedFigures | undefined
}

/** The trace writes -1, 0 or '' where there is none. */
const unlessNone = <V>(value: V, none: V): V | undefined => (value === none ? undefined : value)

export const REQUEST_COLUMNS: readonly ParquetColumn<RequestRecord>[] = [
  {
    name: 'request',
    type: 'whole',
    about: 'number of the request, as `--explain` takes it',
    value: ({ arrived }) => arrived.request,
  },
  {
    name: 'user',
    type: 'whole',
    about: 'number of the user request it is an attempt of',
    value: ({ arrived }) => arrived.user,
  },
  {
    name: 'first_attempt',
    type: 'flag',
    about: 'the first attempt of its user that reached us; false for a retry, and where the client was gone before',
    value: ({ isFirst }) => isFirst,
  },
  { name: 'model', type: 'text', about: 'what the client asked for', value: ({ arrived }) => arrived.model },
  {
    name: 'build',
    type: 'text',
    about: 'what that was resolved to; NULL: to nothing',
    value: ({ build }) => unlessNone(build, ''),
  },
  {
    name: 'after_warmup',
    type: 'flag',
    about: 'arrived after warm-up: what every figure of the JSON is over',
    value: ({ counted }) => counted,
  },
  {
    name: 'arrived_at_s',
    type: 'real',
    about: 'from the start of the run',
    value: ({ arrived }) => secondsOf(arrived.at),
  },
  {
    name: 'first_token_at_s',
    type: 'real',
    about:
      'when the client got its first token, of an answer that broke off too; NULL: never, or the answer came in one piece',
    value: ({ firstTokenAt }) => secondsOf(firstTokenAt),
  },
  {
    name: 'ended_at_s',
    type: 'real',
    about: 'NULL: in flight when the run ended',
    value: ({ ended }) => secondsOf(ended?.at),
  },
  {
    name: 'prompt_tokens',
    type: 'whole',
    about: 'as figures count them: what was sent, or the estimate where the client was gone before',
    value: ({ promptTokens }) => promptTokens,
  },
  {
    name: 'estimated_prompt_tokens',
    type: 'whole',
    about: 'what the coordinator took the prompt for',
    value: ({ arrived }) => arrived.estimatedPromptTokens,
  },
  {
    name: 'max_tokens',
    type: 'whole',
    about: 'NULL: the client gave none',
    value: ({ arrived }) => unlessNone(arrived.maxTokens, 0),
  },
  {
    name: 'completion_tokens',
    type: 'whole',
    about: 'delivered; NULL: in flight when the run ended',
    value: ({ ended }) => ended?.completionTokens,
  },
  {
    name: 'stream',
    type: 'flag',
    about: 'NULL, as the next two: the client was gone before',
    value: ({ user }) => user?.stream,
  },
  { name: 'tools', type: 'flag', about: '', value: ({ user }) => user?.tools },
  { name: 'vision', type: 'flag', about: '', value: ({ user }) => user?.vision },
  {
    name: 'outcome',
    type: 'text',
    about: 'served, rejected, failed, cancelled or in_flight: the counts of `requests`',
    value: ({ ended }) => ended?.outcome ?? 'in_flight',
  },
  {
    name: 'status',
    type: 'whole',
    about: 'HTTP status of the answer; NULL: in flight',
    value: ({ ended }) => ended?.status,
  },
  {
    name: 'reason',
    type: 'text',
    about: 'why it was rejected or failed, as in `requests.rejected`; NULL for others',
    value: ({ ended }) => unlessNone<string>(ended?.reason ?? '', ''),
  },
  {
    name: 'broke_off',
    type: 'flag',
    about: 'it failed after its first token; NULL: in flight',
    value: ({ ended }) => ended?.midStream,
  },
  {
    name: 'retry_after_s',
    type: 'whole',
    about: 'what the answer asked for; NULL: none was sent',
    value: ({ ended }) => unlessNone(ended?.retryAfter_s ?? -1, -1),
  },
  {
    name: 'good',
    type: 'flag',
    about: 'served within the SLO; its mean over what arrived after warm-up is `goodput`',
    value: ({ served }) => served?.good ?? false,
  },
  {
    name: 'ttft_ms',
    type: 'real',
    about: 'of served requests, as are the next four; NULL for others',
    value: ({ served }) => served?.ttft_ms,
  },
  {
    name: 'tpot_ms',
    type: 'real',
    about: 'NULL also where the answer came in one piece or was one token long',
    value: ({ served }) => served?.tpot_ms,
  },
  { name: 'decode_tps', type: 'real', about: 'NULL as `tpot_ms`', value: ({ served }) => served?.decode_tps },
  { name: 'e2e_ms', type: 'real', about: '', value: ({ served }) => served?.e2e_ms },
  { name: 'queue_ms', type: 'real', about: "in the coordinator's queue", value: ({ served }) => served?.queue_ms },
  {
    name: 'queued',
    type: 'flag',
    about: 'it was in that queue, however it ended',
    value: ({ wasQueued }) => wasQueued,
  },
  {
    name: 'dispatches',
    type: 'whole',
    about: 'attempts on Macs, backups included: rows of attempts.parquet',
    value: ({ dispatches }) => dispatches,
  },
  {
    name: 'used_backup',
    type: 'flag',
    about: 'one of them was a backup beside another',
    value: ({ usedBackup }) => usedBackup,
  },
  {
    name: 'mac',
    type: 'text',
    about: 'serial of the Mac whose answer the client got; NULL: none',
    value: ({ macs, ended }) => macs.get(ended?.attempt ?? -1),
  },
]

/** Takes the trace and hands out a request when it has ended. */
export class RequestRows {
  private readonly tallies: RequestTallies
  private readonly users = new Map<number, UserRequestRow>()
  private readonly live = new Map<number, RequestRecord>()
  private readonly serials = new Map<number, string>()

  constructor(
    private readonly run: { readonly slo: Slo; readonly warmup: number; readonly duration: Micros },
    private readonly add: (record: RequestRecord) => void,
  ) {
    // With a warm-up that never ends it works out every figure and adds up none.
    const settings = { ...run, warmup: Infinity as Micros, models: [], builds: [], machines: 0 }
    this.tallies = new RequestTallies(settings, undefined)
  }

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    switch (row.kind) {
      case 'user_request':
        this.users.set(row.user, row)
        this.tallies.userRequest(row)
        break
      case 'user_ended':
        this.users.delete(row.user)
        this.tallies.userEnded(row)
        break
      case 'registered':
        this.serials.set(row.provider, row.serial)
        break
      case 'arrived':
        this.arrived(row)
        break
      case 'preflight':
      case 'decision': {
        const record = this.live.get(row.request)
        if (record !== undefined) record.build = row.build
        break
      }
      case 'queued': {
        this.tallies.queued(row)
        const record = this.live.get(row.request)
        if (record !== undefined) record.wasQueued = true
        break
      }
      case 'dequeued':
        this.tallies.dequeued(row)
        break
      case 'dispatched':
        this.dispatched(row)
        break
      case 'first_token': {
        this.tallies.firstToken(row)
        const record = this.live.get(row.request)
        if (record !== undefined && record.firstTokenAt < 0) record.firstTokenAt = row.at
        break
      }
      case 'ended':
        this.ended(row)
        break
      default:
      // Of no request at our door.
    }
  }

  /** After the last row: what is in flight. */
  end(): void {
    for (const record of this.live.values()) this.add(record)
    this.live.clear()
  }

  private arrived(row: ArrivedRow): void {
    const { promptTokens, isFirst } = this.tallies.arrived(row)
    this.live.set(row.request, {
      arrived: row,
      user: this.users.get(row.user),
      promptTokens,
      isFirst,
      counted: row.at >= this.run.warmup,
      build: '',
      dispatches: 0,
      usedBackup: false,
      wasQueued: false,
      firstTokenAt: -1,
      macs: new Map(),
      ended: undefined,
      served: undefined,
    })
  }

  private dispatched(row: DispatchedRow): void {
    const record = this.live.get(row.request)
    if (record === undefined) return
    record.dispatches += 1
    record.usedBackup ||= row.backup
    const serial = this.serials.get(row.provider)
    if (serial !== undefined) record.macs.set(row.attempt, serial)
  }

  private ended(row: EndedRow): void {
    const request = this.tallies.ended(row)
    const record = this.live.get(row.request)
    if (request === undefined || record === undefined) return
    this.live.delete(row.request)
    record.ended = row
    if (row.outcome === 'served') {
      const { ttft_ms, tpot_ms, decode_tps, good } = this.tallies.figures
      record.served = {
        ttft_ms,
        tpot_ms: unlessNone(tpot_ms, -1),
        decode_tps: unlessNone(decode_tps, -1),
        e2e_ms: (row.at - request.arrivedAt) / 1_000,
        queue_ms: request.queued / 1_000,
        good,
      }
    }
    this.add(record)
  }
}
