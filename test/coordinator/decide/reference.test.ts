/** Selection equals the reference on random fleets; explanations change nothing; ties and the fail-open pass keep their promises. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import type { Explanation } from '../../../sim/coordinator/decision.ts'
import { preflight } from '../../../sim/coordinator/preflight.ts'
import type { RoutingRequest } from '../../../sim/coordinator/provider-record.ts'
import { select } from '../../../sim/coordinator/select.ts'
import type { PlainMachine, PlainRequest, PlainSlot } from './plain-fleet.ts'
import { Reference } from './reference-select.ts'
import { build, noColdBesideBusy, openPolicy, request, World } from './world.ts'

const BUILDS = ['small', 'large', 'roomy'] as const
const CATALOG = {
  // With 4 GB to spare and its KV it only just fits 24 GB, or just does not.
  small: { size: 18.5, minRam: 24 },
  large: { size: 28, minRam: 0 },
  roomy: { size: 0, minRam: 0 },
} as const

const chance = (percent: number) => fc.integer({ min: 0, max: 99 }).map((value) => value < percent)

const slots: fc.Arbitrary<PlainSlot> = fc.record({
  model: fc.constantFrom(...BUILDS),
  state: fc.constantFrom('running', 'idle', 'idle', 'idle_shutdown', 'reloading', 'crashed'),
  running: fc.integer({ min: 0, max: 3 }),
  waiting: fc.constantFrom(0, 0, 1, 4),
  maxConcurrency: fc.constantFrom(0, 1, 4, 8),
  potential: fc.constantFrom(0, 3_000),
  used: fc.integer({ min: 0, max: 20_000 }),
  max: fc.constantFrom(0, 20_000, 100_000),
  queued: fc.constantFrom(0, 4_000),
  decode: fc.constantFrom(0, 0, 8, 30, 70),
  prefill: fc.constantFrom(0, 1_800),
})

const IDLE: PlainSlot = {
  model: 'roomy',
  state: 'idle',
  running: 0,
  waiting: 0,
  maxConcurrency: 8,
  potential: 0,
  used: 0,
  max: 0,
  queued: 0,
  decode: 0,
  prefill: 0,
}

const models = fc.record({ build: fc.constantFrom(...BUILDS, 'unlisted'), vision: chance(50), template: chance(90) })

const machines: fc.Arbitrary<PlainMachine> = fc
  .record({
    serial: fc.constantFrom('x', 'y'),
    version: fc.constantFrom('0.6.2', '0.6.3', '0.10.0'),
    trusted: chance(95),
    memory: fc.constantFrom(16, 24, 48, 64, 128, 192),
    bandwidth: fc.constantFrom(0, 120, 546),
    decode: fc.constantFrom(0, 20, 100, 100),
    prefill: fc.constantFrom(0, 400),
    models: fc.uniqueArray(models, { selector: (model) => model.build, minLength: 1 }),
    slots: fc.option(fc.uniqueArray(slots, { selector: (slot) => slot.model, maxLength: 3 }), {
      nil: undefined,
      freq: 8,
    }),
    free: fc.constantFrom(undefined, 0, 14, 40),
    gpu: fc.constantFrom(0, 14, 30),
    pressure: fc.constantFrom(0.1, 0.5),
    cpu: fc.constantFrom(0, 0.1),
    thermal: fc.constantFrom('nominal', 'nominal', 'fair', 'serious', 'critical'),
    pending: fc.array(
      fc.record({
        build: fc.constantFrom(...BUILDS),
        prompt: fc.integer({ min: 0, max: 3_000 }),
        max: fc.integer({ min: 1, max: 4_096 }),
      }),
      { maxLength: 7 },
    ),
    breakerOpen: chance(25),
    cooling: chance(5),
    excluded: chance(5),
  })
  .map((machine) => Object.assign(machine, { toolsCapable: machine.version !== '0.6.2' }))

/** Machines so alike that most selections end in the tie window, where machine-by-machine chance hardly ever leads. */
const alike: fc.Arbitrary<PlainMachine> = fc
  .record({
    decode: fc.constantFrom(60, 80, 90, 100),
    running: fc.constantFrom(0, 0, 0, 1),
    pending: fc.constantFrom(0, 0, 1),
    version: fc.constantFrom('0.6.3', '0.10.0'),
  })
  .map(({ decode, running, pending, version }) => ({
    serial: 'x',
    version,
    toolsCapable: true,
    trusted: true,
    memory: 64,
    bandwidth: 546,
    decode,
    prefill: 0,
    models: [{ build: 'roomy', vision: true, template: true }],
    slots: [{ ...IDLE, running }],
    free: undefined,
    gpu: 0,
    pressure: 0.1,
    cpu: 0.1,
    thermal: 'nominal' as const,
    pending: Array.from({ length: pending }, () => ({ build: 'roomy', prompt: 10, max: 16 })),
    breakerOpen: false,
    cooling: false,
    excluded: false,
  }))

const requests: fc.Arbitrary<PlainRequest> = fc.record({
  build: fc.constantFrom(...BUILDS),
  prompt: fc.integer({ min: 0, max: 4_000 }),
  max: fc.integer({ min: 1, max: 4_096 }),
  tools: chance(20),
  vision: chance(10),
  serial: fc.constantFrom(undefined, undefined, undefined, 'x'),
  avoidVersion: fc.constantFrom('', '', '0.6.3'),
  ceiling: fc.constantFrom(0, 0, 8_000),
  floor: fc.constantFrom(0, 15),
  affinity: fc.constantFrom(-1, -1, 0, 2),
})

const draws = fc.integer({ min: 0, max: 999 }).map((value) => value / 1_000)

function worldOf(fleet: readonly PlainMachine[], refuses: boolean): World {
  const catalog = BUILDS.map((name) => ({
    build: build(name),
    size_gb: CATALOG[name].size,
    minRam_gb: CATALOG[name].minRam,
  }))
  const world = new World({ policy: refuses ? noColdBesideBusy : openPolicy, catalog })
  for (const machine of fleet) addMachine(world, machine)
  return world
}

function addMachine(world: World, machine: PlainMachine): void {
  const record = world.add({
    serial: machine.serial,
    version: machine.version,
    memory_gb: machine.memory,
    bandwidth_gbs: machine.bandwidth,
    decode: machine.decode,
    prefill: machine.prefill,
    trust: { level: machine.trusted ? 'hardware' : 'self_signed' },
    models: machine.models.map((model) => ({
      build: build(model.build),
      isVision: model.vision,
      templateRenderOk: model.template,
    })),
    slots:
      machine.slots?.map((slot) => ({
        model: build(slot.model),
        state: slot.state,
        running: slot.running,
        waiting: slot.waiting,
        maxConcurrency: slot.maxConcurrency,
        maxTokensPotential: slot.potential,
        activeTokenBudgetUsed: slot.used,
        activeTokenBudgetMax: slot.max,
        queuedTokenBudget: slot.queued,
        observedDecodeTps: slot.decode,
        observedPrefillTps: slot.prefill,
      })) ?? 'none',
    capacity: { gpuMemoryActive_gb: machine.gpu, freeForLoad_gb: machine.free },
    heartbeat: { memoryPressure: machine.pressure, cpuUsage: machine.cpu, thermalState: machine.thermal },
  })
  for (const { build: of, prompt, max } of machine.pending) {
    world.addPending(record, { build: build(of), promptTokens: prompt, maxTokens: max })
  }
  if (machine.breakerOpen) record.breakerOpenUntil = (world.clock + 1) as Micros
  if (!machine.cooling) return
  for (const offer of record.offers.values()) offer.loadCooldownUntil = (world.clock + 1) as Micros
}

const routing = (plain: PlainRequest, fleet: readonly PlainMachine[]): RoutingRequest =>
  request({
    build: build(plain.build),
    promptTokens: plain.prompt,
    maxTokens: plain.max,
    hasTools: plain.tools,
    requiresVision: plain.vision,
    serials: plain.serial === undefined ? undefined : [plain.serial],
    excluded: fleet.flatMap((machine, index) => (machine.excluded ? [index as ProviderId] : [])),
    avoidVersion: plain.avoidVersion,
    maxTtft_ms: plain.ceiling,
    minDecodeTps: plain.floor,
    affinity: plain.affinity as ProviderId | -1,
  })

const cases = fc.oneof(
  fc.tuple(fc.array(machines, { maxLength: 12 }), requests, draws, fc.boolean()),
  fc.tuple(
    fc.array(alike, { minLength: 2, maxLength: 8 }),
    requests.map((plain) => Object.assign(plain, { build: 'roomy' as const, max: 1 + (plain.max % 300) })),
    draws,
    fc.boolean(),
  ),
)

describe('select', () => {
  it('equals the reference written from the tables', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, refuses]) => {
        const expected = new Reference(fleet, CATALOG, refuses).select(plain, draw)
        const actual = select(worldOf(fleet, refuses).fleet, routing(plain, fleet), draw)
        expect(actual.winner?.provider.id ?? -1).toBe(expected.winner)
        expect(actual.breakdown?.cost_ms ?? -1).toBeCloseTo(expected.cost, 6)
        expect(actual.bestTtft_ms).toBeCloseTo(expected.bestTtft, 6)
        const { candidates, capacity, tooLarge, vision, ttft, failOpen } = expected
        expect(actual).toMatchObject({ candidates, capacity, tooLarge, vision, ttft, failOpen })
      }),
      { numRuns: 2_000 },
    )
  })

  it('decides the same with an explanation, which has one line per provider in order of registration', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, refuses]) => {
        const asked = routing(plain, fleet)
        const world = worldOf(fleet, refuses)
        const explain: Explanation = []
        const silent = select(world.fleet, asked, draw)
        expect(select(world.fleet, asked, draw, explain)).toEqual(silent)
        expect(explain.map((verdict) => verdict.provider)).toEqual(fleet.map((_, index) => index))
        const winners = explain.filter((verdict) => verdict.kind === 'candidate' && verdict.fate === 'winner')
        expect(winners.map((verdict) => verdict.provider)).toEqual(
          silent.winner === undefined ? [] : [silent.winner.provider.id],
        )
        expect(explain.filter((verdict) => verdict.kind === 'candidate')).toHaveLength(silent.candidates)
        for (const verdict of explain) expect(verdict.why).toMatch(/^[A-Z a-z].*\.$/)

        const quick: Explanation = []
        expect(preflight(world.fleet, asked, quick)).toEqual(preflight(world.fleet, asked))
        expect(quick.map((verdict) => verdict.provider)).toEqual(fleet.map((_, index) => index))
      }),
      { numRuns: 300 },
    )
  })

  it('fails open: an open breaker never turns a servable request into a refusal, unless room or time was the reason', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, refuses]) => {
        const asked = routing(plain, fleet)
        const sound = fleet.map((machine) => ({ ...machine, breakerOpen: false }))
        const without = select(worldOf(sound, refuses).fleet, asked, draw)
        const actual = select(worldOf(fleet, refuses).fleet, asked, draw)
        if (without.winner !== undefined && actual.winner === undefined) {
          expect(actual.capacity + actual.ttft).toBeGreaterThan(0)
        }
        if (actual.failOpen) expect(actual.winner).toEqual(without.winner === undefined ? undefined : expect.anything())
      }),
      { numRuns: 300 },
    )
  })

  it('never passes over a machine that is 3 s cheaper, and takes the least loaded of those within', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, refuses]) => {
        const explain: Explanation = []
        const asked = { ...routing(plain, fleet), minDecodeTps: 0, avoidVersion: '', affinity: -1 as const }
        const { winner, breakdown } = select(worldOf(fleet, refuses).fleet, asked, draw, explain)
        if (winner === undefined) return
        for (const verdict of explain) {
          if (verdict.kind !== 'candidate') continue
          const over = verdict.breakdown.cost_ms - breakdown!.cost_ms
          expect(over).toBeGreaterThanOrEqual(-3_000.001)
          if (verdict.fate === 'lost_tie') {
            expect(verdict.breakdown.effectiveQueue).toBeGreaterThanOrEqual(breakdown!.effectiveQueue)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
