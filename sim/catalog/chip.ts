/** What a chip is: bandwidth decides decode, arithmetic decides prefill. */
import type { Sourced } from './model.ts'

export type ChipGeneration = 'M1' | 'M2' | 'M3' | 'M4' | 'M5'
export type ChipTier = 'Base' | 'Pro' | 'Max' | 'Ultra'

export interface ChipSpec {
  /** As scenarios write it: `M4 Max 40c`. */
  readonly name: string
  readonly generation: ChipGeneration
  readonly tier: ChipTier
  readonly gpuCores: number
  /** GB/s, decimal. */
  readonly bandwidth_gbs: Sourced<number>
  /** TFLOP/s FP32; for M5, whose matrix units the table leaves open, the rate that reproduces its prefill. */
  readonly tflops: Sourced<number>
  /** TFLOP/s FP32 of the shader cores alone: what a row costs in a decode step follows them, matrix units or not. */
  readonly shaderTflops: Sourced<number>
  readonly clock_ghz: Sourced<number>
  /** Memory sizes sold, GB. A scenario may use what lies between the smallest and the largest. */
  readonly memory_gb: readonly number[]
  /** Sequential read of its usual SSD, GB/s. */
  readonly ssd_gbs: Sourced<number>
  /** Extra factor on prefill of MLX models (M1 lacks native bf16). */
  readonly prefillFactor: Sourced<number>
}
