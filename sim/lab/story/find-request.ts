/**
 * Finds the request somebody wants explained: `first-429`, `first-429:MODEL`, `slowest:MODEL`, or a number. The first
 * pass of a run watches its rows with this; the second explains what it found, which keeps a run nobody asks about
 * free of the cost.
 */
import type { RequestId } from '../../base/ids.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { Micros } from '../../base/time.ts'
import type { Explanation } from '../../simulation.ts'
import type { ArrivedRow, TraceRow } from '../../trace/row.ts'
import type { MacEvent } from './mac-story.ts'

export type RequestQuestion =
  | { readonly kind: 'id'; readonly id: RequestId }
  | { readonly kind: 'first-429'; readonly model: string | undefined }
  | { readonly kind: 'slowest'; readonly model: string | undefined }

const FORMS = 'a request number, first-429, first-429:MODEL, slowest or slowest:MODEL'

export function parseRequestQuestion(text: string): Result<RequestQuestion, string> {
  if (/^\d{1,15}$/.test(text)) return ok({ kind: 'id', id: Number(text) as RequestId })
  const match = /^(first-429|slowest)(?::(.+))?$/.exec(text)
  if (match === null) return fail(`must be ${FORMS}, not "${text}"`)
  return ok({ kind: match[1] as 'first-429' | 'slowest', model: match[2] })
}

/** A request and everything that happened to it. */
export interface ExplainedRequest {
  readonly arrived: ArrivedRow
  readonly notes: Explanation
  /** What the Macs really did for it. */
  readonly macs: readonly MacEvent[]
}

export interface RequestFinder {
  observe(row: TraceRow): void
  /** Undefined when no request of the run answers the question. */
  found(): ArrivedRow | undefined
  /** Models that requests asked for, in order of first appearance, and how many requests there were. */
  readonly models: ReadonlySet<string>
  arrived(): number
}

export function requestFinder(question: RequestQuestion): RequestFinder {
  const models = new Set<string>()
  /** By request: they count from 0. */
  const arrivals: ArrivedRow[] = []
  const firstTokenAt: (Micros | undefined)[] = []
  let found: RequestId | undefined
  let slowest = -1

  const wants = (request: RequestId): boolean =>
    question.kind !== 'id' && (question.model === undefined || question.model === arrivals[request]!.model)

  function ended(row: Extract<TraceRow, { kind: 'ended' }>): void {
    if (!wants(row.request)) return
    if (question.kind === 'first-429') {
      if (row.status === 429 && row.outcome === 'rejected') found ??= row.request
      return
    }
    const first = firstTokenAt[row.request]
    if (row.outcome !== 'served' || first === undefined) return
    const waited = first - arrivals[row.request]!.at
    if (waited > slowest) {
      slowest = waited
      found = row.request
    }
  }

  return {
    observe(row) {
      switch (row.kind) {
        case 'arrived':
          models.add(row.model)
          arrivals[row.request] = row
          if (question.kind === 'id' && row.request === question.id) found = row.request
          return
        case 'first_token':
          firstTokenAt[row.request] ??= row.at
          return
        case 'ended':
          ended(row)
          return
        default:
      }
    },
    found: () => (found === undefined ? undefined : arrivals[found]),
    models,
    arrived: () => arrivals.length,
  }
}
