import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../sim/base/time.ts'
import { Kernel } from '../../sim/kernel/kernel.ts'
import { RandomStreams } from '../../sim/kernel/random.ts'
import { Priority } from '../../sim/kernel/scheduler.ts'
import { Wire } from '../../sim/simulation/wire.ts'
import { loadedFrom, runOf, SMALL } from './world.ts'

/** Arrival times, in microseconds, of messages sent at these times. */
function arrivals(
  sent: readonly number[],
  jitter: number,
  seed = 1,
): readonly (readonly [message: number, at: number])[] {
  const kernel = new Kernel()
  const settings = { one_way: 30_000 as Micros, jitter: jitter as Micros }
  const arrived: (readonly [number, number])[] = []
  const wire: Wire<number> = new Wire<number>({
    scheduler: kernel,
    settings,
    random: new RandomStreams(seed),
    name: 'x',
    place: 7,
    onArrival: (place) => {
      const message = wire.take()
      expect([place, wire.connection]).toEqual([7, 2 * message])
      arrived.push([message, kernel.now])
    },
  })
  for (const [i, at] of sent.entries()) {
    kernel.schedule(at as Micros, Priority.message, () => wire.carry(i, 2 * i))
  }
  kernel.runUntil(1e12 as Micros)
  return arrived
}

const times = fc.array(fc.nat(1_000_000), { maxLength: 50 }).map((list) => list.toSorted((a, b) => a - b))

describe('a wire', () => {
  it('takes its fixed time without jitter', () => {
    fc.assert(
      fc.property(times, (sent) => {
        expect(arrivals(sent, 0)).toEqual(sent.map((at, i) => [i, at + 30_000]))
      }),
      { seed: 1 },
    )
  })

  it('never delivers out of order or too early, however much jitter', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 10_000_000 }), fc.nat(), (sent, jitter, seed) => {
        const arrived = arrivals(sent, jitter, seed)
        expect(arrived.map(([message]) => message)).toEqual(sent.map((_, i) => i))
        for (const [message, at] of arrived) expect(at).toBeGreaterThanOrEqual(sent[message]! + 30_000)
      }),
      { seed: 1 },
    )
  })

  it('adds the mean that was asked for to messages far apart', () => {
    const sent = Array.from({ length: 4000 }, (_, i) => i * 10_000_000)
    const extra = arrivals(sent, 50_000).map(([message, at]) => at - sent[message]! - 30_000)
    const mean = extra.reduce((sum, each) => sum + each, 0) / extra.length
    // Standard error 1.6 %; three of them.
    expect(mean / 50_000).toBeGreaterThan(0.95)
    expect(mean / 50_000).toBeLessThan(1.05)
  })
})

const resultOf = async (network: object) => (await runOf(await loadedFrom({ ...SMALL, network }))).result
const medianTtft = async (network: object) => (await resultOf(network)).models['gpt-oss-20b']!.ttft_ms.p50!

describe('jitter', () => {
  it('of nothing is no jitter: the same bytes', async () => {
    const { digest } = await resultOf({})
    expect((await resultOf({ jitter: '0ms' })).digest).toBe(digest)
    expect((await resultOf({ jitter: '20ms' })).digest).not.toBe(digest)
  })

  it('makes clients wait longer for their first token', async () => {
    expect(await medianTtft({ jitter: '200ms' })).toBeGreaterThan((await medianTtft({})) + 200)
  })
})
