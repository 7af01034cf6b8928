/** What the catalog says of a model build, in the two senses that matter: what the coordinator's catalog holds, and what the engine does with it. */
import type { BuildId } from '../base/ids.ts'

/** How sure a number is. Derived: nobody gave it for this chip, and it follows from others by a rule. */
const EVIDENCE = ['measured', 'fitted', 'assumed', 'derived'] as const
export type EvidenceKind = (typeof EVIDENCE)[number]

export interface Sourced<T> {
  readonly value: T
  readonly evidence: EvidenceKind
  /** Where it comes from, in a few words: document, table, derivation. */
  readonly source: string
}

/** How a decode step reads the weights. */
export type WeightReading =
  /** Every step reads everything. */
  | { readonly kind: 'dense'; readonly bytesPerStep: number }
  /**
   * Shared weights once, and for every row the experts it chooses: MLX multiplies each pair of row and expert by itself,
   * so an expert that two rows share is swept twice.
   */
  | {
      readonly kind: 'experts'
      readonly sharedBytes: number
      readonly bytesPerExpert: number
      readonly experts: number
      readonly expertsPerToken: number
    }

export interface ModelSpec {
  readonly build: BuildId
  /** What a scenario that names no alias calls it to clients. */
  readonly publicName: string
  /** Coordinator's catalog: decimal GB on disk. */
  readonly size_gb: Sourced<number>
  /** Coordinator's catalog: 0 = unknown. */
  readonly minRam_gb: Sourced<number>
  /** Bytes on disk. */
  readonly diskBytes: Sourced<number>
  /** Bytes once loaded (MLX active). */
  readonly residentBytes: Sourced<number>
  /** Bytes of KV the provider's token budget charges per token (full-attention layers only). */
  readonly kvBytesPerToken: Sourced<number>
  /** Bytes of KV of one row's sliding-window layers, which no budget charges; absent: negligible. */
  readonly windowBytesPerRow?: Sourced<number>
  /** Added time per decode step per 1,000 tokens of context and row, on a Mac with 546 GB/s; scales with 546/bandwidth. Milliseconds. */
  readonly kvReadPer1kTokens_ms: Sourced<number>
  /**
   * Sliding layers: how far back they read, and what each 1,000 tokens of context up to there add to the above; absent:
   * none, or too short to tell.
   */
  readonly window?: { readonly tokens: number; readonly readPer1kTokens_ms: Sourced<number> }
  readonly contextLimit: Sourced<number>
  /** Injected as max_tokens when the client gave none. */
  readonly maxOutput: Sourced<number>
  readonly isVision: boolean
  /** What runs it; absent: MLX, as the provider program does. Others are here to be compared with published figures. */
  readonly runtime?: 'llama.cpp'
  /** Share of nominal bandwidth that its weight reads reach; absent: that of a quantised mixture. */
  readonly bandwidthShare?: Sourced<number>
  /** Parameters that every row is multiplied with whatever its experts: attention, dense blocks and the output head. */
  readonly denseParameters: Sourced<number>
  /** Hidden size: how wide most of its matrices are, which decides how many rows MLX multiplies one by one. */
  readonly width: Sourced<number>
  /** What a token of context takes in a batch, as a multiple of what it takes alone; absent: the same. */
  readonly kvReadInBatch?: Sourced<number>
  /** Decode weight reading by engine version. */
  readonly reading: { readonly [engine in EngineVersion]: Sourced<WeightReading> }
  /** Share of the chassis's full power that decoding draws, 0 … 1: small mixtures leave the arithmetic idle (mac-provider 6). */
  readonly decodePower: Sourced<number>
  /** Memory that a running batch takes besides weights and KV, bytes: once it prefills, up to this much. */
  readonly activationBytes: Sourced<number>
  /** Prompt lengths at which the June engine keeps a checkpoint of the whole cache, ascending; empty: 256-token blocks. */
  readonly checkpoints: readonly number[]
  /** Prefill tokens per second and per TFLOP/s (FP32) of the chip, at 2k tokens. */
  readonly prefillPerTflop: Sourced<number>
  /** Prompt length at which the prefill rate has halved, tokens. */
  readonly prefillHalf: Sourced<number>
}

/** Programs a fleet can run: June 2026 read from its source, and the later engine with sparse gemma and 2,048 prefill tokens a step. */
export const ENGINE_VERSIONS = ['2026-06', '2026-07'] as const
export type EngineVersion = (typeof ENGINE_VERSIONS)[number]
