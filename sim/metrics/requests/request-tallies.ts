/**
 * Follows every request that reached us from arrival to end and files it under its public model. Only what is in flight
 * is kept, so memory does not grow with the run. A figure belongs to a request that arrived after warm-up, however
 * late it ends; what arrived earlier is followed but not counted.
 *
 * A request without a first_token row got its answer in one piece: its TTFT is its whole time, and it has no decode
 * rate. `ttft_within` and `goodput` count served requests only: a first token of an answer that broke off later is no
 * service.
 */
import { must } from '../../base/assert.ts'
import type { ModelName } from '../../base/ids.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { harmsUptime } from '../../base/uptime.ts'
import type { RowOf } from '../../trace/schema.ts'
import { ModelTally } from './model-tally.ts'
import type { PairedTtft } from './paired-ttft.ts'
import type { MetricsSettings } from '../settings.ts'

/** A request in flight. */
export interface LiveRequest {
  /** Index of its public model. */
  readonly model: number
  readonly counted: boolean
  readonly arrivedAt: number
  readonly user: number
  /** Of the attempts of its user that reached us. */
  readonly isFirst: boolean
  readonly promptTokens: number
  /** -1: not waiting. */
  queuedAt: number
  queued: number
  /** -1: none yet. */
  firstTokenAt: number
}

interface LiveUser {
  readonly model: number
  readonly counted: boolean
  readonly askedAt: number
  readonly promptTokens: number
  /** What it would get if nobody stopped it but its own limit. */
  readonly completionTokens: number
  /** Attempts that reached us. */
  attempts: number
}

/** What the series need to know of a served request; one object, reused. */
export interface ServedFigures {
  ttft_ms: number
  /** -1: none, the answer came in one piece or was one token long. */
  decode_tps: number
  tpot_ms: number
  /** Within the SLO. */
  good: boolean
}

/** As uptime counts an end; undefined: it does not. */
export type Judgement = 'success' | 'failure' | undefined

const failureIf = (harmed: boolean): Judgement => (harmed ? 'failure' : undefined)

function judgementOf({ outcome, status, midStream }: RowOf<'ended'>, { firstTokenAt }: LiveRequest): Judgement {
  switch (outcome) {
    case 'served':
      return 'success'
    case 'rejected':
      return failureIf(harmsUptime(status))
    case 'failed':
      return failureIf(midStream || harmsUptime(status))
    // Without a token the client's patience ended: the router books an error of ours. After one it was its choice.
    case 'cancelled':
      return failureIf(firstTokenAt < 0)
  }
}

const increment = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

export class RequestTallies {
  readonly tallies: ModelTally[] = []
  /** Of the request that ended last. */
  judged: Judgement
  readonly figures: ServedFigures = { ttft_ms: 0, decode_tps: -1, tpot_ms: -1, good: false }
  private readonly indexOfModel = new Map<ModelName, number>()
  private readonly live = new Map<number, LiveRequest>()
  private readonly users = new Map<number, LiveUser>()

  constructor(
    private readonly settings: MetricsSettings,
    private readonly paired: PairedTtft | undefined,
  ) {
    for (const model of settings.models) this.modelIndex(model)
  }

  /** Clients may ask for names the scenario does not list (a build by its own name, a wrong name): each gets a tally. */
  modelIndex(model: ModelName): number {
    const known = this.indexOfModel.get(model)
    if (known !== undefined) return known
    this.indexOfModel.set(model, this.tallies.length)
    return this.tallies.push(new ModelTally(model)) - 1
  }

  /** The index of its model. */
  userRequest(row: RowOf<'user_request'>): number {
    const model = this.modelIndex(row.model)
    const counted = row.at >= this.settings.warmup
    if (counted) this.tallies[model]!.users += 1
    const { promptTokens, outputTokens, maxTokens } = row
    const completionTokens = maxTokens > 0 ? Math.min(outputTokens, maxTokens) : outputTokens
    this.users.set(row.user, { model, counted, askedAt: row.at, promptTokens, completionTokens, attempts: 0 })
    return model
  }

  userEnded(row: RowOf<'user_ended'>): void {
    const user = this.users.get(row.user)
    this.users.delete(row.user)
    if (user?.counted !== true) return
    const tally = this.tallies[user.model]!
    if (row.outcome === 'served') tally.usersServed += 1
    else tally.lost(user.promptTokens, user.completionTokens)
    if (row.outcome === 'failed_over') tally.failedOver += 1
    if (row.outcome === 'elsewhere') tally.elsewhere += 1
  }

  arrived(row: RowOf<'arrived'>): LiveRequest {
    const user = this.users.get(row.user)
    if (user !== undefined) user.attempts += 1
    const request: LiveRequest = {
      model: this.modelIndex(row.model),
      counted: row.at >= this.settings.warmup,
      arrivedAt: row.at,
      user: row.user,
      // The client may have given up while its request was on the way; then only the estimate is left.
      isFirst: user?.attempts === 1,
      promptTokens: user?.promptTokens ?? row.estimatedPromptTokens,
      queuedAt: -1,
      queued: 0,
      firstTokenAt: -1,
    }
    this.live.set(row.request, request)
    if (request.counted) this.tallies[request.model]!.arrived += 1
    if (user?.counted === true) this.tallies[user.model]!.attempt(user.attempts === 1)
    return request
  }

  /** In flight; what happens on Macs for others matters to nobody. */
  follows(request: number): boolean {
    return this.live.has(request)
  }

  queued(row: RowOf<'queued'>): LiveRequest | undefined {
    const request = this.live.get(row.request)
    if (request !== undefined) request.queuedAt = row.at
    return request
  }

  dequeued(row: RowOf<'dequeued'>): LiveRequest | undefined {
    const request = this.live.get(row.request)
    if (request === undefined || request.queuedAt < 0) return undefined
    request.queued += row.at - request.queuedAt
    request.queuedAt = -1
    return request
  }

  firstToken(row: RowOf<'first_token'>): void {
    const request = this.live.get(row.request)
    if (request !== undefined && request.firstTokenAt < 0) request.firstTokenAt = row.at
  }

  /** After it `figures` holds those of the request if it was served. */
  ended(row: RowOf<'ended'>): LiveRequest | undefined {
    const request = this.live.get(row.request)
    if (request === undefined) return undefined
    this.live.delete(row.request)
    if (row.outcome === 'served') {
      this.measure(row, request)
      this.servedUser(request)
    }
    this.judged = judgementOf(row, request)
    if (!request.counted) return request
    const tally = must(this.tallies[request.model], 'a tally per model')
    tally.ended += 1
    if (row.status === 429) tally.answered429 += 1
    if (row.status >= 500 && row.status < 600) tally.answered5xx += 1
    if (this.judged === 'success') tally.uptimeSuccesses += 1
    if (this.judged === 'failure') tally.uptimeFailures += 1
    switch (row.outcome) {
      case 'served':
        this.served(row, request, tally)
        break
      case 'rejected':
        increment(tally.rejected, row.reason)
        break
      case 'failed':
        increment(tally.failed, row.reason)
        break
      case 'cancelled':
        tally.cancelled += 1
        break
    }
    return request
  }

  private measure(row: RowOf<'ended'>, request: LiveRequest): void {
    const firstAt = request.firstTokenAt < 0 ? row.at : request.firstTokenAt
    const decode = row.at - firstAt
    const steps = row.completionTokens - 1
    const { slo } = this.settings
    const { figures } = this
    figures.ttft_ms = (firstAt - request.arrivedAt) / 1_000
    figures.decode_tps = steps > 0 && decode > 0 ? (steps * MICROS_PER_SECOND) / decode : -1
    figures.tpot_ms = steps > 0 ? decode / 1_000 / steps : -1
    const inTime = figures.ttft_ms * 1_000 <= slo.ttftBase + slo.ttftPerToken * request.promptTokens
    figures.good = inTime && (figures.decode_tps < 0 || figures.decode_tps >= slo.decodeTps)
  }

  /** The same answer as its user sees it: from the first time it asked. */
  private servedUser(request: LiveRequest): void {
    const user = this.users.get(request.user)
    if (user?.counted !== true) return
    const { ttft_ms, decode_tps } = this.figures
    const waited_ms = (request.arrivedAt - user.askedAt) / 1_000 + ttft_ms
    const { slo } = this.settings
    const inTime = waited_ms * 1_000 <= slo.ttftBase + slo.ttftPerToken * user.promptTokens
    const good = inTime && (decode_tps < 0 || decode_tps >= slo.decodeTps)
    this.tallies[user.model]!.servedUser(waited_ms, good)
  }

  private served(row: RowOf<'ended'>, request: LiveRequest, tally: ModelTally): void {
    const { ttft_ms, decode_tps, tpot_ms, good } = this.figures
    tally.served += 1
    tally.addTtft(ttft_ms)
    tally.e2e_ms.add((row.at - request.arrivedAt) / 1_000)
    tally.queue_ms.add(request.queued / 1_000)
    if (decode_tps >= 0) {
      tally.tpot_ms.add(tpot_ms)
      tally.decode_tps.add(decode_tps)
    }
    if (good) tally.good += 1
    tally.servedPromptTokens += request.promptTokens
    tally.servedCompletionTokens += row.completionTokens
    this.paired?.add(request.model, request.user, ttft_ms)
  }
}
