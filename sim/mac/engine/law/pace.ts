/**
 * What stretches GPU steps beyond those of a cool, unsqueezed Mac that has its GPU to itself, layer by layer: memory,
 * then another process, then heat. Every layer comes with whom to blame. A pace holds from the moment it is set.
 */
import type { Culprit } from '../engine.ts'

/** Parts of something that several are to blame for; the numbers need not add up to anything. */
export interface Blame {
  readonly culprit: Culprit
  readonly weight: number
}

export interface Pace {
  /** Compression and swapping: percent of the plain step time, 100 … ; whole numbers. */
  readonly memory_pct: number
  /** Whose bytes did it. Empty only when `memory_pct` is 100. */
  readonly memoryBlame: readonly Blame[]
  /** Another process on the GPU: percent of the step time without it, 100 … , by what the step does. */
  readonly processDecode_pct: number
  readonly processPrefill_pct: number
  /** The clock that heat allows, percent, 1 … 100. */
  readonly speed_pct: number
  /** Whose power heated the Mac. Empty only when `speed_pct` is 100. */
  readonly heatBlame: readonly Blame[]
}

export const FULL_PACE: Pace = {
  memory_pct: 100,
  memoryBlame: [],
  processDecode_pct: 100,
  processPrefill_pct: 100,
  speed_pct: 100,
  heatBlame: [],
}

/** What the GPU is doing, as far as its power goes. Constant between two changes of any batch. */
export interface GpuActivity {
  /** `prefill` as soon as one busy engine has a prompt under way: chunks are longer than decode steps by far. */
  readonly phase: 'idle' | 'decode' | 'prefill'
  /** Share of the chassis's full power, 0 … 1: 1 in prefill, the largest `decodePower` of the busy models in decode. */
  readonly power: number
}

/** Nanoseconds of GPU time used so far, by place of the culprit. */
export interface Worked {
  readonly culprits: readonly Culprit[]
  readonly nanos: readonly number[]
}
