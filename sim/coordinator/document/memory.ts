/**
 * What a coordinator remembers beyond the last word of each machine, written down and read back: decode rates that earlier
 * heartbeats reported, and what the warm pool was told.
 */
import type { BuildId } from '../../base/ids.ts'
import { MICROS_PER_SECOND, type Micros } from '../../base/time.ts'
import type { DecideDocument, DecideWarmPool } from './format.ts'
import type { Registry } from '../view/registry.ts'
import type { HeldTarget, WarmPool } from '../plan/warm-pool.ts'
import type { PressureMemory, WarmPoolPressure } from '../view/warm-pool-pressure.ts'

/** A time that has been, as seconds before `now`; and back, to the microsecond. */
export const secondsAgo = (at: number, now: Micros): number => (now - at) / MICROS_PER_SECOND
const microsAt = (secondsBefore: number, now: Micros): Micros =>
  Math.round(now - secondsBefore * MICROS_PER_SECOND) as Micros

type Rates = Required<Pick<DecideDocument, 'decode_rates' | 'solo_rates'>>

export function writtenRates(registry: Registry): Rates {
  const { decode, solo } = registry.rates()
  return {
    decode_rates: decode.map(({ build, chipFamily, samples }) => ({
      build,
      chip_family: chipFamily,
      samples: [...samples],
    })),
    solo_rates: solo.map(({ build, chipClass, samples }) => ({ build, chip_class: chipClass, samples: [...samples] })),
  }
}

export interface WarmPoolParts {
  readonly pressure: WarmPoolPressure
  readonly warmPool: Pick<WarmPool, 'targets' | 'recallTargets'>
}

export function writtenWarmPool({ pressure, warmPool }: WarmPoolParts, now: Micros): DecideWarmPool {
  const { lastEventAt, builds } = pressure.memory()
  const known = new Map(builds.map((each) => [each.build, each]))
  const names = new Set([...known.keys(), ...warmPool.targets.keys()])
  return {
    ...(lastEventAt >= 0 && { last_event_s_ago: secondsAgo(lastEventAt, now) }),
    builds: [...names].map((build) => writtenBuild(build, known.get(build), warmPool.targets.get(build), now)),
  }
}

type WrittenBuild = DecideWarmPool['builds'][number]

function writtenBuild(
  build: BuildId,
  known: PressureMemory['builds'][number] | undefined,
  held: HeldTarget | undefined,
  now: Micros,
): WrittenBuild {
  const written: WrittenBuild = { build }
  const { heard, queue } = known ?? {}
  if (heard !== undefined) {
    written.heard = { ...heard.counters, spilled: heard.spilled, spill_per_s: heard.spillRate }
    if (heard.lastEventAt >= 0) written.heard.last_event_s_ago = secondsAgo(heard.lastEventAt, now)
    if (heard.foldedAt >= 0) written.heard.counted_s_ago = secondsAgo(heard.foldedAt, now)
  }
  if (queue !== undefined) {
    const told_s_ago = secondsAgo(queue.at, now)
    written.queue = { depth: queue.depth, age_s: queue.age / MICROS_PER_SECOND, told_s_ago }
  }
  if (held !== undefined) written.target = { machines: held.target, set_s_ago: secondsAgo(held.changedAt, now) }
  return written
}

export function recallWarmPool(written: DecideWarmPool, { pressure, warmPool }: WarmPoolParts, now: Micros): void {
  pressure.recall({
    lastEventAt: atOrNever(written.last_event_s_ago, now),
    builds: written.builds.map(({ build, heard, queue }) => ({
      build: build as BuildId,
      heard: heard === undefined ? undefined : heardOf(heard, now),
      queue:
        queue === undefined
          ? undefined
          : {
              depth: queue.depth,
              age: Math.round(queue.age_s * MICROS_PER_SECOND) as Micros,
              at: microsAt(queue.told_s_ago, now),
            },
    })),
  })
  warmPool.recallTargets(
    written.builds.flatMap(({ build, target }) =>
      target === undefined
        ? []
        : [[build as BuildId, { target: target.machines, changedAt: microsAt(target.set_s_ago, now) }] as const],
    ),
  )
}

const atOrNever = (secondsBefore: number | undefined, now: Micros): number =>
  secondsBefore === undefined ? -Infinity : microsAt(secondsBefore, now)

function heardOf(
  heard: NonNullable<DecideWarmPool['builds'][number]['heard']>,
  now: Micros,
): PressureMemory['builds'][number]['heard'] {
  const { last_event_s_ago, spilled, spill_per_s, counted_s_ago, ...counters } = heard
  return {
    counters,
    lastEventAt: atOrNever(last_event_s_ago, now),
    spilled,
    spillRate: spill_per_s,
    foldedAt: counted_s_ago === undefined ? -1 : microsAt(counted_s_ago, now),
  }
}
