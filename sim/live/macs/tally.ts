/** What has happened on the sockets of a fleet, for whoever asks how it went. Counts alone; the rows of the Macs say the rest. */
export interface LiveCounts {
  /** Sockets that were opened, and those of them that were lost. */
  readonly connections: number
  readonly lost: number
  /** Tries that did not lead to a socket. */
  readonly unreachable: number
  readonly requests: number
  readonly completed: number
  /** By status code. */
  readonly errors: { readonly [code: string]: number }
  /** The coordinator says `cancel` after every request; these are the ones that ended something. */
  readonly cancelled: number
  readonly prompt_tokens: number
  readonly completion_tokens: number
  /** Frames by type. */
  readonly sent: { readonly [type: string]: number }
  readonly heard: { readonly [type: string]: number }
  /** Frames and bodies that could not be read, by what was wrong. */
  readonly not_understood: { readonly [complaint: string]: number }
  /** Frames for a Mac that was not connected by its own reckoning. */
  readonly dropped: number
}

type Writable<T> = { -readonly [key in keyof T]: T[key] }

const COMPLAINTS_MAX = 20
const OTHERS = 'others'

export class Tally {
  readonly #counts: Writable<LiveCounts> = {
    connections: 0,
    lost: 0,
    unreachable: 0,
    requests: 0,
    completed: 0,
    errors: {},
    cancelled: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    sent: {},
    heard: {},
    not_understood: {},
    dropped: 0,
  }

  get counts(): LiveCounts {
    return this.#counts
  }

  add(what: 'connections' | 'lost' | 'unreachable' | 'requests' | 'cancelled' | 'dropped'): void {
    this.#counts[what] += 1
  }

  completed(promptTokens: number, completionTokens: number): void {
    this.#counts.completed += 1
    this.#counts.prompt_tokens += promptTokens
    this.#counts.completion_tokens += completionTokens
  }

  error(code: number): void {
    count(this.#counts.errors, `${code}`)
  }

  sent(type: string): void {
    count(this.#counts.sent, type)
  }

  heard(type: string): void {
    count(this.#counts.heard, type)
  }

  /** Somebody who talks nonsense may talk a new one every time: what is told apart has an end. */
  complain(complaint: string): void {
    const known = this.#counts.not_understood
    count(known, complaint in known || Object.keys(known).length < COMPLAINTS_MAX ? complaint : OTHERS)
  }
}

function count(counts: { readonly [key: string]: number }, key: string): void {
  ;(counts as Record<string, number>)[key] = (Object.hasOwn(counts, key) ? counts[key]! : 0) + 1
}
