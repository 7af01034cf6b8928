/**
 * The lanes a board holds: the whole run, coarse, always; and around the window, fine, as soon as the worker has it.
 * At most one query is under way; the latest wish waits. So drawing never waits for data.
 */
import type { Lanes } from '../../data/lanes.ts'
import type { TimeWindow } from '../../state/dashboard.ts'
import { lab } from '../../state/store.ts'

const WHOLE_PIXELS = 2_048
/** On either side, in widths of the window: a drag finds it there. */
const MARGIN = 0.4

export interface Tile {
  readonly lanes: Lanes
  readonly from_s: number
  readonly to_s: number
}

export const tileOf = (lanes: Lanes): Tile => ({
  lanes,
  from_s: lanes.start_us / 1e6,
  to_s: (lanes.start_us + lanes.buckets * lanes.bucket_us) / 1e6,
})

export class LaneTiles {
  whole: Tile | undefined
  fine: Tile | undefined
  private busy = false
  private wish: { readonly window: TimeWindow; readonly pixels: number } | undefined
  private closed = false

  constructor(
    private readonly run: string,
    private readonly duration_s: number,
    private readonly changed: () => void,
    private readonly failed: (error: Error) => void,
  ) {
    void this.fetchWhole()
  }

  /** Asks for what the window lacks. */
  want(window: TimeWindow, pixels: number): void {
    if (this.suits(this.whole, window, pixels) || this.suits(this.fine, window, pixels)) return
    this.wish = { window, pixels }
    void this.fetchFine()
  }

  close(): void {
    this.closed = true
  }

  /** The finest that holds a moment. */
  at(at_s: number): Tile | undefined {
    const holds = (tile: Tile | undefined) => tile !== undefined && at_s >= tile.from_s && at_s < tile.to_s
    return holds(this.fine) ? this.fine : this.whole
  }

  private suits(tile: Tile | undefined, { from_s, to_s }: TimeWindow, pixels: number): boolean {
    if (tile === undefined) return false
    const end_s = Math.min(to_s, this.duration_s)
    const wanted_us = ((to_s - from_s) / pixels) * 1e6
    return tile.from_s <= from_s + 1e-6 && tile.to_s >= end_s - 1e-6 && tile.lanes.bucket_us <= wanted_us * 1.5
  }

  private async fetchWhole(): Promise<void> {
    try {
      const query = { kind: 'lanes', from_us: 0, to_us: this.duration_s * 1e6, pixels: WHOLE_PIXELS } as const
      const lanes = await lab.query(this.run, query)
      if (this.closed) return
      this.whole = tileOf(lanes)
      this.changed()
    } catch (error) {
      this.failed(error as Error)
    }
  }

  private async fetchFine(): Promise<void> {
    if (this.busy || this.wish === undefined) return
    const { window, pixels } = this.wish
    this.wish = undefined
    this.busy = true
    const margin = (window.to_s - window.from_s) * MARGIN
    const from_s = Math.max(0, window.from_s - margin)
    const to_s = Math.min(this.duration_s, window.to_s + margin)
    const across = Math.ceil((pixels * (to_s - from_s)) / (window.to_s - window.from_s))
    try {
      const query = { kind: 'lanes', from_us: Math.floor(from_s * 1e6), to_us: Math.ceil(to_s * 1e6) } as const
      const lanes = await lab.query(this.run, { ...query, pixels: across })
      if (this.closed) return
      this.fine = tileOf(lanes)
      this.changed()
    } catch (error) {
      this.failed(error as Error)
    } finally {
      this.busy = false
    }
    void this.fetchFine()
  }
}
