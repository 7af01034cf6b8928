/** The bound on goodput: no run may beat it, it is near where nothing else than the law limits, and it says where it cannot tell. */
import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { boundOf, boundProblems, REFERENCE, type SeedBound } from '../../../sim/evidence/bound/bound.ts'
import { formatBound } from '../../../sim/report/text/evidence/fluid-text.ts'
import { loadedFrom, SMALL } from '../../simulation/world.ts'

const quiet = (): void => {}

async function boundsOf(document: object, policies: readonly string[] = ['open'], seeds: readonly number[] = [1]) {
  const found = await boundOf(await loadedFrom(document), policies, seeds, quiet)
  if (!found.ok) throw new Error(found.error.map(({ message }) => message).join('\n'))
  return found.value
}

/** By how much the best run of a seed beats the bound of anything; below 0: not at all. */
function beaten({ overall, models, reached }: SeedBound): number {
  const gaps = Object.values(reached).map((run) => {
    const ofModels = Object.entries(run.models).map(([name, goodput]) => (goodput ?? 0) - (models[name]?.alone ?? 0))
    return Math.max((run.overall ?? 0) - (overall ?? 0), ...ofModels)
  })
  return Math.max(...gaps)
}

const overallOf = async (count: number): Promise<number> => {
  const fleet = [{ ...SMALL.fleet[0], count }]
  const demand = [{ ...SMALL.demand[0], arrivals: { poisson: '12/s' } }]
  return (await boundsOf({ ...SMALL, duration: '2m', fleet, demand })).seeds[0]!.overall!
}

const CHIPS = ['M1 Max 32c', 'M4 Max 40c', 'M2 Ultra 76c', 'M4 Pro 20c'] as const

const worlds = fc.record({
  rate: fc.double({ min: 0.2, max: 6, noNaN: true }),
  share: fc.integer({ min: 0, max: 100 }),
  prompt: fc.integer({ min: 50, max: 4_000 }),
  output: fc.integer({ min: 1, max: 600 }),
  sigma: fc.double({ min: 0.1, max: 1.2, noNaN: true }),
  chips: fc.array(fc.constantFrom(...CHIPS), { minLength: 1, maxLength: 3 }),
  engine: fc.constantFrom('2026-06', '2026-07'),
  decode: fc.constantFrom(0, 5, 15, 40),
  ttft: fc.constantFrom('1s', '5s + 1ms/token', '60s'),
  warmup: fc.constantFrom('0s', '30s'),
  hits: fc.constantFrom('0%', '50%'),
  seed: fc.nat(1_000),
})

describe('the bound', () => {
  property.prop([worlds], { numRuns: 14, seed: 18 })('is beaten by no run', async (world) => {
    const document = {
      ...SMALL,
      duration: '2m',
      warmup: world.warmup,
      engine: world.engine,
      slo: { ttft: world.ttft, decode_tps: world.decode },
      mac: { prefix_cache: { hit_rate: world.hits } },
      fleet: world.chips.map((chip) => ({
        count: 1,
        machine: { chip, memory: '64GB' },
        advertises: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
        resident: ['gpt-oss-20b'],
      })),
      demand: [
        {
          arrivals: { poisson: `${world.rate}/s` },
          mix: { 'gpt-oss-20b': `${world.share}%`, 'gemma-4-26b': `${100 - world.share}%` },
          lengths: {
            prompt: { lognormal: { median: world.prompt, sigma: world.sigma } },
            output: { lognormal: { median: world.output, sigma: world.sigma } },
          },
        },
      ],
    }
    const { seeds } = await boundsOf(document, ['open', 'pools-afe8135'], [world.seed])
    expect(beaten(seeds[0]!)).toBeLessThanOrEqual(0)
  })

  it('is near where one model is loaded and prompts are all there is to do', async () => {
    const document = {
      ...SMALL,
      duration: '10m',
      warmup: '2m',
      fleet: [
        {
          count: 1,
          machine: { chip: 'M4 Max 40c', memory: '64GB' },
          advertises: ['gpt-oss-20b'],
          resident: ['gpt-oss-20b'],
        },
      ],
      slo: { ttft: '60s', decode_tps: 15 },
      upstream: { patience: { enabled: false } },
      demand: [
        {
          arrivals: { poisson: '2/s' },
          mix: { 'gpt-oss-20b': '100%' },
          lengths: { prompt: 2_000, output: 1 },
        },
      ],
    }
    const [seed] = (await boundsOf(document)).seeds
    const [bound, reached] = [seed!.overall!, seed!.reached['open']!.overall!]
    expect(bound).toBeLessThan(1)
    expect(reached).toBeLessThanOrEqual(bound)
    expect(reached).toBeGreaterThan(0.55 * bound)
  })

  it('grows with the fleet, up to all there is', async () => {
    const [one, two, many] = [await overallOf(1), await overallOf(2), await overallOf(40)]
    expect(one).toBeLessThan(two)
    expect(two).toBeLessThan(1)
    expect(many).toBe(1)
  })

  it('has beside it what policies and the reference reached, in the text too', async () => {
    const result = await boundsOf({ ...SMALL, duration: '2m' }, ['open', 'pools'], [1, 2])
    expect(Object.keys(result.seeds[0]!.reached)).toEqual(['open', 'pools', REFERENCE])
    const text = formatBound(result)
    expect(text).toContain('bound')
    expect(text).toContain(REFERENCE)
  })
})

const refused = async (document: object, policies: readonly string[] = ['open']): Promise<string> => {
  const found = await boundOf(await loadedFrom(document), policies, [1], quiet)
  return found.ok ? 'taken' : found.error.map(({ message }) => message).join()
}

describe('no bound', () => {
  it('is given where requests wait for answers', async () => {
    const demand = [{ ...SMALL.demand[0], arrivals: { users: { count: 5, think: '5s' } } }]
    expect(await refused({ ...SMALL, demand })).toContain('needs requests that no answer changes')
  })

  it('is given where nobody knows beforehand which requests count, nor where answers may cost nothing', async () => {
    expect(await refused({ ...SMALL, warmup: 'auto' })).toContain('a bound needs a time')
    const loaded = await loadedFrom(SMALL)
    const [machine] = loaded.scenario.machines
    const lying = { ...loaded, scenario: { ...loaded.scenario, machines: [{ ...machine!, lies: {} as never }] } }
    expect(boundProblems(lying).map(({ message }) => message)).toEqual([expect.stringContaining('Macs that lie')])
  })

  it('is given beside a policy that is not built in', async () => {
    expect(await refused(SMALL, ['./mine.ts'])).toContain('only built-in policies')
  })
})
