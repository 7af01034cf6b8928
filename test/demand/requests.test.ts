/** What requests of a process are: limits, estimates, accounts, conversations, each as shares and distributions. */
import { describe, expect, it } from 'vitest'
import { openBody } from '../../sim/protocol/sealed.ts'
import { runDemand } from './world.ts'

const base = {
  arrivals: { poisson: '50/s' },
  mix: { m: '100%' },
  lengths: { prompt: { exponential: { mean: 500 } }, output: { exponential: { mean: 100 } } },
}

/** What we receive in 200 s: about 10,000 requests. */
function received(more: object, seed = 1) {
  const requests: {
    view: { maxTokens: number | undefined; account: string; cacheKey: string; estimate: number }
    prompt: number
  }[] = []
  runDemand({
    streams: [{ ...base, ...more }],
    seconds: 200,
    seed,
    script: ({ request, body }, answer) => {
      const { maxTokens, account, cacheKey, estimatedPromptTokens } = request
      requests.push({
        view: { maxTokens, account, cacheKey, estimate: estimatedPromptTokens },
        prompt: openBody(body).promptTokens,
      })
      answer(0, { kind: 'completed', request: request.id, attempt: 0, completionTokens: 1 })
    },
  })
  return requests
}

const shareOf = <T>(values: readonly T[], test: (value: T) => boolean): number =>
  values.filter(test).length / values.length

/** Four standard errors of a share over 10,000. */
const near = (share: number) => ({
  within: (measured: number) => Math.abs(measured - share) < 4 * Math.sqrt((share * (1 - share)) / 9_000),
})

const limits = (setting: unknown) => received({ max_tokens: setting }).map(({ view }) => view.maxTokens)

describe('max_tokens', () => {
  it('is left out by the stated share, and drawn for the others', () => {
    const values = limits({ none: '40%', sent: { choices: { 1024: '25%', 4096: '75%' } } })
    expect(near(0.4).within(shareOf(values, (value) => value === undefined))).toBe(true)
    const sent = values.filter((value) => value !== undefined)
    expect(near(0.25).within(shareOf(sent, (value) => value === 1024))).toBe(true)
    expect(new Set(sent)).toEqual(new Set([1024, 4096]))
  })

  it('may be nothing for all, one number, or a distribution by itself', () => {
    expect(new Set(limits({ none: '100%' }))).toEqual(new Set([undefined]))
    expect(new Set(limits({ none: 0, sent: 64 }))).toEqual(new Set([64]))
    const values = limits({ lognormal: { median: 2000, sigma: 0.5 } }) as number[]
    expect(values.toSorted((a, b) => a - b)[values.length >> 1]! / 2000).toBeCloseTo(1, 1)
  })

  it('changes neither lengths nor other draws, and its share of none moves no value that is sent', () => {
    const plain = received({ cache_keys: 10 })
    const limited = received({ cache_keys: 10, max_tokens: { none: '30%', sent: { exponential: { mean: 900 } } } })
    expect(limited.map(({ prompt, view }) => [prompt, view.cacheKey])).toEqual(
      plain.map(({ prompt, view }) => [prompt, view.cacheKey]),
    )
    const always = received({ cache_keys: 10, max_tokens: { none: 0, sent: { exponential: { mean: 900 } } } })
    for (const [i, { view }] of limited.entries()) {
      if (view.maxTokens !== undefined) expect(view.maxTokens).toBe(always[i]!.view.maxTokens)
    }
  })
})

describe('the estimate', () => {
  it('is off by the stated ratio for the coordinator, while the Mac gets the truth', () => {
    const requests = received({
      lengths: { prompt: 1000, output: 10 },
      estimate_ratio: {
        quantiles: [
          [0, 0.5],
          [0.5, 0.8],
          [1, 3],
        ],
      },
    })
    expect(requests.every(({ prompt }) => prompt === 1000)).toBe(true)
    const ratios = requests.map(({ view }) => view.estimate / 1000).toSorted((a, b) => a - b)
    expect(ratios[0]!).toBeGreaterThanOrEqual(0.5)
    expect(ratios.at(-1)!).toBeLessThanOrEqual(3)
    expect(ratios[ratios.length >> 1]!).toBeCloseTo(0.8, 1)
  })
})

describe('accounts and conversations', () => {
  it('come by their shares, the rest without an account', () => {
    const names = received({ accounts: { alice: '30%', bob: '50%' } }).map(({ view }) => view.account)
    expect(near(0.3).within(shareOf(names, (name) => name === 'alice'))).toBe(true)
    expect(near(0.5).within(shareOf(names, (name) => name === 'bob'))).toBe(true)
    expect(new Set(names)).toEqual(new Set(['alice', 'bob', '']))
  })

  it('are those of the tenants when told so, largest first', () => {
    const arrivals = { tenants: { rate: '50/s', count: 3, zipf: 1, cv: 1, intermittent: 0 } }
    const names = received({ arrivals, accounts: 'tenant' }).map(({ view }) => view.account)
    // 6/11, 3/11, 2/11.
    for (const [i, share] of [6 / 11, 3 / 11, 2 / 11].entries()) {
      expect(near(share).within(shareOf(names, (name) => name === `tenant-${i + 1}`))).toBe(true)
    }
  })

  it('have keys by Zipf’s law, and a share without one', () => {
    const keys = received({ cache_keys: { keys: 3, zipf: 1, none: '20%' } }).map(({ view }) => view.cacheKey)
    expect(near(0.2).within(shareOf(keys, (key) => key === ''))).toBe(true)
    expect(near(0.8 * (6 / 11)).within(shareOf(keys, (key) => key === '0'))).toBe(true)
    expect(near(0.8 * (2 / 11)).within(shareOf(keys, (key) => key === '2'))).toBe(true)
  })
})

describe('a mixture of lengths', () => {
  it('draws from each part by its share', () => {
    const prompt = {
      mixture: [
        { share: '70%', of: 100 },
        { share: '30%', of: { uniform: { min: 5000, max: 6000 } } },
      ],
    }
    const prompts = received({ lengths: { prompt, output: 1 } }).map((request) => request.prompt)
    expect(near(0.7).within(shareOf(prompts, (tokens) => tokens === 100))).toBe(true)
    expect(prompts.every((tokens) => tokens === 100 || (tokens >= 5000 && tokens <= 6000))).toBe(true)
  })
})
