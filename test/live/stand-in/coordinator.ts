/**
 * A small coordinator on the loopback address, for tests: the Macs' side (`/ws/provider`) and the clients' side
 * (`/v1/chat/completions`, streaming or not, and the exports of its ledger). It routes to the least busy Mac that offers the
 * model, retries what failed before content, and refuses what nobody can serve. It is written against the protocol, not
 * against our end of it, and none of its answers depends on how fast anything is.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomBytes, randomUUID } from 'node:crypto'
import { WebSocketServer } from 'ws'
import { FRAME_BYTES_MAX } from '../../../sim/live/wire/frames.ts'
import { type Answered, StandInProvider } from './provider.ts'

export interface StandInOptions {
  /** 0: any free one. */
  readonly port?: number
  readonly key?: string
  readonly adminKey?: string
  /** Requests one Mac may hold at once; beyond that, clients wait. */
  readonly slotsPerMac?: number
  /** Clients that may wait; the next one is refused. */
  readonly queueMax?: number
  /** It does not challenge, so nobody is ever routable. */
  readonly silent?: true
  /** It exports its ledger so often; then it cannot any more. */
  readonly exportsMax?: number
  /** Microseconds since 1970, for the times in its ledger; absent: the machine's. */
  now_us?(): number
  /** Each attempt goes to a Mac under a name of its own, which the ledger does not know. */
  readonly namesPerAttempt?: true
  /** So many requests fail at the first Mac: it is asked for a model that no Mac has. */
  readonly failFirst?: number
  /** What the answer says of a refusal, instead of the ledger's own word. */
  readonly publicCode?: string
  /** Names that clients ask for, and the build behind each. */
  readonly aliases?: { readonly [name: string]: string }
  /** Answers instead of routing. */
  refuse?(
    body: ChatBody,
  ): { readonly status: number; readonly code: string; readonly retryAfter_s?: number } | undefined
}

export interface ChatBody {
  readonly model: string
  readonly stream?: boolean
  readonly [field: string]: unknown
}

export interface RouteRow {
  readonly request_id: string
  readonly attempt: number
  readonly provider_id: string
  readonly model: string
  readonly public_model: string
  readonly outcome: string
  readonly final_status: string
  readonly error_code: number
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly actual_ttft_ms: number
  readonly queue_wait_ms: number
  readonly candidate_count: number
  readonly capacity_rejections: number
  readonly model_too_large_rejections: number
  readonly vision_rejections: number
  readonly ttft_rejections: number
  readonly best_ttft_ms: number
  readonly cost_ms: number
  readonly state_ms: number
  readonly queue_ms: number
  readonly pending_ms: number
  readonly backlog_ms: number
  readonly this_req_ms: number
  readonly health_ms: number
  readonly ttft_ms: number
  readonly effective_queue: number
  readonly effective_tps: number
  readonly static_tps: number
  readonly hardware_chip: string
  readonly memory_gb: number
  readonly slot_state: string
  readonly estimated_prompt_tokens: number
  readonly requested_max_tokens: number
  readonly dispatch_to_first_chunk_ms: number
  readonly used_backup: boolean
  readonly error_reason: string
  readonly created_at: string
  readonly updated_at: string
}

export interface RejectionRow {
  readonly request_id: string
  readonly stage: string
  readonly reason_code: string
  readonly http_status: number
  readonly requested_model: string
  readonly resolved_model: string
  readonly retry_after_ms: number
  readonly estimated_prompt_tokens: number
  readonly requested_max_tokens: number
  readonly candidate_count: number
  readonly capacity_rejections: number
  readonly model_too_large_rejections: number
  readonly best_ttft_ms: number
  readonly created_at: string
}

const RETRY_AFTER_S = 2
const ATTEMPTS_MAX = 3

export class StandInCoordinator {
  /** Every connection there has been. */
  readonly providers: StandInProvider[] = []
  readonly routes: RouteRow[] = []
  readonly rejections: RejectionRow[] = []
  /** Bodies as clients sent them. */
  readonly bodies: ChatBody[] = []
  /** Upgrades that were asked for on other paths. */
  readonly strays: string[] = []
  readonly #waiting: (() => boolean)[] = []
  readonly #arrivals: ((provider: StandInProvider) => void)[] = []
  #seen = 0
  #spoilt = 0
  #exported = 0

  private constructor(
    private readonly http: Server,
    private readonly sockets: WebSocketServer,
    private readonly options: StandInOptions,
  ) {}

  static async start(options: StandInOptions = {}): Promise<StandInCoordinator> {
    const http = createServer()
    const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX })
    const coordinator = new StandInCoordinator(http, sockets, options)
    http.on('request', (request, response) => void coordinator.#serve(request, response))
    http.on('upgrade', (request, socket, head) => {
      if (request.url !== '/ws/provider') {
        coordinator.strays.push(request.url ?? '')
        socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
        return
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const provider = new StandInProvider(webSocket, () => coordinator.#drain())
        coordinator.providers.push(provider)
        void coordinator.#welcome(provider)
        for (const tell of coordinator.#arrivals.splice(0, 1)) tell(coordinator.providers[coordinator.#seen++]!)
      })
    })
    await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve))
    return coordinator
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port
  }

  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.port}/ws/provider`
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Connections in the order in which they were made, each returned once. */
  async nextProvider(): Promise<StandInProvider> {
    if (this.#seen < this.providers.length) return this.providers[this.#seen++]!
    return await new Promise((resolve) => this.#arrivals.push(resolve))
  }

  /** The next connection, when it has answered its challenge. */
  async nextAttested(): Promise<StandInProvider> {
    const provider = await this.nextProvider()
    await provider.next('attestation_response')
    return provider
  }

  /** Everything is cut at once, and nobody listens any more. */
  async stop(): Promise<void> {
    for (const { socket } of this.providers) socket.terminate()
    this.sockets.close()
    const closed = new Promise((resolve) => this.http.close(resolve))
    this.http.closeAllConnections()
    await closed
  }

  async #welcome(provider: StandInProvider): Promise<void> {
    try {
      await new Promise<void>((resolve) => {
        if (provider.registration !== undefined) resolve()
        else provider.socket.on('message', () => provider.registration !== undefined && resolve())
      })
      if (this.options.silent) return
      provider.send({ type: 'trust_status', trust_level: 'none', status: 'online' })
      provider.send({ type: 'desired_models', models: [] })
      provider.send({
        type: 'attestation_challenge',
        nonce: randomBytes(32).toString('base64'),
        timestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      })
    } catch {
      // It left while it was being welcomed.
    }
  }

  /** Since 1970. */
  #ms(): number {
    return this.options.now_us === undefined ? Date.now() : this.options.now_us() / 1_000
  }

  #now(): string {
    return new Date(this.#ms()).toISOString()
  }

  /** Whoever waits tries again, the first first. */
  #drain(): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!()) this.#waiting.shift()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.httpUrl)
    const bearer = request.headers.authorization?.replace(/^Bearer /, '')
    const { key = 'sim-key', adminKey = 'sim-admin' } = this.options
    if (url.pathname.startsWith('/v1/admin/')) {
      if (bearer !== adminKey) return say(response, 401, { error: { message: 'unauthorized', code: 'unauthorized' } })
      if (this.#exported++ >= (this.options.exportsMax ?? Infinity)) return say(response, 500, {})
      const rows = url.pathname === '/v1/admin/routes/export' ? this.routes : this.rejections
      return sayRows(response, rows, url.searchParams.get('format') ?? 'csv')
    }
    if (bearer !== key && bearer !== adminKey) {
      return say(response, 401, { error: { message: 'invalid API key', code: 'invalid_api_key' } })
    }
    if (url.pathname === '/v1/models') return say(response, 200, { object: 'list', data: this.#models() })
    if (url.pathname !== '/v1/chat/completions' || request.method !== 'POST') {
      return say(response, 404, { error: { message: 'no such path', code: 'not_found' } })
    }
    const body = await readBody(request)
    if (body === undefined) return say(response, 400, { error: { message: 'not a chat body', code: 'bad_param' } })
    this.bodies.push(body)
    await this.#chat(body, request, response)
  }

  #models(): readonly unknown[] {
    const names = this.providers.filter(({ open }) => open).flatMap(({ registration }) => registration?.models ?? [])
    return [...new Set(names.map(({ id }) => id)), ...Object.keys(this.options.aliases ?? {})].map((id) => ({
      id,
      object: 'model',
    }))
  }

  #build(model: string): string {
    return this.options.aliases?.[model] ?? model
  }

  #choose(model: string, tried: ReadonlySet<StandInProvider>): StandInProvider | 'busy' | undefined {
    const able = this.providers.filter((provider) => provider.offers(model) && !tried.has(provider))
    const free = able.filter(({ inFlight }) => inFlight < (this.options.slotsPerMac ?? Infinity))
    if (able.length === 0) return undefined
    free.sort((a, b) => Number(b.hasLoaded(model)) - Number(a.hasLoaded(model)) || a.inFlight - b.inFlight)
    return free[0] ?? 'busy'
  }

  /** Waits for a free Mac when all are busy; a number is the status of a refusal. */
  async #find(
    model: string,
    tried: ReadonlySet<StandInProvider>,
    gone: AbortSignal,
  ): Promise<StandInProvider | number> {
    const found = this.#choose(model, tried)
    if (found === undefined) return 503
    if (found !== 'busy') return found
    if (this.#waiting.length >= (this.options.queueMax ?? 0)) return 429
    return await new Promise((resolve) => {
      this.#waiting.push(() => {
        if (gone.aborted) return (resolve(499), true)
        const now = this.#choose(model, tried)
        if (now === 'busy') return false
        resolve(now ?? 503)
        return true
      })
    })
  }

  async #chat(body: ChatBody, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = randomUUID()
    const model = this.#build(body.model)
    const since = this.#ms()
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const refusal = this.options.refuse?.(body)
    if (refusal !== undefined) return this.#reject(response, { id, body, stage: 'preflight_capacity', ...refusal })
    const tried = new Set<StandInProvider>()
    let lastError = 502
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const provider = await this.#find(model, tried, gone.signal)
      if (gone.signal.aborted) return
      if (typeof provider === 'number') {
        if (attempt > 0) break
        const code = provider === 429 ? 'machine_busy' : 'no_provider'
        return this.#reject(response, {
          id,
          body,
          stage: 'preflight_capacity',
          status: provider,
          code,
          retryAfter_s: RETRY_AFTER_S,
        })
      }
      tried.add(provider)
      const sentAt = this.#ms()
      const createdAt = this.#now()
      const before = provider.inFlight
      let firstAt = -1
      const spoilt = attempt === 0 && this.#spoilt++ < (this.options.failFirst ?? 0)
      const asked = provider.ask(
        { ...body, model: spoilt ? 'no such model' : model },
        {
          ...(this.options.namesPerAttempt === true ? {} : { id }),
          onEvent: (event) => {
            if (!carriesContent(event) && firstAt === -1) return
            if (firstAt === -1) firstAt = this.#ms()
            if (body.stream !== true || gone.signal.aborted) return
            if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
            response.write(event)
          },
        },
      )
      const cancel = (): void => {
        if (provider.open) provider.send({ type: 'cancel', request_id: asked.id })
      }
      gone.signal.addEventListener('abort', cancel)
      const answered = await asked.answered
      gone.signal.removeEventListener('abort', cancel)
      const { end } = answered
      lastError = end.type === 'inference_error' ? end.status_code : 502
      this.routes.push({
        request_id: id,
        attempt,
        provider_id: `${this.providers.indexOf(provider)}`,
        model,
        public_model: body.model,
        outcome: 'selected',
        final_status: gone.signal.aborted ? 'cancelled' : end.type === 'inference_complete' ? 'success' : 'error',
        error_code: end.type === 'inference_complete' ? 0 : lastError,
        prompt_tokens: end.type === 'inference_complete' ? end.usage.prompt_tokens : 0,
        completion_tokens: end.type === 'inference_complete' ? end.usage.completion_tokens : 0,
        actual_ttft_ms: firstAt === -1 ? 0 : firstAt - since,
        queue_wait_ms: sentAt - since,
        candidate_count: this.providers.filter((each) => each.offers(model)).length,
        ...NOBODY_LOST,
        vision_rejections: 0,
        ttft_rejections: 0,
        ...priceOf(before),
        hardware_chip: provider.registration?.hardware.chip_name ?? '',
        memory_gb: provider.registration?.hardware.memory_gb ?? 0,
        slot_state: provider.hasLoaded(model) ? 'running' : '',
        ...askedBy(body),
        dispatch_to_first_chunk_ms: firstAt === -1 ? 0 : firstAt - sentAt,
        used_backup: false,
        error_reason: end.type === 'inference_error' ? end.error.replaceAll(',', ';') : '',
        created_at: createdAt,
        updated_at: this.#now(),
      })
      if (gone.signal.aborted) return
      if (end.type === 'inference_complete') return finish(response, body, answered)
      if (firstAt !== -1) return breakOff(response, lastError)
    }
    if (request.destroyed && response.writableEnded) return
    say(response, lastError, { error: { message: 'every attempt failed', code: 'provider_error' } })
  }

  #reject(
    response: ServerResponse,
    refusal: {
      readonly id: string
      readonly body: ChatBody
      readonly stage: string
      readonly status: number
      readonly code: string
      readonly retryAfter_s?: number
    },
  ): void {
    const { id, body, stage, status, code, retryAfter_s } = refusal
    this.rejections.push({
      request_id: id,
      stage,
      reason_code: code,
      http_status: status,
      requested_model: body.model,
      resolved_model: this.#build(body.model),
      retry_after_ms: (retryAfter_s ?? 0) * 1000,
      ...askedBy(body),
      candidate_count: this.providers.filter((each) => each.offers(this.#build(body.model))).length,
      ...NOBODY_LOST,
      created_at: this.#now(),
    })
    const headers = retryAfter_s === undefined ? {} : { 'retry-after': `${retryAfter_s}` }
    say(response, status, { error: { message: code, code: this.options.publicCode ?? code } }, headers)
  }
}

const NOBODY_LOST = { capacity_rejections: 0, model_too_large_rejections: 0, best_ttft_ms: 40.5 } as const

/** Of a Mac with so many requests; every term is there, and they add up. */
const priceOf = (inFlight: number) => ({
  cost_ms: 12 + 10 * inFlight,
  state_ms: 0,
  queue_ms: 10 * inFlight,
  pending_ms: 0,
  backlog_ms: 0,
  this_req_ms: 12,
  health_ms: 0,
  ttft_ms: 40.5,
  effective_queue: inFlight,
  effective_tps: 80,
  static_tps: 100,
})

/** A token is four bytes of text. */
function askedBy(body: ChatBody): { readonly estimated_prompt_tokens: number; readonly requested_max_tokens: number } {
  const messages = (body['messages'] ?? []) as readonly { readonly content?: unknown }[]
  const bytes = messages.reduce((sum, { content }) => sum + (typeof content === 'string' ? content.length : 0), 0)
  return { estimated_prompt_tokens: Math.ceil(bytes / 4), requested_max_tokens: Number(body['max_tokens'] ?? 0) }
}

/** The role-only first chunk does not count. */
function carriesContent(event: string): boolean {
  const json = /^data: (\{.*\})\s*$/.exec(event)?.[1]
  if (json === undefined) return false
  const chunk = JSON.parse(json) as { choices: { delta: { content?: string } }[] }
  return (chunk.choices[0]?.delta.content ?? '') !== ''
}

async function readBody(request: IncomingMessage): Promise<ChatBody | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > FRAME_BYTES_MAX) return undefined
    parts.push(part)
  }
  try {
    const body = JSON.parse(Buffer.concat(parts).toString()) as ChatBody
    return typeof body.model === 'string' ? body : undefined
  } catch {
    return undefined
  }
}

function say(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function sayRows(response: ServerResponse, rows: readonly object[], format: string): void {
  if (format === 'ndjson') {
    response
      .writeHead(200, { 'content-type': 'application/x-ndjson' })
      .end(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    return
  }
  const columns = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) => Object.values(row).join(','))
  response.writeHead(200, { 'content-type': 'text/csv' }).end([columns.join(','), ...lines, ''].join('\n'))
}

function finish(response: ServerResponse, body: ChatBody, { events, end }: Answered): void {
  if (body.stream === true) return void response.end()
  if (end.type !== 'inference_complete') return
  const content = events
    .map((event) => /^data: (\{.*\})\s*$/.exec(event)?.[1])
    .filter((json) => json !== undefined)
    .map((json) => (JSON.parse(json) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? '')
    .join('')
  const { prompt_tokens, completion_tokens } = end.usage
  say(response, 200, {
    object: 'chat.completion',
    model: body.model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  })
}

/** Content is out: the error goes inside the stream. */
function breakOff(response: ServerResponse, status: number): void {
  if (!response.headersSent)
    return say(response, status, { error: { message: 'provider failed', code: 'provider_error' } })
  response.end(`data: ${JSON.stringify({ error: { message: 'provider failed', code: status } })}\n\n`)
}
