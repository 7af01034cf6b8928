/** Random fleets, requests and rules for the reference decisions, as plain data. */
import * as fc from 'fast-check'
import type { PlainMachine, PlainRequest, PlainRules, PlainSlot } from './plain-fleet.ts'

export const BUILDS = ['small', 'large', 'roomy'] as const
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

const SOUND = {
  erring: 'none',
  warm: [],
  account: '',
  privateOnly: false,
  untrusted: false,
  runtime: true,
  privateText: true,
  fresh: true,
  pool: '',
  reserved: false,
} as const

const anyMachine: fc.Arbitrary<PlainMachine> = fc
  .record({
    serial: fc.constantFrom('x', 'y'),
    version: fc.constantFrom('0.6.2', '0.6.3', '0.10.0'),
    trusted: chance(88),
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
    erring: fc.constantFrom(...Array.from({ length: 18 }, () => 'none' as const), 'tools', 'base'),
    warm: fc.subarray([...BUILDS]),
    account: fc.constantFrom('', '', 'ann', 'bob'),
    privateOnly: chance(8),
    untrusted: chance(8),
    runtime: chance(90),
    privateText: chance(90),
    fresh: chance(85),
    pool: fc.constantFrom('', '', '', '', '', ...BUILDS),
    reserved: chance(10),
  })
  .map((machine) => Object.assign(machine, { toolsCapable: machine.version !== '0.6.2' }))

const sound = (machine: PlainMachine): PlainMachine => ({
  ...machine,
  ...SOUND,
  account: machine.account,
  trusted: true,
})

/** With a dozen ways to be unfit, hardly any machine would be a candidate: most of them are given none. */
export const machines: fc.Arbitrary<PlainMachine> = fc.oneof(
  { arbitrary: anyMachine, weight: 3 },
  { arbitrary: anyMachine.map(sound), weight: 7 },
)

type AlikeSpec = Pick<PlainMachine, 'decode' | 'version' | 'account'> & { running: number; pending: number }

function alikeMachine({ decode, running, pending, version, account }: AlikeSpec): PlainMachine {
  return {
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
    thermal: 'nominal',
    pending: Array.from({ length: pending }, () => ({ build: 'roomy', prompt: 10, max: 16 })),
    breakerOpen: false,
    cooling: false,
    excluded: false,
    ...SOUND,
    account,
  }
}

/** Machines so alike that most selections end in the tie window, where machine-by-machine chance hardly ever leads. */
const alike: fc.Arbitrary<PlainMachine> = fc
  .record({
    decode: fc.constantFrom(60, 80, 90, 100),
    running: fc.constantFrom(0, 0, 0, 1),
    pending: fc.constantFrom(0, 0, 1),
    version: fc.constantFrom('0.6.3', '0.10.0'),
    account: fc.constantFrom('', 'ann'),
  })
  .map(alikeMachine)

export const requests: fc.Arbitrary<PlainRequest> = fc.record({
  build: fc.constantFrom(...BUILDS),
  prompt: fc.integer({ min: 0, max: 4_000 }),
  max: fc.integer({ min: 1, max: 4_096 }),
  tools: chance(20),
  vision: chance(10),
  serial: fc.constantFrom(undefined, undefined, undefined, 'x'),
  account: fc.constantFrom('', 'ann'),
  route: fc.constantFrom(...Array.from({ length: 8 }, () => 'public' as const), 'prefer_owner', 'prefer_owner', 'self'),
  avoidVersion: fc.constantFrom('', '', '0.6.3'),
  ceiling: fc.constantFrom(0, 0, 8_000),
  floor: fc.constantFrom(0, 15, 50),
  affinity: fc.constantFrom(-1, -1, 0, 2),
})

const draws = fc.integer({ min: 0, max: 999 }).map((value) => value / 1_000)

export const rules: fc.Arbitrary<PlainRules> = fc.record({
  catalog: fc.constant(CATALOG),
  coldBesideBusyRefused: fc.boolean(),
  dedicated: fc.constantFrom([], [], [], [], ['OOM'], ['small', 'large']),
  overcommit: fc.constantFrom(undefined, undefined, 1.2, 2),
  seeds: fc.constantFrom({}, { small: 30 }),
  lone: fc.constantFrom(undefined, 1, 2),
})

export const cases = fc.oneof(
  fc.tuple(fc.array(machines, { maxLength: 12 }), requests, draws, rules),
  fc.tuple(
    fc.array(alike, { minLength: 2, maxLength: 8 }),
    requests.map((plain) => Object.assign(plain, { build: 'roomy' as const, max: 1 + (plain.max % 300) })),
    draws,
    rules,
  ),
)
