/**
 * Pages of model files that macOS keeps after a read. They take what nothing else wants and give way to everything,
 * whole files in order of their last read, the oldest first. A file read from here comes at memory speed; but MLX
 * reads into fresh buffers, so a load needs room for both copies, and what the buffers push out comes from the SSD
 * (mac-provider 5). Reads of other files by the owner's programs are not modelled: they only take part as bytes held.
 */
import { assert } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'

export class PageCache {
  /** Bytes by file, the least recently read first. */
  private readonly files = new Map<BuildId, number>()
  private readonly everRead = new Set<BuildId>()
  bytes = 0

  /** `keeps`: share of a file that is left for the next read, whatever room there is. */
  constructor(readonly keeps = 1) {}

  cachedBytes(build: BuildId): number {
    return this.files.get(build) ?? 0
  }

  wasRead(build: BuildId): boolean {
    return this.everRead.has(build)
  }

  /** The file was read to its end; `room` is what page cache may take in all. */
  read(build: BuildId, fileBytes: number, room: number): void {
    assert(room >= 0, 'page cache: room is never negative')
    const kept = Math.round(fileBytes * this.keeps)
    this.everRead.add(build)
    this.bytes += kept - this.cachedBytes(build)
    this.files.delete(build)
    this.files.set(build, kept)
    this.shrinkTo(room)
  }

  /** Somebody else wants the memory. */
  shrinkTo(room: number): void {
    if (this.bytes <= room) return
    for (const [build, held] of this.files) {
      const dropped = Math.min(held, this.bytes - room)
      this.bytes -= dropped
      if (dropped === held) this.files.delete(build)
      else this.files.set(build, held - dropped)
      if (this.bytes <= room) return
    }
  }
}
