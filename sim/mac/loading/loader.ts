/**
 * Loading and unloading: ensureModelLoaded in the order of provider-runtime 3.1. One load at a time per Mac; who
 * waits for the same model shares its fate, who waits at the gate looks again when it opens. There is no pinning and
 * no minimum residency: any idle model may be evicted, the one with the oldest activity first.
 */
import { must } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import { addMicros, type Micros, subMicros } from '../../base/time.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import { type EventId, Priority } from '../../kernel/scheduler.ts'
import type { LoadStartedRow, UnloadedRow } from '../../trace/row.ts'
import { Clearance } from './clearance.ts'
import type { Wait } from '../engine/books/delays.ts'
import type { Engine } from '../engine/engine.ts'
import type { EngineOptions } from '../engine/gpu-engine.ts'
import { LOAD_FAILURES, type LoadFailure } from './load-failure.ts'
import { IdleUnload } from './idle-unload.ts'
import type { MacOptions } from '../machine.ts'
import { estimatedBytes, residentBytes } from '../memory/memory.ts'
import { dealKvRoom, type Program, programOf } from '../engine/engine-version.ts'
import { Slot } from './slot.ts'
import { WeightReader, type WeightReaderPorts } from './weight-reader.ts'
import { oneOffCosts } from '../memory/wired.ts'

type LoadCause = LoadStartedRow['cause']

export interface LoadAttempt {
  readonly build: BuildId
  readonly cause: LoadCause
  /** What it has waited for at the gate, and since when it does. */
  readonly waits: Wait[]
  gateSince: Micros
  done(failure: LoadFailure | undefined, waits: readonly Wait[]): void
}

/** The load that holds the gate. */
interface RunningLoad {
  readonly model: ModelSpec
  readonly startedAt: Micros
  readonly attempts: LoadAttempt[]
}

/** What the loader needs of the rest of the program. */
interface LoaderPorts extends WeightReaderPorts {
  /** Builds on the disk that the start-up scan kept. */
  onDisk(build: BuildId): ModelSpec | undefined
  advertised(build: BuildId): boolean
  /** The program may hold it: no assignment to another build. */
  allowed(build: BuildId): boolean
  /** Slot cap as of now. */
  slotsMax(): number
  /** Accepted requests mapped to the build, those waiting for a load included: they protect it from eviction. */
  acceptedFor(build: BuildId): number
  openEngine(model: ModelSpec, options: EngineOptions): Engine
  /** Calls `over` when its running step has ended, at once if none runs. */
  closeEngine(engine: Engine, over: () => void): void
}

export class Loader {
  /** In order of loading; those being unloaded included until their memory is free. A new list whenever one comes or goes. */
  slots: readonly Slot[] = []
  private running: RunningLoad | undefined
  private timer: EventId | undefined
  private atGate: LoadAttempt[] = []
  readonly reader: WeightReader
  private readonly clearance: Clearance
  private readonly program: Program
  private readonly idle: IdleUnload

  constructor(
    private readonly options: MacOptions,
    private readonly ports: LoaderPorts,
  ) {
    this.reader = new WeightReader(options, ports)
    this.clearance = new Clearance({
      loading: () => this.loading,
      slots: () => this.slots,
      acceptedFor: (build) => ports.acceptedFor(build),
      unload: (slot) => this.unload(slot, 'assigned'),
      cleared: () => this.openGate(),
    })
    this.program = programOf(options.engine, options.settings)
    this.idle = new IdleUnload(options, {
      acceptedFor: (build) => ports.acceptedFor(build),
      unload: (slot) => this.unload(slot, 'idle_timeout'),
    })
  }

  get loading(): boolean {
    return this.running !== undefined
  }

  loads(build: BuildId): boolean {
    return this.running?.model.build === build
  }

  /** Resident or being unloaded. */
  private held(build: BuildId): Slot | undefined {
    for (const slot of this.slots) if (slot.build === build) return slot
    return undefined
  }

  /** Resident and not being unloaded. */
  resident(build: BuildId): Slot | undefined {
    const slot = this.held(build)
    return slot === undefined || slot.unloading ? undefined : slot
  }

  powerOn(startedAt: Micros): void {
    this.idle.powerOn(startedAt)
  }

  /**
   * The pre-accept check: a load that is certain to fail is refused at once. The real one does not look at loads under
   * way: on a Mac without room for the build twice it refuses requests for the very build that it is loading. One that
   * is being unloaded still has its slot, which counts as resident.
   */
  certainToFail(model: ModelSpec): boolean {
    if (this.held(model.build) !== undefined || this.leastRecent() !== undefined) return false
    return this.slots.length >= this.ports.slotsMax() || !this.hasRoomWithoutPool(model)
  }

  /** Without load time, for the start of a run. False when disk, slots or memory do not allow it. */
  place(build: BuildId): boolean {
    const { memory } = this.ports
    const model = this.ports.onDisk(build)
    if (model === undefined) return false
    if (this.slots.length >= this.ports.slotsMax() || !memory.hasRoomFor(model)) return false
    memory.ledger.addWeights(residentBytes(model))
    if (memory.kvHeadroomBytes() < this.options.settings.kv_headroom) {
      memory.ledger.addWeights(-residentBytes(model))
      return false
    }
    this.publish(model, true)
    return true
  }

  /** `done` is called once, at once or later, unless the Mac is switched off first; `waits`: for loads of other builds. */
  ensure(build: BuildId, cause: LoadCause, done: LoadAttempt['done']): void {
    this.step({ build, cause, waits: [], gateSince: this.now, done })
  }

  /** `done` when the load under way has ended and nothing but `build` is resident; nothing is loaded until then. */
  clearFor(build: BuildId, done: () => void): void {
    this.clearance.begin(build, done)
  }

  /** What is resident stays; an unload under way goes on. */
  stopClearing(): void {
    this.clearance.stop()
  }

  private step(attempt: LoadAttempt): void {
    const slot = this.held(attempt.build)
    if (slot?.unloading === true) {
      slot.afterUnload.push(() => this.step(attempt))
      return
    }
    if (slot !== undefined) return attempt.done(undefined, attempt.waits)
    if (this.running?.model.build === attempt.build) {
      this.running.attempts.push(attempt)
      return
    }
    const model = this.ports.onDisk(attempt.build)
    if (model === undefined) return attempt.done(LOAD_FAILURES.notFound, attempt.waits)
    if (!this.ports.advertised(attempt.build)) return attempt.done(LOAD_FAILURES.notAdvertised, attempt.waits)
    if (!this.ports.allowed(attempt.build)) return attempt.done(LOAD_FAILURES.slotsActive, attempt.waits)
    if (this.running !== undefined || this.clearance.active) {
      attempt.gateSince = this.now
      this.atGate.push(attempt)
      return
    }
    this.running = { model, startedAt: this.now, attempts: [attempt] }
    const { machine, trace } = this.options
    trace.emit({ kind: 'load_started', at: this.now, machine, build: model.build, cause: attempt.cause })
    this.ports.changed()
    this.makeRoom()
  }

  /** Slots first, then memory; one victim at a time, each costing its unload. */
  private makeRoom(): void {
    const { model } = must(this.running, 'loader: room is made for a running load')
    const slotFree = this.slots.length < this.ports.slotsMax()
    if (slotFree && this.ports.memory.hasRoomFor(model)) return this.read(model)
    const victim = this.leastRecent()
    if (victim !== undefined) {
      victim.afterUnload.push(() => this.makeRoom())
      return this.unload(victim, 'evicted')
    }
    if (!slotFree) return this.finish(LOAD_FAILURES.slotsActive)
    return this.hasRoomWithoutPool(model) ? this.read(model) : this.finish(LOAD_FAILURES.noMemory)
  }

  private hasRoomWithoutPool(model: ModelSpec): boolean {
    const { memory } = this.ports
    if (memory.hasRoomFor(model)) return true
    memory.ledger.flushPool()
    return memory.hasRoomFor(model)
  }

  private read(model: ModelSpec): void {
    const { memory } = this.ports
    memory.pendingLoadBytes = estimatedBytes(model, this.options.settings)
    this.reader.read(model, (ok) => {
      memory.pendingLoadBytes = 0
      if (ok) this.built(model)
      else this.finish(LOAD_FAILURES.other)
    })
  }

  private built(model: ModelSpec): void {
    const { memory } = this.ports
    memory.ledger.flushPool()
    if (memory.kvHeadroomBytes() >= this.options.settings.kv_headroom) {
      this.publish(model, false)
      return this.finish(undefined)
    }
    this.after(this.options.settings.unload_time, () => {
      memory.ledger.addWeights(-residentBytes(model))
      this.emitUnloaded(model.build, 'post_load_check')
      this.finish(LOAD_FAILURES.noKvRoom)
    })
  }

  private holds(slots: readonly Slot[]): void {
    this.slots = slots
    this.ports.memory.ledger.holdings = slots
  }

  private publish(model: ModelSpec, warm: boolean): void {
    const { settings } = this.options
    const engine = this.ports.openEngine(model, oneOffCosts(model, settings, warm))
    const slot = new Slot(model, engine, this.ports.memory, settings, this.program, this.now)
    this.holds([...this.slots, slot])
    dealKvRoom(this.program, this.slots)
    this.idle.arm(slot, this.now)
    this.ports.changed()
  }

  /** Leader and followers first, then everybody at the gate looks again, in the order in which they came. */
  private finish(failure: LoadFailure | undefined): void {
    const load = must(this.running, 'loader: only a running load ends')
    this.running = undefined
    this.emitEnded(load, failure)
    this.ports.changed()
    const waiting = this.atGate
    this.atGate = []
    for (const attempt of load.attempts) attempt.done(failure, attempt.waits)
    for (const attempt of waiting) {
      const micros = this.now - attempt.gateSince
      attempt.waits.push({ culprit: load.model.build, cause: 'load', micros })
      this.step(attempt)
    }
    this.clearance.advance()
  }

  /** After unloads that made room for whoever waits: part of their own loads, nobody else's fault. */
  private openGate(): void {
    const waiting = this.atGate
    this.atGate = []
    for (const attempt of waiting) this.step(attempt)
  }

  /** The idle slot with the oldest activity, the one loaded first among equals. */
  private leastRecent(): Slot | undefined {
    let oldest: Slot | undefined
    for (const slot of this.slots) {
      if (slot.unloading || this.ports.acceptedFor(slot.build) > 0) continue
      if (oldest === undefined || slot.lastActivity < oldest.lastActivity) oldest = slot
    }
    return oldest
  }

  /** It was told to give the build up, which no real program is. One that is in use stays. */
  release(build: BuildId): void {
    const slot = this.resident(build)
    if (slot !== undefined && this.ports.acceptedFor(build) === 0) this.unload(slot, 'commanded')
  }

  private unload(slot: Slot, why: UnloadedRow['why']): void {
    const { scheduler, settings } = this.options
    slot.unloading = true
    this.idle.disarm(slot)
    dealKvRoom(this.program, this.slots)
    this.ports.closeEngine(slot.engine, () => {
      // The process may have ended before the step.
      if (this.held(slot.build) !== slot) return
      slot.unloadTimer = scheduler.schedule(addMicros(this.now, settings.unload_time), Priority.work, () => {
        this.drop(slot, why)
        this.ports.changed()
        for (const resume of slot.afterUnload) resume()
      })
    })
    this.ports.changed()
  }

  private drop(slot: Slot, why: UnloadedRow['why']): void {
    const { ledger } = this.ports.memory
    ledger.change(() => {
      this.holds(this.slots.filter((other) => other !== slot))
      ledger.weightsBytes -= residentBytes(slot.model)
    })
    ledger.flushPool()
    this.emitUnloaded(slot.build, why)
  }

  /** The process is gone, and everything it held. Nobody waiting is answered. */
  powerOff(): void {
    const { scheduler } = this.options
    if (this.timer !== undefined) scheduler.cancel(this.timer)
    this.timer = undefined
    this.reader.powerOff()
    this.clearance.powerOff()
    for (const slot of this.slots) {
      this.idle.disarm(slot)
      if (slot.unloadTimer !== undefined) scheduler.cancel(slot.unloadTimer)
      if (!slot.unloading) this.ports.closeEngine(slot.engine, () => {})
      this.drop(slot, 'restart')
    }
    if (this.running !== undefined) this.emitEnded(this.running, LOAD_FAILURES.switchedOff)
    this.running = undefined
    this.atGate = []
    this.ports.memory.processEnded()
    this.ports.changed()
  }

  private emitEnded(load: RunningLoad, failure: LoadFailure | undefined): void {
    const { machine, trace } = this.options
    const took = subMicros(this.now, load.startedAt)
    const { build } = load.model
    trace.emit({
      kind: 'load_ended',
      at: this.now,
      machine,
      build,
      ok: failure === undefined,
      text: failure?.text ?? '',
      took,
    })
  }

  private emitUnloaded(build: BuildId, why: UnloadedRow['why']): void {
    this.options.trace.emit({ kind: 'unloaded', at: this.now, machine: this.options.machine, build, why })
  }

  private after(delay: Micros, run: () => void): void {
    this.timer = this.options.scheduler.schedule(addMicros(this.now, delay), Priority.work, () => {
      this.timer = undefined
      run()
    })
  }

  private get now(): Micros {
    return this.options.scheduler.now
  }
}
