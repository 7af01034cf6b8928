/**
 * The rows of a run as they were written, to be added to: where a request's rows stand, and where one more may stand
 * between two of them. What the outside tells later has to go where it belongs, for rows come in the order of time.
 */
import type { RequestId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { TraceRow } from '../../trace/row.ts'
import type { TraceStore } from '../../trace/store.ts'
import type { AskedRequest } from './ties.ts'

/** Places of rows in the order of writing; -1: there is none. */
export interface RequestPlaces {
  arrived: number
  firstToken: number
  /** Beyond the last row: it was under way. */
  ended: number
  /** By attempt, as Macs of ours saw them. */
  readonly dispatched: number[]
  readonly attemptEnded: number[]
  /** Attempts beside another. */
  readonly backups: Set<number>
}

export interface Placed {
  /** It comes after the row that stands there. */
  readonly after: number
  readonly at: Micros
}

interface Added extends Placed {
  readonly row: TraceRow
  readonly turn: number
}

export class WrittenRows {
  readonly #times: Float64Array
  readonly #places = new Map<RequestId, RequestPlaces>()
  readonly #asked = new Map<RequestId, AskedRequest>()
  readonly #added: Added[] = []
  readonly #changed = new Map<number, (row: TraceRow) => TraceRow>()

  constructor(private readonly store: TraceStore) {
    this.#times = new Float64Array(store.rows)
    let place = 0
    for (const row of store) {
      this.#times[place] = row.at
      this.#note(row, place)
      place += 1
    }
  }

  get asked(): readonly AskedRequest[] {
    return [...this.#asked.values()]
  }

  /** The place after the last row. */
  get end(): number {
    return this.#times.length
  }

  placesOf(request: RequestId): RequestPlaces | undefined {
    return this.#places.get(request)
  }

  timeAt(place: number): number {
    return this.#times[Math.min(place, this.end - 1)]!
  }

  /** After the row at `low` and before that at `high`, as near to the wanted time as that allows. */
  between(low: number, high: number, wanted: number): Placed {
    let after = low
    let beyond = Math.max(low + 1, high)
    // The last row of those that is not later.
    while (beyond - after > 1) {
      const middle = (after + beyond) >>> 1
      if (this.#times[middle]! <= wanted) after = middle
      else beyond = middle
    }
    const next = after + 1 < this.end ? this.#times[after + 1]! : Infinity
    return { after, at: Math.max(this.#times[after]!, Math.min(next, Math.round(wanted))) as Micros }
  }

  /** Of rows at one place and time, the one that is added first comes first; `turn`: unless it says so. */
  add({ after, at }: Placed, row: TraceRow, turn = this.#added.length): void {
    this.#added.push({ after, at, row, turn })
  }

  change(place: number, change: (row: TraceRow) => TraceRow): void {
    this.#changed.set(place, change)
  }

  *[Symbol.iterator](): IterableIterator<TraceRow> {
    const added = this.#added.toSorted((a, b) => a.after - b.after || a.at - b.at || a.turn - b.turn)
    let next = 0
    let place = 0
    for (const row of this.store) {
      yield this.#changed.get(place)?.(row) ?? row
      for (; next < added.length && added[next]!.after === place; next += 1) yield added[next]!.row
      place += 1
    }
  }

  #note(row: TraceRow, place: number): void {
    switch (row.kind) {
      case 'arrived': {
        const { request, model, estimatedPromptTokens: promptTokens, maxTokens } = row
        this.#asked.set(request, {
          request,
          model,
          promptTokens,
          maxTokens,
          arrivedAt: row.at,
          endedAt: Infinity,
          status: 0,
        })
        this.#places.set(request, {
          arrived: place,
          firstToken: -1,
          ended: this.#times.length,
          dispatched: [],
          attemptEnded: [],
          backups: new Set(),
        })
        return
      }
      case 'first_token':
        return this.#with(row.request, (places) => (places.firstToken = place))
      case 'ended': {
        const asked = this.#asked.get(row.request)
        if (asked !== undefined) this.#asked.set(row.request, { ...asked, endedAt: row.at, status: row.status })
        return this.#with(row.request, (places) => (places.ended = place))
      }
      case 'dispatched':
        return this.#with(row.request, ({ dispatched, backups }) => {
          dispatched[row.attempt] = place
          if (row.backup) backups.add(row.attempt)
        })
      case 'attempt_ended':
        return this.#with(row.request, ({ attemptEnded }) => (attemptEnded[row.attempt] = place))
      default:
    }
  }

  #with(request: RequestId, note: (places: RequestPlaces) => unknown): void {
    const places = this.#places.get(request)
    if (places !== undefined) note(places)
  }
}
