/** What Macs held: lanes of slots and spans of residency, which begin with the same builds. */
import { describe, expect, it } from 'vitest'
import { initialResidents } from '../../../../ui/data/fleet/initial-residents.ts'
import { machineMoment } from '../../../../ui/data/fleet/machine-moment.ts'
import { machineSlots } from '../../../../ui/data/fleet/machine-slots.ts'
import { residency } from '../../../../ui/data/fleet/residency.ts'
import { SLOT_STATES } from '../../../../ui/data/fleet/slot-states.ts'
import { aTrace, SECOND } from '../../a-trace.ts'

const seen = (at: number, build: string, state: string, provider = 0) =>
  ({ kind: 'slot', at, provider, build, state }) as const
const unloaded = (at: number, build: string) => ({ kind: 'unloaded', at, machine: 0, build, why: 'evicted' }) as const
const loadEnded = (at: number, build: string, took_s: number) =>
  ({ kind: 'load_ended', at, machine: 0, build, ok: true, text: '', took: took_s * SECOND }) as const
const worked = (at: number, build: string, admitted_s: number, first_s: number) =>
  ({
    kind: 'work',
    at,
    machine: 0,
    request: 1,
    build,
    outcome: 'finished',
    receivedAt: admitted_s * SECOND,
    admittedAt: admitted_s * SECOND,
    firstTokenAt: first_s * SECOND,
  }) as const

type Rows = Parameters<typeof aTrace>[0]
const WHOLE = { from_us: 0, to_us: 100 * SECOND }

const residentsOf = (rows: Rows): readonly (readonly string[])[] => {
  const index = aTrace(rows)
  return initialResidents(index).map((builds) => [...builds].map((build) => index.store.texts.text(build)))
}

describe('a Mac held from the start', () => {
  it.each([
    [
      'what a heartbeat shows running or idle',
      [seen(5, 'oss', 'running'), seen(5, 'gemma-q4', 'idle')],
      ['oss', 'gemma-q4'],
    ],
    ['what it unloads without having loaded it', [unloaded(9, 'oss')], ['oss']],
    ['what it worked on before any load of it ended', [worked(9, 'oss', 1, 2), loadEnded(50, 'oss', 5)], ['oss']],
    ['not what was loaded first', [loadEnded(3, 'oss', 2), seen(5, 'oss', 'running'), unloaded(9, 'oss')], []],
    [
      'not what a heartbeat calls loading or crashed',
      [seen(5, 'oss', 'reloading'), seen(6, 'gemma-q4', 'crashed')],
      [],
    ],
    ['not what a request was never admitted for', [worked(9, 'oss', -1 / SECOND, -1 / SECOND)], []],
  ] as const)('%s', (_, rows, builds) => {
    expect(residentsOf(rows)).toEqual([builds, []])
  })

  it('as its own provider says, not the other one’s', () => {
    expect(residentsOf([seen(5, 'oss', 'idle', 1)])).toEqual([[], ['oss']])
  })

  it('and lanes and spans both show it from 0, although the first heartbeat comes later', () => {
    const index = aTrace([seen(5, 'oss', 'running'), unloaded(40, 'oss')])
    const [lane] = machineSlots(index, { kind: 'machine_slots', machine: 0, ...WHOLE })
    expect(lane.starts_us).toEqual([0, 40 * SECOND])
    expect(lane.states.map((state) => SLOT_STATES[state])).toEqual(['idle', 'absent'])
    const { machines } = residency(index, { kind: 'residency', ...WHOLE })
    expect(machines).toEqual([
      {
        machine: 0,
        spans: [{ kind: 'held', build: 0, from_us: 0, to_us: 40 * SECOND, why: 'from the start; evicted' }],
      },
    ])
  })
})

describe('a slot', () => {
  const index = aTrace([loadEnded(20, 'oss', 8), worked(50, 'oss', 30, 33), unloaded(60, 'oss')])

  it('loads, idles, prefills, decodes and goes, each from its own instant', () => {
    const [lane] = machineSlots(index, { kind: 'machine_slots', machine: 0, ...WHOLE })
    expect(lane.starts_us.map((at) => at / SECOND)).toEqual([0, 12, 20, 30, 33, 50, 60])
    expect(lane.states.map((state) => SLOT_STATES[state])).toEqual([
      'absent',
      'loading',
      'idle',
      'prefill',
      'decode',
      'idle',
      'absent',
    ])
    expect(lane.rows).toEqual([0, 0, 0, 1, 1, 0, 0])
  })

  it('is at one moment what it is then, with the request that is in it', () => {
    const [prefilling, decoding, after] = [31, 40, 55].map((at_s) =>
      machineMoment(index, { kind: 'machine_moment', machine: 0, at_us: at_s * SECOND }),
    )
    expect(prefilling).toMatchObject({
      slots: [{ build: 'oss', state: 'prefill', rows: 1 }],
      requests: [{ phase: 'prefill' }],
    })
    expect(decoding).toMatchObject({ requests: [{ request: 1, phase: 'decode', since_us: 33 * SECOND }] })
    expect(after).toMatchObject({ slots: [{ state: 'idle', rows: 0 }], requests: [] })
  })

  it('of a window begins with what held before it', () => {
    const [lane] = machineSlots(index, { kind: 'machine_slots', machine: 0, from_us: 25 * SECOND, to_us: 32 * SECOND })
    expect(lane.starts_us.map((at) => at / SECOND)).toEqual([20, 30])
  })
})
