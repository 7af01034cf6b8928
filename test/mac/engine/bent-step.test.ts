/** A step whose pace changes while it runs, against fractions of whole numbers. */
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { BentStep, inProportion } from '../../../sim/mac/engine/law/bent-step.ts'
import { PART } from '../../../sim/mac/engine/books/gpu-books.ts'

const OWN = fc.integer({ min: 1, max: 2e11 })
const layer = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2e11 }))
/** Two bends of the same step: same plain work, other layers. */
const pace = fc.tuple(layer, layer, layer)
const change = fc.record({ share: fc.integer({ min: 0, max: 999 }), pace, stands: fc.nat({ max: 1_000 }) })

const wholeOf = (own: number, ghosts: number, [memory, process, heat]: readonly number[], once: number) => [
  own,
  ghosts,
  memory!,
  process!,
  heat!,
  once,
]
const sum = (parts: readonly number[]) => parts.reduce((total, part) => total + part, 0)
const stepping = { account: { culprit: 0, own: 0 }, onceKind: 'load' as const, partsOf: () => [] }

test.prop([
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 1, max: 2 ** 50 }),
  fc.integer({ min: 1, max: 2 ** 50 }),
])('what is left is scaled to the nearest nanosecond, exactly', (share, to, from) => {
  const amount = Math.floor(share * from)
  const scaled = BigInt(inProportion(amount, to, from))
  // 2 |scaled from - amount to| <= from
  const error = 2n * (scaled * BigInt(from) - BigInt(amount) * BigInt(to))
  expect(error <= BigInt(from) && -error <= BigInt(from)).toBe(true)
})

test.prop([OWN, layer, layer, pace, fc.array(change, { minLength: 1, maxLength: 6 })])(
  'the work of a step is done once: its shares at each pace add up to one, whatever stands still in between',
  (own, ghosts, once, first, changes) => {
    let whole = wholeOf(own, ghosts, first, once)
    const step = new BentStep(stepping, whole, 0)
    let now = 0
    let undone = 1
    const booked = whole.map(() => 0)
    const pass = (until: number) => {
      let passing = until - step.since
      for (const [part, left] of step.partsOf(1).entries()) {
        const mine = Math.min(passing, left)
        booked[part]! += mine
        passing -= mine
      }
    }
    for (const each of changes) {
      const elapsed = Math.floor((step.restNanos * each.share) / 1_000)
      undone -= elapsed / sum(whole)
      pass((now += elapsed))
      step.stop(now)
      now += each.stands
      whole = wholeOf(own, ghosts, each.pace, once)
      step.setWhole(whole, now)
      step.resume(now)
      // Half a nanosecond of rounding per change, stretched with the pace.
      const slack = 1e-6 + changes.length * (1 / Math.min(own, 1e9))
      expect(Math.abs(step.restNanos / sum(whole) - undone)).toBeLessThan(slack)
    }
    pass(step.since + step.restNanos)
    expect(Math.abs(booked[PART.own]! - own)).toBeLessThanOrEqual(changes.length)
    expect(Math.abs(booked[PART.own]! + booked[PART.ghosts]! - own - ghosts)).toBeLessThanOrEqual(changes.length)
    expect(Math.min(...booked)).toBeGreaterThanOrEqual(0)
  },
)

test.prop([fc.integer({ min: 1, max: 50 }).map((digits) => 10 ** digits), fc.integer({ min: 1, max: 900 })])(
  'a step of any length bends and comes back',
  (own, percent) => {
    const plain = wholeOf(own, 0, [0, 0, 0], 0)
    const slowed = wholeOf(own, 0, [0, own * percent, 0], 0)
    const step = new BentStep(stepping, plain, 0)
    step.setWhole(slowed, 1)
    expect(step.restNanos / sum(slowed)).toBeCloseTo(1 - 1 / own, 1)
    step.setWhole(plain, 2)
    // Beyond 52 days it is a matter of floating point.
    expect(step.restNanos).toBeLessThanOrEqual(own * (1 + 1e-12))
  },
)

test.prop([OWN, pace, pace, pace, fc.integer({ min: 1, max: 999 })])(
  'paces of one instant are one: the last of them holds, and back again is as if nothing had been',
  (own, first, other, last, share) => {
    const whole = (each: readonly number[]) => wholeOf(own, 0, each, 0)
    const at = Math.floor((sum(whole(first)) * share) / 1_000)
    const bent = (...paces: (readonly number[])[]) => {
      const step = new BentStep(stepping, whole(first), 0)
      for (const each of paces) step.setWhole(whole(each), at)
      return step
    }
    expect(bent(other, last).partsOf(1)).toEqual(bent(last).partsOf(1))
    expect(bent(other, first).restNanos).toBe(sum(whole(first)) - at)
  },
)
