/** Faults in whole runs: everything that can go wrong does, and the invariants still hold. */
import { describe, expect, it } from 'vitest'
import type { TraceRow } from '../../sim/trace/row.ts'
import type { RowOf } from '../../sim/trace/schema.ts'
import { casesOf } from '../tier.ts'
import { accountedFor, loadedFrom, runOf, SMALL } from './world.ts'

async function rowsOf(document: object, seed = 1): Promise<readonly TraceRow[]> {
  const rows: TraceRow[] = []
  await runOf(await loadedFrom(document), 'open', { rows: (row) => void rows.push(row), seed, verify: true })
  return rows
}

const faultsOf = (rows: readonly TraceRow[]): RowOf<'fault'>[] => rows.filter((row) => row.kind === 'fault')

const timesOf = (rows: readonly TraceRow[], what: string): readonly number[] =>
  faultsOf(rows).flatMap((row) => (row.what === what ? [row.at] : []))
const crashed = (rows: readonly TraceRow[]): readonly number[] =>
  faultsOf(rows).flatMap((row) => (row.what === 'crash' ? [row.machine] : []))

const fleet = (churn: object): object => ({ ...SMALL, fleet: [{ ...SMALL.fleet[0], churn }] })

const EVERYTHING = {
  session: '10m',
  away: '20s',
  crashes: '6m',
  drops: '90s',
  sleeps: { every: '2m', for: '30s' },
  stalls: { every: '3m', for: '20s' },
  slow: { every: '2m', for: '30s', speed: '20%' },
  updates: '5m',
}

describe('a fleet in which everything goes wrong', () => {
  it.each(['open', 'pools-afe8135', 'pools-draining', 'placement'])(
    'keeps the invariants under %s, jitter included',
    async (policy) => {
      for (let seed = 1; seed <= casesOf(1); seed++) {
        const document = { ...fleet(EVERYTHING), network: { jitter: '50ms' }, duration: '20m' }
        const { result } = await runOf(await loadedFrom(document), policy, { seed, verify: true })
        const expected = ['crash', 'network_drop', 'sleep', 'slow', 'stall', 'update']
        expect(Object.keys(result.faults)).toEqual(expect.arrayContaining(expected))
        expect(accountedFor(result.requests)).toBe(result.requests.arrived)
        expect(result.requests.served).toBeGreaterThan(0)
      }
    },
  )
})

describe('churn', () => {
  it('shifts no other kind of fault when one more kind is asked for', async () => {
    const drops = await rowsOf(fleet({ drops: '90s' }))
    const both = await rowsOf(fleet({ drops: '90s', slow: { every: '1m', for: '10s', speed: '50%' } }))
    expect(timesOf(drops, 'network_drop').length).toBeGreaterThan(3)
    expect(timesOf(both, 'network_drop')).toEqual(timesOf(drops, 'network_drop'))
  })
})

describe('the timeline', () => {
  it('strikes the Macs it names with what it names, and says so', async () => {
    const timeline = [
      { at: '10s', slow: { machines: ['mac-1'], speed: '20%', for: '30s' } },
      { at: '20s', stall: { machines: ['mac-2'], for: '30s' } },
      { at: '30s', silence: { machines: ['mac-3'], for: '30s' } },
      { at: '45s', sleep: { machines: ['mac-4'], for: '60s' } },
      { at: '110s', update: { machines: ['mac-2'] } },
      { at: '120s', crash: { machines: ['mac-1'] } },
      { at: '150s', disconnect: { machines: ['mac-3'], for: '10s' } },
    ]
    const rows = await rowsOf({ ...SMALL, duration: '8m', timeline })
    const told = faultsOf(rows).map(({ at, machine, what }) => [Math.round(at / 1e6), machine, what])
    expect(told).toEqual([
      [10, 0, 'slow'],
      [20, 1, 'stall'],
      [30, 2, 'silent'],
      [40, 0, 'recovered'],
      [45, 3, 'sleep'],
      [50, 1, 'recovered'],
      [60, 2, 'recovered'],
      [105, 3, 'wake'],
      [110, 1, 'update'],
      [120, 0, 'crash'],
      [expect.any(Number), 1, 'restarted'],
      [150, 2, 'network_drop'],
      [160, 2, 'recovered'],
      [expect.any(Number), 0, 'restarted'],
    ])
    const notes = rows.flatMap((row) => (row.kind === 'timeline' ? [row.what] : []))
    expect(notes).toContain('slow mac-1')
  })

  it('draws a share of the connected Macs, each kind of fault on its own', async () => {
    const crash = { at: '1m', crash: { fraction: '50%' } }
    const alone = crashed(await rowsOf({ ...SMALL, timeline: [crash] }))
    const second = crashed(
      await rowsOf({ ...SMALL, timeline: [{ at: '30s', slow: { fraction: '50%', speed: '50%', for: '10s' } }, crash] }),
    )
    expect(alone).toHaveLength(2)
    expect(second).toEqual(alone)
  })
})

describe('a sleeping Mac', () => {
  it('is not heard of for two sweeps and is evicted, and its requests fail over', async () => {
    const rows = await rowsOf({ ...SMALL, timeline: [{ at: '1m', sleep: { machines: ['mac-1'], for: '4m' } }] })
    const left = rows.find((row) => row.kind === 'disconnected')!
    expect(left).toMatchObject({ why: 'evicted' })
    expect(left.at / 1e6).toBeGreaterThan(60 + 90)
    expect(left.at / 1e6).toBeLessThan(60 + 90 + 60)
  })
})

describe('a silent Mac', () => {
  it('is evicted although it answers, and reconnects', async () => {
    const rows = await rowsOf({ ...SMALL, timeline: [{ at: '30s', silence: { machines: ['mac-1'], for: '4m' } }] })
    expect(rows.filter((row) => row.kind === 'disconnected')).toMatchObject([{ why: 'evicted' }])
    const registered = rows.filter((row) => row.kind === 'registered' && row.machine === 0)
    expect(registered).toHaveLength(2)
  })
})
