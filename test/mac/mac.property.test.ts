/** Whatever the coordinator sends and whenever sockets break, nothing is lost and memory adds up. */
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import type { Micros } from '../../sim/base/time.ts'
import { aMac, GEMMA, GEMMA8, GPT, type MacBench, SECOND } from './a-mac.ts'
import { casesOf } from '../tier.ts'

const build = fc.constantFrom(GPT, GEMMA, GEMMA8)
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      build,
      prompt: fc.integer({ min: 1, max: 6000 }),
      output: fc.integer({ min: 1, max: 400 }),
      max: fc.integer({ min: 1, max: 600_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), request: fc.nat({ max: 30 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('load' as const), build }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('disconnect' as const), away: fc.integer({ min: 0, max: 20 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)
type Step = typeof command extends fc.Arbitrary<infer T> ? T : never
const script = fc.array(fc.tuple(fc.double({ min: 0, max: 15, noNaN: true }), command), { minLength: 1, maxLength: 40 })
const machine = fc.record({
  memory_gib: fc.constantFrom(24, 36, 48, 64, 128),
  slots: fc.integer({ min: 1, max: 3 }),
  resident: fc.constantFrom([], [GPT], [GPT, GEMMA]),
})

/** Plays the script; requests are numbered in order. */
function play(bench: MacBench, steps: readonly (readonly [number, Step])[]): number {
  let time = 0
  let requests = 0
  for (const [gap, step] of steps) {
    time += gap
    if (step.kind === 'ask') bench.ask(time, ++requests, step.build, step)
    else if (step.kind === 'cancel') bench.cancel(time, step.request)
    else if (step.kind === 'load') bench.load(time, step.build)
    else if (step.kind === 'disconnect') bench.at(time, (mac) => mac.disconnect((step.away * SECOND) as Micros))
    else bench.at(time, (mac) => mac.powerOff()).at(time + 5, (mac) => mac.powerOn())
  }
  bench.run(time + 3000)
  return requests
}

test.prop([machine, script], { numRuns: casesOf(150) })(
  'every accepted request ends once, and memory adds up',
  (hardware, steps) => {
    const bench = aMac({ ...hardware, advertises: [GPT, GEMMA, GEMMA8] })
    const requests = play(bench, steps)
    const undisturbed = steps.every(([, step]) => step.kind !== 'disconnect' && step.kind !== 'restart')
    const work = bench.wrote('work')
    expect(new Set(work.map((row) => row.request)).size).toBe(work.length)
    for (let request = 1; request <= requests; request++) {
      const story = bench.story(request)
      const ends = story.filter((line) => line === 'complete' || /^\d/.test(line))
      const row = work.find((candidate) => candidate.request === request)
      expect(ends.length).toBeLessThanOrEqual(1)
      if (story.length > 0) expect(row, `request ${request}: ${story.join(', ')}`).toBeDefined()
      if (undisturbed) expect(ends.length, `request ${request}: ${story.join(', ')}`).toBe(1)
      if (ends.length === 1 && row !== undefined) expect(story.at(-1)).toBe(ends[0])
    }
    for (const answer of bench.said('complete')) {
      expect(work.find((row) => row.request === answer.request)!.decodedTokens).toBe(answer.completionTokens)
    }
    for (const row of bench.wrote('machine_state')) {
      expect(row.weightsBytes + row.kvReservedBytes).toBeLessThanOrEqual(row.memoryBytes)
      const held = row.osBytes + row.weightsBytes + row.kvBytes + row.scratchBytes + row.fileBytes + row.freeBytes
      expect(held).toBe(row.memoryBytes + row.compressedBytes)
    }
    expect(bench.wrote('machine_state').at(-1)).toMatchObject({ live: 0, loading: false, kvReservedBytes: 0 })
    expect(bench.wrote('load_started')).toHaveLength(bench.wrote('load_ended').length)
  },
)
