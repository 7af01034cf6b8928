/**
 * What Macs of ours see of a coordinator's doing while clients of ours ask it: which connection a request was sent to, under
 * which name, and how it ended there. The client writes its own number into the request; the coordinator passes it on
 * unread, under its own name for it. So a Mac knows both, and its rows speak of the clients' requests.
 */
import { must } from '../base/assert.ts'
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { SlotState } from '../protocol/index.ts'
import type { AttemptEndedRow, TraceRow, TraceSink } from '../trace/row.ts'

/** One request of ours at one Mac of ours. */
export interface Sighting {
  /** The coordinator's. */
  readonly name: string
  readonly request: RequestId
  readonly attempt: number
  readonly provider: ProviderId
}

/** What a Mac is handed. */
export interface Dispatch {
  /** The coordinator's name for it. */
  readonly name: string
  /** What the client wrote about itself; undefined: it is none of ours. */
  readonly from: string | undefined
  /** The Mac's own number. */
  readonly number: RequestId
  readonly provider: ProviderId
  readonly build: BuildId
  /** As the Mac last said of itself on this connection. */
  readonly slotState: SlotState | 'unknown'
}

export type AttemptEnd = Pick<AttemptEndedRow, 'outcome' | 'code' | 'text' | 'promptTokens' | 'completionTokens'>

interface Followed extends Sighting {
  isOpen: boolean
}

/** The words for a connection that broke, and for a request that was called back. */
const BAD_GATEWAY = 502
const CLIENT_GONE = 499
const NOTHING = { text: '', promptTokens: 0, completionTokens: 0 } as const
export const LOST: AttemptEnd = { outcome: 'disconnected', code: BAD_GATEWAY, ...NOTHING }
export const CALLED_BACK: AttemptEnd = { outcome: 'cancelled', code: CLIENT_GONE, ...NOTHING }

export class Witness {
  readonly #byNumber = new Map<RequestId, Followed>()
  /** Attempts of a client's request, in the order in which they reached Macs. */
  readonly #attempts = new Map<RequestId, Followed[]>()
  /** The attempt whose text came first. */
  readonly #first = new Map<RequestId, number>()
  #providers = 0
  #strangers = 0

  /** `tag`: tells clients of this run from those of any other. */
  constructor(
    private readonly trace: TraceSink,
    private readonly now: () => Micros,
    private readonly tag: string,
  ) {}

  /** Requests that somebody else sent. */
  get strangers(): number {
    return this.#strangers
  }

  get sightings(): readonly Sighting[] {
    return [...this.#attempts.values()].flat()
  }

  /** What a client writes about itself. */
  from(request: RequestId): string {
    return `${this.tag}-${request}`
  }

  /** The attempt that began, or is to begin, the answer to a client. */
  attemptOf(request: RequestId): number {
    return this.#first.get(request) ?? 0
  }

  connected(mac: {
    readonly machine: MachineIndex
    readonly serial: string
    readonly chip: string
    readonly memory_gb: number
  }): ProviderId {
    const provider = this.#providers++ as ProviderId
    this.trace.emit({ kind: 'registered', at: this.now(), provider, ...mac })
    return provider
  }

  left(provider: ProviderId): void {
    this.trace.emit({ kind: 'disconnected', at: this.now(), provider, why: 'socket' })
  }

  dispatched({ name, from, number, provider, build, slotState }: Dispatch): void {
    const request = this.#ours(from)
    if (request === undefined) {
      this.#strangers += 1
      return
    }
    const before = this.#attempts.get(request) ?? []
    const attempt = before.length
    const followed: Followed = { name, request, attempt, provider, isOpen: true }
    this.#byNumber.set(number, followed)
    this.#attempts.set(request, [...before, followed])
    this.trace.emit({
      kind: 'dispatched',
      at: this.now(),
      request,
      attempt,
      provider,
      build,
      slotState,
      backup: before.some(({ isOpen }) => isOpen),
    })
  }

  /** Text leaves the Mac, of whatever request of its. */
  speaks(number: RequestId): void {
    const followed = this.#byNumber.get(number)
    if (followed === undefined || this.#first.has(followed.request)) return
    this.#first.set(followed.request, followed.attempt)
  }

  /** The first end is the one that the coordinator knows of. */
  ended(number: RequestId, end: AttemptEnd): void {
    const followed = this.#byNumber.get(number)
    if (followed === undefined || !followed.isOpen) return
    followed.isOpen = false
    const { request, attempt, provider } = followed
    this.trace.emit({ kind: 'attempt_ended', at: this.now(), request, attempt, provider, ...end })
  }

  /** A row of a Mac, by the client's number; undefined: of a request of somebody else's. */
  named(row: TraceRow): TraceRow | undefined {
    switch (row.kind) {
      case 'work':
      case 'delay': {
        const followed = this.#byNumber.get(row.request)
        return followed === undefined ? undefined : { ...row, request: followed.request, attempt: followed.attempt }
      }
      default:
        return row
    }
  }

  #ours(from: string | undefined): RequestId | undefined {
    if (from === undefined || !from.startsWith(`${this.tag}-`)) return undefined
    const number = from.slice(this.tag.length + 1)
    return /^\d{1,9}$/.test(number) ? (must(Number(number), 'live: a number') as RequestId) : undefined
  }
}
