/** Providers' standing in whole runs: who is routed to, and from when on. */
import { describe, expect, it } from 'vitest'
import type { TraceRow } from '../../sim/trace/row.ts'
import { accountedFor, loadedFrom, runOf } from './world.ts'

const BUILD = 'gpt-oss-20b'
const mac = (id: string, more: object = {}) => ({
  id,
  machine: { chip: 'M4 Max 40c', memory: '64GB', os_memory: '6GiB' },
  advertises: [BUILD],
  resident: [BUILD],
  ...more,
})
const scenario = (fleet: readonly object[], more: object = {}) => ({
  name: 'providers',
  duration: '20m',
  models: [BUILD],
  fleet,
  demand: [{ arrivals: { poisson: '12/m' }, mix: { [BUILD]: '100%' }, lengths: { prompt: 200, output: 50 } }],
  ...more,
})

/** Rows, and the seconds at which requests were sent to the named Mac. */
async function played(document: object, seed = 1) {
  const rows: TraceRow[] = []
  const { result } = await runOf(await loadedFrom(document), 'open', {
    rows: (row) => void rows.push(row),
    seed,
    verify: true,
  })
  expect(accountedFor(result.requests)).toBe(result.requests.arrived)
  const serials = new Map(
    rows.flatMap((row) => (row.kind === 'registered' ? [[row.provider, row.serial] as const] : [])),
  )
  const sentTo = (serial: string): readonly number[] =>
    rows.flatMap((row) => (row.kind === 'dispatched' && serials.get(row.provider) === serial ? [row.at / 1e6] : []))
  return { rows, result, sentTo }
}

describe('nothing is routed to a Mac', () => {
  it.each([
    ['without hardware trust', { trust: 'self_signed' }],
    ['whose runtime is unknown', { runtime_verified: false }],
    ['that may not see private text', { private_text: false }],
    ['that its owner keeps', { private_only: true, account: 'alice' }],
    ['that answers no challenge', { answers_challenges: false }],
    ['whose template is broken', { template_broken: [BUILD] }],
    ['with other weights than the catalog pins', { weight_hashes: { [BUILD]: 'wrong' } }],
  ])('%s', async (_, attributes) => {
    const models = [{ build: BUILD, like: BUILD, weight_hash: 'right' }]
    const { sentTo } = await played(scenario([mac('good'), mac('bad', attributes)], { models, duration: '5m' }))
    expect(sentTo('good').length).toBeGreaterThan(20)
    expect(sentTo('bad')).toEqual([])
  })
})

it('a legacy Mac is served, without any capacity known', async () => {
  const { rows, result } = await played(scenario([mac('old', { legacy: true })], { duration: '5m' }))
  expect(rows.filter((row) => row.kind === 'slot')).toEqual([])
  expect(result.requests.served).toBeGreaterThan(20)
})

it('a registered benchmark outweighs the guess from bandwidth', async () => {
  const fleet = [mac('slow'), mac('fast', { registered: { decode_tps: 400, prefill_tps: 4_000 } })]
  const { rows } = await played(scenario(fleet, { duration: '5m' }))
  const first = rows.find((row) => row.kind === 'priced')
  expect(first).toMatchObject({ provider: 1, staticTps: 400 })
})

it('an outage of attestation ends routing after three missed challenges, and the first answer brings it back', async () => {
  const timeline = [{ at: '1m', attestation_outage: { fraction: '100%', for: '18m' } }]
  const { sentTo } = await played(scenario([mac('a')], { duration: '25m', timeline }))
  const quiet = sentTo('a').filter((at) => at > 930.1 && at < 1_200)
  expect(sentTo('a').filter((at) => at > 600 && at < 930).length).toBeGreaterThan(30)
  expect(quiet).toEqual([])
  expect(sentTo('a').filter((at) => at > 1_200.1).length).toBeGreaterThan(30)
})

it('a run without an outage keeps everybody fresh for hours', async () => {
  const document = scenario([mac('a')], { duration: '2h' })
  const { sentTo, result } = await played(document)
  expect(sentTo('a').at(-1)!).toBeGreaterThan(7_100)
  expect(result.requests.rejected).toEqual({})
})

it('a verdict takes effect at once; `untrusted` ends with the connection, a lower trust does not', async () => {
  const timeline = [
    { at: '5m', trust: { machines: ['a'], level: 'untrusted' } },
    { at: '5m', trust: { machines: ['b'], level: 'none' } },
    { at: '10m', register: { machines: ['a', 'b'] } },
    { at: '15m', trust: { machines: ['b'], level: 'hardware' } },
  ]
  const { sentTo } = await played(scenario([mac('a'), mac('b'), mac('c')], { timeline, demand: busy }))
  expect(sentTo('a').filter((at) => at > 300 && at < 600)).toEqual([])
  expect(sentTo('b').filter((at) => at > 300 && at < 900)).toEqual([])
  expect(sentTo('a').filter((at) => at > 601).length).toBeGreaterThan(5)
  expect(sentTo('b').filter((at) => at > 901).length).toBeGreaterThan(5)
})

const busy = [{ arrivals: { poisson: '3/s' }, mix: { [BUILD]: '100%' }, lengths: { prompt: 200, output: 100 } }]

describe('a Mac that joins', () => {
  it('registers at its time, beats one interval later, and is served from then on', async () => {
    const { rows, sentTo } = await played(scenario([mac('late', { joins: '10m' })]))
    const registered = rows.filter((row) => row.kind === 'registered')
    expect(registered).toMatchObject([{ serial: 'late', at: 600.03e6 }])
    expect(rows.find((row) => row.kind === 'heartbeat')).toMatchObject({ at: 605.03e6 })
    expect(sentTo('late')[0]!).toBeGreaterThan(600)
    expect(sentTo('late').length).toBeGreaterThan(50)
  })

  it('asleep at its time joins on waking', async () => {
    const timeline = [{ at: '9m', sleep: { machines: ['late'], for: '2m' } }]
    const { rows } = await played(scenario([mac('early'), mac('late', { joins: '10m' })], { timeline }))
    expect(rows.find((row) => row.kind === 'registered' && row.serial === 'late')).toMatchObject({ at: 660.03e6 })
  })

  it('survives whatever strikes it before', async () => {
    const kinds = ['crash', 'update', 'disconnect', 'register'] as const
    const timeline = [
      ...kinds.map((kind, i) => ({ at: `${i + 1}m`, [kind]: { machines: ['late'] } })),
      { at: '5m', stall: { machines: ['late'], for: '10s' } },
      { at: '6m', slow: { machines: ['late'], for: '10s', speed: '50%' } },
    ]
    const { sentTo } = await played(scenario([mac('late', { joins: '10m' })], { timeline }))
    expect(sentTo('late').length).toBeGreaterThan(50)
  })
})

it('Macs register anew in the order named, with the first heartbeat when it is asked for', async () => {
  const timeline = [
    { at: '2m', register: { machines: ['b'], first_heartbeat_after: '40s' } },
    { at: '2m', register: { machines: ['a'] } },
  ]
  const { rows } = await played(scenario([mac('a'), mac('b')], { timeline, duration: '5m' }))
  const again = rows.filter((row) => row.kind === 'registered').slice(2)
  expect(again.map(({ serial }) => serial)).toEqual(['b', 'a'])
  const firstBeat = (provider: number) =>
    rows.find((row) => row.kind === 'heartbeat' && row.provider === provider)!.at / 1e6
  expect(again.map(({ provider }) => firstBeat(provider))).toEqual([160.03, 125.03])
})
