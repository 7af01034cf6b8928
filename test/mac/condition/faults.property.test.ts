/** Whatever goes wrong with a Mac and whenever, every request it took ends once, and every moment is accounted for. */
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import type { Mac } from '../../../sim/mac/mac.ts'
import { aMac, GEMMA, GPT, SECOND } from '../a-mac.ts'
import { casesOf } from '../../tier.ts'

const FAULTS: readonly ((mac: Mac, lasts: Micros) => void)[] = [
  (mac) => mac.faults.crash(),
  (mac) => mac.faults.update(),
  (mac) => mac.faults.quit(),
  (mac) => mac.faults.launch(),
  (mac) => mac.disconnect(),
  (mac, lasts) => mac.faults.drop(lasts),
  (mac, lasts) => mac.faults.sleep(lasts),
  (mac, lasts) => mac.faults.sleep(lasts),
  (mac, lasts) => mac.faults.stall(lasts),
  (mac, lasts) => mac.faults.silence(lasts),
  (mac, lasts) => mac.faults.slow(0.3, lasts),
]

const fault = fc.record({
  kind: fc.constant('fault' as const),
  what: fc.nat({ max: FAULTS.length - 1 }),
  lasts: fc.integer({ min: 1, max: 60 }),
})
const ask = fc.record({
  kind: fc.constant('ask' as const),
  build: fc.constantFrom(GPT, GEMMA),
  prompt: fc.integer({ min: 1, max: 3000 }),
  output: fc.integer({ min: 1, max: 300 }),
})
const step = fc.oneof(
  { weight: 3, arbitrary: ask },
  { weight: 2, arbitrary: fault },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), request: fc.nat({ max: 20 }) }) },
)
const script = fc.array(fc.tuple(fc.double({ min: 0, max: 12, noNaN: true }), step), { minLength: 1, maxLength: 30 })

test.prop([script, fc.constantFrom(1, 2)], { numRuns: casesOf(150) })(
  'requests end once, stays add up to the nanosecond, and nothing is said while asleep or away',
  (steps, slots) => {
    const bench = aMac({ slots, resident: [GPT] })
    let time = 0
    let requests = 0
    for (const [gap, next] of steps) {
      time += gap
      if (next.kind === 'ask') bench.ask(time, ++requests, next.build, next)
      else if (next.kind === 'cancel') bench.cancel(time, next.request)
      else bench.at(time, (mac) => FAULTS[next.what]!(mac, (next.lasts * SECOND) as Micros))
    }
    bench.run(time + 3000)

    const work = bench.wrote('work')
    expect(new Set(work.map((row) => row.request)).size).toBe(work.length)
    for (let request = 1; request <= requests; request++) {
      const story = bench.story(request)
      expect(story.filter((line) => line === 'complete' || /^\d/.test(line)).length).toBeLessThanOrEqual(1)
      if (story.length > 0) expect(work.some((row) => row.request === request)).toBe(true)
    }
    for (const row of work) {
      if (row.outcome !== 'finished') continue
      let sum = row.solo_ns
      for (const share of bench.wrote('delay')) {
        if (share.request !== row.request) continue
        sum += share.gpu_ns + share.memory_ns + share.thermal_ns + share.load_ns + share.queue_ns
      }
      expect(sum).toBe((row.at - row.receivedAt) * 1000)
    }
    expectSilenceAsleep(bench)
    expect(bench.wrote('machine_state').at(-1)).toMatchObject({ live: 0, loading: false, kvReservedBytes: 0 })
  },
)

function expectSilenceAsleep(bench: ReturnType<typeof aMac>): void {
  let asleep = false
  let since = 0
  for (const { what, at } of bench.wrote('fault')) {
    if (what === 'sleep') {
      asleep = true
      since = at / SECOND
    } else if (what === 'wake') {
      const from = since
      expect(asleep).toBe(true)
      expect(bench.heard.filter((heard) => heard.at > from && heard.at < at / SECOND)).toEqual([])
      asleep = false
    }
  }
}
