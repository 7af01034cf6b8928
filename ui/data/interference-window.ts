/**
 * Who delayed whom over a window of time: the result's interference matrix, for the served requests that arrived in the
 * window, as seconds by cause. The same rule as the result's, so the whole run without warm-up gives the same figures.
 */
import type { InterferenceParts } from '../../sim/metrics/result.ts'
import type { TraceIndex } from './trace-index.ts'

export interface InterferenceQuery {
  readonly kind: 'interference'
  readonly from_us: number
  readonly to_us: number
}

export type InterferenceMatrix = { readonly [victim: string]: { readonly [culprit: string]: InterferenceParts } }

const CAUSES = ['gpu', 'memory', 'thermal', 'load', 'queue'] as const
const NANOS_PER_SECOND = 1e9
const NANOS_PER_MICRO = 1e3

type Nanos = { [cause in (typeof CAUSES)[number]]: number }

export function interference(index: TraceIndex, query: InterferenceQuery): InterferenceMatrix {
  const { store, requests, names } = index
  const served = store.texts.list.indexOf('served')
  const finished = store.texts.list.indexOf('finished')
  const counts = (request: number): boolean =>
    requests.outcome[request] === served &&
    requests.arrivedAt[request]! >= query.from_us &&
    requests.arrivedAt[request]! < query.to_us
  const matrix = new Map<string, Map<string, Nanos>>()
  const cell = (victim: string, culprit: string): Nanos => {
    const row = matrix.get(victim) ?? new Map<string, Nanos>()
    matrix.set(victim, row)
    const known = row.get(culprit) ?? { gpu: 0, memory: 0, thermal: 0, load: 0, queue: 0 }
    row.set(culprit, known)
    return known
  }
  const victimOf = (request: number): string => store.texts.text(requests.model[request]!)
  const solo = { request: store.column('work', 'request'), attempt: store.column('work', 'attempt') }
  const outcome = store.column('work', 'outcome')
  const solo_ns = store.column('work', 'solo_ns')
  for (let i = 0; i < outcome.length; i += 1) {
    const request = solo.request[i]!
    if (outcome[i] !== finished || solo.attempt[i] !== requests.attempt[request] || !counts(request)) continue
    const latency_ns = (requests.endedAt[request]! - requests.arrivedAt[request]!) * NANOS_PER_MICRO
    cell(victimOf(request), 'none').queue += latency_ns - solo_ns[i]!
  }
  const delay = { request: store.column('delay', 'request'), attempt: store.column('delay', 'attempt') }
  const culprit = store.column('delay', 'culprit')
  const columns = CAUSES.map((cause) => [cause, store.column('delay', `${cause}_ns`)] as const)
  for (let i = 0; i < culprit.length; i += 1) {
    const request = delay.request[i]!
    if (delay.attempt[i] !== requests.attempt[request] || !counts(request)) continue
    const victim = victimOf(request)
    const name = store.texts.text(culprit[i]!)
    const parts = cell(victim, names.modelOfBuild[name] ?? name)
    let total = 0
    for (const [cause, values] of columns) {
      parts[cause] += values[i]!
      total += values[i]!
    }
    cell(victim, 'none').queue -= total
  }
  return Object.fromEntries(
    [...matrix].map(([victim, row]) => [
      victim,
      Object.fromEntries([...row].map(([name, parts]) => [name, secondsOf(parts)])),
    ]),
  )
}

const secondsOf = (parts: Nanos): InterferenceParts => ({
  gpu_s: parts.gpu / NANOS_PER_SECOND,
  memory_s: parts.memory / NANOS_PER_SECOND,
  thermal_s: parts.thermal / NANOS_PER_SECOND,
  load_s: parts.load / NANOS_PER_SECOND,
  queue_s: parts.queue / NANOS_PER_SECOND,
})
