/**
 * The candidates of one decision, however they were found: by a walk over the fleet (scan.ts) or from columns (sweep.ts).
 * Columns over places are the finder's own; a decision that is being made owns those over candidates.
 */
import type { Offer } from '../../view/provider-record.ts'

export class Candidates {
  /** By place, in order of registration. */
  offers: readonly Offer[] = []
  queue = new Int32Array(0)
  pendingTotal = new Int32Array(0)
  projectedTps = new Float64Array(0)
  /** Of each candidate, ascending; only the first `count` entries count. */
  places = new Int32Array(0)
  cost = new Float64Array(0)
  count = 0
  capacity = 0
  tooLarge = 0
  vision = 0
  ttft = 0
  breakerRejected = 0
  bestTtft_ms = Infinity

  /** Room for as many candidates as there are places. */
  reset(places: number): void {
    if (this.places.length < places) {
      this.places = new Int32Array(places * 2)
      this.cost = new Float64Array(places * 2)
    }
    this.count = 0
    this.capacity = 0
    this.tooLarge = 0
    this.vision = 0
    this.ttft = 0
    this.breakerRejected = 0
    this.bestTtft_ms = Infinity
  }
}
