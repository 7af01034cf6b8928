/**
 * A run in the columns of the real coordinator's ledger, so that its operators' SQL and notebooks read it as it stands. A
 * subscriber of the trace that hands out CSV lines as soon as a row is complete; it keeps only what is in flight.
 *
 * Left empty, because the simulation has no such thing: consumer_key_hash, key_id, client_class, provider_trust_level,
 * provider_version, cpu_cores, GPU peak and cache memory, queued_token_budget, self_route_only, prefer_owner,
 * cache_affinity_key, reasoning_tokens, cost_micro_usd, regions, parse, reserve, route, encrypt and dispatch times; of a
 * rejection n, has_audio, tool_count, response_format, params, request_body_bytes, could_have_served,
 * warm_provider_existed, shortfall_micro_usd, limit_kind, over_by. A provider_id is the Mac's serial, so that it
 * outlasts a reconnect.
 */
import type { Micros } from '../../base/time.ts'
import type {
  ArrivedRow,
  AttemptEndedRow,
  DispatchedRow,
  EndedRow,
  HeartbeatRow,
  ProviderPoolsRow,
  SlotRow,
  TraceRow,
  UserRequestRow,
} from '../../trace/row.ts'
import { HEARTBEAT_SAMPLE, type RowOf } from '../../trace/schema.ts'
import { csvLine } from '../form/csv.ts'
import { CAPACITY_COLUMNS, type LedgerColumn, REJECTION_COLUMNS, ROUTE_COLUMNS } from './ledger-columns.ts'
import { type HeardProvider, type LedgerRequest, routeOf, unrouted } from './ledger-entry.ts'
import { POOL_COLUMNS, PROVIDER_POOL_COLUMNS } from './pool-columns.ts'

export type LedgerTable =
  | 'inference_routes'
  | 'request_rejections'
  | 'provider_capacity_samples'
  | 'pool_gauges'
  | 'provider_pools'

export interface LedgerOptions {
  /** Microseconds between two capacity samples of one provider; 0: every heartbeat that says something new. */
  readonly sampleEvery: number
  /**
   * Requests that arrived before it are left out, and so is what was sampled before; what was last heard of each provider by
   * then stands at that moment, or a reader would take the fleet for cold. Microseconds.
   */
  readonly from: number
}

/** One sample a minute and provider: the real table is planned as a sample, not as every heartbeat. */
const DEFAULTS: LedgerOptions = { sampleEvery: HEARTBEAT_SAMPLE, from: 0 }

const COLUMNS = {
  inference_routes: ROUTE_COLUMNS,
  request_rejections: REJECTION_COLUMNS,
  provider_capacity_samples: CAPACITY_COLUMNS,
  pool_gauges: POOL_COLUMNS,
  provider_pools: PROVIDER_POOL_COLUMNS,
} as const satisfies { readonly [table in LedgerTable]: unknown }

/** First line of a table's file. */
export const ledgerHead = (table: LedgerTable): string => csvLine(COLUMNS[table].map(([name]) => name))

export class LedgerExport {
  private readonly users = new Map<number, UserRequestRow>()
  private readonly requests = new Map<number, LedgerRequest>()
  private readonly providers = new Map<number, HeardProvider>()
  /** Whose slot rows are coming in, at the same instant. */
  private reporting: HeardProvider | undefined
  private at = 0
  private readonly options: LedgerOptions
  private readonly pools = new Map<number, ProviderPoolsRow>()
  /** Those in flight that arrived too early. */
  private readonly leftOut = new Set<number>()
  private begun: boolean

  constructor(
    private readonly write: (table: LedgerTable, line: string) => void,
    options: Partial<LedgerOptions> = {},
  ) {
    this.options = { ...DEFAULTS, ...options }
    this.begun = this.options.from === 0
  }

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    if (this.reporting !== undefined && (row.kind !== 'slot' || row.at > this.at)) this.reported(this.reporting)
    this.at = row.at
    if (!this.begun && row.at >= this.options.from) this.begin()
    switch (row.kind) {
      case 'user_request':
        this.users.set(row.user, row)
        break
      case 'user_ended':
        this.users.delete(row.user)
        break
      case 'registered':
        this.providers.set(row.provider, { registered: row, heartbeat: undefined, slots: [], sampledAt: -Infinity })
        break
      case 'disconnected':
        this.providers.delete(row.provider)
        this.pools.delete(row.provider)
        break
      case 'heartbeat':
        this.heartbeat(row)
        break
      case 'slot':
        this.slot(row)
        break
      case 'pool':
        if (this.begun) this.put('pool_gauges', POOL_COLUMNS, row)
        break
      case 'provider_pools':
        if (this.begun) this.putPools(row)
        else this.pools.set(row.provider, row)
        break
      case 'arrived':
        this.requests.set(row.request, newRequest(row, this.users.get(row.user)))
        if (!this.begun) this.leftOut.add(row.request)
        break
      case 'dispatched':
        this.dispatched(row)
        break
      case 'ended':
        this.ended(row)
        break
      case 'attempt_ended':
        this.attemptEnded(row)
        break
      default:
        this.noted(row)
    }
  }

  /** What was in force when it began. */
  private begin(): void {
    const { from } = this.options
    this.begun = true
    for (const provider of this.providers.values()) {
      const { heartbeat } = provider
      if (heartbeat === undefined) continue
      provider.sampledAt = from
      this.put('provider_capacity_samples', CAPACITY_COLUMNS, {
        ...provider,
        heartbeat: { ...heartbeat, at: from as Micros },
      })
    }
    for (const row of this.pools.values()) this.putPools({ ...row, at: from as Micros })
    this.pools.clear()
  }

  private putPools(row: ProviderPoolsRow): void {
    this.put('provider_pools', PROVIDER_POOL_COLUMNS, { provider: this.providers.get(row.provider), row })
  }

  /** What only adds to an open request. */
  private noted(row: TraceRow): void {
    if (!isNoted(row)) return
    const request = this.requests.get(row.request)
    if (request === undefined) return
    if (row.kind === 'preflight' || row.kind === 'decision') {
      request.decision = row
      request.priced = undefined
    } else if (row.kind === 'priced') {
      request.priced = row
    } else if (row.kind === 'first_token') {
      request.firstToken = row
    } else if (row.kind === 'queued') {
      request.queuedAt = row.at
      request.wasQueued = true
    } else if (row.kind === 'dequeued') {
      request.queued += row.at - request.queuedAt
    }
  }

  private heartbeat(row: HeartbeatRow): void {
    const provider = this.providers.get(row.provider)
    if (provider === undefined) return
    provider.heartbeat = row
    provider.slots.length = Math.min(provider.slots.length, row.slots)
    this.reporting = provider
  }

  private slot(row: SlotRow): void {
    const provider = this.providers.get(row.provider)
    if (provider !== undefined) provider.slots[row.place] = row
  }

  private reported(provider: HeardProvider): void {
    this.reporting = undefined
    const { heartbeat } = provider
    if (!this.begun) return
    if (heartbeat === undefined || heartbeat.at - provider.sampledAt < this.options.sampleEvery) return
    provider.sampledAt = heartbeat.at
    this.put('provider_capacity_samples', CAPACITY_COLUMNS, provider)
  }

  private dispatched(row: DispatchedRow): void {
    let request = this.requests.get(row.request)
    if (request === undefined) {
      // The client has gone and its cancel is on the way: what it asked for is not known any more.
      request = newRequest(undefined, undefined)
      this.requests.set(row.request, request)
    }
    const provider = this.providers.get(row.provider)
    const slot = provider?.slots.find((each) => each.build === row.build)
    const { decision, priced } = request
    const heartbeat = provider?.heartbeat
    request.attempts.push({ dispatched: row, decision, priced, provider, heartbeat, slot, ended: undefined })
  }

  private attemptEnded(row: AttemptEndedRow): void {
    const request = this.requests.get(row.request)
    const attempt = request?.attempts.find((each) => each.dispatched.attempt === row.attempt)
    if (request === undefined || attempt === undefined) return
    attempt.ended = row
    if (request.ended !== undefined || request.arrived === undefined) this.finish(row.request, request)
  }

  private ended(row: EndedRow): void {
    const request = this.requests.get(row.request)
    if (request === undefined) return
    request.ended = row
    const isWritten = !this.leftOut.has(row.request)
    if (isWritten && row.outcome === 'rejected')
      this.put('request_rejections', REJECTION_COLUMNS, { request, ended: row })
    const routed = request.decision?.kind === 'decision'
    if (isWritten && request.attempts.length === 0 && (routed || request.wasQueued)) {
      this.put('inference_routes', ROUTE_COLUMNS, unrouted(request, row))
    }
    this.finish(row.request, request)
  }

  /** Writes the attempts of a request that has ended, once all of them have. */
  private finish(id: number, request: LedgerRequest): void {
    if (request.attempts.some((attempt) => attempt.ended === undefined)) return
    const written = this.leftOut.has(id) ? [] : request.attempts
    for (const attempt of written)
      this.put('inference_routes', ROUTE_COLUMNS, routeOf(request, attempt, attempt.ended!))
    this.requests.delete(id)
  }

  private put<T>(table: LedgerTable, columns: readonly LedgerColumn<T>[], of: T): void {
    this.write(table, csvLine(columns.map(([, value]) => value(of))))
  }
}

const NOTED = ['preflight', 'decision', 'priced', 'queued', 'dequeued', 'first_token'] as const
type NotedRow = RowOf<(typeof NOTED)[number]>
const isNoted = (row: TraceRow): row is NotedRow => (NOTED as readonly string[]).includes(row.kind)

const newRequest = (arrived: ArrivedRow | undefined, user: UserRequestRow | undefined): LedgerRequest => ({
  arrived,
  user,
  attempts: [],
  decision: undefined,
  priced: undefined,
  queuedAt: 0,
  queued: 0,
  wasQueued: false,
  firstToken: undefined,
  ended: undefined,
})
