/** Best of many: the best is hardly ever lost, whoever is clearly worse is out, and without intervals nothing is said. */
import { describe, expect, it } from 'vitest'
import { hashDraw } from '../../../sim/base/hash.ts'
import { type BestOf, bestSet, type Contender } from '../../../sim/lab/estimates/best-set.ts'
import { compareArms } from '../../../sim/lab/compare/compare.ts'
import { Estimator } from '../../../sim/lab/estimates/estimate.ts'
import { formatCompare } from '../../../sim/report/text/compare/compare-text.ts'
import { aDone } from '../a-result.ts'

const GOODPUT: BestOf = { shape: { bounds: [0, 1], centre: 'mean', isShare: true }, good: 'up', sets: 1 }
const ESTIMATOR = new Estimator()

/** A uniform draw stands in for luck: half of it the seed's, which all share. */
const draw = (salt: number, arm: number, seed: number): number =>
  0.05 * (hashDraw(salt, 99, seed) - 0.5) + 0.05 * (hashDraw(salt, arm, seed) - 0.5)

const contender = (name: string, centre: number, salt: number, arm: number, seeds = 10): Contender => ({
  name,
  values: Array.from({ length: seeds }, (_, seed) => centre + draw(salt, arm, seed)),
  hasHumps: false,
})

describe('a best set', () => {
  it('holds the best at least 95 times of a hundred, also when eight are equally good', () => {
    let lost = 0
    for (let salt = 1; salt <= 100; salt += 1) {
      const arms = Array.from({ length: 8 }, (_, arm) => contender(`arm ${arm}`, 0.8, salt, arm))
      // All are best; the one that is asked for is no other than the rest.
      if (!bestSet(arms, GOODPUT, ESTIMATOR)!.arms.includes('arm 3')) lost += 1
    }
    expect(lost).toBeLessThanOrEqual(5)
  })

  it('leaves out whoever is clearly worse, and says who is better', () => {
    const arms = [contender('far', 0.6, 1, 0), contender('first', 0.8, 1, 1), contender('close', 0.799, 1, 2)]
    const found = bestSet(arms, GOODPUT)!
    expect(found.arms.toSorted()).toEqual(['close', 'first'])
    expect(Object.keys(found.beaten)).toEqual(['far'])
    expect(found.arms).toContain(found.beaten['far'])
  })

  it('looks the other way where less is better', () => {
    const arms = [contender('low', 0.2, 1, 0), contender('high', 0.8, 1, 1)]
    expect(bestSet(arms, { ...GOODPUT, good: 'down' })).toEqual({ arms: ['low'], beaten: { high: 'low' } })
  })

  it('is none with fewer than five seeds', () => {
    const arms = [contender('low', 0.2, 1, 0, 4), contender('high', 0.8, 1, 1, 4)]
    expect(bestSet(arms, GOODPUT)).toBeNull()
  })

  it('keeps whoever has no data: nothing speaks against it', () => {
    const none: Contender = { name: 'none', values: Array.from({ length: 10 }, () => null), hasHumps: false }
    const arms = [none, contender('low', 0.2, 1, 0), contender('high', 0.8, 1, 1)]
    expect(bestSet(arms, GOODPUT)!.arms).toEqual(['high', 'none'])
  })

  it('asks more before it leaves out one of many than one of two', () => {
    let [ofTwo, ofMany] = [0, 0]
    for (let salt = 1; salt <= 25; salt += 1) {
      const two = [contender('worse', 0.775, salt, 0), contender('best', 0.8, salt, 1)]
      const others = Array.from({ length: 8 }, (_, arm) => contender(`far ${arm}`, 0.3, salt, arm + 2))
      if (bestSet(two, GOODPUT, ESTIMATOR)!.arms.length === 1) ofTwo += 1
      if (!bestSet([...two, ...others], GOODPUT, ESTIMATOR)!.arms.includes('worse')) ofMany += 1
    }
    expect(ofMany).toBeLessThan(ofTwo)
  })
})

const counts = (arrived: number) => ({
  arrived,
  served: 0,
  cancelled: 0,
  in_flight: 0,
  rejected: {},
  failed: {},
})

describe('best of a comparison', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
  /** Two models; the second has nine of ten users. */
  const arm = (name: string, few: number, many: number) => ({
    name,
    runs: seeds.map((seed) => {
      const luck = draw(5, name.length, seed)
      return aDone({
        policy: name,
        seed,
        models: {
          few: { goodput: few + luck, requests: counts(10) },
          many: { goodput: many + luck, requests: counts(90) },
        },
      })
    }),
  })
  const compared = compareArms(
    [arm('open', 0.3, 0.6), arm('for-few', 0.8, 0.5), arm('for-many', 0.2, 0.9)],
    'open',
    seeds,
  )

  it('is told of each model, and of all users by their number', () => {
    expect(compared.best_set.models['few']!.arms).toEqual(['for-few'])
    expect(compared.best_set.models['many']!.arms).toEqual(['for-many'])
    // 0.57, 0.53 and 0.83 of all users; a mean over models would be 0.45, 0.65, 0.55.
    expect(compared.best_set.overall!.arms).toEqual(['for-many'])
  })

  it('stands in the text', () => {
    const text = formatCompare(compared, 120)
    expect(text).toContain('goodput of few: for-few is best')
    expect(text).toContain('goodput of all users: for-many is best')
  })
})
