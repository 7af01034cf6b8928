/** Warnings from rows alone: who never got a request, which model was always refused, which loads outlast the run. */
import { describe, expect, it } from 'vitest'
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import type { RunWarning } from '../../sim/metrics/result.ts'
import type { MetricsSettings } from '../../sim/metrics/index.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { measured, refused, served } from './measured.ts'
import { row } from './rows.ts'

const OSS = 'oss-20b' as BuildId
const Q4 = 'gemma-q4' as BuildId

const joins = (machine: number, at = 0, provider = machine): TraceRow =>
  row('registered', at, {
    provider: provider as ProviderId,
    machine: machine as MachineIndex,
    serial: `mac-${'abcdef'[machine]!}`,
  })
const passedOver = (provider: number, at: number, reason: string, build = OSS): TraceRow =>
  row('passed_over', at, { provider: provider as ProviderId, build, reason })
const gets = (provider: number, at: number, request: number, build = OSS): TraceRow =>
  row('dispatched', at, { provider: provider as ProviderId, request: request as RequestId, build })
const ended = (at = 100_000): TraceRow => row('run_ended', at)
const RIGHT = { machines: 2, serials: ['mac-a', 'mac-b'] }

const warned = (rows: readonly TraceRow[], settings: Partial<MetricsSettings> = RIGHT): readonly RunWarning[] =>
  measured(rows, settings).warned
const of = (code: RunWarning['code'], rows: readonly TraceRow[], settings?: Partial<MetricsSettings>) =>
  warned(rows, settings).filter((warning) => warning.code === code)

/** Mac a serves this one. */
const aServes = [joins(0), gets(0, 20_000, 0), ...served({ at: 20_000, id: 0, first: 20_500, end: 22_000 })]

const texts = (rows: readonly TraceRow[], settings?: Partial<MetricsSettings>): readonly string[] =>
  of('macs_without_requests', rows, settings).map(({ text }) => text)

describe('a Mac that never got a request', () => {
  it('is told of with the reason that stood longest, for how long, and the setting', () => {
    const rows = [
      ...aServes,
      joins(1),
      passedOver(1, 20_000, 'decode_floor'),
      passedOver(1, 80_000, 'headroom'),
      ended(),
    ]
    expect(of('macs_without_requests', rows)).toEqual([
      {
        code: 'macs_without_requests',
        about: 'decode_floor oss-20b',
        text:
          '1 of 2 Macs never got a request (mac-b): for oss-20b they would decode below the floor and others keep it ' +
          '(75 % of the time); look at coordinator.MIN_DECODE_TPS',
        look: 'coordinator.MIN_DECODE_TPS',
      },
    ])
  })

  it('is judged build by build, and told of together with Macs for which the same reasons stand', () => {
    const three = { machines: 4, serials: ['mac-a', 'mac-b', 'mac-c', 'mac-d'] }
    const both = [1, 2, 3].flatMap((mac) => [
      joins(mac),
      passedOver(mac, 20_000, 'pool'),
      passedOver(mac, 20_000, mac === 3 ? 'trust' : 'too_large', Q4),
    ])
    expect(texts([...aServes, ...both, ended()], three)).toEqual([
      '2 of 4 Macs never got a request (mac-b, mac-c): for gemma-q4 it does not fit the hardware; for oss-20b the pool policy ' +
        'kept them for another pool; look at fleet machine.memory or models; policies, coordinator.MODEL_POOLS_ENABLED or fleet resident',
      '1 of 4 Macs never got a request (mac-d): for gemma-q4 public requests need hardware trust; for oss-20b the pool policy ' +
        'kept them for another pool; look at fleet trust or timeline; policies, coordinator.MODEL_POOLS_ENABLED or fleet resident',
    ])
  })

  it('is not told of once it got one, whatever stood before', () => {
    const late = [joins(1), passedOver(1, 20_000, 'decode_floor'), gets(1, 95_000, 1)]
    expect(texts([...aServes, ...late, ...served({ at: 95_000, id: 1, end: 96_000 }), ended()])).toEqual([])
  })

  it('keeps its time over reconnects, and none of it counts while it is away or after arrivals ended', () => {
    const rows = [
      ...aServes,
      joins(1),
      passedOver(1, 20_000, 'trust'),
      row('disconnected', 50_000, { provider: 1 as ProviderId }),
      joins(1, 90_000, 7),
      passedOver(7, 90_000, 'breaker'),
      ended(900_000),
    ]
    expect(texts(rows)).toEqual([
      '1 of 2 Macs never got a request (mac-b): for oss-20b public requests need hardware trust (75 % of the time); look at fleet trust or timeline',
    ])
  })

  it('may never have connected, or offer nothing that is asked for', () => {
    expect(texts([...aServes, ended()])).toEqual([
      '1 of 2 Macs never got a request (mac-b): they never connected; look at fleet joins, churn or timeline',
    ])
    expect(texts([...aServes, joins(1), row('audit', 30_000), ended()])[0]).toContain(
      'no request was for a build that they offered',
    )
  })

  it('is no news when nobody asked, when nobody looked, or when requests are too few to go round', () => {
    expect(texts([joins(0), joins(1), row('audit', 30_000), ended()])).toEqual([])
    expect(texts([...aServes, joins(1), ended()])).toEqual([])
    expect(texts([...aServes, joins(1), passedOver(1, 20_000, 'equal'), ended()])).toEqual([])
    const many = Array.from({ length: 4 }, (_, i) => [
      gets(0, 30_000 + i, i + 1),
      ...served({ at: 30_000 + i, id: i + 1, end: 40_000 }),
    ]).flat()
    expect(texts([...aServes, ...many, joins(1), passedOver(1, 20_000, 'dearer'), ended()])).toEqual([
      '1 of 2 Macs never got a request (mac-b): for oss-20b others were cheaper by more than 3 s; look at fleet resident or coordinator.WARM_POOL_MIN_WARM',
    ])
  })

  it('names the preset when the setting is the preset’s', () => {
    const preset = { name: '2026-08', settings: ['DEDICATED_MODELS'] }
    const rows = [...aServes, joins(1), passedOver(1, 20_000, 'dedicated'), ended()]
    expect(texts(rows, { ...RIGHT, preset })[0]).toContain(
      'look at coordinator.DEDICATED_MODELS (set by coordinator.preset 2026-08)',
    )
    expect(texts(rows)[0]).toContain('look at coordinator.DEDICATED_MODELS or fleet advertises')
  })
})

const busy = { outcome: 'rejected', status: 429, reason: 'machine_busy' }

const asked = (count: number): TraceRow[] =>
  Array.from({ length: count }, (_, i) => refused(30_000 + i, 10 + i, busy, 'gemma')).flat()

describe('a model whose requests are all refused', () => {
  const gemma = [1, 2, 3].flatMap((id) => refused(30_000 + id, id, busy, 'gemma'))

  it('is told of with the answers and what they mean', () => {
    const odd = refused(40_000, 4, { ...busy, reason: 'pool_exhausted' }, 'gemma')
    expect(of('model_always_refused', [...aServes, ...gemma, ...odd, ended()])).toMatchObject([
      {
        about: 'gemma',
        text:
          '100 % of 4 requests for gemma were refused: machine_busy 75 %, pool_exhausted 25 %; no Mac has room; ' +
          'look at fleet count or coordinator.QUEUE_BEFORE_SHED',
      },
    ])
  })

  it('is told of with what keeps every Mac from it, if one reason does', () => {
    const [warning] = of('model_always_refused', [
      ...aServes,
      passedOver(0, 20_000, 'dedicated', Q4),
      ...gemma,
      ended(),
    ])
    expect(warning?.text).toContain('a dedicated model goes only to Macs that advertise no other family')
    expect(warning?.look).toBe('coordinator.DEDICATED_MODELS or fleet advertises')
  })

  it('is one of which one in a hundred at most is served, and cancelled requests are not refused', () => {
    const one = served({ at: 50_000, id: 500, model: 'gemma', end: 51_000 })
    expect(of('model_always_refused', [...asked(99), ...one, ended()])[0]?.text).toContain('99 % of 100 requests')
    expect(of('model_always_refused', [...asked(98), ...one, ended()])).toEqual([])
    const gaveUp = refused(60_000, 600, { outcome: 'cancelled', status: 499, reason: '' }, 'gemma')
    expect(of('model_always_refused', [...gaveUp, ended()])).toEqual([])
  })

  it('casts doubt on the whole run when no model fares better', () => {
    expect(of('everything_refused', [...aServes, ...gemma, ended()])).toEqual([])
    const preset = { name: '2026-08', settings: [] }
    const [first] = warned([joins(0), ...gemma, ended()], { machines: 1, serials: ['mac-a'], preset })
    expect(first?.text).toBe(
      'this fleet with coordinator.preset 2026-08 refuses every model that is asked for, so no figure here is about service; ' +
        'look at fleet count or coordinator.QUEUE_BEFORE_SHED',
    )
  })
})

const load = (from: number, to: number): TraceRow[] => [
  row('load_started', from),
  row('load_ended', to, { took: ((to - from) * 1_000) as Micros }),
]
const loadTexts = (rows: readonly TraceRow[], settings: Partial<MetricsSettings> = {}) =>
  of('shorter_than_load', [...rows, ended(200_000)], { ...RIGHT, ...settings }).map(({ text }) => text)

describe('a load', () => {
  it('that takes longer than the run, or has not ended with it, is told of', () => {
    expect(loadTexts(load(0, 100_000))).toEqual([
      'the run (100 s) is shorter than a load: oss-20b took 100 s on mac-a; look at duration or fleet resident',
    ])
    expect(loadTexts([row('load_started', 150_000)])).toEqual([
      'the run (100 s) is shorter than a load: oss-20b on mac-a has loaded for 50 s and is not done; look at duration or fleet resident',
    ])
  })

  it('that outlasts the warm-up in which it began is told of', () => {
    expect(loadTexts(load(1_000, 12_500))).toEqual([
      'the warm-up (10 s) is shorter than a load: oss-20b took 11.5 s on mac-a; look at warmup or fleet resident',
    ])
  })

  it('is no news when it ends in the warm-up, begins after it, is shorter than it, or began just before the end', () => {
    expect(loadTexts([...load(0, 9_000), ...load(20_000, 60_000), ...load(60_000, 159_000)])).toEqual([])
    expect(loadTexts(load(5_000, 14_000))).toEqual([])
    expect(loadTexts(load(0, 9_000), { warmup: 0 as Micros })).toEqual([])
    expect(loadTexts([row('load_started', 151_000)])).toEqual([])
  })
})
