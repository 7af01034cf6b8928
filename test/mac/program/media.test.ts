/** Requests with pictures, provider-runtime 5.9 and 2: past the batch, and invisible in what the Mac reports. */
import { describe, expect, it } from 'vitest'
import { aMac, aModel, GEMMA, GIB, GPT, type MacBench } from '../a-mac.ts'

const PICTURE = { prompt: 4000, output: 800, max: 800, images: 2 }

/** When a text request is answered, with or without pictures on the same GPU. */
const textEnds = (beside: boolean) => {
  const bench = aMac({ resident: [GEMMA] }).ask(1, 1, GEMMA, { output: 200 })
  if (beside) bench.ask(1, 2, GEMMA, PICTURE)
  return bench.run(60).when(1, 'complete')!
}

/** For which request 2 waited, and nobody is to blame. */
const mappingSeconds = (bench: MacBench): number =>
  bench
    .wrote('delay')
    .filter(({ request, culprit }) => request === 2 && culprit === 'none')
    .reduce((sum, { memory_ns }) => sum + memory_ns, 0) / 1e9

describe('a request with pictures', () => {
  it('is served, and no heartbeat shows it: idle, nothing running, no budget used', () => {
    const bench = aMac({ resident: [GEMMA] })
      .ask(0.1, 1, GEMMA, PICTURE)
      .run(60)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', 'first_content', 'complete'])
    const meanwhile = bench
      .said('heartbeat')
      .filter(({ heardAt }) => heardAt > 1 && heardAt < bench.when(1, 'complete')!)
    expect(meanwhile.length).toBeGreaterThan(0)
    for (const beat of meanwhile) {
      expect(beat.status).toBe('idle')
      expect(beat.activeModel).toBe(GEMMA)
      expect(beat.capacity!.slots[0]).toMatchObject({
        state: 'idle',
        running: 0,
        activeTokens: 0,
        maxTokensPotential: 0,
        activeTokenBudgetUsed: 0,
      })
    }
    expect(bench.said('heartbeat').at(-1)!.capacity!.slots[0]!.observedDecodeTps).toBeUndefined()
  })

  it('reserves KV for its text by bytes / 3, 1,024 tokens a picture and its max_tokens, and gives it back', () => {
    const bench = aMac({ resident: [GEMMA] })
      .ask(0.1, 1, GEMMA, PICTURE)
      .run(60)
    const reserved = bench.wrote('machine_state').map(({ kvReservedBytes }) => kvReservedBytes)
    expect(Math.max(...reserved)).toBe((Math.ceil((4000 * 4) / 3) + 2 * 1024 + 800) * 20_480)
    expect(reserved.at(-1)).toBe(0)
  })

  it('is in flight all the same: its model is not evicted, free_for_load counts nothing as evictable, the Mac is not idle', () => {
    const bench = aMac({ slots: 1, resident: [GEMMA] })
      .ask(0.1, 1, GEMMA, PICTURE)
      .load(1, GPT)
      .run(5.5)
    expect(bench.said('load_status').at(-1)).toMatchObject({ text: 'model load failed: slots active' })
    expect(bench.said('heartbeat')[0]!.capacity!.freeForLoad_gb).toBeLessThan(64 - 4 - 6.4 - 4 - 13)
    expect(bench.wrote('machine_state').at(-1)!.idleCapable).toBe(0)
  })

  it('takes turns with the batch on the GPU', () => {
    expect(textEnds(true)).toBeGreaterThan(textEnds(false) * 1.3)
  })

  it('pays for mapping the weights again when nobody has used them for 2 s, 0.34 s for gemma, blamed on nobody', () => {
    const answered = aMac({ resident: [GEMMA] })
      .ask(1, 1, GEMMA, { output: 2 })
      .run(20)
      .when(1, 'complete')!
    const [soon, late] = [1, 3].map((later) =>
      mappingSeconds(
        aMac({ resident: [GEMMA] })
          .ask(1, 1, GEMMA, { output: 2 })
          .ask(answered + later, 2, GEMMA, { ...PICTURE, output: 2 })
          .run(40),
      ),
    )
    expect(soon).toBe(0)
    expect(late).toBeCloseTo(aModel(GEMMA).residentBytes.value / 40e9, 3)
  })

  it('is refused 400 by a model without eyes, and 503 without KV room, both after the preamble', () => {
    const blind = aMac({ resident: [GPT] })
      .ask(0.1, 1, GPT, PICTURE)
      .run(5)
    expect(blind.story(1)).toEqual(['accepted', 'preamble', '400 model does not support image or video input'])
    const full = aMac({ memory_gib: 36, resident: [GEMMA] })
      .ask(0.1, 1, GEMMA, { ...PICTURE, max: Math.ceil((20 * GIB) / 20_480) })
      .run(5)
    expect(full.story(1)).toEqual([
      'accepted',
      'preamble',
      '503 insufficient global kv cache headroom for vision request',
    ])
  })

  it('answers 499 when it is cancelled, leaves no ghost, and holds nothing any more', () => {
    const bench = aMac({ resident: [GEMMA] })
      .ask(0.1, 1, GEMMA, { ...PICTURE, prompt: 60_000 })
      .cancel(2, 1)
      .run(30)
    expect(bench.story(1).at(-1)).toBe('499 request cancelled')
    expect(bench.wrote('machine_state').at(-1)).toMatchObject({ ghosts: 0, kvReservedBytes: 0, kvBytes: 0, live: 0 })
    expect(bench.wrote('gpu_busy').at(-1)!.at).toBeLessThan(5e6)
  })
})
