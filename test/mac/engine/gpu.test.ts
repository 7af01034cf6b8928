/** Several models on one GPU: provider-runtime 6. */
import { stepConstants } from '../../../sim/catalog/step-constants.ts'
import { describe, expect, it } from 'vitest'
import { StepLaw } from '../../../sim/mac/engine/law/step-law.ts'
import { aChip, aModel, World } from './world.ts'

const row = (key: number, promptTokens: number, outputTokens: number) => ({ key, promptTokens, outputTokens })

const stepSeconds = (build: string) =>
  new StepLaw(stepConstants(aChip(), aModel(build), '2026-06')).decodeNanos(1, 300) / 1e9

/** When a long prompt has its first token, with or without a decoding neighbour. */
const prefillMicros = (neighbour: boolean) => {
  const world = new World()
  if (neighbour) world.engine('gpt-oss-20b').submit(row(1, 100, 2_000))
  world.engine('gemma-4-26b-8bit').submit(row(2, 16_000, 1))
  world.run()
  return world.firstAt.get(2)!
}

const FAULT = { kind: 'fault' } as const
const READ = { kind: 'load', build: 'gemma-4-26b-8bit' } as const

describe('two models on one GPU', () => {
  it('that both decode take turns: each at 1/(t_A + t_B)', () => {
    const world = new World()
    world.engine('gpt-oss-20b').submit(row(1, 100, 400))
    world.engine('gemma-4-26b-qat-4bit').submit(row(2, 100, 400))
    world.run()
    const together = 1 / (stepSeconds('gpt-oss-20b') + stepSeconds('gemma-4-26b-qat-4bit'))
    expect(Math.abs(world.decodeTps(1, 400) / together - 1)).toBeLessThan(0.02)
    expect(Math.abs(world.decodeTps(2, 400) / together - 1)).toBeLessThan(0.02)
  })

  it('where one prefills long prompts leave the other 1 to 3 tok/s (the fleet saw 2.6)', () => {
    const world = new World()
    const gemma = world.engine('gemma-4-26b-qat-4bit')
    const gpt = world.engine('gpt-oss-20b')
    world.at(0, () => gemma.submit(row(1, 200, 60)))
    for (let key = 2; key < 5; key++) world.at(1, () => gpt.submit(row(key, 30_000, 1)))
    gpt.setMaxRows(1)
    world.run()
    expect(world.decodeTps(1, 60)).toBeGreaterThan(1)
    expect(world.decodeTps(1, 60)).toBeLessThan(3)
  })

  it('where one prefills alone cost it little: it loses one decode step of the other per chunk', () => {
    expect(prefillMicros(false) / prefillMicros(true)).toBeGreaterThan(0.9)
  })

  it('cost no events for their turns', () => {
    // Gemma's windows fill up in both.
    const events = [2_000, 20_000].map((tokens) => {
      const world = new World()
      world.engine('gpt-oss-20b').submit(row(1, 100, tokens))
      world.engine('gemma-4-26b-8bit').submit(row(2, 100, tokens))
      return world.run().kernel.executed
    })
    expect(events[0]).toBe(events[1])
  })
})

describe('a weight read', () => {
  it('lets the running step end, then nothing decodes until it is over', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => engine.submit(row(1, 100, 1_000)))
    const seen: number[] = []
    world.at(2_000_000, () => world.gpu.freeze(READ))
    for (const at of [2_000_000, 2_100_000, 7_000_000]) world.lookAt(at, () => seen.push(engine.generatedTokens(1)))
    world.at(7_000_000, () => world.gpu.unfreeze(READ))
    world.run()
    expect([seen[1]! - seen[0]!, seen[2]! - seen[1]!]).toEqual([1, 0])
    expect(world.busy).toHaveLength(2)
    expect(world.busy[1]![0]).toBe(7_000_000)
    expect(world.finishedAt.has(1)).toBe(true)
  })

  it('inside another ends with the outer one', () => {
    const world = new World()
    world.at(0, () => world.gpu.freeze(FAULT))
    world.at(1, () => world.gpu.freeze(FAULT))
    world.at(2, () => world.engine().submit(row(1, 10, 1)))
    world.at(1_000_000, () => world.gpu.unfreeze(FAULT))
    world.lookAt(1_500_000, () => expect(world.gpu.busy).toBe(false))
    world.at(2_000_000, () => world.gpu.unfreeze(FAULT))
    world.run()
    expect(world.busy[0]![0]).toBe(2_000_000)
  })

  it('needs an end: unfreeze without freeze is a bug', () => {
    expect(() => new World().gpu.unfreeze(FAULT)).toThrow('unfreeze')
  })
})

describe('a fault of the GPU', () => {
  const PROMPT = 512
  const alone = new World()
  alone.engine().submit(row(1, PROMPT, 1))
  const undisturbed = alone.run().finishedAt.get(1)!

  it('stops the running step too, which goes on where it stood', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => engine.submit(row(1, PROMPT, 1)))
    world.at(100_000, () => world.gpu.freeze(FAULT))
    world.at(7_100_000, () => world.gpu.unfreeze(FAULT))
    world.run()
    expect(world.finishedAt.get(1)).toBe(undisturbed + 7_000_000)
    expect(world.busy.map(([since, until]) => until - since)).toEqual([99_000, undisturbed - 100_000])
    expect(world.activities.map(([, { phase }]) => phase)).toEqual(['prefill', 'idle', 'prefill', 'decode', 'idle'])
  })

  it('keeps a removed engine’s arrays in use as long as its step stands still', () => {
    const world = new World()
    const engine = world.engine()
    const over: number[] = []
    world.at(0, () => engine.submit(row(1, PROMPT, 1)))
    world.at(100_000, () => world.gpu.freeze(FAULT))
    world.at(200_000, () => world.gpu.removeEngine(engine, () => over.push(world.kernel.now)))
    world.at(7_100_000, () => world.gpu.unfreeze(FAULT))
    world.run()
    expect(over).toHaveLength(1)
    expect(over[0]).toBeGreaterThan(7_100_000)
    expect(over[0]).toBeLessThan(undisturbed + 7_000_000)
  })

  it('of a pace sets in with the step’s share done: 5 s at 1 % cost 4.95 s, however long the chunk', () => {
    const world = new World()
    const engine = world.engine()
    world.at(0, () => engine.submit(row(1, PROMPT, 1)))
    world.at(100_000, () => world.setPace(100, 10_000, 10_000, 100))
    world.at(5_100_000, () => world.setPace(100, 100, 100, 100))
    world.run()
    // What is done within a slow spell is a hundredth of it; two roundings to the nanosecond, one to the microsecond.
    expect(Math.abs(world.finishedAt.get(1)! - undisturbed - 4_950_000)).toBeLessThanOrEqual(1)
  })
})

describe('removing an engine', () => {
  it('drops its rows silently; the running step ends and the neighbour goes on', () => {
    const world = new World()
    const leaving = world.engine('gemma-4-26b-qat-4bit')
    const staying = world.engine('gpt-oss-20b')
    world.at(0, () => leaving.submit(row(1, 100, 5_000)))
    world.at(0, () => staying.submit(row(2, 100, 500)))
    world.at(3_000_000, () => world.gpu.removeEngine(leaving))
    world.run()
    expect([...world.finishedAt.keys()]).toEqual([2])
    expect([leaving.liveRows, leaving.idle]).toEqual([0, true])
    expect(world.busy).toHaveLength(1)
  })
})

describe('tokens', () => {
  it('are conserved: what the GPU decoded for a finished row is what was asked', () => {
    const world = new World()
    const engines = ['gpt-oss-20b', 'gemma-4-26b-8bit'].map((build) => world.engine(build))
    for (let key = 0; key < 200; key++) {
      world.at(key * 70_000, () => engines[key % 2]!.submit(row(key, 1 + ((key * 97) % 3_000), 1 + ((key * 31) % 200))))
    }
    world.run()
    const work = world.log
      .filter((line) => line.includes('finished'))
      .map((line) => line.split(' ').slice(2).map(Number))
    expect(work).toHaveLength(200)
    for (const [key, prefilled, decoded] of work) {
      expect([prefilled, decoded]).toEqual([1 + ((key! * 97) % 3_000), 1 + ((key! * 31) % 200)])
    }
    expect(engines.map((engine) => [engine.liveRows, engine.activeTokens(), engine.idle])).toEqual([
      [0, 0, true],
      [0, 0, true],
    ])
  })
})
