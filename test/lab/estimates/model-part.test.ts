/** A difference's two parts: the seeds' chance averages out, what the model does not know does not. */
import { describe, expect, it } from 'vitest'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { sampler } from '../../../sim/kernel/distributions.ts'
import { Estimator } from '../../../sim/lab/estimates/estimate.ts'
import { type FigureShape, shapeOf } from '../../../sim/lab/estimates/figure-shape.ts'
import { modelPart } from '../../../sim/lab/estimates/model-part.ts'

const SIGNED: FigureShape = { bounds: [-Infinity, Infinity], centre: 'mean', isShare: false }
const part = (withErrors: readonly (number | null)[], calibrated: readonly (number | null)[]) =>
  modelPart(withErrors, calibrated, { shape: SIGNED })

describe('a difference with the model’s errors', () => {
  it('has the calibrated runs’ interval as the seeds’ part and the spread of one draw as the model’s', () => {
    const calibrated = [10, 12, 8, 14, 11]
    const { seeds, model, both, survives } = part([11, 14, 9, 16, 11.5], calibrated)
    expect(seeds).toEqual(new Estimator().estimate(calibrated, SIGNED))
    expect(model.mean).toBeCloseTo(1.3, 12)
    // Student's t with 4 degrees of freedom is 2.776; the changes 1, 2, 1, 2, 0.5 have the variance 0.45.
    const half = 2.776 * Math.sqrt(0.45) * Math.sqrt(1.2)
    expect(model.ci95![1] - 1.3).toBeCloseTo(half, 2)
    expect(both.mean).toBeCloseTo(12.3, 12)
    expect(both.ci95![1] - 12.3).toBeCloseTo(Math.hypot(half, seeds.ci95![1] - 11), 2)
    expect(12.3 - both.ci95![0]).toBeCloseTo(Math.hypot(half, 11 - seeds.ci95![0]), 2)
    expect(survives).toBe('holds')
  })

  it('leaves its verdict open when errors of the usual size undo it, and turns round when they reverse it', () => {
    const calibrated = [5, 6, 5, 6, 5, 6]
    expect(part([5.5, 6.5, 5.5, 5.5, 5, 6], calibrated).survives).toBe('holds')
    expect(part([25, -14, 5, 26, -15, 6], calibrated).survives).toBe('open')
    expect(part([-5, -6, -5.5, -6, -5, -6], calibrated).survives).toBe('turns')
  })

  it('says nothing of a verdict that the seeds do not give, of too few seeds, or without data', () => {
    expect(part([1, -1, 2, -2, 0], [1, -1, 2, -2, 0]).survives).toBe(null)
    expect(part([3, 4], [2, 2])).toEqual({
      seeds: { mean: 2, ci95: null, n: 2 },
      model: { mean: 1.5, ci95: null, n: 2 },
      both: { mean: 3.5, ci95: null, n: 2 },
      survives: null,
    })
    const nothing = { mean: null, ci95: null, n: 0 }
    expect(part([null], [2])).toEqual({ seeds: nothing, model: nothing, both: nothing, survives: null })
  })

  it('leaves a seed out that has no data in either world', () => {
    expect(part([11, null, 9], [10, 12, null]).seeds).toMatchObject({ mean: 10, n: 1 })
  })

  it('adds nothing where errors change nothing', () => {
    const { seeds, model, both } = part([1, 2, 4, 3, 5], [1, 2, 4, 3, 5])
    expect(model).toEqual({ mean: 0, ci95: [0, 0], n: 5 })
    expect(both.mean).toBe(seeds.mean)
    expect(both.ci95![0]).toBeCloseTo(seeds.ci95![0], 12)
  })

  it('stays within what a difference of shares can be', () => {
    const shape = shapeOf('models["m"].goodput')
    const { model, both } = modelPart([0.9, -0.8, 0.7, -0.9, 0.9], [0.4, 0.5, 0.4, 0.5, 0.45], { shape })
    for (const { ci95 } of [model, both]) {
      expect(ci95![0]).toBeGreaterThanOrEqual(-1)
      expect(ci95![1]).toBeLessThanOrEqual(1)
    }
  })

  it.each([6, 20])('covers the difference of real Macs, one draw among others, in 95 of 100 cases at %i seeds', (n) => {
    const random = new RandomStreams(11)
    const normal = sampler({ kind: 'normal', mean: 0, sd: 1 })
    const draw = (name: string): number => normal(random.stream(name))
    const estimator = new Estimator()
    const cases = 1_000
    let covered = 0
    let coveredBySeeds = 0
    for (let i = 0; i < cases; i++) {
      // Chance of the seed, sd 2; what errors of a draw do, 3 on average and sd 4, a little by seed.
      const calibrated = Array.from({ length: n }, () => 10 + 2 * draw('seed'))
      const { seeds, both } = modelPart(
        calibrated.map((value) => value + 3 + 4 * draw('error') + 0.5 * draw('both')),
        calibrated,
        { shape: SIGNED, estimator },
      )
      const truth = 10 + 3 + 4 * draw('truth')
      if (truth >= both.ci95![0] && truth <= both.ci95![1]) covered++
      if (truth >= seeds.ci95![0] && truth <= seeds.ci95![1]) coveredBySeeds++
    }
    expect(covered / cases).toBeGreaterThan(0.935)
    expect(covered / cases).toBeLessThan(0.99)
    // The interval of the seeds alone knows nothing of it.
    expect(coveredBySeeds / cases).toBeLessThan(0.8)
  })
})
