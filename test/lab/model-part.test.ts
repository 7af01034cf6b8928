/** A difference's two parts: the seeds' chance averages out, what the model does not know does not. */
import { describe, expect, it } from 'vitest'
import { RandomStreams } from '../../sim/kernel/random.ts'
import { sampler } from '../../sim/kernel/distributions.ts'
import { modelPart } from '../../sim/lab/model-part.ts'

describe('a difference with the model’s errors', () => {
  it('has the calibrated runs’ interval as the seeds’ part and the spread of one draw as the model’s', () => {
    const { seeds, model, both, survives } = modelPart([11, 14, 9, 16], [10, 12, 8, 14])
    // Student's t with 3 degrees of freedom: 3.182.
    expect(seeds).toMatchObject({ mean: 11, n: 4 })
    expect(seeds.ci95![1] - 11).toBeCloseTo((3.182 * Math.sqrt(20 / 3)) / 2, 2)
    expect(model.mean).toBe(1.5)
    const half = 3.182 * Math.sqrt(1 / 3) * Math.sqrt(1.25)
    expect(model.ci95![1] - 1.5).toBeCloseTo(half, 2)
    expect(both.mean).toBe(12.5)
    expect(both.ci95![1] - 12.5).toBeCloseTo(Math.sqrt(half * half + (3.182 * 3.182 * 20) / 12), 2)
    expect(survives).toBe('holds')
  })

  it('leaves its verdict open when errors of the usual size undo it, and turns round when they reverse it', () => {
    const calibrated = [5, 6, 5, 6, 5, 6]
    expect(modelPart([5.5, 6.5, 5.5, 5.5, 5, 6], calibrated).survives).toBe('holds')
    expect(modelPart([25, -14, 5, 26, -15, 6], calibrated).survives).toBe('open')
    expect(modelPart([-5, -6, -5.5, -6, -5, -6], calibrated).survives).toBe('turns')
  })

  it('says nothing of a verdict that the seeds do not give, of one seed, or without data', () => {
    expect(modelPart([1, -1, 2, -2], [1, -1, 2, -2]).survives).toBe(null)
    expect(modelPart([3], [2])).toEqual({
      seeds: { mean: 2, ci95: null, n: 1 },
      model: { mean: 1, ci95: null, n: 1 },
      both: { mean: 3, ci95: null, n: 1 },
      survives: null,
    })
    const nothing = { mean: null, ci95: null, n: 0 }
    expect(modelPart([null], [2])).toEqual({ seeds: nothing, model: nothing, both: nothing, survives: null })
  })

  it('leaves a seed out that has no data in either world', () => {
    expect(modelPart([11, null, 9], [10, 12, null]).seeds).toMatchObject({ mean: 10, n: 1 })
  })

  it('adds nothing where errors change nothing', () => {
    const { seeds, model, both } = modelPart([1, 2, 4], [1, 2, 4])
    expect(model).toEqual({ mean: 0, ci95: [0, 0], n: 3 })
    expect(both).toEqual(seeds)
  })

  it.each([4, 6, 20])(
    'covers the difference of real Macs, one draw among others, in 95 of 100 cases at %i seeds',
    (n) => {
      const random = new RandomStreams(11)
      const normal = sampler({ kind: 'normal', mean: 0, sd: 1 })
      const draw = (name: string): number => normal(random.stream(name))
      const cases = 2_000
      let covered = 0
      let coveredBySeeds = 0
      for (let i = 0; i < cases; i++) {
        // Chance of the seed, sd 2; what errors of a draw do, 3 on average and sd 4, a little by seed.
        const calibrated = Array.from({ length: n }, () => 10 + 2 * draw('seed'))
        const { seeds, both } = modelPart(
          calibrated.map((value) => value + 3 + 4 * draw('error') + 0.5 * draw('both')),
          calibrated,
        )
        const truth = 10 + 3 + 4 * draw('truth')
        if (truth >= both.ci95![0] && truth <= both.ci95![1]) covered++
        if (truth >= seeds.ci95![0] && truth <= seeds.ci95![1]) coveredBySeeds++
      }
      expect(covered / cases).toBeGreaterThan(0.935)
      expect(covered / cases).toBeLessThan(0.99)
      // The interval of the seeds alone knows nothing of it.
      expect(coveredBySeeds / cases).toBeLessThan(0.8)
    },
  )
})
