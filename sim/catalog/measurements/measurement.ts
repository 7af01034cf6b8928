/** One published figure about a Mac, and what has to be played to compare the model with it. */
import type { EngineVersion } from '../model.ts'

/** A figure, or the range between sources that disagree. */
export type PublishedFigure = number | readonly [low: number, high: number]

export type GroupName =
  | 'llama.cpp decode'
  | 'llama.cpp prefill'
  | 'decode'
  | 'batch'
  | 'large batch'
  | 'prefill'
  | 'prefill in a batch'
  | 'prefix'
  | 'production'
  | 'heat'
  | 'co-residency'
  | 'cold load'
  | 'after idling'

/** One model on one cool Mac by itself. */
interface Alone {
  readonly model: string
  readonly chip: string
  /** Absent: 2026-07, the engine most figures are of. */
  readonly engine?: EngineVersion
}

export interface HeatPlay {
  readonly chassis: string
  readonly chip: string
  readonly lid?: 'closed'
  readonly mode?: 'high'
  /** Work at full speed or rest, seconds, and power as a share of full. The last one is what the figure is of. */
  readonly phases: readonly { readonly power: number; readonly work_s?: number; readonly rest_s?: number }[]
}

export type Experiment =
  /** Tokens per second of `rows` rows together, each with so much context. */
  | ({ readonly kind: 'decode'; readonly rows?: number; readonly context?: number } & Alone)
  /** How many times the tokens per second of one row. */
  | ({ readonly kind: 'scaling'; readonly rows: number } & Alone)
  /** Prompt tokens per second, fixed parts left out. */
  | ({ readonly kind: 'prefill'; readonly tokens: number } & Alone)
  /** Milliseconds to the first token; `of`: absent, of a cold prompt. */
  | ({ readonly kind: 'ttft'; readonly tokens: number; readonly restored?: number } & Alone)
  /** What a restored prefix takes off the time to the first token, milliseconds. */
  | ({ readonly kind: 'saving'; readonly tokens: number; readonly restored: number } & Alone)
  /** Four prompts, `gap_ms` apart: what the figure is of. */
  | ({
      readonly kind: 'burst'
      readonly tokens: number
      readonly output: number
      readonly gap_ms: number
      readonly of: 'first_ttft_s' | 'last_ttft_s' | 'first_decode_tps' | 'last_decode_tps' | 'makespan_s'
      readonly order?: 'fcfs' | 'interleaved'
    } & Alone)
  /** Slope of the time to the first token over prompt length, milliseconds per token. */
  | ({ readonly kind: 'slope'; readonly from: number; readonly to: number } & Alone)
  /** Share of its decode rate alone that a model keeps while another does something on the same GPU. */
  | ({ readonly kind: 'beside'; readonly neighbour: string; readonly does: 'decode' | 'prefill' } & Alone)
  /** The same in tokens per second. */
  | ({ readonly kind: 'beside_tps'; readonly neighbour: string; readonly does: 'decode' | 'prefill' } & Alone)
  /** Share of the decode or prefill rate alone beside another process. */
  | ({
      readonly kind: 'process'
      readonly process: 'compute' | 'server' | 'twin'
      readonly macos: number
      readonly of: 'decode' | 'prefill'
    } & Alone)
  /** Speed of the last phase as a share of the cool one. */
  | ({ readonly kind: 'heat' } & HeatPlay)
  /** Seconds of one part of a median load. */
  | {
      readonly kind: 'load'
      readonly chip: string
      readonly gigabytes: number
      readonly cached?: true
      readonly of: 'hash' | 'read' | 'prepare' | 'all'
    }
  /** Seconds by which a request that finds the Mac idle waits longer: the driver has let go of so many GB of weights. */
  | { readonly kind: 'wake'; readonly chip: string; readonly model: string; readonly gigabytes: number }

export interface PublishedMeasurement {
  readonly id: string
  readonly group: GroupName
  readonly measured: PublishedFigure
  readonly unit: 'tok/s' | 'x' | 'ms' | 's' | 'ms/token' | 'share'
  readonly how: Experiment
  /** Who measured it, and where the facts hold it. */
  readonly source: string
  /** Parameters that were fitted on this figure; none: a prediction. */
  readonly fitted: readonly string[]
  /** What is known about a miss, or about the figure. */
  readonly note?: string | undefined
}
