/**
 * What became of each request, as columns by request number: when its first token came, whether it was good, why not.
 * The rules are those of a run's result (`sim/metrics/requests/request-tallies.ts`), so that tracks and figures tell one story.
 */
import { MICROS_PER_SECOND } from '../../../sim/base/time.ts'
import { derive, type TraceIndex } from './trace-index.ts'

/** Every request is exactly one of these; columns hold the place. */
export const FATES = ['in_flight', 'good', 'late', 'refused', 'failed', 'cancelled'] as const
export type Fate = (typeof FATES)[number]

const [IN_FLIGHT, GOOD, LATE, REFUSED, FAILED, CANCELLED] = FATES.keys() as unknown as [
  number,
  number,
  number,
  number,
  number,
  number,
]

export interface RequestFacts {
  /** Place in `models`. */
  readonly model: Uint8Array
  /** The run's models in their order, then what else was asked for. */
  readonly models: readonly string[]
  /** Place in FATES. Without a known SLO every served request is good. */
  readonly fate: Uint8Array
  /** Place in `reasons`; 255: not refused with 429. */
  readonly reason: Uint8Array
  /** Of 429s, the most frequent first. */
  readonly reasons: readonly string[]
  /** Of served requests; -1: of others. */
  readonly ttft_us: Float64Array
  /** Tokens of the prompt as the user sent it, not as the coordinator took it. */
  readonly promptTokens: Uint32Array
  /** Until when its answer was spoken, at this many tokens per second; -1: one token, or no answer. */
  readonly decode_tps: Float64Array
}

export const NO_REASON = 255
const TOO_MANY_REQUESTS = 429

/** By request; a text of the dictionary as a place in a list that begins with the known names. */
function placesOf(index: TraceIndex, column: ArrayLike<number>, known: readonly string[]) {
  const names = [...known]
  const placeOf = new Map<number, number>()
  const places = new Uint8Array(column.length)
  for (let i = 0; i < column.length; i += 1) {
    const text = column[i]!
    let place = placeOf.get(text)
    if (place === undefined) {
      const name = index.store.texts.text(text)
      if (!names.includes(name)) names.push(name)
      place = Math.min(NO_REASON - 1, names.indexOf(name))
      placeOf.set(text, place)
    }
    places[i] = place
  }
  return { places, names }
}

/** The most frequent first, so that the reasons that matter have the first marks. */
function reasonsOf(index: TraceIndex): Pick<RequestFacts, 'reason' | 'reasons'> {
  const { status, reason } = index.requests
  const counts = new Map<number, number>()
  for (let i = 0; i < reason.length; i += 1)
    if (status[i] === TOO_MANY_REQUESTS) counts.set(reason[i]!, (counts.get(reason[i]!) ?? 0) + 1)
  const order = [...counts].sort((a, b) => b[1] - a[1]).map(([text]) => text)
  const places = Uint8Array.from(reason, (text, i) =>
    status[i] === TOO_MANY_REQUESTS ? Math.min(NO_REASON - 1, order.indexOf(text)) : NO_REASON,
  )
  return { reason: places, reasons: order.map((text) => (text < 0 ? '' : index.store.texts.text(text))) }
}

function promptsOf(index: TraceIndex): Uint32Array {
  const { store, requests } = index
  const prompts = requests.promptTokens.slice()
  const asked = store.column('user_request', 'user')
  const tokens = store.column('user_request', 'promptTokens')
  const ofUser = new Map<number, number>()
  for (let i = 0; i < asked.length; i += 1) ofUser.set(asked[i]!, tokens[i]!)
  for (let i = 0; i < prompts.length; i += 1) prompts[i] = ofUser.get(requests.user[i]!) ?? prompts[i]!
  return prompts
}

export const requestFacts = (index: TraceIndex): RequestFacts =>
  derive(index, 'trace/request-facts', () => {
    const { arrivedAt, firstTokenAt, endedAt, outcome, status, completionTokens } = index.requests
    const { slo } = index.facts
    const count = arrivedAt.length
    const texts = index.store.texts.list
    const [served, cancelled] = [texts.indexOf('served'), texts.indexOf('cancelled')]
    const { places: model, names: models } = placesOf(index, index.requests.model, index.names.models)
    const promptTokens = promptsOf(index)
    const fate = new Uint8Array(count)
    const ttft_us = new Float64Array(count).fill(-1)
    const decode_tps = new Float64Array(count).fill(-1)
    for (let i = 0; i < count; i += 1) {
      if (outcome[i]! < 0) fate[i] = IN_FLIGHT
      else if (outcome[i] === cancelled) fate[i] = CANCELLED
      else if (outcome[i] !== served) fate[i] = status[i] === TOO_MANY_REQUESTS ? REFUSED : FAILED
      else {
        // An answer in one piece is its own first token.
        const first = firstTokenAt[i]! < 0 ? endedAt[i]! : firstTokenAt[i]!
        const steps = completionTokens[i]! - 1
        const tps = steps > 0 && endedAt[i]! > first ? (steps * MICROS_PER_SECOND) / (endedAt[i]! - first) : -1
        ttft_us[i] = first - arrivedAt[i]!
        decode_tps[i] = tps
        const good =
          slo === undefined ||
          (ttft_us[i]! <= slo.ttftBase + slo.ttftPerToken * promptTokens[i]! && (tps < 0 || tps >= slo.decodeTps))
        fate[i] = good ? GOOD : LATE
      }
    }
    return { model, models, fate, ...reasonsOf(index), ttft_us, promptTokens, decode_tps }
  })
