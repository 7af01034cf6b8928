/**
 * A Mac's memory, wired together: what the OS side holds, the ledger of everybody's bytes, the program's gates, and the
 * squeeze when it is all too much.
 */
import type { Micros } from '../../base/time.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import { type EventId, Priority } from '../../kernel/scheduler.ts'
import { MemoryLedger } from './ledger.ts'
import { MACOS_DEFAULT, type MacOptions } from '../machine.ts'
import { Memory } from './memory.ts'
import { OsMemory } from './os-memory.ts'
import type { Blame } from '../engine/law/pace.ts'
import { Squeeze } from './squeeze.ts'
import { wiredLimitBytes } from './wired.ts'

const GIB = 2 ** 30
/** The program's memory tick: provider-runtime 5.7. */
const TICK_US = 2_000_000
/** No Mac of the catalogue writes KV as fast as a GiB per second, so with so much slack nothing is too much before. */
const SECOND_PER_GIB_US = 1_000_000

interface UnifiedMemoryPorts {
  /** Compression and swapping stretch GPU steps to `pct`. */
  squeezed(pct: number, blame: readonly Blame[]): void
  /** The OS side holds more or less than before. The program only hears of it when it next looks. */
  osDrifted(): void
}

export class UnifiedMemory {
  readonly ledger: MemoryLedger
  readonly gates: Memory
  readonly squeeze: Squeeze
  private readonly os: OsMemory
  private tick: EventId | undefined
  private tickAt = 0
  private readonly onTick = () => this.ticks()

  constructor(
    private readonly options: MacOptions,
    private readonly ports: UnifiedMemoryPorts,
  ) {
    this.os = new OsMemory(options)
    this.ledger = new MemoryLedger({
      totalBytes: options.memoryBytes,
      wiredLimitBytes: wiredLimitBytes(options.memoryBytes, options.macos ?? MACOS_DEFAULT),
      clock: options.scheduler,
      os: this.os,
      filesKept: options.settings.load.page_cache_keeps,
      owner: this,
    })
    this.gates = new Memory(this.ledger, options.settings)
    this.squeeze = new Squeeze(this.ledger, (pct, blame) => ports.squeezed(pct, blame))
  }

  /** The run begins. */
  begin(): void {
    this.os.begin((drift) => {
      this.ledger.change(drift)
      this.ports.osDrifted()
    })
  }

  /** For the ledger: memory and its tick follow every change; in between, KV may grow until something is too much. */
  settled(): void {
    this.squeeze.update()
    const { ledger } = this
    if (!ledger.poolIsLarge && !ledger.working) return
    const { scheduler } = this.options
    const quiet = ledger.poolIsLarge ? 0 : (ledger.slackBytes / GIB) * SECOND_PER_GIB_US
    const at = (Math.floor((scheduler.now + quiet) / TICK_US) + 1) * TICK_US
    if (this.tick !== undefined) {
      if (this.tickAt <= at) return
      scheduler.cancel(this.tick)
    }
    this.tickAt = at
    this.tick = scheduler.schedule(at as Micros, Priority.work, this.onTick)
  }

  private ticks(): void {
    this.tick = undefined
    this.ledger.tick()
    this.settled()
  }

  /** A starting program hashes every model on the disk, and so reads them into the page cache. */
  hashed(models: readonly ModelSpec[]): void {
    for (const model of models) this.ledger.fileRead(model.build, model.diskBytes.value)
  }
}
