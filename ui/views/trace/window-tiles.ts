/**
 * What a board holds of something over time: the whole run, coarse, always; and around the window, fine, as soon as the
 * worker has it. At most one query is under way; the latest wish waits. So drawing never waits for data.
 */
import type { TimeGrid } from '../../data/trace/tracks/time-grid.ts'
import type { TimeWindow } from '../../state/dashboard.ts'
import { ROWS_GONE } from '../../worker/protocol.ts'

/** On either side, in widths of the window: a drag finds it there. */
const MARGIN = 0.4

export interface TileSource<T extends TimeGrid> {
  readonly duration_s: number
  /** Of the coarse one. */
  readonly wholePixels: number
  ask(from_us: number, to_us: number, pixels: number): Promise<T>
  changed(): void
  failed(error: Error): void
}

export const fromOf = ({ start_us }: TimeGrid): number => start_us / 1e6
export const toOf = ({ start_us, bucket_us, buckets }: TimeGrid): number => (start_us + buckets * bucket_us) / 1e6

export class WindowTiles<T extends TimeGrid> {
  whole: T | undefined
  fine: T | undefined
  private busy = false
  private asking = false
  private again = false
  private wish: { readonly window: TimeWindow; readonly pixels: number } | undefined
  private closed = false

  constructor(private readonly source: TileSource<T>) {
    void this.fetchWhole()
  }

  /** Asks for what the window lacks. */
  want(window: TimeWindow, pixels: number): void {
    if (this.suits(this.whole, window, pixels) || this.suits(this.fine, window, pixels)) return
    this.wish = { window, pixels }
    void this.fetchFine()
  }

  /** Rows came: asks anew, for the window too. */
  refresh(window: TimeWindow, pixels: number): void {
    void this.fetchWhole()
    if (this.fine === undefined) return
    this.wish = { window, pixels }
    void this.fetchFine()
  }

  close(): void {
    this.closed = true
  }

  /** The finest that holds a moment. */
  at(at_s: number): T | undefined {
    const { fine } = this
    return fine !== undefined && at_s >= fromOf(fine) && at_s < toOf(fine) ? fine : this.whole
  }

  /** The finest that holds all of a window. */
  over({ from_s, to_s }: TimeWindow): T | undefined {
    const { fine, whole } = this
    const end_s = Math.min(to_s, this.source.duration_s)
    const holds = fine !== undefined && fromOf(fine) <= from_s + 1e-6 && toOf(fine) >= end_s - 1e-6
    return holds && (whole === undefined || fine.bucket_us <= whole.bucket_us) ? fine : whole
  }

  private suits(tile: T | undefined, { from_s, to_s }: TimeWindow, pixels: number): boolean {
    if (tile === undefined) return false
    const end_s = Math.min(to_s, this.source.duration_s)
    const across = ((to_s - from_s) * 1e6) / tile.bucket_us
    // Of this tile's own density, which the source decides.
    const density = this.whole === undefined ? 1 : this.whole.buckets / this.source.wholePixels
    return fromOf(tile) <= from_s + 1e-6 && toOf(tile) >= end_s - 1e-6 && across >= (pixels * density) / 1.5
  }

  /** A run that ends goes on under another name: who still asks for the old one is closed next. */
  private told(error: Error): void {
    if (!this.closed && error.message !== ROWS_GONE) this.source.failed(error)
  }

  private async fetchWhole(): Promise<void> {
    if (this.asking) {
      this.again = true
      return
    }
    this.asking = true
    try {
      const whole = await this.source.ask(0, this.source.duration_s * 1e6, this.source.wholePixels)
      if (this.closed) return
      this.whole = whole
      this.source.changed()
    } catch (error) {
      this.told(error as Error)
    } finally {
      this.asking = false
    }
    if (!this.again) return
    this.again = false
    await this.fetchWhole()
  }

  private async fetchFine(): Promise<void> {
    if (this.busy || this.wish === undefined || this.closed) return
    const { window, pixels } = this.wish
    this.wish = undefined
    this.busy = true
    const margin = (window.to_s - window.from_s) * MARGIN
    const from_s = Math.max(0, window.from_s - margin)
    const to_s = Math.min(this.source.duration_s, window.to_s + margin)
    const across = Math.ceil((pixels * (to_s - from_s)) / (window.to_s - window.from_s))
    try {
      const fine = await this.source.ask(Math.floor(from_s * 1e6), Math.ceil(to_s * 1e6), across)
      if (this.closed) return
      this.fine = fine
      this.source.changed()
    } catch (error) {
      this.told(error as Error)
    } finally {
      this.busy = false
    }
    await this.fetchFine()
  }
}
