/** What the OS side leaves to the models, and how it drifts (mac-provider 4). */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { findChip } from '../../../sim/catalog/index.ts'
import { Kernel } from '../../../sim/kernel/kernel.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { macSettingsSchema } from '../../../sim/mac/config.ts'
import type { MacOptions } from '../../../sim/mac/machine.ts'
import { OsMemory } from '../../../sim/mac/memory/os-memory.ts'
import { aMac, GIB, GPT, SECOND } from '../a-mac.ts'

const osOf = (serial: number, memory_gib: number, settings: object = {}, kernel = new Kernel()) =>
  new OsMemory({
    serial: `mac-${serial}`,
    chip: findChip('M4 Max 40c')!,
    memoryBytes: memory_gib * GIB,
    settings: macSettingsSchema.parse(settings),
    scheduler: kernel,
    random: new RandomStreams(1),
  } as Partial<MacOptions> as MacOptions)

/** GiB usable on each of many Macs, ascending. */
const usable = (memory_gib: number): number[] =>
  Array.from({ length: 2_000 }, (_, serial) => memory_gib - osOf(serial, memory_gib).bytes / GIB).sort((a, b) => a - b)

const quantile = (sorted: readonly number[], p: number): number => sorted[Math.floor(p * sorted.length)]!
const share = (values: readonly number[], test: (value: number) => boolean) =>
  values.filter(test).length / values.length

const lost = (memory_gib: number) => (memory_gib - quantile(usable(memory_gib), 0.5)) / memory_gib

describe('what a fleet’s Macs have usable', () => {
  it('ranges on 24 GB over the published 10.7–19.1, with 12.3–16.1 in the middle', () => {
    const sorted = usable(24)
    expect(quantile(sorted, 0.05)).toBeCloseTo(10.7, 0)
    expect(quantile(sorted, 0.98)).toBeCloseTo(19.1, 0)
    expect(quantile(sorted, 0.5)).toBeGreaterThan(12.3)
    expect(quantile(sorted, 0.5)).toBeLessThan(16.1)
    expect(share(sorted, (gib) => gib >= 12.3 && gib <= 16.1)).toBeGreaterThan(0.4)
  })

  it('never shows the 21.5 GiB that gpt-oss-20b needs on 24 GB, mostly on 32 GB, nearly always on 36 GB', () => {
    expect(share(usable(24), (gib) => gib >= 21.5)).toBe(0)
    const at32 = share(usable(32), (gib) => gib >= 21.5)
    expect(at32).toBeGreaterThan(0.6)
    expect(at32).toBeLessThan(0.9)
    expect(share(usable(36), (gib) => gib >= 21.5)).toBeGreaterThan(0.9)
  })

  it('hurts small Macs most: the programs take bytes, not a share', () => {
    expect(lost(24)).toBeGreaterThan(2 * lost(64))
  })
})

describe('the drift of one Mac', () => {
  const hourly: number[] = []
  let drifts = 0

  beforeAll(() => {
    const kernel = new Kernel()
    const os = osOf(1, 64, {}, kernel)
    os.begin((drift) => {
      drift()
      drifts++
    })
    for (let hour = 1; hour <= 10_000; hour++) {
      kernel.runUntil((hour * 3600 * SECOND) as Micros)
      hourly.push(os.bytes / GIB)
    }
  })

  it('redraws every 10 min in the mean', () => {
    expect(drifts / 10_000 / 6).toBeCloseTo(1, 1)
  })

  it('keeps the distribution: the median and the tail of its programs are those of the settings', () => {
    const sorted = hourly.toSorted((a, b) => a - b)
    const base = sorted[0]!
    // Median 5.2 GiB and, at two sigma, 5.2 · e^0.9.
    const spread = quantile(sorted, 0.977) - quantile(sorted, 0.5)
    expect(spread / (5.2 * (Math.exp(0.9) - 1))).toBeCloseTo(1, 1)
    expect(quantile(sorted, 0.5)).toBeGreaterThan(base)
  })

  it('remembers: about half after an hour, nothing after a day', () => {
    expect(correlation(hourly, 1)).toBeGreaterThan(0.4)
    expect(correlation(hourly, 1)).toBeLessThan(0.7)
    expect(Math.abs(correlation(hourly, 24))).toBeLessThan(0.1)
  })

  it('does not happen where the scenario fixes os_memory or sets drift_every to 0', () => {
    const fixed = aMac({ os_gib: 6 }).run(24 * 3600)
    expect(new Set(fixed.wrote('machine_state').map((row) => row.osBytes))).toEqual(new Set([6 * GIB]))
    const still = aMac({ os_gib: undefined, settings: { os_memory: { drift_every: 0 } } }).run(24 * 3600)
    expect(new Set(still.wrote('machine_state').map((row) => row.osBytes)).size).toBe(1)
  })

  it('shows in the state row and in what an idle Mac could load', () => {
    const bench = aMac({ memory_gib: 32, os_gib: undefined, advertises: [GPT] }).run(5 * 24 * 3600)
    const rows = bench.wrote('machine_state')
    expect(new Set(rows.map((row) => row.osBytes)).size).toBeGreaterThan(300)
    for (const row of rows) expect(row.idleCapable).toBe(row.osBytes <= (32 - 17.522) * GIB - 4 * GIB ? 1 : 0)
    expect(new Set(rows.map((row) => row.idleCapable)).size).toBe(2)
  })
})

function correlation(values: readonly number[], lag: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [with_, own] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    own += (values[i]! - mean) ** 2
    if (i >= lag) with_ += (values[i]! - mean) * (values[i - lag]! - mean)
  }
  return with_ / own
}
