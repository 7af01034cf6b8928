/**
 * Reads the weights of one model at a time: the hash, where one is due, holds no lock; the read holds the GPU's, so
 * other models decode nothing meanwhile (provider-runtime 3.3, 3.4, 6). What is read stays in the page cache.
 */
import { assert } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import { Priority, type RandomStream } from '../../kernel/scheduler.ts'
import { drawLoadTime, type LoadTime, stretched } from './load-time.ts'
import { macStream, type MacOptions } from '../machine.ts'
import { type Memory, residentBytes } from '../memory/memory.ts'
import { Work } from '../engine/work.ts'

export interface WeightReaderPorts {
  readonly memory: Memory
  /** The GPU's lock during a read. */
  freezeGpu(build: BuildId): void
  unfreezeGpu(build: BuildId): void
  /** Something resident or loading changed. */
  changed(): void
}

export class WeightReader {
  private readonly work: Work
  /** The GPU is frozen for it. */
  private reading: BuildId | undefined
  private readonly random: RandomStream
  /** Of loads that fail for another reason than room; drawn only where the scenario asks for such failures. */
  private readonly failures: RandomStream | undefined
  /** By this process, since its start-up scan. */
  private readonly hashed = new Set<BuildId>()

  constructor(
    private readonly options: MacOptions,
    private readonly ports: WeightReaderPorts,
  ) {
    this.work = new Work(options.scheduler, Priority.work)
    this.random = macStream(options, 'load')
    if (options.settings.load.failure_share > 0) this.failures = macStream(options, 'load-failure')
  }

  /** `done` when the engine stands, or at the end of the read if it failed: then nothing is resident. */
  read(model: ModelSpec, done: (ok: boolean) => void): void {
    assert(!this.work.busy && this.reading === undefined, 'weight reader: one model at a time')
    const time = this.drawTime(model)
    if (time.hash > 0) this.work.start(time.hash, () => this.readFrozen(model, time, done))
    else this.readFrozen(model, time, done)
  }

  /** A read under way stands still. */
  sleep(): void {
    this.work.sleep()
  }

  wake(): void {
    this.work.wake()
  }

  powerOff(): void {
    this.work.stop()
    if (this.reading !== undefined) this.ports.unfreezeGpu(this.reading)
    this.reading = undefined
    this.hashed.clear()
  }

  private drawTime(model: ModelSpec): LoadTime {
    const { settings, chip } = this.options
    const { ledger } = this.ports.memory
    const { build } = model
    const fileBytes = model.diskBytes.value
    const hashes = settings.load.hash_first_load && !this.hashed.has(build)
    this.hashed.add(build)
    ledger.advance()
    if (hashes) ledger.fileRead(build, fileBytes)
    const buffers = residentBytes(model)
    const freeShare = (ledger.osAvailableBytes - buffers) / ledger.totalBytes
    const cachedBytes = ledger.cachedBesides(build, buffers)
    if (ledger.files.wasRead(build) && (cachedBytes > 0 || ledger.files.keeps < 1))
      this.options.relied?.note('page_cache')
    const work = { fileBytes, cachedBytes, ssd_gbs: chip.ssd_gbs.value, hashes }
    const time = drawLoadTime(work, freeShare, settings, this.random)
    return this.options.modelError === undefined ? time : stretched(time, this.options.modelError.load)
  }

  private readFrozen(model: ModelSpec, time: LoadTime, done: (ok: boolean) => void): void {
    this.reading = model.build
    this.ports.freezeGpu(model.build)
    this.work.start(time.read, () => {
      this.reading = undefined
      this.ports.unfreezeGpu(model.build)
      const { ledger } = this.ports.memory
      const failed = this.failures !== undefined && this.failures.uniform() < this.options.settings.load.failure_share
      if (!failed) ledger.addWeights(residentBytes(model))
      ledger.fileRead(model.build, model.diskBytes.value)
      if (failed) return done(false)
      this.ports.changed()
      this.work.start(time.build, () => done(true))
    })
  }
}
