/** A Mac goes its way unseen: looks at any instant, at everything that its state row shows, change nothing. */
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import type { Micros } from '../../sim/base/time.ts'
import { findChassis, findChip, thermalSpec } from '../../sim/catalog/index.ts'
import { Priority } from '../../sim/kernel/scheduler.ts'
import { aMac, GEMMA, GEMMA8, GPT, type MacBench, SECOND } from './a-mac.ts'
import { casesOf } from '../tier.ts'

const moment = fc.integer({ min: 1, max: 120_000_000 }).map((micros) => micros / SECOND)
const ask = fc.record({
  at: moment,
  build: fc.constantFrom(GPT, GPT, GEMMA, GEMMA8),
  prompt: fc.constantFrom(40, 800, 4_000, 30_000),
  output: fc.integer({ min: 1, max: 600 }),
  images: fc.constantFrom(0, 0, 0, 1),
  /** Seconds after which it is cancelled. */
  patience: fc.constantFrom(0.3, 5, 1_000),
})
const setup = fc.record({
  engine: fc.constantFrom('2026-06' as const, '2026-07' as const),
  memory_gib: fc.constantFrom(36, 48, 64),
  restored: fc.constantFrom('0%', '60%'),
  asks: fc.array(ask, { minLength: 1, maxLength: 20, size: 'max' }),
  stalls: fc.array(moment, { maxLength: 2 }),
  loads: fc.array(fc.tuple(moment, fc.constantFrom(GEMMA, GEMMA8)), { maxLength: 2 }),
})
const BOOK = {
  thermal: thermalSpec(findChassis('MacBook Pro 14')!, findChip('M4 Max 40c')!)!,
  heat: { ambient_c: 35, lid: 'open', power_mode: 'automatic' },
} as const

type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never

function played({ engine, memory_gib, restored, asks, stalls, loads }: Setup, looks: readonly number[]): MacBench {
  const bench = aMac({
    engine,
    memory_gib,
    os_gib: undefined,
    advertises: [GPT, GEMMA, GEMMA8],
    resident: [GPT],
    slots: 2,
    machine: BOOK,
    settings: { prefix_cache: { hit_rate: restored }, os_memory: { drift_every: '20s' } },
  })
  for (const [i, { at, build, patience, ...body }] of asks.entries()) {
    bench.ask(at, i + 1, build, { ...body, max: 1_000 }).cancel(at + patience, i + 1)
  }
  for (const at of stalls) bench.at(at, (mac) => mac.faults.stall((10 * SECOND) as Micros))
  for (const [at, build] of loads) bench.load(at, build)
  // What a look is to a Mac: its journal looks around for a row of this instant.
  for (const at of looks) {
    const look = () => bench.mac['journal'].changed()
    bench.kernel.schedule(Math.round(at * SECOND) as Micros, Priority.observe, look)
  }
  return bench.run(400)
}

test.prop([setup, fc.array(moment, { minLength: 20, maxLength: 200, size: 'max' })], {
  numRuns: casesOf(40),
  seed: 20_260_624,
})('a Mac says and does the same however often somebody looks at it', (world, looks) => {
  const [unseen, seen] = [played(world, []), played(world, looks)]
  expect(seen.heard).toEqual(unseen.heard)
  // The state rows too: they show nothing that they would not have shown by themselves.
  expect(seen.rows).toEqual(unseen.rows)
})
