/** The liveness watchdog, provider-runtime 5.7. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { aMac, aModel, GIB, GPT, type MacBench, SECOND } from '../a-mac.ts'

const seconds = (value: number) => (value * SECOND) as Micros

/** A Mac whose cap leaves gpt-oss a KV room of `tokens`. */
function cramped(tokens: number): MacBench {
  const gpt = aModel(GPT)
  const cap = gpt.residentBytes.value + 3 * GIB + tokens * gpt.kvBytesPerToken.value
  const settings = { cap_share: `${(100 * cap) / (64 * GIB)}%`, weights_padding: 1, kv_headroom: '0GiB' }
  return aMac({ resident: [GPT], os_gib: 0, settings })
}

/** Requests of more tokens than there are, every 30 s. */
function refusing(bench: MacBench, from: number, until: number): MacBench {
  for (let at = from; at <= until; at += 30) bench.ask(at, 1000 + at, GPT, { prompt: 100, max: 6000 })
  return bench
}

const restarts = (bench: MacBench) =>
  bench.wrote('fault').flatMap(({ at, what }) => (what === 'watchdog' ? [at / SECOND] : []))
const states = (bench: MacBench, from: number, until: number) => [
  ...new Set(
    bench
      .said('heartbeat')
      .filter(({ heardAt }) => heardAt >= from && heardAt <= until)
      .map(({ capacity }) => capacity!.slots[0]!.state),
  ),
]

describe('a model whose token budget is tiny, and which is asked in vain', () => {
  it('is called crashed after 180 s without a success, and its engine restarted every 120 s', () => {
    const bench = refusing(cramped(2000), 10, 500).run(500)
    expect(bench.said('heartbeat').at(-1)!.capacity!.slots[0]!.activeTokenBudgetMax).toBe(2000)
    expect(bench.story(1010)).toEqual([
      'accepted',
      'preamble',
      '503 token_budget_exhausted: insufficient available tokens',
    ])
    const [first, second, third] = restarts(bench)
    expect(first).toBeGreaterThanOrEqual(180)
    expect(first).toBeLessThanOrEqual(182)
    expect(second! - first!).toBeCloseTo(120, 5)
    expect(third! - second!).toBeCloseTo(120, 5)
    expect(states(bench, 0, 178)).toEqual(['idle'])
    expect(states(bench, 190, 500)).toEqual(['crashed'])
  })

  it('has no verdict while nobody asks, and recovers 60 s after the last refusal', () => {
    expect(restarts(cramped(2000).run(600))).toEqual([])
    const bench = refusing(cramped(2000), 10, 220).run(600)
    expect(restarts(bench)).toHaveLength(1)
    expect(states(bench, 190, 275)).toEqual(['crashed'])
    expect(states(bench, 285, 600)).toEqual(['idle'])
  })

  it('has no verdict for 180 s after a success', () => {
    const bench = refusing(cramped(2000), 10, 500).ask(100, 1, GPT, { prompt: 100, output: 50, max: 256 }).run(500)
    const success = bench.when(1, 'complete')!
    const [first] = restarts(bench)
    expect(first).toBeGreaterThanOrEqual(success + 180)
    expect(first).toBeLessThanOrEqual(success + 182)
  })

  it('has no verdict when 4,097 tokens are left', () => {
    expect(restarts(refusing(cramped(4097), 10, 500).run(500))).toEqual([])
    expect(restarts(refusing(cramped(4096), 10, 500).run(500))).not.toEqual([])
  })

  it('fails its rows with a 500 at the restart, forgets what it had observed, and keeps its weights', () => {
    const bench = cramped(2000)
      .ask(1, 1, GPT, { output: 50 })
      .at(100, (mac) => mac.faults.slow(0.01, seconds(400)))
      .ask(110, 2, GPT, { prompt: 20, output: 1000, max: 1000 })
      .run(400)
    const [restart] = restarts(bench)
    expect(bench.story(2)).toEqual(['accepted', 'preamble', 'first_content', '500 All requests aborted'])
    expect(bench.when(2, 'inference_error')).toBe(restart)
    const slotAt = (at: number) => bench.said('heartbeat').find(({ heardAt }) => heardAt > at)!.capacity!.slots[0]!
    expect(slotAt(90).observedDecodeTps).toBeGreaterThan(10)
    expect(slotAt(90).modelLoadTime_ms).toBe(1500)
    expect(slotAt(restart! + 5)).toMatchObject({ observedDecodeTps: undefined, modelLoadTime_ms: undefined })
    expect(bench.wrote('unloaded')).toEqual([])
    expect(bench.wrote('load_started')).toEqual([])
  })

  it('refuses what comes while it reloads, and serves again afterwards', () => {
    const [first] = restarts(refusing(cramped(2000), 10, 200).run(250))
    const bench = refusing(cramped(2000), 10, 200)
      .ask(first! + 0.05, 1, GPT, { output: 50 })
      .ask(first! + 1, 2, GPT, { output: 50 })
      .run(250)
    expect(bench.story(1).at(-1)).toBe('500 All requests aborted')
    expect(bench.story(2).at(-1)).toBe('complete')
  })
})

describe('an ordinary Mac', () => {
  it('has no timer for it', () => {
    const bench = aMac({ resident: [GPT], settings: { idle_timeout: '0s' } })
      .ask(1, 1, GPT, { max: 100_000_000 })
      .at(20, (mac) => mac.powerOff())
      .run(30)
    expect(bench.story(1).at(-1)).toMatch(/^503 token_budget/)
    expect(bench.kernel.pending).toBe(0)
  })
})
