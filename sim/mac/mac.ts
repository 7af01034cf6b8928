/**
 * One Mac: the provider program around its engines. Everything the coordinator sends goes through one event loop,
 * strictly in order, and a request for a model that is not resident blocks that loop until the load has ended: no new
 * request is accepted and no cancel is heard meanwhile (provider-runtime.md §3.5). Heartbeats and running requests go on.
 *
 * Not modelled: downloads of builds that are not on the disk, updates, the watchdog, prefix cache and media.
 */
import { assert, assertNever } from '../base/assert.ts'
import type { BuildId } from '../base/ids.ts'
import { addMicros, type Micros, microsFromSeconds, subMicros } from '../base/time.ts'
import type { ModelSpec } from '../catalog/model.ts'
import { Priority, type EventId } from '../kernel/scheduler.ts'
import { openBody } from '../protocol/sealed.ts'
import type { AdvertisedModel, DesiredModel, Registration, ToProvider } from '../protocol/index.ts'
import { Capacity } from './capacity.ts'
import { Churn } from './churn.ts'
import { Connection } from './connection.ts'
import { EventLoop, type LoopEvent } from './event-loop.ts'
import { Gpu } from './gpu.ts'
import { type InferenceMessage, type Job, jobKey } from './job.ts'
import { Journal } from './journal.ts'
import { Loader } from './loader.ts'
import { macStream, type MacOptions } from './machine.ts'
import { estimatedBytes, Memory } from './memory.ts'
import { drawOsBytes } from './os-memory.ts'
import { Preloads } from './preloads.ts'
import { Requests } from './requests.ts'

export type { Link, MacOptions } from './machine.ts'

const GIB = 2 ** 30

export class Mac {
  private readonly memory: Memory
  private readonly gpu: Gpu
  private readonly loader: Loader
  private readonly requests: Requests
  private readonly capacity: Capacity
  private readonly connection: Connection
  private readonly journal: Journal
  private readonly preloads: Preloads
  private readonly churn: Churn
  /** What the start-up scan kept, in advertised order. */
  private readonly onDisk: readonly ModelSpec[]
  private advertised: readonly ModelSpec[]
  private powered = false
  private bootTimer: EventId | undefined
  private readonly loop = new EventLoop((event) => this.handle(event))

  constructor(private readonly options: MacOptions) {
    const { memoryBytes, settings, scheduler, chip, engine } = options
    this.onDisk = options.advertises.filter(
      (model) => estimatedBytes(model, settings) <= memoryBytes - settings.memory_reserve,
    )
    this.advertised = this.onDisk
    this.memory = new Memory(memoryBytes, drawOsBytes(options), settings, () => this.kvWrittenBytes())
    this.gpu = new Gpu({ scheduler, chip, engine, onBusy: (since, until) => this.gpuBusy(since, until) })
    this.loader = new Loader(options, {
      memory: this.memory,
      onDisk: (build) => this.onDisk.find((model) => model.build === build),
      advertised: (build) => this.isAdvertised(build),
      slotsMax: () => this.slotsMax(),
      acceptedFor: (build) => this.requests.acceptedFor(build),
      openEngine: (model) => this.gpu.addEngine(model, this.requests),
      closeEngine: (opened) => this.gpu.removeEngine(opened),
      freezeGpu: () => this.gpu.freeze(),
      unfreezeGpu: () => this.gpu.unfreeze(),
      changed: () => this.refreshed(),
    })
    this.requests = new Requests(options, {
      memory: this.memory,
      resident: (build) => this.loader.resident(build),
      reply: (connection, message) => this.connection.reply(connection, message),
      refresh: () => this.capacity.refresh(),
      changed: () => this.journal.changed(),
    })
    this.capacity = new Capacity(this.memory, this.loader, this.requests)
    this.connection = new Connection(options, {
      registration: () => this.registration(),
      heartbeat: () => this.capacity.heartbeat(),
      refreshCapacity: () => this.capacity.refresh(),
      changed: () => this.journal.changed(),
    })
    this.journal = new Journal(options, {
      memory: this.memory,
      loader: this.loader,
      requests: this.requests,
      online: () => this.connection.connected,
      advertises: () => this.advertised,
    })
    this.preloads = new Preloads(this.loader, this.connection)
    this.churn = new Churn(options, this)
  }

  /**
   * Registers now. The program has been running before the run began: its first heartbeat comes at a random place of
   * one interval, so that a fleet does not beat in lock-step; after a reconnect it is a full interval.
   * Returns the `resident` builds that did not fit.
   */
  start(): readonly BuildId[] {
    assert(!this.powered && this.connection.number === 0, 'mac: a Mac starts once')
    const interval = this.options.settings.heartbeat_interval
    const phase = 1 + macStream(this.options, 'heartbeat').below(interval)
    const firstBeat = addMicros(this.options.scheduler.now, phase as Micros)
    this.boot(subMicros(firstBeat, interval))
    const misfits = this.options.resident.filter((build) => !this.loader.place(build))
    this.connection.open(firstBeat)
    this.churn.begin()
    return misfits
  }

  get connected(): boolean {
    return this.connection.connected
  }

  /** The run ends here: what the GPU has done so far goes into the trace. */
  closeBooks(): void {
    this.gpu.closeBooks()
  }

  receive(message: ToProvider): void {
    if (!this.connection.connected) return
    this.loop.push({ kind: 'message', message, receivedAt: this.options.scheduler.now })
  }

  /** The socket is lost; back after `away`, or after the program's own back-off. Models stay resident. */
  disconnect(away?: Micros): void {
    if (!this.connection.connected) return
    this.connection.lose(away)
    this.turnAway(this.loop.clear())
    this.loop.push({ kind: 'disconnected' })
  }

  /** The process ends and takes everything with it. */
  powerOff(): void {
    if (!this.powered) return
    this.powered = false
    if (this.bootTimer !== undefined) this.options.scheduler.cancel(this.bootTimer)
    this.bootTimer = undefined
    this.connection.powerOff()
    this.turnAway(this.loop.reset())
    this.requests.powerOff()
    this.loader.powerOff()
    this.preloads.powerOff()
    this.journal.changed()
  }

  /** A fresh process: it hashes every model on the disk before it connects, and nothing is resident. */
  powerOn(): void {
    if (this.powered) return
    const { scheduler, settings } = this.options
    this.boot(scheduler.now)
    let bytes = 0
    for (const model of this.onDisk) bytes += model.diskBytes.value
    const hashed = addMicros(scheduler.now, microsFromSeconds(bytes / 1e9 / settings.hash_rate))
    this.bootTimer = scheduler.schedule(hashed, Priority.timer, () => {
      this.bootTimer = undefined
      this.connection.open(addMicros(hashed, settings.heartbeat_interval))
    })
  }

  private boot(programStart: Micros): void {
    this.powered = true
    this.advertised = this.onDisk
    this.loader.powerOn(programStart)
    this.connection.powerOn(programStart)
    this.capacity.powerOn()
    this.journal.advertisedChanged()
  }

  private handle(event: LoopEvent): void {
    if (event.kind === 'disconnected') return this.requests.cancelAll()
    const { message, receivedAt } = event
    switch (message.kind) {
      case 'inference':
        return this.infer(message, receivedAt)
      case 'cancel': {
        const job = this.requests.find(jobKey(message.request, message.attempt))
        return job === undefined ? undefined : this.requests.cancel(job)
      }
      case 'load_model':
        return this.preloads.command(message.build)
      case 'desired_models':
        return this.retire(message.entries)
      default:
        return assertNever(message)
    }
  }

  private infer(message: InferenceMessage, receivedAt: Micros): void {
    const { request, attempt, build } = message
    const resident = this.loader.resident(build) !== undefined
    const cold = resident ? undefined : this.advertised.find((model) => model.build === build)
    if (cold !== undefined && this.loader.certainToFail(cold)) {
      const text = 'insufficient memory to load model'
      this.connection.send({ kind: 'inference_error', request, attempt, code: 503, text })
      return this.requests.turnAway(message, receivedAt, 'error')
    }
    const job = this.newJob(message, receivedAt)
    this.requests.accept(job)
    if (resident) return this.requests.prepare(job)
    this.loop.block()
    this.loader.ensure(build, 'demand', (failure) => {
      if (failure === undefined) this.requests.prepare(job)
      else this.requests.fail(job, failure.code, failure.text)
      this.loop.unblock()
    })
  }

  private newJob(message: InferenceMessage, receivedAt: Micros): Job {
    const truth = openBody(message.body)
    const maxTokens = message.maxTokens ?? this.options.settings.default_max_tokens
    assert(truth.promptTokens >= 1 && truth.outputTokens >= 1 && maxTokens >= 1, 'mac: token counts are positive')
    return {
      key: jobKey(message.request, message.attempt),
      request: message.request,
      attempt: message.attempt,
      build: message.build,
      promptTokens: truth.promptTokens,
      outputTokens: Math.min(truth.outputTokens, maxTokens),
      needTokens: truth.promptTokens + maxTokens,
      receivedAt,
      connection: this.connection.number,
      slot: undefined,
      timer: undefined,
      admittedAt: -1,
      firstTokenAt: -1,
    }
  }

  /** With the desired build on offer, the previous one is no longer advertised; its slot is left to idle away. */
  private retire(entries: readonly DesiredModel[]): void {
    const retired = new Set<BuildId>()
    for (const { desired, previous } of entries) {
      if (previous !== undefined && previous !== desired && this.isAdvertised(desired)) retired.add(previous)
    }
    const kept = this.advertised.filter((model) => !retired.has(model.build))
    if (kept.length === this.advertised.length) return
    this.advertised = kept
    this.journal.advertisedChanged()
    this.connection.send({ kind: 'models_update', models: this.advertisedModels() })
  }

  /** Requests nobody will look at any more. */
  private turnAway(events: readonly LoopEvent[]): void {
    for (const event of events) {
      if (event.kind === 'message' && event.message.kind === 'inference') {
        this.requests.turnAway(event.message, event.receivedAt, 'cancelled')
      }
    }
  }

  private isAdvertised(build: BuildId): boolean {
    return this.advertised.some((model) => model.build === build)
  }

  /** max(1, min(configured, max(models at start-up, models advertised now))); the set never grows here. */
  private slotsMax(): number {
    return Math.max(1, Math.min(this.options.maxModelSlots, this.onDisk.length))
  }

  private kvWrittenBytes(): number {
    let bytes = 0
    for (const slot of this.loader.slots.values()) bytes += slot.kvWrittenBytes()
    return bytes
  }

  private refreshed(): void {
    this.capacity.refresh()
    this.journal.changed()
  }

  private gpuBusy(since: Micros, until: Micros): void {
    const { machine, trace } = this.options
    if (until > since) trace.emit({ kind: 'gpu_busy', at: until, machine, since })
    this.journal.changed()
  }

  private advertisedModels(): AdvertisedModel[] {
    return this.advertised.map(({ build, isVision }) => ({ build, isVision, templateRenderOk: true }))
  }

  private registration(): Registration {
    const { serial, version, chip, memoryBytes } = this.options
    return {
      kind: 'register',
      serial,
      version,
      chip: chip.name,
      chipFamily: chip.generation,
      chipTier: chip.tier,
      memory_gb: memoryBytes / GIB,
      gpuCores: chip.gpuCores,
      memoryBandwidth_gbs: chip.bandwidth_gbs.value,
      models: this.advertisedModels(),
    }
  }
}
