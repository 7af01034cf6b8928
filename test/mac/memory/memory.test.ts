import { describe, expect, it } from 'vitest'
import type { EngineVersion } from '../../../sim/catalog/model.ts'
import type { Micros } from '../../../sim/base/time.ts'
import { macSettingsSchema } from '../../../sim/mac/config.ts'
import { programOf } from '../../../sim/mac/engine/engine-version.ts'
import { MemoryLedger } from '../../../sim/mac/memory/ledger.ts'
import { Memory } from '../../../sim/mac/memory/memory.ts'
import { wiredLimitBytes } from '../../../sim/mac/memory/wired.ts'
import { aMac, aModel, GEMMA, GEMMA8, GIB, GPT } from '../a-mac.ts'

const settingsOf = (over: object = {}) => macSettingsSchema.parse(over)
const ledger = (total_gib: number, os_gib = 0) =>
  new MemoryLedger({
    totalBytes: total_gib * GIB,
    wiredLimitBytes: wiredLimitBytes(total_gib * GIB, 26),
    clock: { now: 0 as Micros },
    os: { bytes: os_gib * GIB },
  })
const memory = (total_gib: number, os_gib = 0) => new Memory(ledger(total_gib, os_gib), settingsOf())

const shareThatLoadsGpt = (memory_gib: number): number => {
  let loaded = 0
  for (let seed = 1; seed <= 200; seed++) {
    const bench = aMac({ memory_gib, os_gib: undefined, advertises: [GPT], resident: [GPT], seed })
    if (bench.misfits.length === 0) loaded++
  }
  return loaded / 200
}

describe('the memory gate (provider-runtime §3.2)', () => {
  it.each([
    [GPT, 17.5],
    [GEMMA, 21.4],
    [GEMMA8, 35.3],
  ])('requires for %s %d GiB', (build, required_gib) => {
    expect(memory(64).requiredBytes(aModel(build)) / GIB).toBeCloseTo(required_gib, 1)
  })

  it.each([
    [24, 4],
    [36, 4],
    [40, 4],
    [48, 4.8],
    [64, 6.4],
    [128, 12.8],
  ])('reserves on a Mac with %d GiB %d GiB', (total, reserve) => {
    expect(memory(total).reserveBytes / GIB).toBeCloseTo(reserve, 6)
  })

  it.each([
    [GPT, 40, 21.5],
    [GPT, 48, 22.3],
    [GPT, 64, 23.9],
    [GPT, 128, 30.3],
    [GEMMA, 40, 25.4],
    [GEMMA, 48, 26.2],
    [GEMMA, 64, 27.8],
    [GEMMA, 128, 34.2],
    [GEMMA8, 48, 40.1],
    [GEMMA8, 64, 41.7],
    [GEMMA8, 128, 48.1],
  ])('lets %s into %d GiB when the OS shows %d GiB, and not with 0.1 GiB less', (build, total, shown) => {
    expect(memory(total, total - shown - 0.05).fitsAlone(aModel(build))).toBe(true)
    expect(memory(total, total - shown + 0.1).fitsAlone(aModel(build))).toBe(false)
  })

  it('counts idle models as evictable in free_for_load only when nothing is in flight', () => {
    const gate = memory(64, 4)
    gate.ledger.weightsBytes = 11.25 * GIB
    expect(gate.freeForLoadBytes(true) / GIB).toBeCloseTo(64 - 4 - 6.4 - 4, 6)
    expect(gate.freeForLoadBytes(false) / GIB).toBeCloseTo(64 - 4 - 11.25 - 6.4 - 4, 6)
  })
})

describe('the token budget of one model alone (provider-runtime §5.2)', () => {
  it.each([
    [GPT, 24, 320_000],
    [GPT, 36, 790_000],
    [GPT, 64, 1_900_000],
    [GEMMA, 36, 810_000],
    [GEMMA, 64, 2_100_000],
  ])('is for %s on %d GiB about %d tokens', (build, memory_gib, tokens) => {
    const bench = aMac({ memory_gib, os_gib: 0, resident: [build] }).run(6)
    const [slot] = bench.said('heartbeat')[0]!.capacity!.slots
    expect(slot!.activeTokenBudgetMax / tokens).toBeGreaterThan(0.96)
    expect(slot!.activeTokenBudgetMax / tokens).toBeLessThan(1.04)
  })
})

describe('which Macs hold what', () => {
  it('a 36 GiB Mac holds one of the two models and evicts the first for the second', () => {
    const bench = aMac({ memory_gib: 36, os_gib: 4 }).ask(1, 1, GPT).ask(20, 2, GEMMA).run(40)
    expect(bench.story(2).at(-1)).toBe('complete')
    expect(bench.wrote('unloaded')).toMatchObject([{ build: GPT, why: 'evicted' }])
    expect(bench.warm()).toEqual([GEMMA])
  })

  it('a 64 GiB Mac holds both', () => {
    const bench = aMac({ memory_gib: 64, os_gib: 4 }).ask(1, 1, GPT).ask(20, 2, GEMMA).run(40)
    expect(bench.wrote('unloaded')).toEqual([])
    expect(bench.warm()).toEqual([GEMMA, GPT])
  })

  it('a 24 GiB Mac almost never loads gpt-oss-20b, a 36 GiB Mac almost always', () => {
    expect(shareThatLoadsGpt(24)).toBeLessThan(0.05)
    expect(shareThatLoadsGpt(36)).toBeGreaterThan(0.9)
  })

  it('leaves a build out of the advertised set when its padded size exceeds memory less 4 GiB', () => {
    const bench = aMac({ memory_gib: 32, advertises: [GPT, GEMMA8] })
    expect(bench.said('register')[0]!.models.map((model) => model.build)).toEqual([GPT])
  })
})

const budgets = (engine: EngineVersion) =>
  aMac({ memory_gib: 64, resident: [GPT, GEMMA], engine })
    .run(6)
    .said('heartbeat')[0]!
    .capacity!.slots.map((slot) => slot.activeTokenBudgetMax)

describe('KV room between two resident models', () => {
  const room = 0.9 * 64 - 11.25 - 13.48 - 3

  it('is reported twice in June: each computes it from the same free memory (provider-runtime §6)', () => {
    const [gpt, gemma] = budgets('2026-06')
    expect(gpt! / ((room * GIB) / 24_576)).toBeCloseTo(1, 3)
    expect(gemma! / ((room * GIB) / 20_480)).toBeCloseTo(1, 3)
  })

  it('is dealt later, in proportion to bytes per token × context (mac-provider §7)', () => {
    const [gpt, gemma] = budgets('2026-07')
    // Same context, so the same number of tokens each, and all of the room between them.
    expect(gpt).toBe(gemma)
    expect((gpt! * (24_576 + 20_480)) / (room * GIB)).toBeCloseTo(1, 3)
  })

  it('is whole again when the other model is gone', () => {
    const bench = aMac({
      memory_gib: 64,
      resident: [GPT, GEMMA],
      engine: '2026-07',
      slots: 2,
      advertises: [GPT, GEMMA],
    })
    bench.ask(3500, 1, GPT, { output: 5 }).run(3700)
    const [slot] = bench.said('heartbeat').at(-1)!.capacity!.slots
    expect(bench.warm()).toEqual([GPT])
    expect(slot!.activeTokenBudgetMax / (((0.9 * 64 - 11.25 - 3) * GIB) / 24_576)).toBeCloseTo(1, 3)
  })
})

describe('what a program admits', () => {
  it('is 24 rows and 128 live requests in June, 4 and 64 in July (provider-runtime §5, mac-provider §7)', () => {
    expect(programOf('2026-06', settingsOf({}))).toMatchObject({ rowsMax: 24, liveMax: 128 })
    expect(programOf('2026-07', settingsOf({}))).toMatchObject({ rowsMax: 4, liveMax: 64 })
  })

  it('is what the scenario says when it says something', () => {
    expect(programOf('2026-07', settingsOf({ max_rows: 16, max_live: 5 }))).toMatchObject({ rowsMax: 16, liveMax: 5 })
  })

  it('shows in max_concurrency', () => {
    const [beat] = aMac({ resident: [GPT], engine: '2026-07' })
      .run(6)
      .said('heartbeat')
    expect(beat!.capacity!.slots[0]!.maxConcurrency).toBe(4)
  })
})
