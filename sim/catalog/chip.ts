/** What a chip is: bandwidth decides decode, arithmetic decides prefill. */
import type { Sourced } from './model.ts'

export const CHIP_TIERS = ['Base', 'Pro', 'Max', 'Ultra'] as const
export type ChipTier = (typeof CHIP_TIERS)[number]

export interface ChipSpec {
  /** As scenarios write it: `M4 Max 40c`. */
  readonly name: string
  /** As it registers: `M4`. One of the families of the catalog, or a scenario's own. */
  readonly generation: string
  readonly tier: ChipTier
  readonly gpuCores: number
  /** GB/s, decimal. */
  readonly bandwidth_gbs: Sourced<number>
  /** Units beside the shader cores that multiply matrices: prompts run on them. */
  readonly matrixUnits: Sourced<boolean>
  /** TFLOP/s FP32 of prompts; with matrix units, which no spec gives in these terms, the rate that reproduces its prefill. */
  readonly tflops: Sourced<number>
  /** TFLOP/s FP32 of the shader cores alone: what a row costs in a decode step follows them, matrix units or not. */
  readonly shaderTflops: Sourced<number>
  readonly clock_ghz: Sourced<number>
  /** Memory sizes sold, GB. A scenario may use what lies between the smallest and the largest. */
  readonly memory_gb: readonly number[]
  /** Whose sizes those are, where nobody said what this chip is sold with. */
  readonly memoryFrom?: string
  /** Sequential read of its usual SSD, GB/s. */
  readonly ssd_gbs: Sourced<number>
  /** Extra factor on prefill of MLX models (M1 lacks native bf16). */
  readonly prefillFactor: Sourced<number>
  /** The generation of which a chassis knows how such a chip heats it; absent: its own. */
  readonly heatsLike?: Sourced<string>
}
