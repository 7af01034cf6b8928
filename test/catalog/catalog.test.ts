import { describe, expect, it } from 'vitest'
import { referenceModels } from '../../sim/catalog/reference-models.ts'
import { chips, findChip, findModel, models, type Sourced } from '../../sim/catalog/index.ts'

/** Everything in a spec that carries a source. */
function sourced(spec: object): Sourced<unknown>[] {
  return Object.values(spec).flatMap((value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    return 'evidence' in value ? [value as unknown as Sourced<unknown>] : sourced(value)
  })
}

describe('the catalog', () => {
  it('says of every figure where it comes from', () => {
    const figures = [...chips, ...models].flatMap(sourced)
    expect(figures.length).toBeGreaterThan(150)
    for (const figure of figures) {
      expect(figure.source.length).toBeGreaterThan(10)
      if (typeof figure.value === 'number') expect(figure.value).toBeGreaterThan(0)
    }
  })

  it('names every chip and build once and finds it by that name', () => {
    expect(new Set(chips.map((chip) => chip.name)).size).toBe(chips.length)
    expect(new Set(models.map((model) => model.build)).size).toBe(models.length)
    const all = [...models, ...referenceModels].map((model) => model.build)
    expect(new Set(all).size).toBe(all.length)
    for (const chip of chips) expect(findChip(chip.name)).toBe(chip)
    for (const model of models) expect(findModel(model.build)).toBe(model)
    expect([findChip('M4 Max'), findModel('gemma-4-26b')]).toEqual([undefined, undefined])
  })

  it('holds every tier of the real fleet (mac-provider 11)', () => {
    const tiers = new Set(chips.map((chip) => `${chip.generation} ${chip.tier}`))
    const fleet = [
      'M1 Max',
      'M4 Max',
      'M5 Max',
      'M4 Pro',
      'M3 Ultra',
      'M3 Max',
      'M2 Max',
      'M5 Pro',
      'M1 Pro',
      'M2 Ultra',
    ]
    for (const tier of [...fleet, 'M4 Base', 'M5 Base', 'M1 Ultra', 'M3 Pro', 'M2 Pro']) expect(tiers).toContain(tier)
  })

  it('agrees with the arithmetic of cores: TFLOP/s = cores x 256 x GHz below M5 (mac-provider 1.1)', () => {
    const gigahertz: { readonly [generation: string]: number } = { M1: 1.3, M2: 1.4, M3: 1.4, M4: 1.58 }
    for (const chip of chips) {
      if (chip.matrixUnits.value) continue
      const derived = (chip.gpuCores * 256 * gigahertz[chip.generation]!) / 1_000
      expect(Math.abs(chip.tflops.value / derived - 1), chip.name).toBeLessThan(0.02)
    }
  })

  it('gives M5 the same factor over the M4 of its tier, between the x2 of production and the x3.5 of matrix kernels', () => {
    for (const name of ['8c', '10c', 'Pro 16c', 'Pro 20c', 'Max 32c', 'Max 40c']) {
      const [m4, m5] = [findChip(`M4 ${name}`)!, findChip(`M5 ${name}`)!]
      const ratio = m5.tflops.value / m4.tflops.value
      expect([name, ratio]).toEqual([name, expect.closeTo(2.375, 1)])
      expect(m5.tflops.evidence).toBe('fitted')
    }
  })

  it('gives the load gate the padded sizes the provider computes (provider-runtime 3.2)', () => {
    for (const [build, gib] of [
      ['gpt-oss-20b', 13.5],
      ['gemma-4-26b-qat-4bit', 17.4],
      ['gemma-4-26b-8bit', 31.3],
    ] as const)
      expect([build, (findModel(build)!.diskBytes.value / 2 ** 30) * 1.2]).toEqual([build, expect.closeTo(gib, 1)])
  })
})
