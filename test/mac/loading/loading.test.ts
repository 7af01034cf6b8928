import { describe, expect, it } from 'vitest'
import type { BuildId } from '../../../sim/base/ids.ts'
import type { ModelSpec } from '../../../sim/catalog/index.ts'
import { aMac, aModel, GEMMA, GEMMA8, GIB, GPT, SECOND } from '../a-mac.ts'

/** Steady load times of the bench: bytes / 3.6 GB/s + 1.5 s. */
const GEMMA_LOAD = 15.6 / 3.6 + 1.5

describe('a request for a model that is not resident', () => {
  it('is accepted at once and gets its preamble when load and preparation are over', () => {
    const bench = aMac().ask(1, 1, GEMMA).run(30)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', 'first_content', 'complete'])
    expect(bench.when(1, 'accepted')).toBe(1)
    expect(bench.when(1, 'preamble')).toBeCloseTo(1 + GEMMA_LOAD + 0.06, 5)
  })

  it('blocks the event loop: later messages are heard when the load has ended', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GEMMA)
      .ask(2, 2, GPT)
      .run(30)
    expect(bench.when(2, 'accepted')).toBeCloseTo(1 + GEMMA_LOAD, 5)
  })

  it('does not stop the heartbeats', () => {
    const bench = aMac({ chip: 'M4 10c', advertises: [GEMMA8] })
      .ask(1, 1, GEMMA8)
      .run(25)
    expect(bench.when(1, 'preamble')).toBeGreaterThan(21)
    expect(bench.said('heartbeat').length).toBeGreaterThanOrEqual(4)
  })

  it('stops the tokens of other models while weights are read, but not while the engine is built', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { output: 400, max: 400 })
      .ask(2, 2, GEMMA)
      .run(30)
    const busy = bench.wrote('gpu_busy')
    expect(busy[0]!.at).toBeLessThan(2.1 * SECOND)
    expect(busy[1]!.since / SECOND).toBeCloseTo(2 + GEMMA_LOAD - 1.5, 5)
  })

  it('is answered 404 after accepted when the build is not on the disk', () => {
    const bench = aMac({ advertises: [GPT] })
      .ask(1, 1, GEMMA)
      .run(2)
    expect(bench.story(1)).toEqual(['accepted', '404 model load failed: not found'])
    expect(bench.wrote('load_started')).toEqual([])
  })

  it('is refused before it is accepted when the load is certain to fail for memory', () => {
    const bench = aMac({ memory_gib: 24, os_gib: 4 }).ask(1, 1, GPT).run(2)
    expect(bench.story(1)).toEqual(['503 insufficient memory to load model'])
    expect(bench.wrote('work')).toMatchObject([{ outcome: 'error', prefilledTokens: 0, admittedAt: -1 }])
  })

  it('is refused before it is accepted when every slot is active', () => {
    const bench = aMac({ slots: 1, resident: [GPT] })
      .ask(1, 1, GPT, { output: 200 })
      .ask(1.5, 2, GEMMA)
      .run(10)
    expect(bench.story(2)).toEqual(['503 insufficient memory to load model'])
    expect(bench.story(1).at(-1)).toBe('complete')
  })
})

const unloading = () => aMac({ slots: 1, resident: [GPT], settings: { idle_timeout: '60s', unload_time: '2s' } })

describe('a request for a model that comes or goes', () => {
  it('waits for the end of its unloading and loads it again, on a Mac with one slot too', () => {
    const gone = unloading().run(200).wrote('unloaded')[0]!.at / SECOND
    const bench = unloading()
      .ask(gone - 1, 1, GPT)
      .run(gone + 30)
    expect(bench.when(1, 'accepted')).toBeCloseTo(gone - 1, 5)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', 'first_content', 'complete'])
  })

  it('is refused while it loads by a Mac without room for it twice: the pre-accept check does not look at loads', () => {
    const small = aMac({ memory_gib: 32, os_gib: 2 }).load(1, GPT).ask(2, 1, GPT).run(20)
    expect(small.said('load_status').map(({ status }) => status)).toEqual(['started', 'succeeded'])
    expect(small.story(1)).toEqual(['503 insufficient memory to load model'])
    const large = aMac().load(1, GPT).ask(2, 1, GPT).run(20)
    expect(large.story(1)).toEqual(['accepted', 'preamble', 'first_content', 'complete'])
  })
})

describe('load_model', () => {
  it('answers succeeded alone when the model is resident', () => {
    const bench = aMac({ resident: [GPT] })
      .load(1, GPT)
      .run(2)
    expect(bench.said('load_status').map((status) => status.status)).toEqual(['succeeded'])
  })

  it('does not block the event loop', () => {
    const bench = aMac({ resident: [GPT] })
      .load(1, GEMMA)
      .ask(2, 1, GPT)
      .run(10)
    expect(bench.said('load_status').map((status) => status.status)).toEqual(['started', 'succeeded'])
    expect(bench.when(1, 'accepted')).toBe(2)
  })

  it('gives two terminal statuses to a socket that asked twice', () => {
    const bench = aMac().load(1, GEMMA).load(2, GEMMA).run(10)
    expect(bench.said('load_status').map((status) => status.status)).toEqual([
      'started',
      'started',
      'succeeded',
      'succeeded',
    ])
    expect(bench.wrote('load_started')).toHaveLength(1)
  })

  it('fails with slots active when the only slot is busy', () => {
    const bench = aMac({ slots: 1, resident: [GPT] })
      .ask(1, 1, GPT, { output: 200 })
      .load(1.5, GEMMA)
      .run(10)
    expect(bench.said('load_status')).toMatchObject([
      { status: 'started' },
      { status: 'failed', text: 'model load failed: slots active' },
    ])
    expect(bench.wrote('load_ended')).toMatchObject([{ ok: false, took: 0 }])
  })

  it('evicts every idle model before it fails for memory', () => {
    const bench = aMac({ memory_gib: 36, os_gib: 4, advertises: [GPT, GEMMA8], resident: [GPT] })
      .load(1, GEMMA8)
      .run(10)
    expect(bench.said('load_status').at(-1)).toMatchObject({ text: 'model load failed: insufficient memory' })
    expect(bench.warm()).toEqual([])
  })

  it('waits at the gate for a running load of another model', () => {
    const bench = aMac().load(1, GPT).load(1, GEMMA).run(20)
    const [first, second] = bench.wrote('load_started')
    expect(first).toMatchObject({ build: GPT, cause: 'command' })
    expect(second).toMatchObject({ build: GEMMA, at: bench.wrote('load_ended')[0]!.at })
  })
})

describe('the check after a load', () => {
  /** Twice as large in memory as on the disk: the gate cannot know. */
  const bloated: ModelSpec = {
    ...aModel(GPT),
    build: 'bloated' as BuildId,
    residentBytes: { value: 56 * GIB, evidence: 'assumed', source: 'test' },
  }

  it('unloads a model that leaves less than 1 GiB of KV, and waiters share the error', () => {
    const bench = aMac({ advertises: [bloated], os_gib: 4 })
      .load(1, 'bloated')
      .ask(2, 1, 'bloated')
      .run(20)
    expect(bench.story(1)).toEqual(['accepted', '503 model load failed: insufficient KV headroom'])
    expect(bench.said('load_status').at(-1)).toMatchObject({ text: 'model load failed: insufficient KV headroom' })
    expect(bench.wrote('load_started')).toHaveLength(1)
    expect(bench.wrote('unloaded')).toMatchObject([{ why: 'post_load_check' }])
    expect(bench.wrote('machine_state').at(-1)).toMatchObject({ weightsBytes: 0, residentBuilds: 0, live: 0 })
  })
})

describe('eviction and idle timeout', () => {
  it('evicts the model with the oldest activity', () => {
    const bench = aMac({ memory_gib: 128, slots: 2, advertises: [GPT, GEMMA, GEMMA8], resident: [GPT, GEMMA] })
    bench.ask(10, 1, GEMMA).ask(20, 2, GPT).ask(40, 3, GEMMA8).run(80)
    expect(bench.wrote('unloaded')).toMatchObject([{ build: GEMMA, why: 'evicted' }])
    expect(bench.story(3).at(-1)).toBe('complete')
  })

  it('never evicts a model with an accepted request', () => {
    const bench = aMac({ memory_gib: 128, slots: 2, advertises: [GPT, GEMMA, GEMMA8], resident: [GPT, GEMMA] })
    bench.ask(10, 1, GEMMA, { output: 900, max: 900 }).ask(20, 2, GPT).ask(30, 3, GEMMA8).run(80)
    expect(bench.wrote('unloaded')).toMatchObject([{ build: GPT, why: 'evicted' }])
  })

  it('unloads an idle model 60 to 61 minutes after its last activity', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(100, 1, GPT)
      .run(2 * 3600)
    const idleFor = bench.wrote('unloaded')[0]!.at / SECOND - bench.when(1, 'complete')! - 0.3
    expect(idleFor).toBeGreaterThanOrEqual(3600)
    expect(idleFor).toBeLessThanOrEqual(3660)
    expect(bench.warm()).toEqual([])
  })

  it('keeps a model for ever with idle_timeout 0', () => {
    const bench = aMac({ resident: [GPT], settings: { idle_timeout: 0 } }).run(3 * 3600)
    expect(bench.wrote('unloaded')).toEqual([])
  })

  it('caps the slots at the number of models on the disk', () => {
    const bench = aMac({ slots: 3, advertises: [GPT], resident: [GPT] })
    expect(bench.misfits).toEqual([])
  })
})

/** Seconds to the first token of a request that comes `asked` seconds after the start. */
const firstTokenAfter = (asked: number, settings: object) =>
  aMac({ resident: [GPT], settings })
    .ask(asked, 1, GPT, { output: 1 })
    .run(20)
    .when(1, 'first_content')! - asked

describe('what else a load costs', () => {
  it('is a hash of the files on the first load of a process, when their fingerprints are said to have changed', () => {
    const settings = { load: { rate_factor_sigma: 0, slow_share: 0, hash_first_load: true } }
    const bench = aMac({ slots: 1, settings }).load(1, GPT).load(40, GEMMA).load(80, GPT).run(120)
    const took = bench.wrote('load_ended').map((row) => row.took / SECOND)
    // The hash has read the file, so the load finds it in the page cache.
    expect(took[0]).toBeCloseTo(12.1 / 1.4 + 12.1 / 15.9 + 1.5, 3)
    expect(took[2]).toBeCloseTo(0.3 + 12.1 / 15.9 + 1.5, 3)
    expect(took[1]).toBeCloseTo(0.3 + 15.6 / 1.4 + 15.6 / 15.9 + 1.5, 3)
  })

  it('does not stop other models while it hashes', () => {
    const settings = { load: { rate_factor_sigma: 0, slow_share: 0, hash_first_load: true } }
    const bench = aMac({ resident: [GPT], settings })
      .load(1, GEMMA)
      .ask(2, 1, GPT)
      .run(30)
    expect(bench.when(1, 'complete')).toBeLessThan(1 + 15.6 / 1.4)
  })

  it('is 16 ms more in the first step, 168 against 152 ms', () => {
    const first = aMac().load(1, GPT).ask(7, 1, GPT, { output: 1 }).run(20)
    const later = aMac({ resident: [GPT] })
      .ask(0.5, 1, GPT, { output: 1 })
      .run(20)
    const ttft = (bench: typeof first, asked: number) => bench.when(1, 'first_content')! - asked
    expect(ttft(first, 7) - ttft(later, 0.5)).toBeCloseTo(0.016, 2)
  })

  it('is the mapping of weights again after 2 s of idling, 0.3 s for gpt-oss, never with residency sets', () => {
    expect(firstTokenAfter(10, {}) - firstTokenAfter(0.5, {})).toBeCloseTo(aModel(GPT).residentBytes.value / 40e9, 2)
    expect(firstTokenAfter(10, { unwire: { after: 0 } })).toBeCloseTo(firstTokenAfter(0.5, {}), 6)
  })
})

const tookWith = (failure_share: string) =>
  aMac({ slots: 1, settings: { load: { failure_share } } })
    .load(1, GPT)
    .load(100, GEMMA)
    .load(200, GEMMA8)
    .run(400)
    .wrote('load_ended')
    .map((row) => row.took)

describe('a load that fails for another reason than room', () => {
  const broken = { load: { rate_factor_sigma: 0, slow_share: 0, failure_share: '100%' } }

  it('is answered 500 when the weights have been read, and leaves nothing behind', () => {
    const bench = aMac({ settings: broken }).ask(1, 1, GPT).run(20)
    expect(bench.story(1)).toEqual(['accepted', '500 model load failed: other'])
    expect(bench.wrote('load_ended')).toMatchObject([{ ok: false, text: 'model load failed: other' }])
    expect(bench.wrote('machine_state').at(-1)).toMatchObject({ weightsBytes: 0, residentBuilds: 0, live: 0 })
  })

  it('draws from a stream of its own: the load times of the others stay', () => {
    expect(tookWith('0.000001%')).toEqual(tookWith('0%'))
  })
})
