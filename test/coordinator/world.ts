/** A coordinator with a clock of its own: messages go in, messages and answers come out, nothing else exists. */
import type { z } from 'zod'
import type { BuildId, ProviderId, RequestId, UserId } from '../../sim/base/ids.ts'
import { microsFromSeconds, type Micros } from '../../sim/base/time.ts'
import { type CoordinatorSettings, coordinatorSettingsSchema } from '../../sim/coordinator/config.ts'
import { Coordinator } from '../../sim/coordinator/coordinator.ts'
import type { ExplainNote } from '../../sim/coordinator/decide/explain/explain-sink.ts'
import type { AliasSetting, CatalogEntry, CoordinatorPorts, TimerId } from '../../sim/coordinator/ports.ts'
import { definePolicy, type Policy } from '../../sim/plug/index.ts'
import {
  type Answer,
  type CapacityReport,
  type FromProvider,
  type Heartbeat,
  PLAIN_TERMS,
  type ProviderErrorText,
  type Registration,
  type RequestView,
  SealedBody,
  blankSlotReport,
  type SlotReport,
  type ToProvider,
} from '../../sim/protocol/index.ts'
import type { TraceRow, TraceRowKind } from '../../sim/trace/row.ts'

export const build = (name: string): BuildId => name as BuildId
export const A = build('model-a')
export const B = build('model-b')

export const openPolicy: Policy = definePolicy({
  name: 'open',
  about: 'no pools',
  maxModelSlotsDefault: 3,
  refusesColdBesideBusy: false,
  test: () => ({ allowed: true, why: '' }),
  poolKeys: (label) => (label === '' ? [] : [label]),
})

/** A provider belongs to the pool of the first build it advertises, whatever happens. */
export const pinnedPolicy: Policy = definePolicy({
  ...openPolicy,
  name: 'pinned',
  refusesColdBesideBusy: true,
  test: ({ surface, provider, model }) => {
    const pool = provider.advertised[0]!
    if (surface === 'resolve_alias' || model === '') return { allowed: true, why: '', relabel: pool }
    return { allowed: model === pool, why: `assigned to ${pool}`, relabel: pool }
  },
})

export type SettingsInput = z.input<typeof coordinatorSettingsSchema>

export interface WorldOptions {
  readonly settings?: SettingsInput
  readonly catalog?: readonly CatalogEntry[]
  readonly aliases?: readonly AliasSetting[]
  readonly policy?: Policy
  readonly seed?: number
  /** Every decision walks the fleet. */
  readonly walks?: boolean
  /** Explain these requests. */
  readonly explain?: readonly number[]
}

export const entry = (name: BuildId, size_gb = 10, minRam_gb = 0): CatalogEntry => ({
  build: name,
  size_gb,
  minRam_gb,
  contextLimit: 131_072,
  maxOutput: 0,
})

export const slot = (model: BuildId, more: Partial<SlotReport> = {}): SlotReport => ({
  ...blankSlotReport(model, 'idle'),
  ...more,
})

export interface BeatOptions extends Partial<Omit<Heartbeat, 'kind' | 'capacity'>> {
  readonly slots?: readonly SlotReport[]
  readonly free_gb?: number
  readonly memory_gb?: number
  readonly gpuActive_gb?: number
}

export interface MacOptions extends BeatOptions {
  readonly serial?: string
  readonly version?: string
  readonly models?: readonly BuildId[]
  readonly vision?: boolean
  readonly weightHash?: string | undefined
  readonly tps?: number
  /** 'silent': registers only. 'legacy': a heartbeat without a capacity report. */
  readonly first?: 'heartbeat' | 'legacy' | 'silent'
  readonly trust?: Registration['trust']
  readonly privateOnly?: boolean
  readonly account?: string
}

type Task = { readonly at: number; readonly order: number; readonly id: number; readonly run: () => void }
const KIND_ORDER = { decision: 2, timer: 3 } as const

export class World {
  readonly sent: { readonly provider: ProviderId; readonly message: ToProvider; readonly at: number }[] = []
  readonly answers: { readonly answer: Answer; readonly at: number }[] = []
  readonly rows: TraceRow[] = []
  readonly closed: ProviderId[] = []
  readonly notes: ExplainNote[] = []
  readonly settings: CoordinatorSettings
  readonly coordinator: Coordinator
  private time = 0
  private tasks: Task[] = []
  private nextTask = 0
  private nextProvider = 0
  private nextRequest = 0

  constructor(options: WorldOptions = {}) {
    const wanted = new Set<number>(options.explain)
    this.settings = coordinatorSettingsSchema.parse(options.settings ?? {})
    const ports: CoordinatorPorts = {
      now: () => this.time as Micros,
      after: (delay, kind, run) => {
        this.nextTask += 1
        this.tasks.push({ at: this.time + delay, order: KIND_ORDER[kind], id: this.nextTask, run })
        return this.nextTask as TimerId
      },
      cancelTimer: (timer) => {
        this.tasks = this.tasks.filter((task) => task.id !== Number(timer))
      },
      send: (provider, message) => this.carry(provider, message),
      answer: (answer) => void this.answers.push({ answer, at: this.time }),
      close: (provider) => void this.closed.push(provider),
      trace: { emit: (row) => void this.rows.push(row) },
    }
    this.coordinator = new Coordinator({
      settings: this.settings,
      catalog: options.catalog ?? [entry(A), entry(B)],
      aliases: options.aliases ?? [],
      policy: options.policy ?? openPolicy,
      seed: options.seed ?? 1,
      ports,
      walks: options.walks ?? false,
      ...(options.explain === undefined
        ? {}
        : {
            explain: {
              wants: (id: RequestId) => wanted.has(id),
              note: (note: ExplainNote) => void this.notes.push(note),
            },
          }),
    })
  }

  /** Challenges are answered at once and leave no trace in `sent`, unless by one of these. */
  readonly deaf = new Set<ProviderId>()

  private carry(provider: ProviderId, message: ToProvider): void {
    if (message.kind === 'challenge' && !this.deaf.has(provider)) {
      this.coordinator.onProvider(provider, { kind: 'challenge_answer', nonce: message.nonce })
    } else this.sent.push({ provider, message, at: this.time })
  }

  start(): this {
    this.coordinator.start()
    return this
  }

  get now(): number {
    return this.time / 1e6
  }

  /** Runs everything due within the next seconds. */
  pass(seconds: number): this {
    const end = this.time + microsFromSeconds(seconds)
    for (;;) {
      const next = this.tasks
        .filter((task) => task.at <= end)
        .reduce<Task | undefined>(
          (first, task) => (first === undefined || before(task, first) ? task : first),
          undefined,
        )
      if (next === undefined) break
      this.tasks = this.tasks.filter((task) => task !== next)
      this.time = next.at
      next.run()
    }
    this.time = end
    return this
  }

  mac(options: MacOptions = {}): ProviderId {
    const id = this.nextProvider as ProviderId
    this.nextProvider += 1
    this.coordinator.connected(id)
    this.coordinator.onProvider(id, {
      kind: 'register',
      serial: options.serial ?? `mac-${id}`,
      version: options.version ?? '0.6.16',
      chip: 'M4 Max 40c',
      chipFamily: 'M4',
      chipTier: 'Max',
      memory_gb: options.memory_gb ?? 64,
      gpuCores: 40,
      memoryBandwidth_gbs: 546,
      models: (options.models ?? [A]).map((name) => ({
        build: name,
        isVision: options.vision ?? false,
        templateRenderOk: undefined,
        weightHash: options.weightHash ?? '',
      })),
      ...(options.tps === undefined ? {} : { decodeTps: options.tps }),
      ...(options.trust === undefined ? {} : { trust: options.trust }),
      ...(options.privateOnly === undefined ? {} : { privateOnly: options.privateOnly }),
      ...(options.account === undefined ? {} : { account: options.account }),
    })
    if (options.first !== 'silent') {
      this.beat(
        id,
        { ...options, ...(options.slots === undefined ? { slots: [slot((options.models ?? [A])[0]!)] } : {}) },
        options.first === 'legacy',
      )
    }
    return id
  }

  beat(provider: ProviderId, options: BeatOptions = {}, legacy = false): void {
    const { slots = [], free_gb, memory_gb = 64, gpuActive_gb = 0, ...rest } = options
    const resident = slots.filter((each) => each.state === 'running' || each.state === 'idle')
    const capacity: CapacityReport = {
      totalMemory_gb: memory_gb,
      gpuMemoryActive_gb: gpuActive_gb,
      gpuMemoryPeak_gb: gpuActive_gb,
      gpuMemoryCache_gb: 0,
      freeForLoad_gb: free_gb,
      slots,
    }
    this.coordinator.onProvider(provider, {
      kind: 'heartbeat',
      status: rest.status ?? 'idle',
      activeModel: rest.activeModel,
      warmModels: rest.warmModels ?? resident.map((each) => each.model),
      memoryPressure: rest.memoryPressure ?? 0.1,
      cpuUsage: rest.cpuUsage ?? 0.1,
      thermalState: rest.thermalState ?? 'nominal',
      capacity: legacy ? undefined : capacity,
    })
  }

  /** A chat request arrives; `pass(0.023)` decides it. */
  ask(view: Partial<RequestView> = {}): RequestId {
    const id = this.nextRequest as RequestId
    this.nextRequest += 1
    const request: RequestView = {
      id,
      user: id as number as UserId,
      model: A,
      estimatedPromptTokens: 100,
      maxTokens: 256,
      stream: true,
      hasTools: false,
      requiresVision: false,
      ...PLAIN_TERMS,
      ...view,
    }
    this.coordinator.onClient({
      kind: 'request',
      request,
      body: SealedBody.seal({ promptTokens: 100, outputTokens: 10, images: 0 }),
    })
    return id
  }

  /** Arrives and is decided. */
  asked(view: Partial<RequestView> = {}): RequestId {
    const id = this.ask(view)
    this.pass(0.023)
    return id
  }

  cancel(request: RequestId): void {
    this.coordinator.onClient({ kind: 'cancel', request })
  }

  say(provider: ProviderId, message: FromProvider): void {
    this.coordinator.onProvider(provider, message)
  }

  says(provider: ProviderId, kind: 'accepted' | 'preamble' | 'first_content', request: RequestId, attempt = 0): void {
    this.say(provider, { kind, request, attempt })
  }

  completes(provider: ProviderId, request: RequestId, attempt = 0, completionTokens = 10): void {
    this.say(provider, { kind: 'complete', request, attempt, promptTokens: 100, completionTokens })
  }

  errs(provider: ProviderId, request: RequestId, code: number, text: ProviderErrorText, attempt = 0): void {
    this.say(provider, { kind: 'inference_error', request, attempt, code, text })
  }

  loaded(provider: ProviderId, name: BuildId): void {
    this.say(provider, { kind: 'load_status', build: name, status: 'succeeded' })
  }

  rowsOf<Kind extends TraceRowKind>(kind: Kind): Extract<TraceRow, { kind: Kind }>[] {
    return this.rows.filter((row): row is Extract<TraceRow, { kind: Kind }> => row.kind === kind)
  }

  answersTo(request: RequestId): Answer[] {
    return this.answers.map(({ answer }) => answer).filter((answer) => answer.request === request)
  }

  /** The last answer, without its request. */
  ending(request: RequestId): Omit<Answer, 'request'> | undefined {
    const answer = this.answersTo(request).at(-1)
    if (answer === undefined) return undefined
    const { request: _, ...rest } = answer
    return rest
  }

  /** Providers the request was sent to, in order. */
  dispatches(request: RequestId): ProviderId[] {
    return this.rowsOf('dispatched')
      .filter((row) => row.request === request)
      .map((row) => row.provider)
  }

  /** load_model commands so far. */
  loads(): { readonly provider: ProviderId; readonly build: BuildId }[] {
    return this.rowsOf('load_command').map(({ provider, build: name }) => ({ provider, build: name }))
  }

  messagesTo(provider: ProviderId, kind: ToProvider['kind']): ToProvider[] {
    return this.sent
      .filter((each) => each.provider === provider && each.message.kind === kind)
      .map((each) => each.message)
  }
}

const before = (a: Task, b: Task): boolean =>
  a.at < b.at || (a.at === b.at && (a.order < b.order || (a.order === b.order && a.id < b.id)))
