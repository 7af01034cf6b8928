/**
 * In what the requests of a region differ from all others of the run: every value of every attribute, with its counts
 * on both sides and how much of the difference chance could not have made. Ranked by that, so that one odd Mac among 500
 * must be odder than the oddest of 500 even ones.
 */
import { lowerBound, type TraceIndex } from '../trace-index.ts'
import { requestRow, type RequestRow } from '../../requests/requests.ts'
import { type Attribute, attributeColumns } from './attributes.ts'
import { type Region, requestsIn } from './region.ts'
import { requestFacts } from '../request-facts.ts'
import { shareDifference, zFor } from './share-difference.ts'

export interface PopulationQuery {
  readonly kind: 'population'
  readonly region: Region
  /** Only its requests, on both sides. */
  readonly model?: string
}

export interface PopulationFinding {
  readonly attribute: Attribute
  readonly value: string
  /** Requests that have it, in the region and among the rest. */
  readonly inside: number
  readonly outside: number
  /** Shares inside minus outside, with an interval that holds for all findings together at 95 %. */
  readonly difference: number
  readonly low: number
  readonly high: number
  /** 0: chance could make it. */
  readonly sure: number
}

export interface Population {
  readonly inside: number
  /** All others of the run that arrived after its warm-up. */
  readonly outside: number
  /** Values that were compared. */
  readonly comparisons: number
  /** Ranked. */
  readonly findings: readonly PopulationFinding[]
}

/** 1: in the region, 2: the rest, 0: neither. */
function sidesOf(index: TraceIndex, region: Region, model: string | undefined): Uint8Array {
  const { arrivedAt } = index.requests
  const facts = requestFacts(index)
  const only = model === undefined ? -1 : facts.models.indexOf(model)
  const sides = new Uint8Array(arrivedAt.length)
  for (let i = lowerBound(arrivedAt, index.facts.warmup_us ?? 0); i < arrivedAt.length; i += 1)
    if (only < 0 || facts.model[i] === only) sides[i] = 2
  for (const request of requestsIn(index, region, model)) sides[request] = 1
  return sides
}

export function population(index: TraceIndex, { region, model }: PopulationQuery): Population {
  const sides = sidesOf(index, region, model)
  const totals: [number, number, number] = [0, 0, 0]
  for (const side of sides) totals[side as 0 | 1 | 2] += 1
  const [, inside, outside] = totals
  const counted = attributeColumns(index).flatMap(({ attribute, values, of }) => {
    const counts = new Uint32Array(values.length * 3)
    for (let i = 0; i < of.length; i += 1) counts[of[i]! * 3 + sides[i]!]! += 1
    const present = values
      .map((value, place) => ({ value, inside: counts[place * 3 + 1]!, outside: counts[place * 3 + 2]! }))
      .filter((each) => each.inside + each.outside > 0)
    // One value for all says nothing of anybody.
    return present.length < 2 ? [] : present.map((each) => ({ attribute, ...each }))
  })
  const z = zFor(Math.max(1, counted.length))
  const findings = counted.map(
    (each): PopulationFinding => ({
      ...each,
      ...shareDifference({ count: each.inside, total: inside }, { count: each.outside, total: outside }, z),
    }),
  )
  findings.sort((a, b) => Math.abs(b.sure) - Math.abs(a.sure) || Math.abs(b.difference) - Math.abs(a.difference))
  return { inside, outside, comparisons: counted.length, findings }
}

export interface RegionRequestsQuery {
  readonly kind: 'region_requests'
  readonly region: Region
  readonly model?: string
  /** Only those that have this value of it. */
  readonly attribute?: Attribute
  readonly value?: string
  readonly offset?: number
  readonly limit?: number
}

export interface RegionRequests {
  readonly total: number
  readonly rows: readonly RequestRow[]
}

const LIMIT = 30

/** The slowest first; without a first token, by arrival. */
export function regionRequests(index: TraceIndex, query: RegionRequestsQuery): RegionRequests {
  const { ttft_us } = requestFacts(index)
  const column = attributeColumns(index).find(({ attribute }) => attribute === query.attribute)
  const wanted = column?.values.indexOf(query.value ?? '') ?? -1
  const found = requestsIn(index, query.region, query.model)
    .filter((request) => column === undefined || column.of[request] === wanted)
    .sort((a, b) => ttft_us[b]! - ttft_us[a]! || a - b)
  const { offset = 0, limit = LIMIT } = query
  return { total: found.length, rows: Array.from(found.subarray(offset, offset + limit), (i) => requestRow(index, i)) }
}
