/** Heartbeats as rows: what changed, and nothing lost by it. */
import { test } from '@fast-check/vitest'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SlotRow } from '../../../sim/trace/row.ts'
import { A, B, slot, World } from '../world.ts'

const kindsOf = (world: World): string[] =>
  world.rows.filter(({ kind }) => kind === 'heartbeat' || kind === 'slot').map(({ kind }) => kind)

describe('a heartbeat', () => {
  it('that repeats the one before is no row', () => {
    const world = new World()
    const mac = world.mac({ slots: [slot(A)] })
    world.pass(5).beat(mac, { slots: [slot(A)] })
    expect(kindsOf(world)).toEqual(['heartbeat', 'slot'])
  })

  it('is written for what changed in it: the machine, or one slot', () => {
    const world = new World()
    const mac = world.mac({ slots: [slot(A), slot(B)] })
    world.pass(5).beat(mac, { slots: [slot(A), slot(B, { running: 1 })] })
    world.pass(5).beat(mac, { slots: [slot(A), slot(B, { running: 1 })], cpuUsage: 0.9 })
    expect(kindsOf(world)).toEqual(['heartbeat', 'slot', 'slot', 'slot', 'heartbeat'])
    expect(world.rowsOf('slot').at(-1)).toMatchObject({ place: 1, build: B, running: 1 })
  })

  it('is written once a minute whatever it says, so that silence can be told from sameness', () => {
    const world = new World()
    const mac = world.mac({ slots: [slot(A)] })
    for (let beat = 0; beat < 24; beat += 1) world.pass(5).beat(mac, { slots: [slot(A)] })
    expect(world.rowsOf('heartbeat').map(({ at }) => at / 1e6)).toEqual([0, 60, 120])
    expect(world.rowsOf('slot')).toHaveLength(1)
  })

  it('after a reconnect is news again', () => {
    const world = new World()
    const mac = world.mac({ slots: [slot(A)] })
    world.coordinator.disconnected(mac)
    world.mac({ slots: [slot(A)] })
    expect(kindsOf(world)).toEqual(['heartbeat', 'slot', 'heartbeat', 'slot'])
  })
})

const reports = fc.array(
  fc.record({
    slots: fc.array(
      fc.record({ model: fc.constantFrom(A, B), running: fc.nat(1), observedDecodeTps: fc.constantFrom(0, 20) }),
      { maxLength: 3 },
    ),
    cpuUsage: fc.constantFrom(0.1, 0.2),
    wait_s: fc.constantFrom(0, 5, 70),
  }),
  { maxLength: 25 },
)

test.prop([reports], { numRuns: 200 })('its rows, put together, say what every heartbeat said', (said) => {
  const world = new World()
  const mac = world.mac({ slots: [] })
  let read = 0
  let slots: SlotRow[] = []
  let cpuUsage = -1
  for (const report of said) {
    const sent = report.slots.map(({ model, ...more }) => slot(model, more))
    world.pass(report.wait_s).beat(mac, { slots: sent, cpuUsage: report.cpuUsage })
    for (const row of world.rows.slice(read)) {
      if (row.kind === 'heartbeat') {
        cpuUsage = row.cpuUsage
        slots = slots.slice(0, row.slots)
      } else if (row.kind === 'slot') slots[row.place] = row
    }
    read = world.rows.length
    expect(cpuUsage).toBe(report.cpuUsage)
    expect(
      slots.map(({ build, running, observedDecodeTps }) => ({ model: build, running, observedDecodeTps })),
    ).toEqual(report.slots)
  }
})
