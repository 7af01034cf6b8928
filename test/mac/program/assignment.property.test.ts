/** Whatever a Mac is assigned to, and whatever goes wrong meanwhile: nothing is lost, and no ack is false. */
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { OneLoadAtATime, ResidentsAddUp } from '../../../sim/metrics/judges/loads.ts'
import { GpuBusyOnce, IdleMeansIdle, MemoryFits } from '../../../sim/metrics/judges/machines.ts'
import { aMac, GEMMA, GEMMA8, GPT, type MacBench, SECOND } from '../a-mac.ts'
import { casesOf } from '../../tier.ts'

const build = fc.constantFrom(GPT, GEMMA, GEMMA8)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('ask' as const), build, output: fc.integer({ min: 1, max: 300 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('assign' as const), build, hold: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('load' as const), build }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), request: fc.nat({ max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('disconnect' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('update' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function play(bench: MacBench, steps: readonly (readonly [number, Step])[]): void {
  let time = 0
  let requests = 0
  let epoch = 0
  for (const [gap, each] of steps) {
    time += gap
    if (each.kind === 'ask') bench.ask(time, ++requests, each.build, { output: each.output, max: 300 })
    else if (each.kind === 'assign') bench.assign(time, each.build, ++epoch, each.hold)
    else if (each.kind === 'load') bench.load(time, each.build)
    else if (each.kind === 'cancel') bench.cancel(time, each.request)
    else if (each.kind === 'disconnect') bench.at(time, (mac) => mac.disconnect((3 * SECOND) as Micros))
    else if (each.kind === 'sleep') bench.at(time, (mac) => mac.faults.sleep((7 * SECOND) as Micros))
    else if (each.kind === 'update') bench.at(time, (mac) => mac.faults.update())
    else bench.at(time, (mac) => mac.faults.crash())
  }
  bench.run(time + 3000)
}

/** Step by step and never backwards on one connection; a Mac that says succeeded holds no other build. */
function checkAcks(bench: MacBench): void {
  let epoch = 0
  let before: string | undefined
  for (const { at, message } of bench.heard) {
    if (message.kind === 'open') epoch = 0
    if (message.kind !== 'assign_status') continue
    expect(message.epoch).toBeGreaterThanOrEqual(epoch)
    if (message.epoch > epoch) before = undefined
    epoch = message.epoch
    const allowed = {
      draining: [undefined],
      loading: ['draining'],
      succeeded: ['loading'],
      failed: [undefined, 'draining', 'loading'],
    }
    expect(allowed[message.status]).toContain(before)
    before = message.status
    if (message.status !== 'succeeded') continue
    const state = bench.wrote('machine_state').findLast((row) => row.at <= Math.round(at * SECOND))
    // None when the program ends at the same instant.
    expect(state!.residentBuilds).toBeLessThanOrEqual(1)
  }
}

const script = fc.array(fc.tuple(fc.double({ min: 0, max: 6, noNaN: true }), step), { minLength: 1, maxLength: 40 })
const machine = fc.record({
  memory_gib: fc.constantFrom(36, 48, 64, 128),
  slots: fc.integer({ min: 1, max: 3 }),
  resident: fc.constantFrom([], [GPT], [GPT, GEMMA]),
  settings: fc.constantFrom({}, { assign_drain: '1s', unload_time: '2s' }),
})

test.prop([machine, script], { numRuns: casesOf(150) })(
  'whatever is assigned and whenever, requests end once, acks go forwards and the books add up',
  (hardware, steps) => {
    const bench = aMac({ ...hardware, advertises: [GPT, GEMMA, GEMMA8] })
    play(bench, steps)
    const judges = [
      new MemoryFits(),
      new GpuBusyOnce(),
      new IdleMeansIdle(),
      new OneLoadAtATime(),
      new ResidentsAddUp(),
    ]
    for (const judge of judges) {
      for (const row of bench.rows) if (judge.kinds?.includes(row.kind) ?? true) judge.row(row)
      judge.end(bench.kernel.now)
    }
    const work = bench.wrote('work')
    expect(new Set(work.map((row) => row.request)).size).toBe(work.length)
    expect(bench.wrote('machine_state').at(-1)).toMatchObject({ live: 0, loading: false, kvReservedBytes: 0 })
    checkAcks(bench)
  },
)
