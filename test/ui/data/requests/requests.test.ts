/** The list of requests held against a plain reading of the rows, and one life told in the order it happened. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { RequestsQuery } from '../../../../ui/data/requests/requests.ts'
import { requestStory, timeByKind } from '../../../../ui/data/requests/request-story.ts'
import { answer } from '../../../../ui/data/trace/trace-query.ts'
import { type ARun, aRun } from '../../a-run.ts'

let run: ARun
beforeAll(async () => {
  run = await aRun('scenarios/headline/overload.yaml', 'pools-afe8135', [
    'duration=90s',
    'warmup=0s',
    'demand[0].arrivals.load=14',
    'coordinator.QUEUE_MAX_DEPTH=0',
  ])
})

const ids = (query: Omit<RequestsQuery, 'kind'>): number[] =>
  answer(run.index, { kind: 'requests', limit: 1e6, ...query }).rows.map((row) => row.request)

describe('the list of requests', () => {
  it('has every request once, in each order', () => {
    const all = ids({})
    expect(all).toEqual(all.map((_, i) => i))
    for (const order of ['arrived', 'ttft', 'duration'] as const)
      for (const descending of [false, true]) expect(ids({ order, descending }).toSorted((a, b) => a - b)).toEqual(all)
  })

  it('sorts by TTFT either way, those without a first token last', () => {
    for (const descending of [false, true]) {
      const { rows } = answer(run.index, { kind: 'requests', order: 'ttft', descending, limit: 1e6 })
      const ttfts = rows.map((row) => row.ttft_us)
      const known = ttfts.filter((ttft) => ttft !== null)
      expect(ttfts.slice(0, known.length)).toEqual(known.toSorted((a, b) => (descending ? b - a : a - b)))
      expect(known.length).toBeLessThan(ttfts.length)
    }
  })

  it('keeps what meets every condition and nothing else', () => {
    const { rows } = answer(run.index, { kind: 'requests', limit: 1e6 })
    const { outcome, model, user } = rows.find((row) => row.outcome !== 'served' && row.outcome !== '')!
    const within = rows.filter((row) => row.outcome === outcome && row.arrived_us >= 20e6 && row.arrived_us < 80e6)
    expect(within.length).toBeGreaterThan(0)
    expect(ids({ outcome, from_us: 20e6, to_us: 80e6 })).toEqual(within.map((row) => row.request))
    expect(ids({ outcome, model })).toEqual(
      rows.filter((row) => row.outcome === outcome && row.model === model).map((row) => row.request),
    )
    expect(ids({ user })).toEqual(rows.filter((row) => row.user === user).map((row) => row.request))
    expect(ids({ outcome: 'no such outcome' })).toEqual([])
  })

  it('finds by machine also a request that was sent on elsewhere', () => {
    const sent = run.trace!.column('dispatched', 'request')
    const to = run.trace!.column('dispatched', 'provider')
    const machine = 3
    const expected = new Set<number>()
    for (let i = 0; i < sent.length; i += 1) if (run.index.machineOf[to[i]] === machine) expected.add(sent[i])
    expect(ids({ machine })).toEqual([...expected].toSorted((a, b) => a - b))
  })

  it('is fetched in pages that say where they begin, and locates one request', () => {
    const order = 'duration'
    const all = ids({ order })
    const page = answer(run.index, { kind: 'requests', order, offset: 40, limit: 20, locate: all[47] })
    expect(page).toMatchObject({ total: all.length, offset: 40, located: 47 })
    expect(page.rows.map((row) => row.request)).toEqual(all.slice(40, 60))
    expect(answer(run.index, { kind: 'requests', outcome: 'served', locate: 1e9 }).located).toBe(-1)
  })

  it('has facets that count each choice', () => {
    const facets = answer(run.index, { kind: 'request_facets' })
    expect(facets.outcome.reduce((sum, [, count]) => sum + count, 0)).toBe(facets.total)
    for (const [outcome, count] of facets.outcome) expect(ids({ outcome })).toHaveLength(count)
    for (const [reason, count] of facets.reason) expect(ids({ reason })).toHaveLength(count)
  })
})

describe('the story of a request', () => {
  it('puts cause before effect at the same instant, over retries and queues', () => {
    const request = [...run.index.requests.dispatches].findIndex((count) => count > 1)
    expect(request).toBeGreaterThanOrEqual(0)
    const whole = [...run.trace!].filter((row) => 'request' in row && row.request === request).map((row) => row.kind)
    const life = answer(run.index, { kind: 'request_life', request })!
    expect(life.rows.filter((row) => 'request' in row).map((row) => row.kind)).toEqual(whole)
    const { lanes } = requestStory(life)
    expect(lanes.map((lane) => lane.name)[0]).toBe('coordinator')
    expect(lanes.length).toBeGreaterThan(2)
  })

  it('accounts for a served request from arrival to the end of its work without a gap', () => {
    const served = ids({ outcome: 'served', order: 'ttft', descending: true })
    const request = served.find((id) => run.index.requests.dispatches[id] === 1)!
    const story = requestStory(answer(run.index, { kind: 'request_life', request })!)
    const spans = story.lanes.flatMap((lane) => lane.spans)
    expect(spans[0].from_us).toBe(0)
    for (const [i, span] of spans.entries()) if (i > 0) expect(span.from_us).toBe(spans[i - 1].to_us)
    const total = timeByKind(story).reduce((sum, { us }) => sum + us, 0)
    expect(total).toBe(spans.at(-1)!.to_us)
  })
})
