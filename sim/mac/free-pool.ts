/**
 * MLX's pool of freed buffers (`mlx_cache`). What KV and activations give back stays there until a flush: 8 ms after
 * an engine fell idle, after every load and unload (provider-runtime 5.4, 3.1, 3.6), and by the program's 2 s tick
 * when it holds 2 GiB or more (5.7). New KV is taken from it first, so pool and use together are a high-water mark.
 *
 * No event is spent on it: every look works out which flushes have passed since the look before. Between two looks
 * the pool can only shrink, except for buffers that came and went unseen; those are at most what one model allocates
 * between two changes of its batch.
 */
import type { Micros } from '../base/time.ts'

const GIB = 2 ** 30
/** provider-runtime 5.7. */
const TICK_US = 2_000_000
const TICK_FLUSH_BYTES = 2 * GIB
/** MLX's own soft limits, provider-runtime 3.2: active and pool below RAM - 6 GiB, the pool below 0.75 of that. */
const MLX_MARGIN_BYTES = 6 * GIB
const POOL_SHARE_MAX = 0.75

export class FreePool {
  bytes = 0
  private inUse = 0
  private lookedAt = 0

  constructor(private readonly totalBytes: number) {}

  /** `inUse`: KV and activations; `active`: those and the weights; `flushed`: an idle engine has done it since the last look. */
  look(now: Micros, inUse: number, active: number, flushed: boolean): void {
    const ticked = Math.floor(now / TICK_US) > Math.floor(this.lookedAt / TICK_US)
    if (flushed || (ticked && this.bytes >= TICK_FLUSH_BYTES)) this.bytes = 0
    else this.bytes = Math.max(0, this.bytes + this.inUse - inUse)
    const most = this.totalBytes - MLX_MARGIN_BYTES
    this.bytes = Math.max(0, Math.min(this.bytes, Math.floor(POOL_SHARE_MAX * most), most - active))
    this.inUse = inUse
    this.lookedAt = now
  }

  flush(): void {
    this.bytes = 0
  }
}
