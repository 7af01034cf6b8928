/**
 * A state written down at one instant, and then the requests that come next: those that wait, and those that are decided
 * after it. As long as nothing but their own reservations has changed the state, who got them is written beside them; reading
 * the document back must give the same machines. Later ones are what an operator would ask the state about, and say so.
 *
 * It only looks. The comparison writes the whole state down again at each step, which is dear and therefore ends soon.
 */
import { must } from '../../base/assert.ts'
import type { RequestId } from '../../base/ids.ts'
import { addMicros, MICROS_PER_SECOND, type Micros } from '../../base/time.ts'
import type { DecideDocument, DecideRequest } from './format.ts'
import type { ArrivalAudience, ArrivalObserver } from '../serve/arrival-observer.ts'
import { type Places, placesOf, sameState, writtenRequest } from './state.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { ProviderRecord, RoutingRequest } from '../view/provider-record.ts'

/** So many requests are followed, for so long. */
const REQUESTS_MAX = 10
const FOLLOWED = (10 * MICROS_PER_SECOND) as Micros

export class ArrivalWatch implements ArrivalObserver {
  private readonly next: DecideRequest[] = []
  private readonly later: DecideRequest[] = []
  /** What the state must be for the next decision to count as made on it; undefined: it has changed otherwise. */
  private expected: DecideDocument | undefined
  /** Looked and not applied yet. */
  private open: { readonly id: RequestId; readonly request: DecideRequest } | undefined
  readonly began: Micros
  private readonly places: Places

  constructor(
    private readonly fleet: Fleet,
    private readonly write: () => DecideDocument,
    private readonly taken: DecideDocument,
    private readonly waiting: readonly DecideRequest[],
  ) {
    this.expected = taken
    this.began = fleet.now()
    this.places = placesOf(fleet)
  }

  /** Nothing is to come that it would write. */
  get isOver(): boolean {
    return this.isFull && this.open === undefined
  }

  private get isFull(): boolean {
    return this.fleet.now() > addMicros(this.began, FOLLOWED) || this.next.length + this.later.length >= REQUESTS_MAX
  }

  document(): DecideDocument {
    return { ...this.taken, requests: [...this.next, ...this.waiting, ...this.later] }
  }

  looks(): void {
    if (this.isFull || this.expected === undefined) return
    // A decision that has looked will reserve: the state that the next one is asked on has that already.
    if (this.open !== undefined || !sameState(this.expected, this.write())) this.expected = undefined
  }

  looked(id: RequestId, routing: RoutingRequest, draw: number): void {
    if (this.isFull) return
    const isNext = this.expected !== undefined
    const request = writtenRequest(this.places, routing, draw, { request: id, stands: isNext ? 'next' : 'later' })
    if (!isNext) {
      this.later.push(request)
      return
    }
    this.next.push(request)
    this.open = { id, request }
    // A pool policy may have moved labels while it was asked.
    this.expected = this.write()
  }

  applies(id: RequestId): void {
    if (this.open?.id !== id || this.expected === undefined) return
    if (!sameState(this.expected, this.write())) this.expected = undefined
  }

  applied(id: RequestId, provider: ProviderRecord | undefined): void {
    if (this.open?.id !== id) return
    const { request } = this.open
    this.open = undefined
    this.next.pop()
    // The state has changed since it was looked at, and the machine chosen may not have stood the second look.
    if (provider === undefined && this.expected === undefined) {
      this.later.unshift({ ...request, run: { request: id, stands: 'later' } })
      return
    }
    // Machines may have come and gone since; only one that the state knows can have been chosen on it.
    const reserved =
      provider === undefined ? null : must(this.places.get(provider.id), 'chosen among those written down')
    this.next.push({ ...request, reserved })
    if (this.expected !== undefined) this.expected = this.write()
  }
}

/** Several at once; free when nobody watches. */
export class ArrivalWatches implements ArrivalAudience {
  private readonly all: ArrivalWatch[] = []
  private active: ArrivalWatch[] = []

  add(watch: ArrivalWatch): void {
    this.all.push(watch)
    this.active.push(watch)
  }

  get isWatching(): boolean {
    return this.active.length > 0
  }

  /** One for each of these instants, at each of which somebody began to watch. */
  documents(instants: readonly Micros[]): readonly DecideDocument[] {
    return instants.map((at) =>
      must(
        this.all.find((watch) => watch.began === at),
        'somebody watches from then on',
      ).document(),
    )
  }

  looks(): void {
    for (const watch of this.active) watch.looks()
  }

  looked(id: RequestId, routing: RoutingRequest, draw: number): void {
    for (const watch of this.active) watch.looked(id, routing, draw)
  }

  applies(id: RequestId): void {
    for (const watch of this.active) watch.applies(id)
  }

  applied(id: RequestId, provider: ProviderRecord | undefined): void {
    for (const watch of this.active) watch.applied(id, provider)
    if (this.active.some((watch) => watch.isOver)) this.active = this.active.filter((watch) => !watch.isOver)
  }
}
