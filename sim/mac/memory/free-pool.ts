/**
 * MLX's pool of freed buffers (`mlx_cache`). What KV and activations give back stays there until a flush: 8 ms after
 * an engine fell idle, after every load and unload (provider-runtime 5.4, 3.1, 3.6), and by the program's 2 s tick
 * when it holds 2 GiB or more (5.7). New KV is taken from it first, so pool and use together are a high-water mark.
 *
 * While use only grows, `advance` may be called as often as anybody likes: the pool ends up the same.
 */
const GIB = 2 ** 30
/** MLX's own soft limits, provider-runtime 3.2: active and pool below RAM - 6 GiB, the pool below 0.75 of that. */
const MLX_MARGIN_BYTES = 6 * GIB
const POOL_SHARE_MAX = 0.75

export class FreePool {
  bytes = 0
  private inUse = 0

  constructor(private readonly totalBytes: number) {}

  /** `inUse`: KV and activations; `active`: those and the weights; `flushed`: an idle engine has done it since the last time. */
  advance(inUse: number, active: number, flushed: boolean): void {
    const most = this.totalBytes - MLX_MARGIN_BYTES
    const kept = flushed ? 0 : this.bytes + this.inUse - inUse
    this.bytes = Math.max(0, Math.min(kept, Math.floor(POOL_SHARE_MAX * most), most - active))
    this.inUse = inUse
  }

  flush(): void {
    this.bytes = 0
  }
}
