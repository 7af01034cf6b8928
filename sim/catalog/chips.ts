/**
 * Every Apple chip of the fleet, by tier and number of GPU cores. Bandwidth and arithmetic are the table of
 * mac-provider 1.1; what the table leaves open (M5's matrix units) is chosen and says so.
 */
import type { ChipGeneration, ChipSpec, ChipTier } from './chip.ts'
import type { Sourced } from './model.ts'

/** GPU cores, GB/s, TFLOP/s FP32, memory sizes sold in GB (partly from Apple's spec pages, where the table gives only the largest). */
type Entry = readonly [
  ChipGeneration,
  ChipTier,
  cores: number,
  bandwidth: number,
  tflops: number,
  memory: readonly number[],
]

const TABLE: readonly Entry[] = [
  ['M1', 'Base', 7, 68, 2.3, [8, 16]],
  ['M1', 'Base', 8, 68, 2.7, [8, 16]],
  ['M1', 'Pro', 14, 200, 4.6, [16, 32]],
  ['M1', 'Pro', 16, 200, 5.3, [16, 32]],
  ['M1', 'Max', 24, 400, 8, [32, 64]],
  ['M1', 'Max', 32, 400, 10.6, [32, 64]],
  ['M1', 'Ultra', 48, 800, 15.9, [64, 128]],
  ['M1', 'Ultra', 64, 800, 21.2, [64, 128]],
  ['M2', 'Base', 8, 100, 2.9, [8, 16, 24]],
  ['M2', 'Base', 10, 100, 3.6, [8, 16, 24]],
  ['M2', 'Pro', 16, 200, 5.7, [16, 32]],
  ['M2', 'Pro', 19, 200, 6.8, [16, 32]],
  ['M2', 'Max', 30, 400, 10.7, [32, 64, 96]],
  ['M2', 'Max', 38, 400, 13.6, [32, 64, 96]],
  ['M2', 'Ultra', 60, 800, 21.5, [64, 128, 192]],
  ['M2', 'Ultra', 76, 800, 27.2, [64, 128, 192]],
  ['M3', 'Base', 8, 100, 2.9, [8, 16, 24]],
  ['M3', 'Base', 10, 100, 3.6, [8, 16, 24]],
  ['M3', 'Pro', 14, 150, 5, [18, 36]],
  ['M3', 'Pro', 18, 150, 6.4, [18, 36]],
  ['M3', 'Max', 30, 300, 10.7, [36, 96]],
  ['M3', 'Max', 40, 400, 14.3, [48, 64, 128]],
  ['M3', 'Ultra', 60, 819, 21.5, [96, 256]],
  ['M3', 'Ultra', 80, 819, 28.6, [96, 256, 512]],
  ['M4', 'Base', 8, 120, 3.2, [16, 24, 32]],
  ['M4', 'Base', 10, 120, 4, [16, 24, 32]],
  ['M4', 'Pro', 16, 273, 6.5, [24, 48, 64]],
  ['M4', 'Pro', 20, 273, 8.1, [24, 48, 64]],
  ['M4', 'Max', 32, 410, 12.9, [36]],
  ['M4', 'Max', 40, 546, 16.2, [48, 64, 128]],
  ['M5', 'Base', 8, 153, 7.6, [16, 24, 32]],
  ['M5', 'Base', 10, 153, 9.5, [16, 24, 32]],
  ['M5', 'Pro', 16, 307, 15.4, [24, 48, 64]],
  ['M5', 'Pro', 20, 307, 19.2, [24, 48, 64]],
  ['M5', 'Max', 32, 460, 30.6, [36]],
  ['M5', 'Max', 40, 614, 38.5, [48, 64, 128]],
  ['M5', 'Ultra', 80, 1_200, 77, [512]],
]

const measured = (value: number, source: string): Sourced<number> => ({ value, evidence: 'measured', source })
const assumed = (value: number, source: string): Sourced<number> => ({ value, evidence: 'assumed', source })

function bandwidth(generation: ChipGeneration, tier: ChipTier, value: number): Sourced<number> {
  if (generation === 'M5' && tier === 'Ultra')
    return assumed(value, 'press reports of the announcement, mac-provider 1.1')
  return measured(value, 'HardwareDetector table of the provider, llama.cpp #4167 agrees; mac-provider 1.1')
}

function tflops(generation: ChipGeneration, tier: ChipTier, value: number): Sourced<number> {
  if (generation !== 'M5')
    return { value, evidence: 'fitted', source: 'cores x 128 lanes x 2 x clock, mac-provider 1.1' }
  if (tier === 'Ultra') return assumed(value, 'twice the M5 Max 40c')
  const source =
    '2.375 times the M4 of the same tier: 3,080 tok/s of gemma 8-bit on M5 Max, fitted to provider-runtime 9'
  return { value, evidence: 'fitted', source }
}

/** GHz by generation. */
const CLOCKS: { readonly [generation in ChipGeneration]: number } = { M1: 1.3, M2: 1.4, M3: 1.4, M4: 1.58, M5: 1.62 }
/** Floating-point operations per core and cycle: 128 lanes, multiply and add. */
const FLOP_PER_CYCLE = 256

function shaders(generation: ChipGeneration, cores: number, table: number): Sourced<number> {
  const source = 'cores x 128 lanes x 2 x clock, mac-provider 1.1'
  const value = generation === 'M5' ? (cores * FLOP_PER_CYCLE * CLOCKS.M5) / 1_000 : table
  return { value, evidence: 'fitted', source }
}

/** The default table of mac-provider 1.3, medians of single measurements. */
function ssd(generation: ChipGeneration, tier: ChipTier): Sourced<number> {
  const source = 'default table of mac-provider 1.3'
  if (generation === 'M5') return assumed(tier === 'Base' ? 6 : 12, source)
  if (tier === 'Base') return assumed(2.5, source)
  return assumed(tier === 'Pro' ? 5.5 : 6.5, source)
}

function prefillFactor(generation: ChipGeneration): Sourced<number> {
  if (generation === 'M1') {
    return {
      value: 0.35,
      evidence: 'fitted',
      source: 'no native bf16: 440 tok/s in production on M1 Ultra, mac-provider 1.1',
    }
  }
  if (generation === 'M2') return { value: 0.9, evidence: 'fitted', source: 'mac-provider 2.3' }
  return { value: 1, evidence: 'fitted', source: 'chips of the fit, mac-provider 2.3' }
}

export const chips: readonly ChipSpec[] = TABLE.map(
  ([generation, tier, gpuCores, rate_gbs, rate_tflops, memory_gb]) => ({
    name: `${generation}${tier === 'Base' ? '' : ` ${tier}`} ${gpuCores}c`,
    generation,
    tier,
    gpuCores,
    bandwidth_gbs: bandwidth(generation, tier, rate_gbs),
    tflops: tflops(generation, tier, rate_tflops),
    shaderTflops: shaders(generation, gpuCores, rate_tflops),
    clock_ghz: measured(CLOCKS[generation], 'spec pages, +-0.1 between sources; mac-provider 1.1'),
    memory_gb,
    ssd_gbs: ssd(generation, tier),
    prefillFactor: prefillFactor(generation),
  }),
)

const byName = new Map(chips.map((chip) => [chip.name, chip]))

/** By the name a scenario writes, `M4 Max 40c`. */
export const findChip = (name: string): ChipSpec | undefined => byName.get(name)
