/** Faults of the timeline that overlap, through to the answer a user gets. */
import { describe, expect, it } from 'vitest'
import type { TraceRow } from '../../sim/trace/row.ts'
import { loadedFrom, runOf } from './world.ts'

const STUDIO = {
  id: 'studio-1',
  machine: { chip: 'M4 Max 40c', memory: '64GB', os_memory: '6GB' },
  advertises: ['gpt-oss-20b'],
  resident: ['gpt-oss-20b'],
}
const machines = ['studio-1']

/** One request at 60 s, of which nothing but the faults is uncertain. */
async function resultWith(timeline: readonly object[], prompt = 800) {
  const request = { at: '60s', model: 'gpt-oss-20b', prompt, max_tokens: 64, output: 10 }
  const document = {
    name: 'spells',
    duration: '4m',
    models: ['gpt-oss-20b'],
    fleet: [STUDIO],
    demand: [{ requests: [request], patience: { enabled: false } }],
    // Mapping the weights anew takes its time at any pace.
    mac: { unwire: { after: '0s' } },
    timeline,
  }
  let served = 0
  const rows = (row: TraceRow): void => {
    if (row.kind === 'ended' && row.outcome === 'served') served = row.at
  }
  const { result } = await runOf(await loadedFrom(document), 'open', { verify: true, rows })
  return { requests: result.requests, seconds: served / 1e6 - 60 }
}

const secondsWith = async (timeline: readonly object[], prompt?: number): Promise<number> =>
  (await resultWith(timeline, prompt)).seconds

const slow = (at: string, lasts: string, speed: string) => ({ at, slow: { machines, for: lasts, speed } })
const disconnect = (at: string, lasts?: string) => ({
  at,
  disconnect: { machines, ...(lasts === undefined ? {} : { for: lasts }) },
})

describe('slow spells that overlap', () => {
  it('a mild one inside a hard one changes nothing', async () => {
    const hard = await secondsWith([slow('30s', '90s', '10%')])
    expect(hard).toBeGreaterThan(7)
    expect(hard).toBeLessThan(9)
    expect(await secondsWith([slow('30s', '90s', '10%'), slow('40s', '5s', '50%')])).toBe(hard)
    expect(await secondsWith([slow('30s', '90s', '10%'), slow('40s', '2m', '50%')])).toBe(hard)
  })

  it('a hard one inside a mild one leaves the mild one behind', async () => {
    const mild = await secondsWith([slow('30s', '90s', '50%')])
    expect(mild).toBeGreaterThan(1.7)
    expect(mild).toBeLessThan(2.5)
    expect(await secondsWith([slow('30s', '90s', '50%'), slow('40s', '5s', '10%')])).toBe(mild)
  })

  it('a short one costs what it lasts, also when it begins inside a long prefill', async () => {
    const clear = await secondsWith([], 4_000)
    const spell = await secondsWith([slow('60.2s', '5s', '1%')], 4_000)
    expect(spell - clear).toBeCloseTo(5 * 0.99, 2)
  })
})

describe('a stall inside a long prefill', () => {
  it('costs what it lasts', async () => {
    const clear = await secondsWith([], 4_000)
    const stalled = await secondsWith([{ at: '60.2s', stall: { machines, for: '5s' } }], 4_000)
    expect(stalled - clear).toBeCloseTo(5, 2)
  })
})

describe('disconnects that overlap', () => {
  it.each([
    ['a longer one during a short one', [disconnect('30s', '5s'), disconnect('32s', '90s')]],
    ['one that begins where another ends', [disconnect('30s', '5s'), disconnect('35s', '90s')]],
    ['one without a length during a long one', [disconnect('30s', '90s'), disconnect('31s')]],
    ['a long one while the program waits to reconnect', [disconnect('59.1s'), disconnect('59.2s', '90s')]],
    ['a registration during a long one', [disconnect('30s', '90s'), { at: '40s', register: { machines } }]],
    ['a long one during a sleep', [{ at: '20s', sleep: { machines, for: '35s' } }, disconnect('30s', '90s')]],
  ])('last to the latest end: %s', async (_, timeline) => {
    expect((await resultWith(timeline)).requests.rejected).toEqual({ no_provider: 1 })
  })

  it('keep a program that restarts meanwhile away', async () => {
    const update = { at: '30s', update: { machines } }
    expect((await resultWith([update])).requests.served).toBe(1)
    expect((await resultWith([update, disconnect('31s', '90s')])).requests.rejected).toEqual({ no_provider: 1 })
  })
})

describe('a setting changed during a fault', () => {
  it('stays when the fault ends, and ends no fault', async () => {
    const stall = { at: '50s', stall: { machines, for: '15s' } }
    const set = { TTFT_HARD_REJECT: true }
    const [before, during] = [
      await resultWith([{ at: '49s', set }, stall]),
      await resultWith([stall, { at: '55s', set }]),
    ]
    expect(during).toEqual(before)
    expect(during.seconds).toBeGreaterThan(5)
  })
})
