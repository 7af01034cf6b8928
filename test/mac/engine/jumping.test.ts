/** The jumping GPU against one that takes every step: same calls at the same microseconds, same counts in between. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../../sim/mac/gpu.ts'
import { aChip, World } from './world.ts'

const BUILDS = ['gpt-oss-20b', 'gemma-4-26b-qat-4bit', 'gemma-4-26b-8bit'] as const

type Op =
  | {
      readonly kind: 'submit'
      readonly engine: number
      readonly prompt: number
      readonly output: number
      readonly again: boolean
    }
  | { readonly kind: 'cancel'; readonly pick: number }
  | { readonly kind: 'freeze'; readonly hold: number }
  | { readonly kind: 'rows'; readonly engine: number; readonly rows: number }
  | { readonly kind: 'replace'; readonly engine: number }
  | { readonly kind: 'look' }

const engine = fc.nat({ max: 2 })
const prompt = fc.oneof(
  fc.integer({ min: 1, max: 600 }),
  fc.constantFrom(512, 1_024, 2_048),
  fc.integer({ min: 1, max: 6_000 }),
)
const output = fc.oneof(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 120 }),
  fc.integer({ min: 1, max: 2_000 }),
)
const submit = fc.record({ kind: fc.constant('submit' as const), engine, prompt, output, again: fc.boolean() })

const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: submit },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat({ max: 1_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('freeze' as const), hold: fc.integer({ min: 0, max: 900_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rows' as const), engine, rows: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replace' as const), engine }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
)

/** Gaps within one step, of some steps, of whole requests; 0 for what happens in one instant. */
const gap = fc.oneof(fc.constant(0), fc.nat({ max: 2_000 }), fc.nat({ max: 60_000 }), fc.nat({ max: 2_000_000 }))
const script = fc.array(fc.record({ gap, op }), { minLength: 1, maxLength: 40, size: 'max' })
type Script = readonly { readonly gap: number; readonly op: Op }[]

/** Plays a script and returns everything that can be seen from outside. */
function play(kind: 'jumping' | 'stepping', chip: string, engineCount: number, steps: Script): readonly string[] {
  const world = new World(kind, aChip(chip))
  const engines: Engine[] = BUILDS.slice(0, engineCount).map((build) => world.engine(build))
  const home = new Map<number, number>()
  let keys = 0

  const add = (place: number, promptTokens: number, outputTokens: number): void => {
    const key = keys++
    home.set(key, place)
    engines[place]!.submit({ key, promptTokens, outputTokens })
  }
  const look = (): void => {
    for (const each of engines) {
      const kv = `${each.kvRows()} ${each.kvTokens()}`
      world.log.push(
        `look ${each.liveRows} ${each.ghostRows} ${each.activeTokens()} ${kv} ${each.idle} ${world.gpu.busy}`,
      )
    }
  }
  const again = new Set<number>()
  world.onFinished = (key) => {
    // A follow-up from within the callback, as a provider that drains its own queue would do.
    if (again.delete(key)) add(home.get(key)!, 700, 3)
  }
  const act = (what: Op): void => {
    switch (what.kind) {
      case 'submit':
        if (what.again) again.add(keys)
        add(what.engine % engineCount, what.prompt, what.output)
        break
      case 'cancel': {
        const key = what.pick % Math.max(1, keys)
        const owner = engines[home.get(key) ?? 0]!
        world.log.push(`cancel ${key} ${owner.cancel(key)} ${owner.cancel(key)}`)
        break
      }
      case 'freeze':
        world.gpu.freeze()
        world.at(world.kernel.now + what.hold, () => world.gpu.unfreeze())
        break
      case 'rows':
        engines[what.engine % engineCount]!.setMaxRows(what.rows)
        break
      case 'replace': {
        const place = what.engine % engineCount
        world.log.push(`removed until ${world.gpu.removeEngine(engines[place]!)}`)
        engines[place] = world.engine(BUILDS[place])
        break
      }
      case 'look':
        world.lookAt(world.kernel.now, look)
        break
    }
  }
  let at = 0
  for (const each of steps) {
    at += each.gap
    world.at(at, () => act(each.op))
  }
  world.run()
  look()
  return world.log
}

describe('the jumping GPU', () => {
  it('says the same at the same microsecond as one that takes every step', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('M4 Max 40c', 'M3 Ultra 80c', 'M2 10c'),
        fc.integer({ min: 1, max: 3 }),
        script,
        (chip, engineCount, steps) => {
          expect(play('jumping', chip, engineCount, steps)).toEqual(play('stepping', chip, engineCount, steps))
        },
      ),
      { numRuns: 400, seed: 20_260_621 },
    )
  })

  it('counts the same tokens at any instant', () => {
    fc.assert(
      fc.property(script, fc.array(fc.nat({ max: 8_000_000 }), { minLength: 1, maxLength: 20 }), (steps, instants) => {
        const seen = (['jumping', 'stepping'] as const).map((kind) => countsOf(kind, steps, instants))
        expect(seen[0]).toEqual(seen[1])
      }),
      { numRuns: 100, seed: 20_260_621 },
    )
  })
})

/** Row by row: tokens generated and work done, at the given instants. */
function countsOf(kind: 'jumping' | 'stepping', steps: Script, instants: readonly number[]): readonly string[] {
  const world = new World(kind)
  const engines = [world.engine('gpt-oss-20b'), world.engine('gemma-4-26b-8bit')]
  const live = new Map<number, Engine>()
  world.onFinished = (key) => live.delete(key)
  let at = 0
  let key = 0
  for (const { gap: wait, op: what } of steps) {
    at += wait
    if (what.kind !== 'submit') continue
    const row = { key: key++, promptTokens: what.prompt, outputTokens: what.output }
    world.at(at, () => {
      const owner = engines[what.engine % 2]!
      live.set(row.key, owner)
      owner.submit(row)
    })
  }
  const seen: string[] = []
  for (const instant of instants) {
    world.lookAt(instant, () => {
      for (const [each, owner] of live) {
        const work = owner.workOf(each)
        seen.push(`${instant} ${each} ${owner.generatedTokens(each)} ${work.prefilledTokens} ${work.decodedTokens}`)
      }
    })
  }
  world.run()
  return seen
}
