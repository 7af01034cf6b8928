/**
 * Unified memory of one Mac as it truly is. The OS and the owner's programs, weights, KV (sliding windows and ghosts'
 * included), activations, MLX's pool of freed buffers and the page cache compete for one memory; this is the place
 * that says who has how much. What does not fit is compressed or swapped: it is counted, never refused. The gates of
 * the provider program (`memory.ts`) only read it.
 *
 * Nothing here has events: `advance` brings it to now, and it does not matter who calls it or how often; while every
 * engine rests there is nothing to bring. Between two
 * changes KV only grows, so what the pool gives up to it and what the page cache gives up to both depends on where they
 * stand, not on the way there. Whatever else changes does so inside `change`, which advances before and settles after it.
 * At any time os + weights + KV + activations + pool + files + free = memory + compressed, to the byte.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import { FreePool } from './free-pool.ts'
import { PageCache } from './page-cache.ts'

/** Eight polls of 1 ms without work: provider-runtime 5.4. */
const IDLE_FLUSH_US = 8_000
/** The tick flushes from here on: provider-runtime 5.7. */
const TICK_FLUSH_BYTES = 2 * 2 ** 30
/** At most one flush a second on request: provider-runtime 1. */
const RECLAIM_GAP_US = 1_000_000

/** What a resident model holds besides its weights. `Slot` is one. */
export interface Holding {
  readonly build: BuildId
  readonly weightsBytes: number
  kvWrittenBytes(): number
  /** What its steps need while it works, 0 while it does not. */
  activationBytes(): number
  readonly engineIdle: boolean
  /** Since when the engine has been idle; -1: it works. Kept by the ledger. */
  idleSince: Micros | -1
}

interface LedgerPorts {
  readonly totalBytes: number
  /** What the GPU may have wired. */
  readonly wiredLimitBytes: number
  readonly clock: { readonly now: Micros }
  readonly os: { readonly bytes: number }
  /** Share of a file read that the page cache keeps; absent: all. */
  readonly filesKept?: number
  /** Told when something but KV's growth has changed and everything is brought to now. */
  readonly owner?: { settled(): void }
}

export class MemoryLedger {
  readonly totalBytes: number
  readonly files: PageCache
  /** Resident models, those being unloaded included; the same list as long as it holds the same. Set by who loads them. */
  holdings: readonly Holding[] = []
  /** Counted up by the GPU whenever rows come, leave or change place; NaN: nobody counts, so they may have, always. */
  changesOfRows = NaN
  /** Read into memory, including those of a model not published yet and of one being dropped. */
  weightsBytes = 0
  kvBytes = 0
  /** One at a time: the GPU works through steps one by one, and the buffers of one model's serve the other's. */
  activationBytes = 0
  private readonly pool: FreePool
  private advancedTo: Micros | -1 = -1
  /** Of `changesOfRows`, and of the holdings, at that time; NaN, null: something else has changed since. */
  private advancedRows = NaN
  private advancedHoldings: readonly Holding[] | null = null
  /** All of these were at rest, their pools given back, when last looked at; null: they were not, or something has changed. */
  private resting: readonly Holding[] | null = null
  private reclaimedAt = -RECLAIM_GAP_US

  constructor(private readonly ports: LedgerPorts) {
    this.totalBytes = ports.totalBytes
    this.pool = new FreePool(ports.totalBytes)
    this.files = new PageCache(ports.filesKept)
  }

  /** Brings KV, activations, pool and page cache to now, as they would be anyway. */
  advance(): void {
    const { now } = this.ports.clock
    const { holdings, changesOfRows } = this
    if (holdings === this.resting) {
      this.advancedTo = now
      return
    }
    // KV grows with time, so within an instant a second look finds what the first one found.
    if (now === this.advancedTo && changesOfRows === this.advancedRows && holdings === this.advancedHoldings) return
    let kv = 0
    let activations = 0
    let flushed = false
    let resting = true
    for (const holding of holdings) {
      kv += holding.kvWrittenBytes()
      if (!holding.engineIdle) {
        activations = Math.max(activations, holding.activationBytes())
        holding.idleSince = -1
        resting = false
      } else if (holding.idleSince === -1) {
        holding.idleSince = now
        resting = false
      } else {
        const flushAt = (holding.idleSince + IDLE_FLUSH_US) as Micros
        if (this.passed(flushAt, now)) flushed = true
        if (flushAt > now) resting = false
      }
    }
    this.resting = resting ? holdings : null
    this.kvBytes = kv
    this.activationBytes = activations
    this.pool.advance(kv + activations, this.activeBytes, flushed)
    // A short Mac's warning makes the program give its pool back (provider-runtime 5.7), before anything is compressed.
    if (this.poolBytes > this.unheldBytes) this.pool.flush()
    this.files.shrinkTo(this.osAvailableBytes)
    this.advancedTo = now
    this.advancedRows = changesOfRows
    this.advancedHoldings = holdings
  }

  /** After `advance`: every engine is at rest and has given its pool back, so nothing changes by itself. */
  get rests(): boolean {
    return this.resting !== null && this.resting === this.holdings
  }

  private passed(at: Micros, now: Micros): boolean {
    return this.advancedTo < at && at <= now
  }

  /** After `what` has changed something: call `advance` before it, or use `change`. */
  settle(): void {
    this.resting = null
    this.advancedHoldings = null
    this.advance()
    this.ports.owner?.settled()
  }

  /** Rows leave, an engine falls idle or begins to work, weights come or go, the OS side takes more or less. */
  change(what: () => void): void {
    this.advance()
    what()
    this.settle()
  }

  /** Of a model that is read, or dropped. */
  addWeights(bytes: number): void {
    this.change(() => (this.weightsBytes += bytes))
  }

  /** MLX clears its pool: after a load, an unload, and when a gate finds too little. */
  flushPool(): void {
    this.advance()
    this.pool.flush()
  }

  /** The program's 2 s tick. */
  tick(): void {
    this.advance()
    if (this.poolIsLarge) this.pool.flush()
  }

  /** The next tick will flush the pool, if it stays as it is. */
  get poolIsLarge(): boolean {
    return this.pool.bytes >= TICK_FLUSH_BYTES
  }

  /** The program asks for its pool back, which comes too late for whoever made it ask (provider-runtime 5.1). */
  reclaimPool(): void {
    const { now } = this.ports.clock
    if (now < this.reclaimedAt + RECLAIM_GAP_US) return
    this.reclaimedAt = now
    this.flushPool()
  }

  /** The process ends; its memory is free. File pages stay: they are the system's. */
  processEnded(): void {
    this.addWeights(-this.weightsBytes)
    this.flushPool()
  }

  /** A model's files were read, by a load or a hash. */
  fileRead(build: BuildId, fileBytes: number): void {
    this.advance()
    this.files.read(build, Math.round(fileBytes), this.osAvailableBytes)
  }

  /** Of a file, what a load finds in the page cache when its buffers have taken `bufferBytes` more of the memory. */
  cachedBesides(build: BuildId, bufferBytes: number): number {
    return Math.max(0, Math.min(this.files.cachedBytes(build), this.osAvailableBytes - bufferBytes))
  }

  get osBytes(): number {
    return this.ports.os.bytes
  }

  /** mlx_active. */
  get activeBytes(): number {
    return this.weightsBytes + this.kvBytes + this.activationBytes
  }

  /** mlx_cache. */
  get poolBytes(): number {
    return this.pool.bytes
  }

  /** Free and inactive pages; file pages are inactive, so this is also the room that they have. */
  get osAvailableBytes(): number {
    return Math.max(0, this.unheldBytes - this.poolBytes)
  }

  get fileBytes(): number {
    return this.files.bytes
  }

  get freeBytes(): number {
    return this.osAvailableBytes - this.fileBytes
  }

  /** In the compressor or swapped out, because more is held than there is memory. */
  get compressedBytes(): number {
    return Math.max(0, this.osBytes + this.activeBytes - this.totalBytes)
  }

  /** By which either memory or the GPU's wired limit is exceeded; the pool gives way before that. */
  get overcommittedBytes(): number {
    return Math.max(this.compressedBytes, this.activeBytes - this.ports.wiredLimitBytes, 0)
  }

  /** How much more the models may take before it is too much; 0 when it is. */
  get slackBytes(): number {
    return Math.max(0, Math.min(this.unheldBytes, this.ports.wiredLimitBytes - this.activeBytes))
  }

  get working(): boolean {
    for (const holding of this.holdings) if (!holding.engineIdle) return true
    return false
  }

  /** (active + wired + compressed) / (those + inactive + speculative + free), provider-runtime 7. */
  get pressure(): number {
    return Math.min(1, (this.osBytes + this.activeBytes + this.poolBytes) / this.totalBytes)
  }

  bytesByBuild(): readonly { readonly build: BuildId; readonly bytes: number }[] {
    return this.holdings.map((holding) => ({
      build: holding.build,
      bytes: holding.weightsBytes + holding.kvWrittenBytes() + holding.activationBytes(),
    }))
  }

  buildCount(): number {
    return this.holdings.length
  }

  /** Neither the OS side nor the GPU's buffers. */
  private get unheldBytes(): number {
    return Math.max(0, this.totalBytes - this.osBytes - this.activeBytes)
  }
}
