/** Timed conditions add up: whatever overlaps or touches is as one, on a Mac that works through long prompts meanwhile. */
import { fc } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { findChassis, findChip, thermalSpec } from '../../../sim/catalog/index.ts'
import { Priority } from '../../../sim/kernel/scheduler.ts'
import type { Faults } from '../../../sim/mac/condition/faults.ts'
import { aMac, GEMMA, GPT, type MacBench, SECOND } from '../a-mac.ts'
import { casesOf } from '../../tier.ts'

/** Seconds. */
interface Lasting {
  readonly from: number
  readonly until: number
  readonly speed: number
}

type Strike = (faults: Faults, lasts: Micros, speed: number) => void

const KINDS: Readonly<Record<string, Strike>> = {
  sleep: (faults, lasts) => faults.sleep(lasts),
  stall: (faults, lasts) => faults.stall(lasts),
  slow: (faults, lasts, speed) => faults.slow(speed, lasts),
  silence: (faults, lasts) => faults.silence(lasts),
  broken: (faults, lasts) => faults.break(lasts),
  disconnect: (faults, lasts) => faults.drop(lasts),
  attestation_outage: (faults, lasts) => faults.attestationOutage(lasts),
}

const spell = fc
  .tuple(
    fc.integer({ min: 0, max: 60_000_000 }),
    fc.integer({ min: 1, max: 30_000_000 }),
    fc.constantFrom(0.01, 0.1, 0.5, 0.77, 1),
  )
  .map(([from, lasts, speed]): Lasting => ({ from: from / SECOND, until: (from + lasts) / SECOND, speed }))
/** On a grid of 5 s, so that many touch or begin at once. */
const gridded = fc
  .tuple(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom(0.01, 0.1, 0.5, 1))
  .map(([from, lasts, speed]): Lasting => ({ from: from * 5, until: (from + lasts) * 5, speed }))
const spells = fc.oneof(
  fc.array(spell, { minLength: 2, maxLength: 6 }),
  fc.array(gridded, { minLength: 2, maxLength: 8 }),
)
const asks = fc.array(
  fc.record({
    at: fc.integer({ min: 1, max: 80_000_000 }).map((micros) => micros / SECOND),
    build: fc.constantFrom(GPT, GPT, GEMMA),
    prompt: fc.constantFrom(40, 800, 4_000, 12_000),
    output: fc.integer({ min: 1, max: 300 }),
  }),
  { minLength: 1, maxLength: 6 },
)

/** Stretches without overlap, each with the lowest speed of those that last. */
function unionOf(given: readonly Lasting[]): readonly Lasting[] {
  const cuts = [...new Set(given.flatMap(({ from, until }) => [from, until]))].sort((a, b) => a - b)
  const stretches: Lasting[] = []
  for (const [i, from] of cuts.slice(0, -1).entries()) {
    const until = cuts[i + 1]!
    const lasting = given.filter((each) => each.from <= from && each.until >= until)
    if (lasting.length === 0) continue
    const speed = Math.min(...lasting.map((each) => each.speed))
    const before = stretches.at(-1)
    if (before?.until === from && before.speed === speed) stretches[stretches.length - 1] = { ...before, until }
    else stretches.push({ from, until, speed })
  }
  return stretches
}

/** The union of a kind without a value: what touches is one. */
function mergedOf(given: readonly Lasting[]): readonly Lasting[] {
  return unionOf(given.map((each) => ({ ...each, speed: 1 })))
}

/** It throttles within the first of the long prompts. */
const BOOK = {
  thermal: thermalSpec(findChassis('MacBook Pro 14')!, findChip('M4 Max 40c')!)!,
  heat: { ambient_c: 35, lid: 'open', power_mode: 'automatic' },
} as const

function played(
  strike: Strike,
  given: readonly Lasting[],
  requests: readonly { at: number; build: string; prompt: number; output: number }[],
  engine: '2026-06' | '2026-07',
): MacBench {
  const bench = aMac({ resident: [GPT], engine, machine: BOOK })
  for (const { from, until, speed } of given)
    bench.kernel.schedule(Math.round(from * SECOND) as Micros, Priority.timeline, () =>
      strike(bench.mac.faults, Math.round((until - from) * SECOND) as Micros, speed),
    )
  for (const [i, { at, build, prompt, output }] of requests.entries()) bench.ask(at, i + 1, build, { prompt, output })
  return bench.run(400)
}

describe('any set of overlapping spells', () => {
  it.each(Object.entries(KINDS))('of %s is its union, in every message and every row', (kind, strike) => {
    fc.assert(
      fc.property(spells, asks, fc.constantFrom('2026-06', '2026-07'), (given, requests, engine) => {
        const union = kind === 'slow' ? unionOf(given) : mergedOf(given)
        const [all, one] = [given, union].map((each) => played(strike, each, requests, engine))
        expect(all!.rows).toEqual(one!.rows)
        expect(all!.heard).toEqual(one!.heard)
      }),
      { numRuns: casesOf(40), seed: 20_260_622 },
    )
  })
})
