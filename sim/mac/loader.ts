/**
 * Loading and unloading: ensureModelLoaded in the order of provider-runtime.md §3.1. One load at a time per Mac; who
 * waits for the same model shares its fate, who waits at the gate looks again when it opens. There is no pinning and
 * no minimum residency: any idle model may be evicted, the one with the oldest activity first.
 */
import { must } from '../base/assert.ts'
import type { BuildId } from '../base/ids.ts'
import { addMicros, type Micros, subMicros } from '../base/time.ts'
import type { ModelSpec } from '../catalog/model.ts'
import { type EventId, Priority, type RandomStream } from '../kernel/scheduler.ts'
import type { UnloadedRow } from '../trace/row.ts'
import type { Engine } from './engine.ts'
import { LOAD_FAILURES, type LoadFailure } from './load-failure.ts'
import { drawLoadTime } from './load-time.ts'
import { macStream, type MacOptions } from './machine.ts'
import { estimatedBytes, type Memory, residentBytes } from './memory.ts'
import { Slot } from './slot.ts'

type LoadCause = 'demand' | 'command'

interface LoadAttempt {
  readonly build: BuildId
  readonly cause: LoadCause
  done(failure: LoadFailure | undefined): void
}

/** The load that holds the gate. */
interface RunningLoad {
  readonly model: ModelSpec
  readonly startedAt: Micros
  readonly attempts: LoadAttempt[]
}

/** What the loader needs of the rest of the program. */
interface LoaderPorts {
  readonly memory: Memory
  /** Builds on the disk that the start-up scan kept. */
  onDisk(build: BuildId): ModelSpec | undefined
  advertised(build: BuildId): boolean
  /** Slot cap as of now. */
  slotsMax(): number
  /** Accepted requests mapped to the build, those waiting for a load included: they protect it from eviction. */
  acceptedFor(build: BuildId): number
  openEngine(model: ModelSpec): Engine
  /** Returns when its running step ends, now if none runs. */
  closeEngine(engine: Engine): Micros
  /** The GPU's lock during a weight read. */
  freezeGpu(): void
  unfreezeGpu(): void
  /** Something resident or loading changed. */
  changed(): void
}

export class Loader {
  /** In order of loading; those being unloaded included until their memory is free. */
  readonly slots = new Map<BuildId, Slot>()
  private running: RunningLoad | undefined
  private reading = false
  private timer: EventId | undefined
  private atGate: LoadAttempt[] = []
  private readonly random: RandomStream
  /** Where the grid of the idle sweep begins. */
  private startedAt = 0 as Micros

  constructor(
    private readonly options: MacOptions,
    private readonly ports: LoaderPorts,
  ) {
    this.random = macStream(options, 'load')
  }

  get loading(): boolean {
    return this.running !== undefined
  }

  loads(build: BuildId): boolean {
    return this.running?.model.build === build
  }

  /** Resident and not being unloaded. */
  resident(build: BuildId): Slot | undefined {
    const slot = this.slots.get(build)
    return slot === undefined || slot.unloading ? undefined : slot
  }

  powerOn(startedAt: Micros): void {
    this.startedAt = startedAt
  }

  /** The pre-accept check: a load that is certain to fail is refused at once. */
  certainToFail(model: ModelSpec): boolean {
    if (this.leastRecent() !== undefined) return false
    const { memory } = this.ports
    return memory.availableBytes() < memory.requiredBytes(model) || this.slots.size >= this.ports.slotsMax()
  }

  /** Without load time, for the start of a run. False when disk, slots or memory do not allow it. */
  place(build: BuildId): boolean {
    const { memory } = this.ports
    const model = this.ports.onDisk(build)
    if (model === undefined) return false
    if (this.slots.size >= this.ports.slotsMax() || memory.availableBytes() < memory.requiredBytes(model)) return false
    memory.weightsBytes += residentBytes(model)
    if (memory.kvHeadroomBytes() < this.options.settings.kv_headroom) {
      memory.weightsBytes -= residentBytes(model)
      return false
    }
    this.publish(model)
    return true
  }

  /** `done` is called once, at once or later, unless the Mac is switched off first. */
  ensure(build: BuildId, cause: LoadCause, done: (failure: LoadFailure | undefined) => void): void {
    this.step({ build, cause, done })
  }

  private step(attempt: LoadAttempt): void {
    const slot = this.slots.get(attempt.build)
    if (slot?.unloading === true) {
      slot.afterUnload.push(() => this.step(attempt))
      return
    }
    if (slot !== undefined) return attempt.done(undefined)
    if (this.running?.model.build === attempt.build) {
      this.running.attempts.push(attempt)
      return
    }
    const model = this.ports.onDisk(attempt.build)
    if (model === undefined) return attempt.done(LOAD_FAILURES.notFound)
    if (!this.ports.advertised(attempt.build)) return attempt.done(LOAD_FAILURES.notAdvertised)
    if (this.running !== undefined) {
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
    const { memory } = this.ports
    const slotFree = this.slots.size < this.ports.slotsMax()
    if (slotFree && memory.availableBytes() >= memory.requiredBytes(model)) return this.read(model)
    const victim = this.leastRecent()
    if (victim === undefined) return this.finish(slotFree ? LOAD_FAILURES.noMemory : LOAD_FAILURES.slotsActive)
    victim.afterUnload.push(() => this.makeRoom())
    this.unload(victim, 'evicted')
  }

  private read(model: ModelSpec): void {
    const { options, ports } = this
    ports.memory.pendingLoadBytes = estimatedBytes(model, options.settings)
    const active = ports.memory.activeBytes() + residentBytes(model)
    const freeShare = (options.memoryBytes - ports.memory.osBytes - active) / options.memoryBytes
    const time = drawLoadTime(model, options.chip.ssd_gbs.value, freeShare, options.settings.load, this.random)
    ports.freezeGpu()
    this.reading = true
    this.after(time.read, () => {
      this.reading = false
      ports.unfreezeGpu()
      ports.memory.weightsBytes += residentBytes(model)
      ports.changed()
      this.after(time.build, () => this.built(model))
    })
  }

  private built(model: ModelSpec): void {
    const { memory } = this.ports
    memory.pendingLoadBytes = 0
    if (memory.kvHeadroomBytes() >= this.options.settings.kv_headroom) {
      this.publish(model)
      return this.finish(undefined)
    }
    this.after(this.options.settings.unload_time, () => {
      memory.weightsBytes -= residentBytes(model)
      this.emitUnloaded(model.build, 'post_load_check')
      this.finish(LOAD_FAILURES.noKvRoom)
    })
  }

  private publish(model: ModelSpec): void {
    const { memory } = this.ports
    const slot = new Slot(model, this.ports.openEngine(model), memory, this.options.settings, this.now)
    this.slots.set(model.build, slot)
    this.armIdle(slot, this.now)
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
    for (const attempt of load.attempts) attempt.done(failure)
    for (const attempt of waiting) this.step(attempt)
  }

  /** The idle slot with the oldest activity, the one loaded first among equals. */
  private leastRecent(): Slot | undefined {
    let oldest: Slot | undefined
    for (const slot of this.slots.values()) {
      if (slot.unloading || this.ports.acceptedFor(slot.build) > 0) continue
      if (oldest === undefined || slot.lastActivity < oldest.lastActivity) oldest = slot
    }
    return oldest
  }

  private unload(slot: Slot, why: UnloadedRow['why']): void {
    const { scheduler, settings } = this.options
    slot.unloading = true
    if (slot.idleTimer !== undefined) scheduler.cancel(slot.idleTimer)
    const stepEnds = this.ports.closeEngine(slot.engine)
    this.ports.changed()
    slot.unloadTimer = scheduler.schedule(addMicros(stepEnds, settings.unload_time), Priority.work, () => {
      this.drop(slot, why)
      this.ports.changed()
      for (const resume of slot.afterUnload) resume()
    })
  }

  private drop(slot: Slot, why: UnloadedRow['why']): void {
    this.slots.delete(slot.build)
    this.ports.memory.weightsBytes -= residentBytes(slot.model)
    this.emitUnloaded(slot.build, why)
  }

  /** Exact timer on the sweep's grid instead of a sweep: the first tick at which `idle_timeout` has passed since `lastActivity`. */
  private armIdle(slot: Slot, lastActivity: Micros): void {
    const { scheduler, settings } = this.options
    if (settings.idle_timeout === 0) return
    const due = lastActivity + settings.idle_timeout - this.startedAt
    const tick = this.startedAt + Math.ceil(due / settings.idle_sweep) * settings.idle_sweep
    slot.idleTimer = scheduler.schedule(Math.max(tick, this.now) as Micros, Priority.timer, () => {
      // A request in flight will set the activity anew when it ends, so no tick before now + timeout can matter.
      if (this.ports.acceptedFor(slot.build) > 0) this.armIdle(slot, this.now)
      else if (slot.lastActivity > lastActivity) this.armIdle(slot, slot.lastActivity)
      else this.unload(slot, 'idle_timeout')
    })
  }

  /** The process is gone, and everything it held. Nobody waiting is answered. */
  powerOff(): void {
    const { scheduler } = this.options
    const { memory } = this.ports
    if (this.timer !== undefined) scheduler.cancel(this.timer)
    this.timer = undefined
    if (this.reading) this.ports.unfreezeGpu()
    this.reading = false
    for (const slot of this.slots.values()) {
      if (slot.idleTimer !== undefined) scheduler.cancel(slot.idleTimer)
      if (slot.unloadTimer !== undefined) scheduler.cancel(slot.unloadTimer)
      if (!slot.unloading) this.ports.closeEngine(slot.engine)
      this.drop(slot, 'restart')
    }
    if (this.running !== undefined) this.emitEnded(this.running, LOAD_FAILURES.switchedOff)
    this.running = undefined
    this.atGate = []
    memory.weightsBytes = 0
    memory.pendingLoadBytes = 0
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
