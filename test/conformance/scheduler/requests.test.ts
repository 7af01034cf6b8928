/** A request's way: the answer at the door, the deadlines on the way, the queue (coordinator-routing §2, §6–§8). */
import { describe, expect, it } from 'vitest'
import { poolsAfe8135 } from '../../../sim/policy/pools-afe8135.ts'
import { A, B, build, june, Story } from '../world.ts'

const rejected = (status: number, reason: string, retryAfter_s?: number) => ({
  kind: 'rejected',
  status,
  reason,
  retryAfter_s,
})
/** Seconds at which something was written of a request. */
const timesOf = (story: Story, kind: 'dispatched' | 'attempt_ended' | 'dequeued'): number[] =>
  story.rowsOf(kind).map((row) => row.at / 1e6)

describe('answers', () => {
  const UNSEEN = { candidates: 0, capacityRejections: 0, tooLargeRejections: 0, bestTtft_ms: -1 }

  it('A5 a shed model is answered 429 model_shed before anybody is scanned', () => {
    const story = new Story({ settings: { REJECT_MODELS: [A] } })
    story.given()
    expect(story.when()).toMatchObject({ door: UNSEEN, answer: rejected(429, 'model_shed', 2) })
  })

  it('A8 a model that no catalog lists is answered 404 model_not_found', () => {
    const story = new Story()
    story.given()
    const unknown = story.when({ model: build('unknown') })
    expect(unknown).toMatchObject({ door: UNSEEN, answer: rejected(404, 'model_not_found') })
  })

  it('A13 a model that all its machines could serve but none may is answered 429 pool_exhausted: pools are on by default', () => {
    const story = new Story({ policy: poolsAfe8135 })
    story.given({ models: [A, B], slots: [{ model: A, state: 'idle' }] })
    const { door, answer } = story.when({ model: B })
    expect(answer).toEqual(rejected(429, 'pool_exhausted', 2))
    expect(door).toMatchObject({ poolRejections: 1, candidates: 0, capacityRejections: 0, tooLargeRejections: 0 })
  })

  it('A15 a full fleet makes the request queue by default; with queueing off it is answered 429 machine_busy', () => {
    const full = { slots: [{ maxConcurrency: 1, running: 1 }] }
    const story = new Story()
    story.given(full)
    expect(story.when()).toMatchObject({ door: { outcome: 'admitted' }, row: { outcome: 'queued' }, answer: undefined })
    const strict = new Story({ settings: { QUEUE_BEFORE_SHED: false } })
    strict.given(full)
    expect(strict.when()).toMatchObject({ row: undefined, answer: rejected(429, 'machine_busy', 2) })
  })

  it('A16 nobody at all is answered 503 no_provider, unless a machine could load the model: cold dispatch is on by default', () => {
    expect(new Story().when().answer).toEqual(rejected(503, 'no_provider', 2))
    const able = { slots: [{ state: 'crashed' as const }] }
    const story = new Story()
    story.given(able)
    expect(story.when()).toMatchObject({ preflight: [0, 0, 0], row: { outcome: 'queued' }, answer: undefined })
    const strict = new Story({ settings: { COLD_DISPATCH: false } })
    strict.given(able)
    expect(strict.when().answer).toEqual(rejected(503, 'no_provider', 2))
  })

  it('A17 a late first token is served all the same by default', () => {
    const story = new Story()
    const slow = story.given({ decode: 1 })
    const { provider, door } = story.when({ estimatedPromptTokens: 1_000 })
    expect(door.bestTtft_ms).toBeGreaterThan(6_000)
    expect(provider).toBe(slow)
  })
})

describe('deadlines', () => {
  it('D6 at half the deadline a backup is sent: after 3 s for 1,000 prompt tokens, due after 6', () => {
    const story = new Story()
    story.givenMany(2)
    const { id } = story.when({ estimatedPromptTokens: 1_000 })
    story.pass(60)
    expect(story.dispatches(id)).toHaveLength(2)
    expect(timesOf(story, 'dispatched')).toEqual([0, 3])
    expect(timesOf(story, 'attempt_ended')).toEqual([6, 6])
    expect(story.ending(id)).toEqual({ kind: 'failed', status: 504, reason: 'ttft_timeout', midStream: false })
    expect(story.rowsOf('attempt_ended')).toMatchObject([{ outcome: 'timeout', code: 504 }, { code: 504 }])
  })

  it('D7 a preamble extends the wait once, by 90 s', () => {
    const story = new Story()
    const mac = story.given()
    const { id } = story.when({ estimatedPromptTokens: 1_000 })
    story.says(mac, 'preamble', id)
    story.pass(200)
    expect(timesOf(story, 'attempt_ended')).toEqual([6 + 90])
  })

  it('D7 a machine that accepted may take 600 s, and an answer that has begun 600 s more', () => {
    const story = new Story()
    const mac = story.given()
    const accepted = story.when()
    story.says(mac, 'accepted', accepted.id)
    story.pass(700)
    expect(timesOf(story, 'attempt_ended')).toEqual([600])
    const begun = story.when()
    story.says(mac, 'first_content', begun.id)
    story.pass(700)
    expect(timesOf(story, 'attempt_ended')).toEqual([600, 1_300])
    expect(story.ending(begun.id)).toEqual({
      kind: 'failed',
      status: 504,
      reason: 'inference_timeout',
      midStream: true,
    })
  })

  it('D1 a request is tried on 64 machines at most', () => {
    const story = new Story({ explained: false })
    story.givenMany(66)
    const { id } = story.when()
    while (story.ending(id) === undefined) story.fails(id, 500)
    expect(new Set(story.dispatches(id)).size).toBe(64)
  })

  it('H3 a lost connection is a 502 to the request on it; a client that goes away ends it with 499', () => {
    const story = new Story()
    const lost = story.given()
    const broken = story.when()
    story.coordinator.disconnected(lost)
    story.pass(0)
    expect(story.ending(broken.id)).toMatchObject({ kind: 'failed', status: 502, reason: 'provider_disconnected' })
    story.given()
    story.cancel(story.when().id)
    expect(story.rowsOf('attempt_ended')).toMatchObject([
      { outcome: 'disconnected', code: 502 },
      { outcome: 'cancelled', code: 499 },
    ])
  })

  it('control §5.3 a decision takes 23 ms, 8 at a time', () => {
    const story = new Story({ settings: june })
    const mac = story.given({ slots: [{ activeTokenBudgetMax: 1e6 }] })
    for (let each = 0; each < 9; each++) story.ask()
    story.pass(1)
    expect(timesOf(story, 'dispatched')).toEqual([...Array.from({ length: 8 }, () => 0.023), 0.046])
    expect(story.rowsOf('dispatched').every((row) => row.provider === mac)).toBe(true)
  })
})

describe('queue', () => {
  it('Q1 a waiter is answered 429 queue_timeout after 120 s, the 11th at once queue_full', () => {
    const story = new Story()
    story.given({ slots: [{ maxConcurrency: 1, running: 1 }] })
    const waiters = Array.from({ length: 11 }, () => story.when().id)
    expect(story.ending(waiters[10]!)).toEqual(rejected(429, 'queue_full', 30))
    expect(story.coordinator.queuedRequests).toBe(10)
    story.pass(121)
    expect(timesOf(story, 'dequeued')).toEqual(Array.from({ length: 10 }, () => 120))
    expect(story.ending(waiters[0]!)).toMatchObject({ status: 429, reason: 'queue_timeout' })
  })
})

describe('gauges', () => {
  it('§12.6 the isolation audit is written every 10 s', () => {
    const story = new Story()
    story.start().pass(25)
    expect(story.rowsOf('audit').map((row) => row.at / 1e6)).toEqual([10, 20])
  })
})
