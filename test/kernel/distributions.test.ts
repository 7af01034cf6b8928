import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../sim/base/assert.ts'
import {
  type Distribution,
  hyperexponential,
  lognormal,
  meanOf,
  sampler,
  varianceOf,
} from '../../sim/kernel/distributions.ts'
import { RandomStreams } from '../../sim/kernel/random.ts'

const DRAWS = 200_000

function sample(spec: Distribution, n: number, name = 'test'): number[] {
  const stream = new RandomStreams(1).stream(name)
  const draw = sampler(spec)
  return Array.from({ length: n }, () => draw(stream))
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const points = [
  [0, 10],
  [0.5, 20],
  [0.9, 20],
  [1, 100],
] as const

const cases: readonly (readonly [string, Distribution])[] = [
  ['constant', { kind: 'constant', value: 3 }],
  ['uniform', { kind: 'uniform', min: -1, max: 3 }],
  ['exponential', { kind: 'exponential', mean: 2.5 }],
  ['normal', { kind: 'normal', mean: -4, sd: 3 }],
  ['lognormal', { kind: 'lognormal', mu: 0.3, sigma: 0.6 }],
  ['lognormal by mean and cv', lognormal(7, 0.8)],
  ['gamma of shape 4', { kind: 'gamma', mean: 2, shape: 4 }],
  ['gamma of shape 1', { kind: 'gamma', mean: 2, shape: 1 }],
  ['gamma of shape 0.3', { kind: 'gamma', mean: 2, shape: 0.3 }],
  ['hyperexponential of cv 2', hyperexponential(3, 2)],
  ['weibull of shape 0.6', { kind: 'weibull', mean: 3, shape: 0.6 }],
  ['weibull of shape 2', { kind: 'weibull', mean: 3, shape: 2 }],
  ['pareto of alpha 1', { kind: 'pareto', min: 1, max: 50, alpha: 1 }],
  ['pareto of alpha 1.5', { kind: 'pareto', min: 2, max: 100, alpha: 1.5 }],
  ['pareto of alpha 2', { kind: 'pareto', min: 2, max: 100, alpha: 2 }],
  ['empirical', { kind: 'empirical', points }],
  [
    'mixture with weights that do not add up to 1',
    {
      kind: 'mixture',
      parts: [
        { weight: 3, of: { kind: 'constant', value: 1 } },
        { weight: 1, of: { kind: 'normal', mean: 5, sd: 2 } },
      ],
    },
  ],
]

describe.each(cases)('%s', (_, spec) => {
  const values = sample(spec, DRAWS)

  it('has the mean it says, within four standard errors', () => {
    const error = Math.sqrt(varianceOf(spec) / DRAWS)
    expect(Math.abs(average(values) - meanOf(spec))).toBeLessThanOrEqual(4 * error + 1e-12)
  })

  it('has the variance it says, within four standard errors', () => {
    const squares = values.map((value) => (value - meanOf(spec)) * (value - meanOf(spec)))
    const measured = average(squares)
    const error = Math.sqrt(average(squares.map((x) => (x - measured) * (x - measured))) / DRAWS)
    expect(Math.abs(measured - varianceOf(spec))).toBeLessThanOrEqual(4 * error + 1e-12)
  })
})

/** Error function, Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7, far below what the test can see. */
function normalCdf(z: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2)
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const half = 0.5 * tail * Math.exp((-z * z) / 2)
  return z < 0 ? half : 1 - half
}

const shapes: readonly (readonly [string, Distribution, (x: number) => number])[] = [
  ['exponential', { kind: 'exponential', mean: 2 }, (x) => 1 - Math.exp(-x / 2)],
  ['normal', { kind: 'normal', mean: 1, sd: 2 }, (x) => normalCdf((x - 1) / 2)],
  ['lognormal', { kind: 'lognormal', mu: 1, sigma: 0.5 }, (x) => normalCdf((Math.log(x) - 1) / 0.5)],
  // Shape 2 and shape 1/2 are the gammas whose distribution functions are elementary.
  ['gamma of shape 2', { kind: 'gamma', mean: 2, shape: 2 }, (x) => 1 - (1 + x) * Math.exp(-x)],
  ['gamma of shape 0.5', { kind: 'gamma', mean: 0.5, shape: 0.5 }, (x) => 2 * normalCdf(Math.sqrt(2 * x)) - 1],
  ['uniform', { kind: 'uniform', min: 2, max: 4 }, (x) => (x - 2) / 2],
  // Mean 2 of shape 1/2: scale 1.
  ['weibull of shape 0.5', { kind: 'weibull', mean: 2, shape: 0.5 }, (x) => 1 - Math.exp(-Math.sqrt(x))],
  [
    'pareto cut off at 10',
    { kind: 'pareto', min: 1, max: 10, alpha: 1.5 },
    (x) => (1 - Math.pow(x, -1.5)) / (1 - Math.pow(10, -1.5)),
  ],
]

describe('the shape of', () => {
  it.each(shapes)(
    '%s agrees with its distribution function (Kolmogorov and Smirnov, one in a thousand)',
    (_, spec, cdf) => {
      const sorted = sample(spec, DRAWS).toSorted((a, b) => a - b)
      let distance = 0
      for (const [i, value] of sorted.entries()) {
        const expected = cdf(value)
        distance = Math.max(distance, expected - i / DRAWS, (i + 1) / DRAWS - expected)
      }
      expect(distance * Math.sqrt(DRAWS)).toBeLessThan(1.95)
    },
  )

  it('an exponential reaches beyond the last layer of its ziggurat as often as it should', () => {
    const beyond = sample({ kind: 'exponential', mean: 1 }, 4_000_000).filter((x) => x > 7.69711747013105).length
    // Expected 1,816; the standard deviation is 43.
    expect(Math.abs(beyond - 4_000_000 * Math.exp(-7.69711747013105))).toBeLessThan(4 * 43)
  })

  it('an empirical distribution hits its quantiles and interpolates between them', () => {
    const sorted = sample({ kind: 'empirical', points }, DRAWS).toSorted((a, b) => a - b)
    const quantile = (p: number): number => sorted[Math.floor(p * DRAWS)]!
    expect(quantile(0)).toBeGreaterThanOrEqual(10)
    expect(quantile(0.25)).toBeCloseTo(15, 0)
    expect(quantile(0.7)).toBe(20)
    expect(quantile(0.95)).toBeCloseTo(60, -1)
    expect(sorted.at(-1)).toBeLessThan(100)
  })
})

describe('sampler', () => {
  it('gives these first draws in every engine', () => {
    const firsts = Object.fromEntries(cases.map(([name, spec]) => [name, sample(spec, 2, 'golden')]))
    expect(firsts).toMatchInlineSnapshot(`
      {
        "constant": [
          3,
          3,
        ],
        "empirical": [
          73.26364955144288,
          19.325370949265633,
        ],
        "exponential": [
          0.3027402502215544,
          1.6283596998200318,
        ],
        "gamma of shape 0.3": [
          0.00005860750756991328,
          3.875736169301874e-8,
        ],
        "gamma of shape 1": [
          4.420394663485404,
          1.1064492441419127,
        ],
        "gamma of shape 4": [
          0.6249957355916587,
          3.2430867502628917,
        ],
        "hyperexponential of cv 2": [
          8.669045098883071,
          0.3927583974791569,
        ],
        "lognormal": [
          0.47762023789588803,
          2.3558788093944774,
        ],
        "lognormal by mean and cv": [
          1.6171599823696696,
          10.500270024545388,
        ],
        "mixture with weights that do not add up to 1": [
          3.0826985483214875,
          1.5442838504099923,
        ],
        "normal": [
          -9.194696718238172,
          -1.215430873350836,
        ],
        "pareto of alpha 1": [
          18.956616708009932,
          1.8414279256833783,
        ],
        "pareto of alpha 1.5": [
          18.29179759598716,
          3.0345917759417356,
        ],
        "pareto of alpha 2": [
          10.877428317788809,
          2.7371130210955625,
        ],
        "uniform": [
          2.8663182477572144,
          0.8650741898531269,
        ],
        "weibull of shape 0.6": [
          0.05910046083014902,
          0.9758682023700855,
        ],
        "weibull of shape 2": [
          1.1779894269959983,
          2.732004953566186,
        ],
      }
    `)
  })

  it('scales with the mean and nothing else, so that two rates see the same luck', () => {
    const slow = sample({ kind: 'exponential', mean: 8 }, 100)
    const fast = sample({ kind: 'exponential', mean: 1 }, 100)
    expect(slow).toEqual(fast.map((value) => value * 8))
  })

  it.each<readonly [string, Distribution]>([
    ['a negative mean', { kind: 'exponential', mean: -1 }],
    ['a gamma without shape', { kind: 'gamma', mean: 1, shape: 0 }],
    ['a mixture of nothing', { kind: 'mixture', parts: [] }],
    [
      'quantiles that fall',
      {
        kind: 'empirical',
        points: [
          [0, 2],
          [1, 1],
        ],
      },
    ],
    [
      'quantiles that do not reach 1',
      {
        kind: 'empirical',
        points: [
          [0, 1],
          [0.9, 2],
        ],
      },
    ],
    ['a uniform turned round', { kind: 'uniform', min: 2, max: 1 }],
  ])('refuses %s', (_, spec) => {
    expect(() => sampler(spec)).toThrow(InvariantError)
  })
})
