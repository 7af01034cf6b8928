/** Who gets a request, and who is next when nobody can (coordinator-routing §15.3). */
import { describe, expect, it } from 'vitest'
import { type Counts, entry, A, type MacSpec, type SettingsInput, Story } from '../world.ts'

/** First tokens due within 10 s whatever the prompt, and only machines that keep it. */
const ceiling10s: SettingsInput = {
  TTFT_HARD_REJECT: true,
  TTFT_LIVE_DEADLINE_BASE_MS: 10_000,
  TTFT_DEADLINE_PER_TOKEN: 0,
}
const asleep: MacSpec = { decode: 100, slots: [{ state: 'idle_shutdown' }] }

const expected = (cost: number, prefill: number, decode: number) => ({
  cost_ms: expect.closeTo(cost, 2) as number,
  thisRequest_ms: expect.closeTo(prefill + decode, 2) as number,
  health_ms: 550,
  state_ms: 0,
  queue_ms: 0,
  pending_ms: 0,
  backlog_ms: 0,
})

describe('choice', () => {
  it('S1 a hardware-attested machine of 80 tok/s is chosen, not a self-signed one of 200', () => {
    const story = new Story()
    const attested = story.given({ decode: 80 })
    const selfSigned = story.given({ decode: 200, trust: { level: 'self_signed' } })
    const { id, provider, counts } = story.when()
    expect(provider).toBe(attested)
    expect(counts).toEqual([1, 0, 0])
    expect(story.fateOf(id, selfSigned)).toBe('trust')
  })

  it('S2 100 and 80 tok/s idle, prompt 100, at most 256: two candidates, a near tie, costs 3,193.33 and 3,854.17 ms that add up', () => {
    const story = new Story()
    const fast = story.given({ decode: 100 })
    const slow = story.given({ decode: 80 })
    const { id, row } = story.when({ estimatedPromptTokens: 100, maxTokens: 256 })
    expect(row).toMatchObject({ candidates: 2, nearTies: 2 })
    expect(row!.thisRequest_ms).toBeGreaterThanOrEqual(2_500)
    const { cost_ms, state_ms, queue_ms, pending_ms, backlog_ms, thisRequest_ms, health_ms } = row!
    expect(cost_ms).toBe(state_ms + queue_ms + pending_ms + backlog_ms + thisRequest_ms + health_ms)
    expect(story.costOn(id, fast)).toMatchObject(expected(3_193.33, 83.33, 2_560))
    expect(story.costOn(id, slow)).toMatchObject(expected(3_854.17, 104.17, 3_200))
  })

  it('S17 two requests in a row go to two machines of 120 and 110 tok/s', () => {
    const story = new Story()
    story.given({ decode: 120 })
    story.given({ decode: 110 })
    const [first, second] = [story.when({ maxTokens: 256 }), story.when({ maxTokens: 256 })]
    expect(new Set([first.provider, second.provider]).size).toBe(2)
  })

  it('S18 a hot machine (1 running, 2 waiting, 24,000 tokens potential) loses to its unloaded twin of 40 tok/s', () => {
    const story = new Story()
    const hot = story.given({ decode: 40, slots: [{ running: 1, waiting: 2, maxTokensPotential: 24_000 }] })
    const twin = story.given({ decode: 40, slots: [{ state: 'idle_shutdown' }] })
    const { id, provider } = story.when({ estimatedPromptTokens: 2_000, maxTokens: 512 })
    expect(provider).toBe(twin)
    const decodeTps = 40 / 1.27
    expect(story.costOn(id, hot)).toMatchObject({
      queue_ms: 9_000,
      backlog_ms: expect.closeTo(((24_000 + 2 * 512) / decodeTps) * 1_000, 6) as number,
    })
    expect(story.costOn(id, twin)).toMatchObject({ state_ms: 20_000 })
  })

  it('S33 120 against 40 tok/s without token budgets (2,752.78 and 7,158.33 ms): always the faster', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const story = new Story({ seed })
      const slow = story.given({ decode: 40 })
      const fast = story.given({ decode: 120 })
      const { id, provider, row } = story.when({ estimatedPromptTokens: 100, maxTokens: 256 })
      expect(provider).toBe(fast)
      expect(row!.nearTies).toBe(1)
      expect(row!.cost_ms).toBeCloseTo(2_752.78, 2)
      expect(story.costOn(id, slow).cost_ms).toBeCloseTo(7_158.33, 2)
    }
  })
})

describe('ceiling on the first token', () => {
  const loaded: MacSpec = { decode: 1 }
  const request = { estimatedPromptTokens: 100, maxTokens: 128 }

  it('S12 without a ceiling the unloaded machine of 100 tok/s is chosen over the loaded one of 1 tok/s', () => {
    const story = new Story()
    const fast = story.given(asleep)
    story.given(loaded)
    expect(story.when(request)).toMatchObject({ provider: fast, counts: [2, 0, 0] })
  })

  it('S12 with a ceiling of 10 s the loaded machine is, and one is rejected for its first token', () => {
    const story = new Story({ settings: ceiling10s })
    story.given(asleep)
    const slow = story.given(loaded)
    const { provider, row } = story.when(request)
    expect(provider).toBe(slow)
    expect(row).toMatchObject({ candidates: 1, ttftRejections: 1 })
  })

  it('S13 with only the unloaded machine left nobody is found: 0 candidates, 1 rejected for its first token, the best over 10 s', () => {
    const story = new Story({ settings: ceiling10s })
    story.given(asleep)
    const first = story.given({ decode: 100 })
    const { id, provider } = story.when(request)
    expect(provider).toBe(first)
    story.fails(id)
    expect(story.decisionsOn(id, 'retry')).toMatchObject([
      { outcome: 'none', provider: -1, candidates: 0, ttftRejections: 1, capacityRejections: 0 },
    ])
    expect(story.decisionsOn(id, 'retry')[0]!.bestTtft_ms).toBeGreaterThan(10_000)
  })

  it('S13 at the door the same machine alone means 429 ttft_too_slow', () => {
    const story = new Story({ settings: ceiling10s })
    story.given(asleep)
    const { door, answer } = story.when(request)
    expect(door.bestTtft_ms).toBeGreaterThan(10_000)
    // 20 s for the load, 83 ms prefill and 10 ms for a token, due after 10 s.
    expect(answer).toEqual({ kind: 'rejected', status: 429, reason: 'ttft_too_slow', retryAfter_s: 11 })
  })
})

describe('allow-list', () => {
  it('S14 the listed machine is chosen though it is slow, and nobody when it has failed the request already', () => {
    const story = new Story()
    const fast = story.given({ decode: 200 })
    const slow = story.given({ decode: 20, serial: 'listed' })
    const { id, provider, counts } = story.when({ serials: ['listed'] })
    expect(provider).toBe(slow)
    expect(counts).toEqual([1, 0, 0])
    expect(story.fateOf(id, fast)).toBe('not_listed')
    story.fails(id)
    expect(story.decisionsOn(id, 'retry')).toMatchObject([{ outcome: 'none', provider: -1, candidates: 0 }])
    expect(story.fateOf(id, slow, 'retry')).toBe('excluded')
  })

  it('S16 a head that only its own full machine may serve does not block the next: that one is assigned, 1 keeps waiting', () => {
    const story = new Story()
    const listed = story.given({ serial: 'listed', slots: [{ maxConcurrency: 1 }] })
    const other = story.given({ slots: [{ maxConcurrency: 1 }] })
    story.busyWith(listed, 1)
    const [running] = story.busyWith(other, 1)
    const head = story.when({ serials: ['listed'] })
    const second = story.when()
    expect(story.coordinator.queuedRequests).toBe(2)
    story.serves(running!)
    expect(story.dispatches(head.id)).toEqual([])
    expect(story.dispatches(second.id)).toEqual([other])
    expect(story.coordinator.queuedRequests).toBe(1)
  })
})

describe('queue', () => {
  it('S15 a queued request is assigned when its machine becomes idle, by a decision with a cost and 1 candidate', () => {
    const story = new Story()
    const mac = story.given({ slots: [{ maxConcurrency: 1 }] })
    const [running] = story.busyWith(mac, 1)
    const waiting = story.when()
    expect(waiting).toMatchObject({ counts: [0, 1, 0] satisfies Counts, provider: undefined })
    story.serves(running!)
    expect(story.decisionsOn(waiting.id, 'queue_drain')).toMatchObject([{ candidates: 1, provider: mac }])
    expect(story.decisionsOn(waiting.id, 'queue_drain')[0]!.cost_ms).toBeGreaterThan(0)
    expect(story.dispatches(waiting.id)).toEqual([mac])
  })

  it('S21 a machine without a capacity report takes all 3 waiters in one drain; of 5 it takes the 4 it may hold', () => {
    for (const waiting of [3, 5]) {
      const story = new Story({ catalog: [entry(A)] })
      const full = story.given({ slots: [{ maxConcurrency: 1 }] })
      story.busyWith(full, 1)
      const waiters = Array.from({ length: waiting }, () => story.when().id)
      expect(story.coordinator.queuedRequests).toBe(waiting)
      const legacy = story.given({ reports: 'legacy' })
      const taken = waiters.filter((id) => story.dispatches(id).includes(legacy))
      expect(taken).toEqual(waiters.slice(0, 4))
    }
  })
})
