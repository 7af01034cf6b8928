/**
 * A tile as a picture, one pixel per bucket and one row per lane, made in slices so that no frame waits for it. A frame
 * then only stretches pictures, which costs the same for one Mac and for 500.
 */
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import type { Palette } from './lane-colours.ts'
import type { Lanes } from '../../../data/fleet/lanes.ts'
import type { LaneTrack } from '../../../state/dashboard.ts'

const STATES = LANE_STATES.length
/** Of a frame of 16 ms. */
const SLICE_MS = 4
const ROWS_PER_LOOK = 16

export class LaneBitmap {
  readonly canvas: HTMLCanvasElement
  /** Still shown, to be replaced as soon as a newer one is done. */
  stale = false
  private row = 0
  private readonly context: CanvasRenderingContext2D

  constructor(
    readonly tile: Lanes,
    readonly track: LaneTrack,
    /** Place in the tile's machines of every row. */
    private readonly order: readonly number[],
    private readonly palette: Palette,
  ) {
    this.canvas = document.createElement('canvas')
    this.canvas.width = Math.max(1, tile.buckets)
    this.canvas.height = Math.max(1, order.length)
    this.context = this.canvas.getContext('2d')!
  }

  get done(): boolean {
    return this.row >= this.order.length
  }

  /** Makes some more rows. */
  advance(): void {
    const until = performance.now() + SLICE_MS
    const width = this.canvas.width
    if (this.tile.buckets === 0) this.row = this.order.length
    while (!this.done && performance.now() < until) {
      const rows = Math.min(ROWS_PER_LOOK, this.order.length - this.row)
      const image = new ImageData(width, rows)
      const pixels = new Uint32Array(image.data.buffer)
      for (let i = 0; i < rows; i += 1) this.fill(pixels.subarray(i * width), this.order[this.row + i]!)
      this.context.putImageData(image, 0, this.row)
      this.row += rows
    }
  }

  private fill(pixels: Uint32Array, lane: number): void {
    const lanes = this.tile
    const from = lane * lanes.buckets
    if (this.track !== 'state') {
      const table = this.palette.tables[this.track]
      const values = lanes[this.track]
      for (let i = 0; i < lanes.buckets; i += 1) pixels[i] = table[values[from + i]!]!
      return
    }
    const { shares, build } = lanes
    const { phases } = this.palette
    for (let i = 0; i < lanes.buckets; i += 1) {
      // Loads are hatched: every other pair of buckets shows the ground.
      const hatched = ((i >> 1) + this.row) % 2 === 0
      const states = (phases[build[from + i]!] ?? phases[0]!)[hatched ? 1 : 0]
      const place = (from + i) * STATES
      let [r, g, b, all] = [0, 0, 0, 0]
      for (let state = 0; state < STATES; state += 1) {
        const share = shares[place + state]!
        if (share === 0) continue
        const rgb = states[state]!
        r += share * rgb[0]
        g += share * rgb[1]
        b += share * rgb[2]
        all += share
      }
      // Shares of a bucket beyond the run's end are all 0: nothing is drawn.
      pixels[i] = all === 0 ? 0 : ((255 << 24) | ((b / all) << 16) | ((g / all) << 8) | (r / all)) >>> 0
    }
  }
}
