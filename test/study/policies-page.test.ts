/** The page of policies over worlds: that it marks those who cannot be told from the best, and nobody else. */
import { describe, expect, it } from 'vitest'
import { compareArms } from '../../sim/lab/compare/compare.ts'
import { aDone } from '../lab/a-result.ts'
import { policiesPage } from './policies-page.ts'

const seeds = [1, 2, 3, 4, 5, 6]
const arm = (name: string, goodput: number) => ({
  name,
  runs: seeds.map((seed) => aDone({ policy: name, seed, models: { m: { goodput: goodput + 0.002 * (seed % 3) } } })),
})
const page = (...goodputs: readonly number[]): string =>
  policiesPage([
    {
      scenario: 'w.yaml',
      result: compareArms(
        goodputs.map((value, i) => arm(`arm-${i}`, value)),
        'arm-0',
        seeds,
      ),
    },
  ])

describe('the page of policies over worlds', () => {
  it('marks the best, and whoever cannot be told from it', () => {
    const lines = page(0.6, 0.9, 0.9, 0.3).split('\n')
    expect(lines).toContain('| arm-0 |  |')
    expect(lines).toContain('| arm-1 | best |')
    expect(lines).toContain('| arm-2 | best |')
    expect(lines).toContain('| arm-3 |  |')
  })

  it('says how each stands against the baseline, in means and in seeds, and where services fell', () => {
    const [, line = ''] = page(0.6, 0.9, 0.6)
      .split('\n')
      .filter((each) => each.startsWith('| arm-1 |'))
    expect(line).toContain('+30.00')
    expect(line).toContain('pp, better; higher in 6 of 6 seeds')
    expect(line).toMatch(/\| 0 \| 0 \| best \|$/)
    expect(page(0.6, 0.9, 0.6)).toMatch(/\| arm-2 \|.*\| the same in every seed \|/)
  })
})
