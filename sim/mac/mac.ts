/**
 * One Mac: the provider program's parts around its engines, wired together, and what can happen to them as a whole:
 * the program starts and ends, the connection breaks, the Mac falls asleep. What each message does is inbox.ts.
 *
 * Not modelled: schedule windows, the program's own graceful shutdown, and its wait for a push token before it connects (at most 10 s).
 */
import { assert } from '../base/assert.ts'
import type { BuildId, RequestId } from '../base/ids.ts'
import { addMicros, type Micros, microsFromSeconds, subMicros } from '../base/time.ts'
import { Priority } from '../kernel/scheduler.ts'
import type { ToProvider } from '../protocol/index.ts'
import { Assignment } from './program/assignment.ts'
import { Capacity } from './program/capacity.ts'
import { Churn } from './condition/churn.ts'
import { capacityRefresh, type NewProgram } from './config.ts'
import { Climate } from './condition/climate.ts'
import { Connection } from './program/connection.ts'
import { Faults } from './condition/faults.ts'
import { Gpu } from './engine/gpu.ts'
import { Haunting } from './engine/haunting.ts'
import { Inbox } from './program/inbox.ts'
import { jobKey } from './program/job.ts'
import { Journal } from './journal.ts'
import { Lies } from './program/lies.ts'
import { Liveness } from './program/liveness.ts'
import { Loader } from './loading/loader.ts'
import { macStream, type MacOptions } from './machine.ts'
import { ModelOffer } from './program/offer.ts'
import { PaceDesk } from './engine/law/pace-desk.ts'
import { StepLaws } from './engine/law/step-laws.ts'
import { Prefetch } from './program/prefetch.ts'
import { Preloads } from './program/preloads.ts'
import { InferenceJobs } from './program/inference-jobs.ts'
import type { Slot } from './loading/slot.ts'
import { StandingConditions } from './condition/standing.ts'
import { UnifiedMemory } from './memory/unified-memory.ts'
import { oneOffCosts } from './memory/wired.ts'
import { Work } from './engine/work.ts'

export type { Link, MacOptions } from './machine.ts'

/** How far the text of an answer has come. */
export interface AnswerProgress {
  readonly tokens: number
  /** When there may be more; undefined: nothing moves at the moment. */
  readonly nextAt: Micros | undefined
}

export class Mac {
  private readonly memory: UnifiedMemory
  private readonly gpu: Gpu
  private readonly loader: Loader
  private readonly requests: InferenceJobs
  private readonly capacity: Capacity
  private readonly connection: Connection
  private readonly journal: Journal
  private readonly assignment: Assignment
  private readonly preloads: Preloads
  private readonly prefetch: Prefetch
  private readonly churn: Churn
  private readonly standing: StandingConditions
  private readonly offer: ModelOffer
  private readonly inbox: Inbox
  private readonly pace: PaceDesk
  private readonly climate: Climate
  private readonly liveness: Liveness
  /** What may go wrong with it. */
  readonly faults: Faults
  powered = false
  private readonly startUp: Work

  /** `laws`: of the run, whose Macs have settings and engine in common; absent: it shares with nobody. */
  constructor(
    private readonly options: MacOptions,
    laws = new StepLaws(options.engine, options.settings.prefill_speed),
  ) {
    const { settings, scheduler, chip, engine } = options
    this.journal = new Journal(options)
    this.connection = new Connection(options)
    this.offer = new ModelOffer(options)
    this.startUp = new Work(scheduler, Priority.timer)
    this.memory = new UnifiedMemory(options, {
      squeezed: (pct, blame) => {
        this.pace.memory(pct, blame)
        this.journal.changed()
      },
      osDrifted: () => this.journal.advertisedChanged(),
    })
    const memory = this.memory.gates
    const haunting = new Haunting(options)
    this.gpu = new Gpu({
      scheduler,
      chip,
      engine,
      lawsOf: (model) => laws.of(model, chip, options.modelError),
      prefillOrder: settings.prefill_order,
      prefillsOn: () => haunting.prefillsOn(),
      onBusy: (since, until) => this.gpuBusy(since, until),
      memory: memory.ledger,
      onActivity: (activity) => this.climate.activity(activity),
    })
    this.pace = new PaceDesk((pace) => this.gpu.setPace(pace))
    this.climate = new Climate(options, {
      pace: this.pace,
      gpu: this.gpu,
      changed: () => this.journal.changed(),
    })
    this.faults = new Faults(options, this)
    this.liveness = new Liveness(options, {
      resident: (slot) => this.loader.resident(slot.build) === slot,
      restart: (slot) => this.restartEngine(slot),
    })
    this.loader = new Loader(options, {
      memory,
      onDisk: (build) => this.offer.stored(build),
      advertised: (build) => this.offer.find(build) !== undefined,
      allowed: (build) => this.assignment.serves(build),
      slotsMax: () => this.offer.slotsMax,
      acceptedFor: (build) => this.requests.acceptedFor(build),
      openEngine: (model, costs) => this.gpu.addEngine(model, this.requests, costs),
      closeEngine: (opened, over) => this.gpu.removeEngine(opened, over),
      freezeGpu: (build) => this.gpu.freeze({ kind: 'load', build }),
      unfreezeGpu: (build) => this.gpu.unfreeze({ kind: 'load', build }),
      changed: () => this.refreshed(),
    })
    this.requests = new InferenceJobs(options, {
      memory,
      loader: this.loader,
      connection: this.connection,
      openEngine: (model, costs) => this.gpu.addEngine(model, this.requests, costs),
      closeEngine: (opened) => this.gpu.removeEngine(opened),
      faults: this.faults,
      journal: this.journal,
      ended: () => {
        this.faults.requestEnded()
        this.assignment.requestEnded()
      },
    })
    this.capacity = new Capacity({
      clock: scheduler,
      memory,
      loader: this.loader,
      requests: this.requests,
      liveness: this.liveness,
      climate: this.climate,
      legacy: options.provider?.legacy ?? false,
    })
    const lies = new Lies(options, this.offer)
    this.connection.attach({
      registration: () => lies.registration(this.offer.registration(this.faults.answers)),
      capacity: this.capacity,
      climate: this.climate,
      lies,
      opened: () => this.faults.connected(),
      changed: () => this.journal.changed(),
    })
    this.assignment = new Assignment(options, {
      loader: this.loader,
      requests: this.requests,
      connection: this.connection,
      faults: this.faults,
    })
    this.preloads = new Preloads(this.loader, this.connection, this.assignment)
    this.prefetch = new Prefetch(options, {
      offer: this.offer,
      connection: this.connection,
      advertisedChanged: () => this.journal.advertisedChanged(),
      hashed: (model) => this.memory.hashed([model]),
    })
    const { offer, loader, requests, connection, preloads, assignment, prefetch, faults } = this
    this.inbox = new Inbox(options, { offer, loader, requests, connection, preloads, assignment, prefetch, faults })
    this.journal.watch({
      memory,
      squeeze: this.memory.squeeze,
      climate: this.climate,
      loader: this.loader,
      requests: this.requests,
      connection: this.connection,
      faults: this.faults,
      offer: this.offer,
      inbox: this.inbox,
    })
    this.churn = new Churn(options, faults)
    this.standing = new StandingConditions(options, faults)
  }

  /**
   * Registers now. The program has been running before the run began: its first heartbeat comes at a random place of
   * one interval, so that a fleet does not beat in lock-step; after a reconnect it is a full interval. How far its
   * capacity snapshots, whose clock is the program's, lie before its heartbeats is as random.
   * Returns the `resident` builds that did not fit.
   */
  start(): readonly BuildId[] {
    const { settings, scheduler } = this.options
    const interval = settings.heartbeat_interval
    const random = macStream(this.options, 'heartbeat')
    const firstBeat = addMicros(scheduler.now, (1 + random.below(interval)) as Micros)
    const connectedAfter = random.below(capacityRefresh(settings)) as Micros
    const programStart = subMicros(subMicros(firstBeat, interval), connectedAfter)
    return this.begin(programStart, subMicros(firstBeat, scheduler.now))
  }

  /** The same during the run: a fresh program, which has hashed its models and loaded its `resident` builds. */
  join(): readonly BuildId[] {
    const { settings, scheduler } = this.options
    return this.begin(scheduler.now, settings.heartbeat_interval)
  }

  private begin(programStart: Micros, firstBeatAfter: Micros): readonly BuildId[] {
    assert(!this.powered && this.connection.number === 0, 'mac: a Mac starts once')
    const away = this.churn.startsAway
    const misfits = away ? [] : this.bootWarm(programStart, firstBeatAfter)
    this.memory.begin()
    this.climate.begin()
    this.churn.begin(away)
    this.standing.begin()
    return misfits
  }

  /** The program has been running for a while. */
  private bootWarm(programStart: Micros, firstBeatAfter: Micros): readonly BuildId[] {
    const { resident, pageCache = [] } = this.options
    this.boot(programStart)
    const misfits = resident.filter((build) => !this.loader.place(build))
    this.memory.hashed(pageCache.map((build) => this.offer.stored(build)).filter((model) => model !== undefined))
    this.connection.openWhenFree(firstBeatAfter)
    return misfits
  }

  get connected(): boolean {
    return this.connection.connected
  }

  /** Accepted requests that have not ended. */
  get inFlight(): number {
    return this.requests.count
  }

  /** The answer to a request that has been submitted to an engine; undefined: there is none, or no longer. Changes nothing. */
  progressOf(request: RequestId, attempt: number): AnswerProgress | undefined {
    const job = this.requests.find(jobKey(request, attempt))
    if (job?.engine === undefined) return undefined
    return { tokens: job.engine.generatedTokens(job.key), nextAt: this.gpu.nextStepAt(job.engine) }
  }

  /** The run ends here: what has been done so far goes into the trace. */
  closeBooks(): void {
    this.gpu.closeBooks()
    this.requests.closeBooks()
    this.inbox.turnAway(this.inbox.loop.clear(), 'unfinished')
  }

  receive(message: ToProvider): void {
    if (!this.connection.connected) return
    this.inbox.loop.push({ kind: 'message', message, receivedAt: this.options.scheduler.now })
    this.journal.changed()
  }

  /** The socket is lost; back after `away`, or after the program's own back-off. Models stay resident. */
  disconnect(away?: Micros): void {
    if (!this.connection.connected) return
    if (this.faults.asleep) return this.connection.closedAsleep()
    const { loop } = this.inbox
    this.connection.lose(away)
    this.inbox.turnAway(loop.clear())
    loop.push({ kind: 'disconnected' })
  }

  holdOff(away: Micros): void {
    this.connection.holdOff(addMicros(this.options.scheduler.now, away))
  }

  /** The socket is lost and open again at once; `firstBeatAfter`: the heartbeat that follows. Models stay resident. */
  reregister(firstBeatAfter = this.options.settings.heartbeat_interval): void {
    this.disconnect(0 as Micros)
    this.connection.reopen(firstBeatAfter)
  }

  /** What attestation says of it when it registers. */
  attested(level: ModelOffer['trust']): void {
    this.offer.trust = level
  }

  install(program: NewProgram): void {
    this.offer.install(program)
    this.standing.updated()
  }

  /** The process ends and takes everything with it. */
  powerOff(): void {
    if (!this.powered) return
    this.powered = false
    this.startUp.stop()
    this.connection.powerOff()
    this.inbox.turnAway(this.inbox.loop.reset())
    this.assignment.powerOff()
    this.requests.powerOff()
    this.loader.powerOff()
    this.preloads.powerOff()
    this.prefetch.powerOff()
    this.liveness.powerOff()
    this.journal.changed()
  }

  /** A fresh process: it hashes every model on the disk before it connects, and nothing is resident. */
  powerOn(): void {
    if (this.powered) return
    const { scheduler, settings } = this.options
    const { chosen } = this.offer
    this.boot(scheduler.now)
    let bytes = 0
    for (const model of chosen) bytes += model.diskBytes.value
    this.startUp.start(microsFromSeconds(bytes / 1e9 / settings.hash_rate), () => {
      this.memory.hashed(chosen)
      this.connection.openWhenFree(settings.heartbeat_interval)
    })
  }

  private boot(programStart: Micros): void {
    this.powered = true
    this.offer.powerOn()
    this.loader.powerOn(programStart)
    this.connection.powerOn(programStart)
    this.liveness.powerOn(programStart)
    this.capacity.powerOn()
    this.journal.advertisedChanged()
  }

  /** Nothing is computed from here on: the GPU's running step stands still too. */
  fallAsleep(): void {
    this.gpu.freeze({ kind: 'fault' })
    this.inbox.loop.sleep()
    this.connection.sleep()
    this.loader.reader.sleep()
    this.startUp.sleep()
    this.prefetch.sleep()
    this.journal.changed()
  }

  wakeUp(): void {
    this.gpu.unfreeze({ kind: 'fault' })
    this.loader.reader.wake()
    this.startUp.wake()
    this.prefetch.wake()
    if (!this.connection.wake()) this.disconnect()
    this.inbox.loop.wake()
    this.journal.changed()
  }

  /** The GPU answers nobody any more: a black hole that still accepts. */
  stall(): void {
    this.gpu.freeze({ kind: 'fault' })
    this.journal.changed()
  }

  unstall(): void {
    this.gpu.unfreeze({ kind: 'fault' })
    this.journal.changed()
  }

  slowDown(speed: number): void {
    this.pace.slow(speed)
  }

  hush(silent: boolean): void {
    this.connection.silent = silent
  }

  cancelRequests(): void {
    this.requests.cancelRest()
  }

  /** Rows fail, weights stay. How long it takes is assumed: as long as an unload, after the running step. */
  private restartEngine(slot: Slot): void {
    const { scheduler, settings } = this.options
    slot.pulse.reloading = true
    this.faults.watchdogRestarts()
    this.requests.abort(slot)
    this.gpu.removeEngine(slot.engine, () => {
      scheduler.schedule(addMicros(scheduler.now, settings.unload_time), Priority.work, () => {
        slot.pulse.reloading = false
        this.refreshed()
      })
    })
    const engine = this.gpu.addEngine(slot.model, this.requests, oneOffCosts(slot.model, settings, true))
    this.memory.ledger.change(() => slot.restart(engine))
    this.refreshed()
  }

  private refreshed(): void {
    this.connection.snapshot()
    this.journal.changed()
  }

  private gpuBusy(since: Micros, until: Micros): void {
    const { machine, trace } = this.options
    if (until > since) trace.emit({ kind: 'gpu_busy', at: until, machine, since })
    this.journal.changed()
  }
}
