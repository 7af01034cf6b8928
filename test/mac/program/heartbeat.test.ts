import type { Heartbeat } from '../../../sim/protocol/index.ts'
import { describe, expect, it } from 'vitest'
import { aMac, aModel, GEMMA, GIB, GPT, SECOND } from '../a-mac.ts'

/** Active tokens in the heartbeats from the third on, while one row decodes. */
const decodingTokens = (capacity_refresh: string, seed: number) =>
  aMac({ resident: [GPT], settings: { capacity_refresh }, seed })
    .ask(5.6, 1, GPT, { output: 4000, max: 4000 })
    .run(35)
    .said('heartbeat')
    .slice(2)
    .map((beat) => beat.capacity!.slots[0]!.activeTokens)

describe('heartbeats (provider-runtime §7)', () => {
  it('begin within 5 s of the start, at a place of the Mac’s own, and then come every 5 s', () => {
    const first = [1, 2, 3].map((seed) =>
      aMac({ seed })
        .run(60)
        .said('heartbeat')
        .map((beat) => beat.heardAt),
    )
    for (const beats of first) {
      expect(beats[0]).toBeGreaterThan(0)
      expect(beats[0]).toBeLessThanOrEqual(5)
      for (let i = 1; i < beats.length; i++) expect(beats[i]! - beats[i - 1]!).toBeCloseTo(5, 9)
    }
    expect(new Set(first.map((beats) => beats[0])).size).toBe(3)
  })

  it('say idle and list what is resident, sorted', () => {
    const [beat] = aMac({ resident: [GPT, GEMMA] })
      .run(5)
      .said('heartbeat')
    expect(beat).toMatchObject({ status: 'idle', warmModels: [GEMMA, GPT], thermalState: 'nominal' })
    expect(beat!.memoryPressure).toBeCloseTo((4 + 11.25 + 13.48) / 64, 4)
    expect(beat!.capacity).toMatchObject({ totalMemory_gb: 64, gpuMemoryCache_gb: 0 })
    expect(beat!.capacity!.slots).toMatchObject([
      {
        model: GPT,
        state: 'idle',
        running: 0,
        waiting: 0,
        maxConcurrency: 24,
        observedDecodeTps: undefined,
        kvBytesPerToken: 24_576,
      },
      { model: GEMMA, state: 'idle', kvBytesPerToken: 20_480 },
    ])
  })

  it('say what has not changed by the same object, and what has by a new one', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(21, 1, GPT, { output: 50 })
      .run(60)
    const beats = bench.said('heartbeat')
    const at = (seconds: number) => beats.findLast(({ heardAt }) => heardAt <= seconds)!
    expect(at(10).capacity).toBe(at(20).capacity)
    expect(at(10).warmModels).toBe(at(60).warmModels)
    // What the request showed of its rate stays.
    expect(at(60).capacity).not.toEqual(at(20).capacity)
    expect(at(50).capacity).toBe(at(60).capacity)
    expect(at(20).capacity!.slots[0]!.observedDecodeTps).toBeUndefined()
    expect(at(60).capacity!.slots[0]!.observedDecodeTps).toBeGreaterThan(0)
  })

  it('show the pool of freed buffers while work goes on, and without work an empty one', () => {
    const bench = aMac({ resident: [GPT] })
    bench.ask(0.1, 1, GPT, { prompt: 4000, output: 2000, max: 2000 })
    for (let request = 2; request <= 4; request++) bench.ask(0.1, request, GPT, { prompt: 4000, output: 100 })
    bench.run(200)
    const ended = bench.when(2, 'complete')!
    const last = bench.when(1, 'complete')!
    const beats = bench.said('heartbeat')
    const busy = beats.find((beat) => beat.heardAt > ended + 2)!
    const idle = beats.find((beat) => beat.heardAt > last + 2)!
    expect(busy.heardAt).toBeLessThan(last)
    const pool = busy.capacity!.gpuMemoryCache_gb
    // Three rows' KV, windows and 3/8 of the activations of eight; what the last row wrote since is taken from it.
    const freed = 3 * (4100 * 24_576 + aModel(GPT).windowBytesPerRow!.value)
    expect(pool).toBeGreaterThan(1)
    expect(pool).toBeLessThan(freed / GIB + (2.7 * 3) / 8)
    expect(busy.memoryPressure).toBeCloseTo((4 + busy.capacity!.gpuMemoryActive_gb + pool) / 64, 2)
    expect(busy.capacity!.freeForLoad_gb).toBeCloseTo(
      64 - 4 - busy.capacity!.gpuMemoryActive_gb - pool - 6.4 - (6000 * 24_576) / GIB - 4,
      2,
    )
    expect(idle.capacity).toMatchObject({ gpuMemoryCache_gb: 0, gpuMemoryActive_gb: 11.25 })
    expect(idle.capacity!.freeForLoad_gb).toBeCloseTo(64 - 4 - 6.4 - 4, 6)
    expect(idle.capacity!.gpuMemoryPeak_gb).toBeGreaterThan(11.25 + (4 * 4000 * 24_576) / GIB)
  })

  it('count an idle model as evictable while a load_model runs, less what that load has reserved', () => {
    const bench = aMac({ resident: [GPT], settings: { load: { rate_factor_sigma: 0, rate_factor_median: 0.1 } } })
      .load(0.1, GEMMA)
      .run(16)
    const reserved = (1.2 * aModel(GEMMA).diskBytes.value) / GIB
    const beats = bench.said('heartbeat').filter(({ heardAt }) => heardAt > 2.1)
    expect(beats.length).toBeGreaterThan(1)
    for (const { warmModels, capacity } of beats) {
      expect(warmModels).toEqual([GPT])
      expect(capacity!.freeForLoad_gb).toBeCloseTo(64 - 4 - 6.4 - 4 - reserved, 6)
    }
  })

  it('have an empty list of slots when nothing is resident, and show no loading model', () => {
    const bench = aMac().ask(0.1, 1, GEMMA).run(5.5)
    expect(bench.said('heartbeat')[0]).toMatchObject({
      activeModel: undefined,
      warmModels: [],
      capacity: { slots: [] },
    })
  })

  it('count queued requests as running', () => {
    const bench = aMac({ resident: [GPT] })
    for (let request = 1; request <= 40; request++) bench.ask(0.1, request, GPT, { prompt: 2000, output: 256 })
    bench.run(6)
    const [slot] = bench.said('heartbeat').at(-1)!.capacity!.slots
    expect(slot).toMatchObject({ state: 'running', running: 40, waiting: 0, activeTokenBudgetUsed: 40 * 2256 })
  })

  it('name as active the model with accepted requests, though another was used later', () => {
    const bench = aMac({ resident: [GPT, GEMMA] })
    bench.ask(0.1, 1, GEMMA, { output: 600, max: 600 }).ask(0.2, 2, GPT, { output: 2 }).run(6)
    expect(bench.said('heartbeat').at(-1)!.activeModel).toBe(GEMMA)
  })

  it('carry a snapshot up to 2 s old, its age 1 s apart from beat to beat: refreshes every 2 s, heartbeats every 5 s', () => {
    const oldest = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const fresh = decodingTokens('1us', seed)
      const real = decodingTokens('2s', seed)
      const perSecond = (fresh[1]! - fresh[0]!) / 5
      const ages = fresh.map((now, i) => (now - real[i]!) / perSecond)
      // The rate falls a little as the context grows.
      ages.forEach((age, i) => expect(Math.abs(((ages[0]! + i - age + 20.1) % 2) - 0.1)).toBeLessThan(0.08))
      return Math.max(...ages)
    })
    // Each Mac has a phase of its own, 1 s and 0 s at the least, 2 s and 1 s at the most.
    expect(Math.min(...oldest)).toBeGreaterThan(0.95)
    expect(Math.max(...oldest)).toBeGreaterThan(1.5)
    expect(Math.max(...oldest)).toBeLessThan(2.05)
  })

  it('report the decode rate as EWMA 0.3 over successes, the first taken as it is', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(0.1, 1, GPT, { output: 100 })
      .ask(6, 2, GPT, { prompt: 8000, output: 40 })
      .run(25)
    const rate = (request: number, tokens: number) =>
      (tokens - 1) / (bench.when(request, 'complete')! - bench.when(request, 'first_content')!)
    const reported = bench.said('heartbeat').map((beat) => beat.capacity!.slots[0]!.observedDecodeTps)
    expect(reported[1]).toBeCloseTo(rate(1, 100), 3)
    expect(reported.at(-1)).toBeCloseTo(0.3 * rate(2, 40) + 0.7 * rate(1, 100), 3)
  })

  it('count an answer of one token as a decode rate of 0, but for the first (provider-runtime §4)', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(0.1, 1, GPT, { output: 1 })
      .ask(6, 2, GPT, { output: 100 })
      .ask(16, 3, GPT, { output: 1 })
      .run(30)
    const rate = 99 / (bench.when(2, 'complete')! - bench.when(2, 'first_content')!)
    const rateAt = (second: number) =>
      bench.heard.findLast(({ at, message }) => at < second && message.kind === 'heartbeat')!.message as Heartbeat
    const [first, second, third] = [6, 16, 30].map((at) => rateAt(at).capacity!.slots[0]!.observedDecodeTps)
    expect(first).toBeUndefined()
    expect(second).toBeCloseTo(rate, 3)
    expect(third).toBeCloseTo(0.7 * rate, 3)
  })

  it('leave the decode rate alone when a request is cancelled', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(0.1, 1, GPT, { output: 256 })
      .cancel(2, 1)
      .run(10)
    expect(bench.said('heartbeat').at(-1)!.capacity!.slots[0]!.observedDecodeTps).toBeUndefined()
  })

  it('never report a prefill rate', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT)
      .run(20)
    for (const beat of bench.said('heartbeat')) expect(beat.capacity!.slots[0]!.observedPrefillTps).toBeUndefined()
  })

  it('drop a model the instant its unload begins', () => {
    const bench = aMac({ memory_gib: 36, resident: [GPT], settings: { unload_time: '20s' } })
      .load(1, GEMMA)
      .run(12)
    expect(bench.said('heartbeat').at(-1)!.warmModels).toEqual([])
    expect(bench.wrote('machine_state').at(-1)!.weightsBytes).toBe(11.25 * GIB)
  })
})

describe('the state row', () => {
  it('is written once per instant and only on change', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT)
      .ask(1, 2, GPT)
      .run(60)
    const rows = bench.wrote('machine_state')
    expect(new Set(rows.map((row) => row.at)).size).toBe(rows.length)
    expect(rows.find((row) => row.at === SECOND)!.live).toBe(2)
  })

  it('marks builds an idle Mac could serve: resident, or past the gate when idle slots are evicted', () => {
    expect(
      aMac({ memory_gib: 36, resident: [GPT] })
        .run(1)
        .wrote('machine_state')[0]!.idleCapable,
    ).toBe(0b011)
    expect(aMac({ memory_gib: 28, os_gib: 4 }).run(1).wrote('machine_state')[0]!.idleCapable).toBe(0b001)
  })

  it('marks none while the Mac is busy, loading or offline', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT)
      .load(5, GEMMA)
      .at(20, (mac) => mac.disconnect())
      .run(20.5)
    const mask = (seconds: number) =>
      bench.wrote('machine_state').findLast((row) => row.at <= seconds * SECOND)!.idleCapable
    expect([0.5, 1.5, 4, 6, 15, 20.1].map(mask)).toEqual([3, 0, 3, 0, 3, 0])
  })

  it('counts the ghosts and is written anew when one of them ends', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { prompt: 3000, output: 20 })
      .ask(1, 2, GPT, { prompt: 3000, output: 200 })
      .cancel(2, 1)
      .cancel(2, 2)
      .run(60)
    const rows = bench.wrote('machine_state').filter((row) => row.at >= 2 * SECOND)
    expect(rows.map((row) => row.ghosts)).toEqual([2, 1, 0])
    expect(rows.map((row) => row.live)).toEqual([0, 0, 0])
    expect(rows.map((row) => row.idleCapable)).toEqual([0, 0, 3])
    expect(rows[2]!.at).toBe(bench.wrote('gpu_busy')[0]!.at)
  })
})

/** 26 requests of one instant: 24 form one group, padded to the longest, and all clients go away while it is prefilled. */
const sinkhole = () => {
  const bench = aMac({ resident: [GPT] })
  for (let request = 1; request <= 26; request++) {
    bench.ask(1, request, GPT, { prompt: request === 1 ? 4000 : 300, output: 100 }).cancel(9, request)
  }
  return bench
}

/** Seconds of one chunk of such a group. */
const groupChunk = (index: number) => (24 * 512 * (1 + (512 * (2 * index + 1)) / 45_000)) / 1263.6

describe('a Mac full of ghosts (provider-runtime §5.4, §5.5)', () => {
  it('says idle, with nothing running and nothing reserved, while its GPU works for nobody', () => {
    const bench = sinkhole().ask(20, 99, GPT).run(200)
    const [busy] = bench.wrote('gpu_busy')
    const prefill = (24 * 4000 * (1 + 4000 / 45_000)) / 1263.6
    expect(busy!.at / SECOND).toBeGreaterThan(1 + prefill)
    const beats = bench.said('heartbeat').filter((beat) => beat.heardAt > 9 && beat.heardAt < 20)
    expect(beats.length).toBeGreaterThanOrEqual(2)
    for (const beat of beats) {
      expect(beat.status).toBe('idle')
      expect(beat.capacity!.slots[0]).toMatchObject({ state: 'idle', running: 0, waiting: 0, activeTokenBudgetUsed: 0 })
    }
    // The padded group ends before anybody else is admitted, long after the 24 short rows would have been done.
    expect(bench.wrote('work').find((row) => row.request === 99)!.admittedAt / SECOND).toBeGreaterThan(1 + prefill)
  })

  it('takes the rows beyond the group out of the FIFO: 24 ghosts, not 26', () => {
    const bench = sinkhole().run(60)
    expect(bench.wrote('machine_state').find((row) => row.at === 9 * SECOND)!.ghosts).toBe(24)
  })

  it('holds their KV in memory, though nothing is reserved', () => {
    const bench = sinkhole().run(60)
    const beat = bench.said('heartbeat').find(({ heardAt }) => heardAt > 40)
    expect(beat!.capacity!.gpuMemoryActive_gb).toBeGreaterThan(11.25 + (24 * 300 * 24_576) / GIB)
    expect(bench.wrote('machine_state').at(-1)!.kvReservedBytes).toBe(0)
  })

  it('drops them with an eviction, which waits for the end of the running step', () => {
    const bench = aMac({ memory_gib: 36, resident: [GPT] })
    for (let request = 1; request <= 24; request++) bench.ask(1, request, GPT, { prompt: 4000 }).cancel(9, request)
    bench.load(12, GEMMA).run(60)
    const [unloaded] = bench.wrote('unloaded')
    // A chunk of 24 rows of 512 tokens lasts more than 10 s on this chip; the second one runs from about 11.3 s.
    expect(unloaded).toMatchObject({ build: GPT, why: 'evicted' })
    expect(unloaded!.at / SECOND).toBeCloseTo(1.061 + groupChunk(0) + groupChunk(1) + 0.3, 2)
  })
})

describe('the end of the run', () => {
  it('writes the busy stretch under way, and none on an idle GPU', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { output: 200 })
      .run(2)
    bench.mac.closeBooks()
    expect(bench.wrote('gpu_busy')).toMatchObject([{ since: 1.061 * SECOND, at: 2 * SECOND }])
    const idle = aMac({ resident: [GPT] }).run(2)
    idle.mac.closeBooks()
    expect(idle.wrote('gpu_busy')).toEqual([])
  })
})
