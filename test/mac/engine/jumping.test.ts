/** The jumping GPU against one that takes every step: same calls at the same microseconds, same counts in between. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DelayShare, GHOSTS, PREFIX_HIT, type RowDelays } from '../../../sim/mac/engine/engine.ts'
import type { Engine } from '../../../sim/mac/engine/gpu.ts'
import { aChip, World } from './world.ts'
import { casesOf } from '../../tier.ts'

/** The last two are two engines of one model, as a text batch and a picture beside it are. */
const MACS = [
  ['gpt-oss-20b'],
  ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
  ['gpt-oss-20b', 'gemma-4-26b-8bit', 'gemma-4-26b-8bit'],
] as const

type Op =
  | {
      readonly kind: 'submit'
      readonly engine: number
      readonly prompt: number
      readonly output: number
      readonly restored: number
      readonly again: boolean
    }
  | { readonly kind: 'cancel'; readonly pick: number }
  | { readonly kind: 'freeze'; readonly hold: number; readonly build: string | null }
  | { readonly kind: 'pace'; readonly pace: readonly [number, number, number, number] }
  | { readonly kind: 'worked' }
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
/** Parts per 64 of the prompt that a checkpoint holds. */
const restored = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 63 }) })
const submit = fc.record({
  kind: fc.constant('submit' as const),
  engine,
  prompt,
  output,
  restored,
  again: fc.boolean(),
})
const percent = (max: number) => fc.oneof(fc.constant(100), fc.integer({ min: 100, max }))
const pace = fc.tuple(
  percent(900),
  percent(300),
  percent(200),
  fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 100 })),
)

const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: submit },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat({ max: 1_000 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('freeze' as const),
      hold: fc.integer({ min: 0, max: 900_000 }),
      build: fc.constantFrom(null, 'gpt-oss-20b', 'gemma-3-27b'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pace' as const), pace }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('worked' as const) }) },
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

const setup: fc.Arbitrary<Setup> = fc.record({
  chip: fc.constantFrom('M4 Max 40c', 'M3 Ultra 80c', 'M2 10c'),
  builds: fc.constantFrom(...MACS),
  program: fc.constantFrom(
    ['2026-06', 'fcfs'] as const,
    ['2026-06', 'fcfs'] as const,
    ['2026-07', 'fcfs'] as const,
    ['2026-07', 'interleaved'] as const,
  ),
})

/** Plays a script and returns everything that can be seen from outside. */
interface Setup {
  readonly chip: string
  readonly builds: readonly string[]
  readonly program: readonly ['2026-06' | '2026-07', 'fcfs' | 'interleaved']
}

/** Cancelled prompts that are prefilled on: each, each, none, every other. Told from the script, which needs no draw more. */
function haunting(steps: Script): () => boolean {
  const kind = steps.length % 4
  let asked = 0
  return () => kind < 2 || (kind === 3 && asked++ % 2 === 0)
}

function play(kind: 'jumping' | 'stepping', { chip, builds, program }: Setup, steps: Script): World {
  const world = new World(kind, aChip(chip), ...program, haunting(steps))
  const engineCount = builds.length
  const engines: Engine[] = builds.map((build) => world.engine(build, ONCE))
  // Heat that follows the work, as a real chassis would have it.
  world.onActivity = ({ phase }) => {
    if (phase === 'prefill') world.setPace(100, 100, 100, 70)
    else if (phase === 'idle') world.setPace(100, 100, 100, 100)
  }
  const home = new Map<number, number>()
  let keys = 0

  const add = (place: number, promptTokens: number, outputTokens: number, held = 0): void => {
    const key = keys++
    home.set(key, place)
    world.submittedAt.set(key, world.kernel.now)
    const restoredTokens = Math.floor((promptTokens * held) / 64)
    engines[place]!.submit({ key, promptTokens, outputTokens, ...(restoredTokens > 0 && { restoredTokens }) })
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
        add(what.engine % engineCount, what.prompt, what.output, what.restored)
        break
      case 'cancel': {
        const key = what.pick % Math.max(1, keys)
        const owner = engines[home.get(key) ?? 0]!
        world.log.push(`cancel ${key} ${owner.cancel(key)} ${owner.cancel(key)}`)
        break
      }
      case 'freeze': {
        const cause =
          what.build === null ? ({ kind: 'fault' } as const) : ({ kind: 'load', build: what.build } as const)
        world.gpu.freeze(cause)
        world.at(world.kernel.now + what.hold, () => world.gpu.unfreeze(cause))
        break
      }
      case 'pace':
        world.setPace(...what.pace)
        break
      case 'worked': {
        const { culprits, nanos } = world.gpu.worked()
        const used = culprits.map((culprit, i) => `${culprit} ${nanos[i]}`).filter((_, i) => nanos[i]! > 0)
        world.log.push(`worked ${used.toSorted().join(', ')}`)
        break
      }
      case 'rows':
        engines[what.engine % engineCount]!.setMaxRows(what.rows)
        break
      case 'replace': {
        const place = what.engine % engineCount
        world.gpu.removeEngine(engines[place]!, () => world.log.push(`${world.kernel.now} removed`))
        engines[place] = world.engine(builds[place], ONCE)
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
  return world
}

/** A warm-up after each load, and wiring after 200 ms without work. */
const ONCE = { firstStepExtraNanos: 16_000_003, idleAfter_us: 200_000, wakeExtraNanos: 250_000_007 }

describe('the jumping GPU', () => {
  it('says the same at the same microsecond as one that takes every step', () => {
    fc.assert(
      fc.property(setup, script, (mac, steps) => {
        const [jumping, stepping] = [play('jumping', mac, steps).log, play('stepping', mac, steps).log]
        // Thousands of lines each, which a deep comparison would walk one by one.
        if (jumping.join('\n') !== stepping.join('\n')) expect(jumping).toEqual(stepping)
      }),
      { numRuns: casesOf(200, 8_000), seed: 20_260_621 },
    )
  })

  it('accounts for every nanosecond of a finished row, and lets only a restored prefix give time back', () => {
    fc.assert(
      fc.property(setup, script, (mac, steps) => {
        const world = play('jumping', mac, steps)
        for (const [key, { soloNanos, shares }] of world.delays) {
          let sum = soloNanos
          for (const share of shares) {
            const { gpu, memory, thermal, load, queue } = share
            sum += gpu + memory + thermal + load + queue
            if (share.culprit !== 'prefix_hit')
              expect(Math.min(gpu, memory, thermal, load, queue)).toBeGreaterThanOrEqual(0)
          }
          const span = world.finishedAt.get(key)! - world.submittedAt.get(key)!
          // It is told in the microsecond in which its last step ends.
          expect(Math.ceil(sum / 1_000)).toBe(span)
        }
      }),
      { numRuns: casesOf(100, 4_000), seed: 20_260_621 },
    )
  })

  it('counts the same tokens at any instant', () => {
    const instants = fc.array(fc.nat({ max: 8_000_000 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(setup, script, instants, ({ program }, steps, looks) => {
        const seen = (['jumping', 'stepping'] as const).map((kind) => countsOf(kind, program, steps, looks))
        expect(seen[0]).toEqual(seen[1])
      }),
      { numRuns: casesOf(100, 4_000), seed: 20_260_621 },
    )
  })

  it('is compared where it is hard: in both programs rows are restored, share steps, meet ghosts, loads and heat', () => {
    const finished = { '2026-06': [] as RowDelays[], '2026-07': [] as RowDelays[] }
    for (const [mac, steps] of fc.sample(fc.tuple(setup, script), { numRuns: 200, seed: 20_260_621 }))
      finished[mac.program[0]].push(...play('jumping', mac, steps).delays.values())
    const rows = (program: keyof typeof finished, meets: (share: DelayShare) => boolean) =>
      finished[program].filter(({ shares }) => shares.some(meets)).length
    for (const program of ['2026-06', '2026-07'] as const) {
      expect(rows(program, ({ culprit }) => culprit === PREFIX_HIT)).toBeGreaterThan(50)
      expect(rows(program, ({ culprit, gpu }) => culprit.startsWith('gemma') && gpu > 0)).toBeGreaterThan(100)
      expect(rows(program, ({ culprit, load }) => culprit === 'gemma-3-27b' && load > 0)).toBeGreaterThan(20)
      expect(rows(program, ({ thermal }) => thermal > 0)).toBeGreaterThan(100)
      expect(rows(program, ({ memory }) => memory > 0)).toBeGreaterThan(100)
    }
    expect(rows('2026-06', ({ culprit }) => culprit === GHOSTS)).toBeGreaterThan(50)
  })
})

/** Row by row: tokens generated and work done, at the given instants. */
function countsOf(
  kind: 'jumping' | 'stepping',
  program: Setup['program'],
  steps: Script,
  instants: readonly number[],
): readonly string[] {
  const world = new World(kind, aChip(), ...program, haunting(steps))
  const engines = [world.engine('gpt-oss-20b'), world.engine('gemma-4-26b-8bit')]
  const live = new Map<number, Engine>()
  world.onFinished = (key) => live.delete(key)
  let at = 0
  let key = 0
  for (const { gap: wait, op: what } of steps) {
    at += wait
    if (what.kind === 'cancel') {
      const victim = what.pick % Math.max(1, key)
      world.at(at, () => {
        live.get(victim)?.cancel(victim)
        live.delete(victim)
      })
    }
    if (what.kind !== 'submit') continue
    const restoredTokens = Math.floor((what.prompt * what.restored) / 64)
    const row = { key: key++, promptTokens: what.prompt, outputTokens: what.output, restoredTokens }
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
