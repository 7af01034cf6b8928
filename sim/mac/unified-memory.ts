/**
 * A Mac's memory, wired together: what the OS side holds, the ledger of everybody's bytes, the program's gates, and the
 * squeeze when it is all too much.
 */
import type { ModelSpec } from '../catalog/model.ts'
import { type Holding, Ledger } from './ledger.ts'
import { MACOS_DEFAULT, type MacOptions } from './machine.ts'
import { Memory } from './memory.ts'
import { OsMemory } from './os-memory.ts'
import type { Blame } from './pace.ts'
import { Squeeze } from './squeeze.ts'
import { wiredLimitBytes } from './wired.ts'

interface UnifiedMemoryPorts {
  /** Resident models, those being unloaded included. */
  holdings(): Iterable<Holding>
  /** Compression and swapping stretch GPU steps to `pct`. */
  squeezed(pct: number, blame: readonly Blame[]): void
  /** The OS side holds more or less than before. The program only hears of it when it next looks. */
  osDrifted(): void
}

export class UnifiedMemory {
  readonly ledger: Ledger
  readonly gates: Memory
  readonly squeeze: Squeeze
  private readonly os: OsMemory

  constructor(
    options: MacOptions,
    private readonly ports: UnifiedMemoryPorts,
  ) {
    this.os = new OsMemory(options)
    this.ledger = new Ledger({
      totalBytes: options.memoryBytes,
      wiredLimitBytes: wiredLimitBytes(options.memoryBytes, options.macos ?? MACOS_DEFAULT),
      clock: options.scheduler,
      os: this.os,
      holdings: () => ports.holdings(),
    })
    this.gates = new Memory(this.ledger, options.settings)
    this.squeeze = new Squeeze(this.ledger, (pct, blame) => ports.squeezed(pct, blame))
  }

  /** The run begins. */
  begin(): void {
    this.os.begin(() => {
      this.ledger.look()
      this.squeeze.update()
      this.ports.osDrifted()
    })
  }

  /** A starting program hashes every model on the disk, and so reads them into the page cache. */
  hashed(models: readonly ModelSpec[]): void {
    for (const model of models) this.ledger.fileRead(model.build, model.diskBytes.value)
  }
}
