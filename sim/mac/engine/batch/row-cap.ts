/**
 * How many rows one engine may batch: 24, lowered where a fuller batch was seen to be too slow per request. The rule of
 * provider-runtime.md §5.3, which needs the batch to be at its cap before it says anything, so in practice the cap stays
 * 24 until 24 rows really run.
 */

/** Below this a batch size is bad; tok/s per request. */
const GOOD_TPS = 15
/** The cap grows only with this much in hand: 15 % above. */
const GROW_TPS = 17.25
/** Weight of a new sample in a batch size's average. */
const ALPHA = 0.25
/** Samples before a batch size's average counts. */
const SAMPLES_MIN = 8

export class RowCap {
  /** The dynamic part; starts at `rowsMax` after each load. */
  rows: number
  /** By rows running; index 0 is unused. */
  private readonly tps: number[]
  private readonly samples: number[]

  constructor(private readonly rowsMax: number) {
    this.rows = rowsMax
    this.tps = Array.from({ length: rowsMax + 1 }, () => 0)
    this.samples = Array.from({ length: rowsMax + 1 }, () => 0)
  }

  /** A request finished at `decodeTps` while `running` rows ran, itself included. */
  observe(running: number, decodeTps: number): void {
    const bucket = Math.min(running, this.rowsMax)
    const seen = this.samples[bucket]!
    this.tps[bucket] = seen === 0 ? decodeTps : ALPHA * decodeTps + (1 - ALPHA) * this.tps[bucket]!
    this.samples[bucket] = seen + 1
    if (running < this.rows || !this.known(bucket)) return
    const average = this.tps[bucket]
    // A batch that drains after a drop is still fuller than the cap, and what is good below it may be above the cap.
    if (average < GOOD_TPS) this.rows = Math.min(this.rows, this.largestGoodBelow(bucket))
    else if (average >= GROW_TPS && this.rows < this.rowsMax && !this.isBad(this.rows + 1)) this.rows += 1
  }

  private known(bucket: number): boolean {
    return this.samples[bucket]! >= SAMPLES_MIN
  }

  private isBad(bucket: number): boolean {
    return this.known(bucket) && this.tps[bucket]! < GOOD_TPS
  }

  private largestGoodBelow(bucket: number): number {
    for (let smaller = bucket - 1; smaller >= 1; smaller--) {
      if (this.known(smaller) && this.tps[smaller]! >= GOOD_TPS) return smaller
    }
    return Math.max(1, bucket - 1)
  }
}
