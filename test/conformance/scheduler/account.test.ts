/** Who asks: owners, conversations, limits of accounts, bodies (coordinator-routing §2, §3, §5 S1–S2 and S8, §6 A6–A9, A18). */
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { A, type SettingsInput, Story } from '../world.ts'

const rejected = (status: number, reason: string, retryAfter_s?: number) => ({
  kind: 'rejected',
  status,
  reason,
  retryAfter_s,
})

describe('owner', () => {
  it('S2 prefer-owner keeps only owned candidates where there is one, however dear', () => {
    const story = new Story()
    const shared = story.given({ decode: 400 })
    const own = story.given({ decode: 20, account: 'ann', trust: { level: 'none' } })
    const { id, provider } = story.when({ account: 'ann', route: 'prefer_owner' })
    expect(provider).toBe(own)
    expect(story.fateOf(id, shared)).toBe('not_owned')
    expect(story.when({ account: 'bob', route: 'prefer_owner' }).provider).toBe(shared)
  })

  it('G6 a private machine serves its owner’s own routes and nobody else', () => {
    const story = new Story()
    const own = story.given({ account: 'ann', privateOnly: true })
    expect(story.when({ account: 'ann' }).preflight).toEqual([0, 0, 0])
    expect(story.when({ account: 'ann', route: 'self' }).provider).toBe(own)
  })
})

const nextTurn = (story: Story, cacheKey = 'talk'): ProviderId | undefined => {
  const { id, provider } = story.when({ account: 'ann', cacheKey })
  story.cancel(id)
  return provider
}

describe('conversation', () => {
  const turn = { account: 'ann', cacheKey: 'talk' }
  /** The dearer of two machines has served the conversation; 3,000 ms more at a cpu of 0 and `cpu` × 1,500 beyond. */
  const told = (cpu: number, settings: SettingsInput = {}) => {
    const story = new Story({ settings, explained: false })
    const dear = story.given({ decode: 400, pressure: 1, cpu })
    story.serves(story.when({ ...turn }).id)
    const cheap = story.given({ decode: 400, pressure: 0, cpu: 0 })
    return { story, dear, cheap }
  }

  it('S1, S8 the machine that served it last gets 1,500 ms off and wins every near tie: up to 4,500 ms dearer', () => {
    const near = told(1 / 3 - 0.001)
    expect(nextTurn(near.story)).toBe(near.dear)
    const far = told(1 / 3 + 0.001)
    expect(nextTurn(far.story)).toBe(far.cheap)
    expect(nextTurn(near.story, 'another')).toBe(near.cheap)
    expect(nextTurn(near.story, '')).toBe(near.cheap)
  })

  it('S1 it is remembered for 10 min', () => {
    const { story, dear, cheap } = told(0)
    story.pass(599.999)
    expect(nextTurn(story)).toBe(dear)
    story.pass(0.001)
    expect(nextTurn(story)).toBe(cheap)
  })

  it('S1 10,000 conversations are remembered, the oldest is forgotten first', () => {
    const { story, dear, cheap } = told(0)
    const others = (from: number, to: number): void => {
      for (let key = from; key < to; key++) {
        const serials = [story.serialOf(dear)]
        const id = story.ask({ account: 'ann', cacheKey: `other-${key}`, serials })
        story.pass(0)
        story.completes(dear, id)
      }
    }
    others(0, 9_999)
    expect(nextTurn(story)).toBe(dear)
    others(9_999, 10_000)
    expect(nextTurn(story)).toBe(cheap)
  })
})

const limited = (limits: NonNullable<SettingsInput['ACCOUNTS']>[string]): Story => {
  const story = new Story({ settings: { ACCOUNTS: { ann: limits } } })
  story.given()
  return story
}

/** 356 tokens may be used by each request. */
const asks = (story: Story) => {
  const { id, answer } = story.when({ account: 'ann' })
  if (answer === undefined) story.serves(id)
  return answer
}

describe('limits', () => {
  it('A6 tokens beyond an account’s limit per minute of the clock are answered 429 token_limit', () => {
    const story = limited({ tokens_per_minute: 712 })
    expect([asks(story), asks(story)]).toEqual([undefined, undefined])
    expect(asks(story)).toMatchObject({ status: 429, reason: 'token_limit' })
    story.pass(59.999)
    expect(asks(story)).toMatchObject({ status: 429, reason: 'token_limit' })
    story.pass(0.001)
    expect(asks(story)).toBeUndefined()
  })

  it('A7 a spent cap is answered 402 insufficient_quota, a spent balance 402 insufficient_funds', () => {
    // 100 prompt and 10 completion tokens are spent per answer.
    for (const [limits, reason] of [
      [{ spend_cap_tokens: 111 }, 'insufficient_quota'],
      [{ balance_tokens: 111 }, 'insufficient_funds'],
    ] as const) {
      const story = limited(limits)
      expect([asks(story), asks(story)]).toEqual([undefined, undefined])
      expect(asks(story)).toEqual(rejected(402, reason))
    }
  })

  it('A18 a body of more than 32 MiB is answered 413 payload_too_large', () => {
    const story = new Story()
    story.given()
    expect(story.when({ bodyBytes: 32 * 2 ** 20 }).answer).toBeUndefined()
    expect(story.when({ bodyBytes: 32 * 2 ** 20 + 1 }).answer).toEqual(rejected(413, 'payload_too_large'))
  })

  it('A1 a malformed body is answered 400 bad_param', () => {
    const story = new Story()
    story.given({ models: [A] })
    expect(story.when({ malformed: true }).answer).toEqual(rejected(400, 'bad_param'))
  })
})
