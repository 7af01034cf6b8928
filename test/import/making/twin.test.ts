/** The synthetic twin: arrivals and lengths that come out as they went in. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ArrivalTally } from '../../../sim/import/making/arrival-figures.ts'
import { fitArrivals, tickOf } from '../../../sim/import/making/twin.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { sampler } from '../../../sim/kernel/distributions.ts'
import { loaded } from '../../scenario/world.ts'
import { imported } from '../world.ts'

const shipped = (name: string): string =>
  readFileSync(new URL(`../../../scenarios/traces/${name}.csv`, import.meta.url), 'utf8')

describe('figures of arrivals', () => {
  it('are those published of the Azure trace: Fano 1.39, 3.87, 16.4 at 1, 10 and 60 s (facts workload.md)', () => {
    const tally = new ArrivalTally()
    for (const line of shipped('azure_conv_2023').trimEnd().split('\n').slice(1))
      tally.add(Math.round(Number(line.split(',')[0]) * 1e6))
    const { fano, gap_cv, rate_per_s } = tally.figures()
    expect([fano[1], fano[10], fano[60]].map((value) => value!.toPrecision(3))).toEqual(['1.39', '3.87', '16.4'])
    expect(rate_per_s).toBeCloseTo(5.53, 2)
    expect(gap_cv).toBeCloseTo(1.09, 2)
  })
})

describe('the twin', () => {
  it('of Poisson arrivals is Poisson with their rate', () => {
    const gap = sampler({ kind: 'exponential', mean: 200_000 })
    const stream = new RandomStreams(7).stream('test')
    const tally = new ArrivalTally()
    let at = 0
    for (let i = 0; i < 20_000; i++) tally.add((at += Math.round(gap(stream))))
    const fit = fitArrivals(tally.figures())
    expect(fit.kind).toBe('poisson')
    expect(fit.rate_per_s).toBeCloseTo(5, 0)
  })

  it('of a wandering rate comes near in every window, and its lengths within two points', async () => {
    const { twin } = (await imported(shipped('azure_conv_2023'))).report
    const { closeness, arrivals } = twin!
    expect(arrivals.kind).toBe('cox')
    for (const { log, twin: own } of [closeness.gap_cv, closeness.fano[1], closeness.fano[10], closeness.fano[60]])
      expect(Math.abs(own! / log! - 1)).toBeLessThan(0.35)
    expect(closeness.prompt_ks).toBeLessThan(0.02)
    expect(closeness.output_ks).toBeLessThan(0.02)
    // A Poisson stream of this rate would miss the minute by a factor of sixteen.
    expect(closeness.fano[60].twin!).toBeGreaterThan(8)
  })

  it('takes the ticks of a coarse clock for what they are', async () => {
    const { report } = await imported(shipped('mooncake_conversation'))
    expect(tickOf(report.arrivals)).toBeCloseTo(3, 1)
    expect(report.assumed.join('\n')).toMatch(/at the very instant of another, every 3 s/)
    expect(report.twin!.closeness.fano[60].twin! / report.twin!.closeness.fano[60].log!).toBeCloseTo(1, 0)
  })

  it('is a scenario that loads once it has Macs, and so is the demand', async () => {
    const { files } = await imported(shipped('arena_27models'), {
      models: Object.fromEntries(
        Array.from({ length: 27 }, (_, i) => [
          `m${String(i).padStart(2, '0')}`,
          i % 2 === 0 ? 'gpt-oss-20b' : 'gemma-3-27b',
        ]),
      ),
    })
    for (const name of ['demand.yaml', 'twin.yaml']) {
      const text = `extends: ${name}\nfleet:\n  - {count: 4, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b, gemma-3-27b]}\n`
      const { scenario } = await loaded(text, files)
      expect(scenario.publicModels.toSorted()).toEqual(['gemma-3-27b', 'gpt-oss-20b'])
    }
  })
})
