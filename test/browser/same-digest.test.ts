/** The same scenario, policy and seed give the same digest in Node and in a real browser. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { SMALL } from '../simulation/world.ts'
import { sharedBrowser } from './driving/dashboard.ts'
import { lab } from './driving/entry.ts'

const ROOT = resolve(import.meta.dirname, '../..')
let page: Page

async function bundled(): Promise<string> {
  const built = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: join(import.meta.dirname, 'driving/entry.ts'), formats: ['iife'], name: 'unused' },
    },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (output === undefined || !('output' in output)) throw new Error('nothing was built')
  return output.output[0].code
}

beforeAll(async () => {
  page = await (await sharedBrowser()).newPage()
  await page.addScriptTag({ content: await bundled() })
})

afterAll(async () => page?.close())

const TRACE = 'azure.csv'
const replay = {
  ...SMALL,
  demand: [
    { ...SMALL.demand[0], arrivals: { trace: TRACE, load: 0.5 }, lengths: { from: 'trace' }, patience: { base: '5s' } },
  ],
}

/** Each at a rate that four Macs carry; every shape and every distribution is in one of them. */
const PROCESSES: readonly object[] = [
  { weibull: { rate: '0.1/s', shape: 0.7 }, shape: [{ day: 'azure-code-weekday', starts: '13:20' }] },
  {
    mmpp: [
      { rate: '0.05/s', mean: '20s' },
      { rate: '1/s', mean: '5s' },
    ],
  },
  {
    onoff: { rate: '0.5/s', on: { pareto: { min: '2s', alpha: 1.4 } }, off: { weibull: { mean: '20s', shape: 0.6 } } },
  },
  {
    cox: { rate: '0.2/s' },
    shape: [
      {
        points: [
          ['0s', 0.5],
          ['2m', 2],
        ],
      },
      { ramp: { from: '1m', to: '4m', by: 0.5 } },
    ],
  },
  { tenants: { rate: '0.2/s', count: 20, length_sigma: 0.5 } },
  { users: { count: 5, think: { lognormal: { median: '20s', sigma: 1 } } } },
  { sessions: { agents: 2 } },
]
const processes = {
  ...SMALL,
  demand: PROCESSES.map((arrivals) => ({
    arrivals,
    mix: SMALL.demand[0].mix,
    lengths: SMALL.demand[0].lengths,
    max_tokens: { none: '20%', sent: { pareto: { min: 200, alpha: 1.2, max: 4000 } } },
    estimate_ratio: {
      quantiles: [
        [0, 0.5],
        [0.5, 0.9],
        [1, 3],
      ],
    },
  })),
}

describe('a browser', () => {
  it('computes the same bits of ln, exp and pow as Node', async () => {
    expect(await page.evaluate(() => globalThis.fleetlab.mathBits(200_000))).toBe(lab.mathBits(200_000))
  })

  it.each([
    ['Poisson demand', SMALL],
    ['a replayed trace', replay],
    ['every other process', processes],
  ])('gives the same digests as Node for %s under both policies', async (_, document) => {
    const files = {
      'scenario.yaml': stringify(document),
      [TRACE]: readFileSync(join(ROOT, 'scenarios/traces/azure_conv_2023.csv'), 'utf8'),
    }
    for (const policy of ['open', 'pools-afe8135']) {
      const inNode = await lab.digest(files, 'scenario.yaml', policy, 7)
      const inBrowser = await page.evaluate(
        ([given, name]) => globalThis.fleetlab.digest(given, 'scenario.yaml', name, 7),
        [files, policy] as const,
      )
      expect(inBrowser).toBe(inNode)
    }
  })
})
