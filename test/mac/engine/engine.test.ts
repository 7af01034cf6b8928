/** One engine, June 2026: provider-runtime 5.4 (steps, groups) and 5.5 (cancellation). */
import { stepConstants } from '../../../sim/catalog/step-constants.ts'
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { Priority } from '../../../sim/kernel/scheduler.ts'
import { StepLaw } from '../../../sim/mac/engine/law/step-law.ts'
import { aChip, aModel, World } from './world.ts'

const law = new StepLaw(stepConstants(aChip(), aModel(), '2026-06'))
/** An engine that has been idle since 0 notices rows at its next poll. */
const POLL = 1_000
const micros = (...nanos: number[]) => POLL + Math.ceil(nanos.reduce((sum, each) => sum + each, 0) / 1_000)
const row = (key: number, promptTokens: number, outputTokens: number) => ({ key, promptTokens, outputTokens })

/** Nanoseconds from the first chunk of a group of these prompts to the end of the forward that seeds it. */
function prefillOf(...prompts: readonly number[]): number {
  const longest = Math.max(...prompts)
  let nanos = 0
  for (let index = 0; index * 512 < longest; index++)
    nanos += prompts.length * law.chunkNanos(index, Math.min(512, longest - index * 512))
  const context = prompts.reduce((sum, each) => sum + each, 0)
  return nanos + law.decodeNanos(prompts.length, context)
}

describe('a row alone', () => {
  it('has its first token two decode steps after its last chunk, the first of them its seed, and its last after all steps', () => {
    const world = new World()
    const engine = world.engine()
    world.at(10, () => engine.submit(row(1, 1_300, 3)))
    world.run()
    const steps = [1_300, 1_301, 1_302].map((context) => law.decodeNanos(1, context))
    expect(world.admittedAt.get(1)).toBe(POLL)
    expect(world.firstAt.get(1)).toBe(micros(prefillOf(1_300), steps[0]!))
    expect(world.finishedAt.get(1)).toBe(micros(prefillOf(1_300), ...steps))
    expect(world.busy).toEqual([[POLL, world.finishedAt.get(1)]])
  })

  it('costs as many events for 10,000 tokens as for 100', () => {
    const events = [100, 10_000].map((tokens) => {
      const world = new World()
      world.engine().submit(row(1, 700, tokens))
      return world.run().kernel.executed
    })
    // Poll, end of the full chunk, of the rest, first token, finish.
    expect(events).toEqual([5, 5])
  })

  it('costs as many events for a prompt of 100,000 tokens as for one of 700', () => {
    const events = [700, 100_000].map((tokens) => {
      const world = new World()
      world.engine().submit(row(1, tokens, 50))
      return world.run().kernel.executed
    })
    expect(events[0]).toBe(events[1])
  })

  it('decodes gpt-oss at about 100 tok/s on an M4 Max (mac-provider 2.2: 97 to 109)', () => {
    const world = new World()
    world.engine().submit(row(1, 200, 500))
    world.run()
    expect(Math.abs(world.decodeTps(1, 500) / 103 - 1)).toBeLessThan(0.05)
  })
})

/** Tokens per second of a decoding row while a group of `rows` long prompts is prefilled. */
const tpsBesideGroupOf = (rows: number) => {
  const world = new World()
  const engine = world.engine()
  world.at(0, () => engine.submit(row(0, 100, 2_000)))
  world.at(1_000_000, () => {
    for (let key = 1; key <= rows; key++) engine.submit(row(key, 20_000, 1))
  })
  const seen: number[] = []
  for (const at of [2_000_000, 12_000_000]) world.lookAt(at, () => seen.push(engine.generatedTokens(0)))
  world.run()
  return (seen[1]! - seen[0]!) / 10
}

describe('the delays of a row', () => {
  it('start with its own microsecond when it comes in the one in which a step ends, before anybody has heard of that', () => {
    for (const output of [1, 2, 3, 4, 5]) {
      const alone = new World()
      alone.engine().submit(row(1, 700, output))
      const end = alone.run().finishedAt.get(1)!
      const world = new World()
      const engine = world.engine()
      world.kernel.schedule(end as Micros, Priority.work, () => engine.submit(row(2, 300, 3)))
      engine.submit(row(1, 700, output))
      world.run()
      const { soloNanos, shares } = world.delays.get(2)!
      let sum = soloNanos
      for (const { gpu, memory, thermal, load, queue } of shares) sum += gpu + memory + thermal + load + queue
      expect(Math.ceil(sum / 1_000)).toBe(world.finishedAt.get(2)! - end)
    }
  })
})

describe('a cold group', () => {
  it('takes whatever waits, pads to the longest prompt and gives all rows their first token together', () => {
    const world = new World()
    const engine = world.engine()
    world.at(10, () => engine.submit(row(1, 2_000, 1)))
    world.at(10, () => engine.submit(row(2, 30, 1)))
    world.at(900, () => engine.submit(row(3, 700, 1)))
    world.run()
    const first = micros(prefillOf(2_000, 30, 700), law.decodeNanos(3, 2_730))
    expect([1, 2, 3].map((key) => world.firstAt.get(key))).toEqual([first, first, first])
  })

  it('makes later rows wait until its longest row is prefilled, then the next group forms of all that waits', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => engine.submit(row(1, 5_000, 50)))
    for (const key of [2, 3, 4]) world.at(key * 500_000, () => engine.submit(row(key, 100, 1)))
    world.run()
    const prefilled = micros(prefillOf(5_000))
    expect([2, 3, 4].map((key) => world.admittedAt.get(key))).toEqual([prefilled, prefilled, prefilled])
    // The first row's first token waits for the first chunk of that group.
    expect(world.firstAt.get(1)).toBe(micros(prefillOf(5_000), law.decodeNanos(1, 5_000), prefillOf(100, 100, 100)))
  })

  it('lets a row that arrives during a step join only at the end of the next one', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => engine.submit(row(1, 512, 100)))
    // In the second decode step: its admission has been posted, the third step's will take the row.
    const second = micros(prefillOf(512), law.decodeNanos(1, 512))
    world.at(second + 10, () => engine.submit(row(2, 10, 1)))
    world.run()
    const steps = [512, 513, 514].map((context) => law.decodeNanos(1, context))
    expect(world.admittedAt.get(2)).toBe(micros(prefillOf(512), ...steps))
  })

  it('slows decoding rows to one token per chunk: 1 to 3 tok/s for one row, below 1 for four (provider-runtime 5.4)', () => {
    expect(tpsBesideGroupOf(1)).toBeGreaterThan(1)
    expect(tpsBesideGroupOf(1)).toBeLessThan(3)
    expect(tpsBesideGroupOf(4)).toBeLessThan(1)
  })
})

describe('the cap on rows', () => {
  it('holds back what does not fit, and a slot is free one step after its row has finished', () => {
    const world = new World()
    const engine = world.engine()
    engine.setMaxRows(2)
    world.at(0, () => {
      engine.submit(row(1, 512, 2))
      engine.submit(row(2, 512, 20))
      engine.submit(row(3, 512, 1))
    })
    world.run()
    const steps = [0, 1].map((done) => law.decodeNanos(2, 1_024 + 2 * done))
    expect(world.finishedAt.get(1)).toBe(micros(prefillOf(512, 512), ...steps))
    expect(world.admittedAt.get(3)).toBe(micros(prefillOf(512, 512), ...steps, law.decodeNanos(1, 514)))
  })

  it('counts the rows of a pending group: restored rows do not come on top of them', () => {
    const world = new World()
    const engine = world.engine()
    engine.setMaxRows(3)
    world.at(0, () => {
      engine.submit(row(1, 4_000, 400))
      engine.submit(row(2, 4_000, 400))
    })
    world.at(100_000, () => {
      for (const key of [3, 4]) engine.submit({ ...row(key, 600, 400), restoredTokens: 512 })
    })
    const seen: number[] = []
    world.lookAt(4_000_000, () => seen.push(engine.kvRows()))
    world.run()
    expect(seen).toEqual([3])
    expect(world.admittedAt.get(3)).toBeLessThan(4_000_000)
    expect(world.admittedAt.get(4)).toBeGreaterThan(Math.min(...[1, 2, 3].map((key) => world.finishedAt.get(key)!)))
  })

  it('frees the place of a row that becomes a ghost with the end of the running step', () => {
    const world = new World()
    const engine = world.engine()
    engine.setMaxRows(1)
    world.at(0, () => engine.submit(row(1, 4_000, 400)))
    world.at(100_000, () => engine.submit({ ...row(2, 600, 5), restoredTokens: 512 }))
    // In the third chunk; the fourth is the first whose closing admission has a place.
    const chunks = [0, 1, 2, 3].map((index) => law.chunkNanos(index, 512))
    world.at(micros(...chunks.slice(0, 2)) + 10, () => expect(engine.cancel(1)).toBe('ghost'))
    world.run()
    const restore = law.spanNanos(512, 88) + law.decodeNanos(1, 600)
    expect(world.admittedAt.get(2)).toBe(micros(...chunks, restore))
  })

  it('is 24 unless said otherwise', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => {
      for (let key = 0; key < 30; key++) engine.submit(row(key, 64, 400))
    })
    world.run(20_000_000)
    expect(world.admittedAt.size).toBe(24)
    expect(engine.liveRows).toBe(30)
  })
})

describe('a cancelled row', () => {
  it('leaves the FIFO at once', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => engine.submit(row(1, 4_000, 10)))
    world.at(500_000, () => engine.submit(row(2, 4_000, 10)))
    world.at(600_000, () => expect(engine.cancel(2)).toBe('removed'))
    world.run()
    expect([...world.admittedAt.keys()]).toEqual([1])
    expect(engine.idle).toBe(true)
  })

  it('leaves a decoding batch with the start of the next step', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => {
      engine.submit(row(1, 512, 3))
      engine.submit(row(2, 512, 3))
    })
    const first = micros(prefillOf(512, 512), law.decodeNanos(2, 1_024))
    world.at(first + 5, () => expect(engine.cancel(2)).toBe('removed'))
    world.run()
    const steps = [law.decodeNanos(2, 1_024), law.decodeNanos(2, 1_026), law.decodeNanos(1, 514)]
    expect(world.finishedAt.get(1)).toBe(micros(prefillOf(512, 512), ...steps))
    expect(world.finishedAt.has(2)).toBe(false)
  })

  it('lives on as a ghost when the cold group has it: it is prefilled, slows others down to its end, and holds no slot', () => {
    const world = new World()
    const engine = world.engine()
    engine.setMaxRows(1)
    world.at(0, () => engine.submit(row(1, 4_096, 1_000)))
    world.at(100_000, () => {
      expect(engine.cancel(1)).toBe('ghost')
      engine.submit(row(2, 512, 2))
    })
    world.lookAt(5_000_000, () => expect([engine.liveRows, engine.ghostRows, engine.activeTokens()]).toEqual([0, 1, 0]))
    world.run()
    // Admitted with the cap of one although the ghost decodes, once the whole group is prefilled.
    expect(world.admittedAt.get(2)).toBe(micros(prefillOf(4_096)))
    const withGhost = law.decodeNanos(2, 4_097 + 512)
    expect(world.firstAt.get(2)).toBe(micros(prefillOf(4_096), law.decodeNanos(1, 4_096), prefillOf(512), withGhost))
    // The GPU stays busy for all 1,000 tokens nobody hears.
    expect(world.busy).toHaveLength(1)
    expect(world.busy[0]![1]).toBeGreaterThan(10_000_000)
    expect([world.finishedAt.has(1), engine.idle]).toEqual([false, true])
  })

  it('keeps its KV as a ghost, window and all, until its last token', () => {
    const world = new World()
    const engine = world.engine()
    const seen: number[][] = []
    const look = () => void seen.push([engine.liveRows, engine.kvRows(), engine.kvTokens()])
    world.at(0, () => engine.submit(row(1, 2_000, 300)))
    world.at(700_000, () => engine.cancel(1))
    for (const at of [600_000, 800_000, 30_000_000]) world.lookAt(at, look)
    world.run()
    expect(seen).toEqual([
      [1, 1, 512],
      [0, 1, 512],
      [0, 0, 0],
    ])
    expect(world.log.filter((line) => line.endsWith('ghost ended'))).toHaveLength(1)
  })

  it('is no ghost when its last chunk is already running: the abort meets it in the decode batch', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => engine.submit(row(1, 500, 1_000)))
    world.at(100_000, () => expect(engine.cancel(1)).toBe('removed'))
    world.run()
    expect(world.busy).toEqual([[POLL, micros(prefillOf(500))]])
  })

  it('leaves the cold group with the end of the running step where nobody prefills it on', () => {
    const world = new World('jumping', aChip(), '2026-06', 'fcfs', () => false)
    const engine = world.engine()
    engine.setMaxRows(1)
    world.at(0, () => engine.submit(row(1, 4_096, 1_000)))
    world.at(100_000, () => {
      expect(engine.cancel(1)).toBe('removed')
      engine.submit(row(2, 512, 2))
    })
    world.run()
    // Its first chunk runs to its end; the engine, which has nothing left, admits the next at once.
    const chunk = law.chunkNanos(0, 512)
    expect(world.admittedAt.get(2)).toBe(micros(chunk))
    expect(world.firstAt.get(2)).toBe(micros(chunk, prefillOf(512), law.rowNanos(512)))
    expect([engine.ghostRows, engine.idle]).toEqual([0, true])
  })

  it('takes its padding along: who is left of the group and has been prefilled is seeded by the next step', () => {
    const world = new World('jumping', aChip(), '2026-06', 'fcfs', () => false)
    const engine = world.engine()
    world.at(0, () => {
      engine.submit(row(1, 4_096, 1_000))
      engine.submit(row(2, 600, 2))
    })
    const chunks = [0, 1, 2].map((index) => 2 * law.chunkNanos(index, 512))
    world.at(micros(...chunks.slice(0, 2)) + 10, () => expect(engine.cancel(1)).toBe('removed'))
    world.run()
    expect(world.firstAt.get(2)).toBe(micros(...chunks, law.rowNanos(600), law.rowNanos(600)))
  })

  it('is unknown afterwards, and its work can be asked before', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => engine.submit(row(1, 2_000, 10)))
    world.at(700_000, () => {
      expect(engine.workOf(1)).toEqual({ prefilledTokens: 512, decodedTokens: 0 })
      engine.cancel(1)
      expect(engine.cancel(1)).toBe('unknown')
    })
    world.run()
  })
})
