import { describe, expect, it } from 'vitest'
import { aMac, GEMMA, GPT, SECOND } from '../a-mac.ts'

const push = (bench: ReturnType<typeof aMac>, seconds: number) =>
  bench.at(seconds, (mac) =>
    mac.receive({
      kind: 'desired_models',
      entries: [{ alias: 'gemma-4-26b', desired: GEMMA, previous: GPT }],
    }),
  )

describe('a request to a resident model', () => {
  it('is accepted at once, prepared for 60 ms, and ends with all its tokens', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { prompt: 100, output: 50 })
      .run(5)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', 'first_content', 'complete'])
    expect(bench.when(1, 'preamble')).toBeCloseTo(1.06, 6)
    expect(bench.said('complete')).toMatchObject([{ promptTokens: 100, completionTokens: 50 }])
  })

  it('stops at max_tokens', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { output: 500, max: 20 })
      .run(5)
    expect(bench.said('complete')[0]!.completionTokens).toBe(20)
  })

  it('reserves prompt + 4,096 when it names no max_tokens', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { prompt: 100, output: 3000, max: undefined })
      .run(8)
    expect(bench.said('heartbeat').at(-1)!.capacity!.slots[0]!.activeTokenBudgetUsed).toBe(4196)
  })

  it('leaves a work row with the times of its stations', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT)
      .run(5)
    const [work] = bench.wrote('work')
    expect(work).toMatchObject({ outcome: 'finished', receivedAt: SECOND, prefilledTokens: 100, decodedTokens: 50 })
    expect(work!.admittedAt).toBeGreaterThanOrEqual(1.06 * SECOND)
    expect(work!.firstTokenAt / SECOND).toBe(bench.when(1, 'first_content'))
  })
})

describe("the scheduler's admission comes after accepted and preamble", () => {
  it('answers 503 token_budget_exhausted when the request alone exceeds the budget', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { max: 2_000_000 })
      .run(2)
    expect(bench.story(1)).toEqual([
      'accepted',
      'preamble',
      '503 token_budget_exhausted: insufficient available tokens',
    ])
  })

  it('answers the same when only the sum exceeds it', () => {
    const bench = aMac({ resident: [GPT] })
    bench.ask(1, 1, GPT, { max: 1_000_000, output: 500 }).ask(2, 2, GPT, { max: 1_000_000 }).run(3)
    expect(bench.story(2).at(-1)).toBe('503 token_budget_exhausted: insufficient available tokens')
  })

  it('answers 503 when the prompt is longer than the context', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { prompt: 131_073 })
      .run(2)
    expect(bench.story(1).at(-1)).toBe('503 token_budget_exhausted: request exceeds batch token budget')
  })

  it('answers 429 request queue full to the 129th live request of a model', () => {
    const bench = aMac({ resident: [GPT] })
    for (let request = 1; request <= 129; request++) bench.ask(1, request, GPT, { output: 200 })
    bench.run(1.5)
    expect(bench.story(128)).toEqual(['accepted', 'preamble'])
    expect(bench.story(129).at(-1)).toBe('429 token_budget_exhausted: request queue full')
  })

  it("answers 503 global KV headroom when another model's reservations hold the room that the model's own budget sees", () => {
    const bench = aMac({ resident: [GPT, GEMMA] })
    bench.ask(1, 1, GPT, { max: 1_000_000, output: 2000 }).ask(2, 2, GEMMA, { max: 1_200_000 }).run(3)
    expect(bench.story(2).at(-1)).toBe('503 token_budget_exhausted: insufficient global KV cache headroom')
  })
})

describe('cancellation', () => {
  it('answers 499 while the request is being prepared, and the engine never hears of it', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT)
      .cancel(1.03, 1)
      .run(5)
    expect(bench.story(1)).toEqual(['accepted', '499 request cancelled'])
    expect(bench.wrote('gpu_busy')).toEqual([])
  })

  it('completes with the delivered tokens when there are some', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { output: 256 })
      .cancel(2.5, 1)
      .run(10)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', 'first_content', 'complete'])
    const [answer] = bench.said('complete')
    expect(answer!.heardAt).toBe(2.5)
    expect(answer!.completionTokens).toBeGreaterThan(50)
    expect(answer!.completionTokens).toBeLessThan(256)
    expect(bench.wrote('work')).toMatchObject([{ outcome: 'cancelled', decodedTokens: answer!.completionTokens }])
  })

  it('in prefill answers 499 at once and leaves a ghost that keeps the GPU busy to its end', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { prompt: 4000, output: 200 })
      .cancel(2, 1)
      .run(30)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', '499 request cancelled'])
    const [busy] = bench.wrote('gpu_busy')
    expect(busy!.at).toBeGreaterThan(5 * SECOND)
    const idleAgain = bench.wrote('machine_state').find((row) => row.at > 2 * SECOND && row.idleCapable > 0)
    expect(idleAgain!.at).toBe(busy!.at)
    expect(bench.wrote('machine_state').find((row) => row.at === 2 * SECOND)).toMatchObject({ live: 0, idleCapable: 0 })
  })

  it('is not heard by a Mac that does not honour it: the request is worked to its end', () => {
    const bench = aMac({ resident: [GPT], settings: { honours_cancel: false } })
      .ask(1, 1, GPT, { output: 256 })
      .cancel(2.5, 1)
      .run(30)
    expect(bench.wrote('work')).toMatchObject([{ outcome: 'finished', decodedTokens: 256 }])
  })

  it('waits behind a demand load like every other message', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { output: 256 })
      .ask(2, 2, GEMMA)
      .cancel(2.5, 1)
      .run(30)
    expect(bench.said('complete')[0]).toMatchObject({ request: 1 })
    expect(bench.when(1, 'complete')).toBe(bench.wrote('load_ended')[0]!.at / SECOND)
  })

  it('of something unknown does nothing', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT)
      .cancel(4, 1)
      .cancel(4, 77)
      .run(5)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', 'first_content', 'complete'])
    expect(bench.story(77)).toEqual([])
  })
})

describe('the limit to the first token', () => {
  it('ends a request 120 s after its submission, long prefill or not', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { prompt: 130_000 })
      .run(130)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', '503 request timed out waiting for capacity'])
    expect(bench.when(1, 'inference_error')).toBeCloseTo(121.06, 6)
  })

  it('does not count once the first token is there', () => {
    const bench = aMac({ resident: [GEMMA] })
      .ask(1, 1, GEMMA, { output: 4000, max: 4000 })
      .run(300)
    expect(bench.when(1, 'complete')).toBeGreaterThan(121)
  })
})

describe('desired_models', () => {
  it('drops the previous build from the advertised set when the desired one is on the disk', () => {
    const bench = push(aMac(), 1).ask(2, 1, GPT).run(3)
    expect(bench.said('models_update')[0]!.models.map((model) => model.build)).toEqual([GEMMA])
    expect(bench.story(1)).toEqual(['accepted', '404 model load failed: not advertised'])
  })

  it('leaves its resident slot serving', () => {
    const bench = push(aMac({ resident: [GPT] }), 1)
      .ask(2, 1, GPT)
      .run(5)
    expect(bench.story(1).at(-1)).toBe('complete')
  })

  it('changes nothing when the desired build is not there', () => {
    const bench = push(aMac({ advertises: [GPT] }), 1)
      .ask(2, 1, GPT)
      .run(20)
    expect(bench.said('models_update')).toEqual([])
    expect(bench.story(1).at(-1)).toBe('complete')
  })
})
