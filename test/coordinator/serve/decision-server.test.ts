/** The decision server: what a decision takes, and that whatever is applied at its end holds at that moment. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { A, B, slot, World } from '../world.ts'
import { casesOf } from '../../tier.ts'

const ONE_PLACE = { slots: [slot(A, { maxConcurrency: 1 })] }

describe('two decisions under way', () => {
  it('that chose the same last place: the first to be applied has it, the other waits', () => {
    const world = new World()
    const mac = world.mac(ONE_PLACE)
    const [first, second] = [world.ask(), world.ask()]
    world.pass(0.023)
    expect(world.dispatches(first)).toEqual([mac])
    expect(world.dispatches(second)).toEqual([])
    const rows = world.rowsOf('decision').filter((row) => row.phase === 'select')
    expect(rows.map(({ outcome, recheck, candidates }) => [outcome, recheck, candidates])).toEqual([
      ['selected', '', 1],
      ['queued', 'headroom', 1],
    ])
    world.completes(mac, first)
    expect(world.dispatches(second)).toEqual([mac])
  })

  it('behind one server the second looks after the first was applied, and so never chose the place', () => {
    const world = new World({ settings: { decision: { servers: 1 } } })
    world.mac(ONE_PLACE)
    world.ask()
    const second = world.ask()
    world.pass(0.046)
    const row = world.rowsOf('decision').find((each) => each.request === second && each.phase === 'select')
    expect(row).toMatchObject({ outcome: 'queued', recheck: '', candidates: 0, capacityRejections: 1 })
  })

  it('are answered queue_full when the lost one finds no place in the queue either', () => {
    const world = new World({ settings: { QUEUE_MAX_DEPTH: 0 } })
    world.mac(ONE_PLACE)
    world.ask()
    const second = world.ask()
    world.pass(0.023)
    expect(world.rowsOf('decision').at(-1)).toMatchObject({ outcome: 'rejected', recheck: 'headroom' })
    expect(world.ending(second)).toMatchObject({ kind: 'rejected', status: 429, reason: 'queue_full' })
  })
})

it('the service time of a decision grows with the machines that advertise the build', () => {
  const world = new World({
    settings: { decision: { service: '20ms', per_provider: '1ms' } },
  })
  for (let count = 0; count < 5; count++) world.mac({ models: count < 3 ? [A] : [B] })
  world.ask({ model: A })
  world.ask({ model: B })
  world.pass(0.03)
  const selects = world.rowsOf('decision').filter((row) => row.phase === 'select')
  expect(selects.map(({ at, build }) => [build, Number(at)])).toEqual([
    [B, 22_000],
    [A, 23_000],
  ])
})

const decided = (world: World) =>
  world
    .rowsOf('decision')
    .filter((row) => row.phase === 'select')
    .map(({ at }) => Number(at) / 1_000)

describe('one lock for all', () => {
  const settings = { decision: { service: '10ms', lock_per_provider: '2ms', servers: 4 } }

  it('lets decisions scan one after another, however many servers there are, and whatever their model', () => {
    const world = new World({ settings })
    for (let count = 0; count < 5; count++) world.mac({ models: count < 3 ? [A] : [B] })
    for (const model of [A, B, A]) world.ask({ model })
    world.pass(0.1)
    // Five Macs are scanned, of either model: 10 ms under the lock each, and 10 ms beside each other.
    expect(decided(world)).toEqual([20, 30, 40])
  })

  it('is passed on by whoever has gone meanwhile', () => {
    const world = new World({ settings })
    for (let count = 0; count < 5; count++) world.mac()
    world.ask()
    const gone = world.ask()
    world.ask()
    world.pass(0.005)
    world.coordinator.onClient({ kind: 'cancel', request: gone })
    world.pass(0.1)
    expect(decided(world)).toEqual([20, 30])
  })

  it('is looked at when it is had, not when one begins to wait for it', () => {
    const world = new World({ settings })
    world.mac(ONE_PLACE)
    for (let count = 0; count < 4; count++) world.mac({ models: [B] })
    world.ask()
    const second = world.ask()
    world.pass(0.1)
    const row = world.rowsOf('decision').find((each) => each.request === second && each.phase === 'select')
    expect(row).toMatchObject({ outcome: 'queued', recheck: 'headroom' })
  })
})

describe('answers', () => {
  it('for want of capacity may leave as 503, others keep their status', () => {
    const world = new World({ settings: { CAPACITY_STATUS: 503, QUEUE_MAX_DEPTH: 0 } })
    world.mac(ONE_PLACE)
    world.ask()
    const [full, bad] = [world.ask(), world.ask({ malformed: true })]
    world.pass(0.1)
    expect(world.ending(full)).toMatchObject({ kind: 'rejected', status: 503, reason: 'queue_full', retryAfter_s: 2 })
    expect(world.ending(bad)).toMatchObject({ kind: 'rejected', status: 400, reason: 'bad_param' })
  })

  it('may name a fixed Retry-After wherever they name one', () => {
    const world = new World({ settings: { RETRY_AFTER_FIXED: '30s', QUEUE_MAX_DEPTH: 0 } })
    world.mac(ONE_PLACE)
    world.ask()
    const [full, bad] = [world.ask(), world.ask({ malformed: true })]
    world.pass(0.1)
    expect(world.ending(full)).toMatchObject({ status: 429, retryAfter_s: 30 })
    expect(world.ending(bad)).toMatchObject({ status: 400, retryAfter_s: undefined })
  })
})

/** Whatever happens in the 23 ms, what is applied holds at that moment. */
const messages = fc.array(fc.tuple(fc.nat(5), fc.nat(3), fc.nat(9)), { minLength: 1, maxLength: 25 })
test.prop([messages], { numRuns: casesOf(300) })(
  'nothing is ever sent to a machine that is gone, full or crashed',
  (steps) => {
    const world = new World()
    const usable = new Map<ProviderId, boolean>()
    const add = () => void usable.set(world.mac(ONE_PLACE), true)
    for (let count = 0; count < 4; count++) add()
    let seen = 0
    const check = () => {
      const sent = world.rowsOf('dispatched')
      for (const { provider } of sent.slice(seen)) expect(usable.get(provider)).toBe(true)
      seen = sent.length
    }
    for (const [what, which, wait] of steps) {
      const ids = [...usable.keys()]
      const mac = ids[ids.length - 1 - which]!
      // Twice as likely to be asked as anything else is to happen.
      if (what <= 1) world.ask()
      else if (what === 2 && usable.get(mac) !== undefined) {
        world.coordinator.disconnected(mac)
        usable.set(mac, false)
        add()
      } else if (what === 3) {
        usable.set(mac, false)
        world.beat(mac, { slots: [slot(A, { maxConcurrency: 1, running: 1 })] })
      } else if (what === 4) {
        usable.set(mac, false)
        world.beat(mac, { slots: [slot(A, { state: 'crashed' })] })
      }
      check()
      world.pass(wait / 1_000)
      check()
    }
  },
)
