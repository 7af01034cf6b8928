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
  bytes = 0

  cachedBytes(build: BuildId): number {
    return this.files.get(build) ?? 0
  }

  /** The file was read to its end; `room` is what page cache may take in all. */
  read(build: BuildId, fileBytes: number, room: number): void {
    assert(room >= 0, 'page cache: room is never negative')
    this.bytes += fileBytes - this.cachedBytes(build)
    this.files.delete(build)
    this.files.set(build, fileBytes)
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
