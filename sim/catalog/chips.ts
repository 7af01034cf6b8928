/**
 * Every Apple chip of the fleet, by tier and number of GPU cores. Bandwidth and arithmetic are the table of
 * mac-provider 1.1; what the table leaves open (the rate of matrix units) is chosen and says so. What a generation has in
 * common is `chip-family.ts`.
 */
import { must } from '../base/assert.ts'
import type { ChipSpec, ChipTier } from './chip.ts'
import { type ChipFamily, findFamily, type KnownGeneration, shaderRate } from './chip-family.ts'
import type { Sourced } from './model.ts'

/** GPU cores, GB/s, TFLOP/s FP32, memory sizes sold in GB (partly from Apple's spec pages, where the table gives only the largest). */
type Entry = readonly [
  KnownGeneration,
  ChipTier,
  cores: number,
  bandwidth: number,
  tflops: number,
  memory: readonly number[],
  /** Announced, and measured by nobody. */
  announced?: true,
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
  ['M5', 'Ultra', 80, 1_200, 77, [512], true],
]

const measured = (value: number, source: string): Sourced<number> => ({ value, evidence: 'measured', source })
const fitted = (value: number, source: string): Sourced<number> => ({ value, evidence: 'fitted', source })
const assumed = (value: number, source: string): Sourced<number> => ({ value, evidence: 'assumed', source })

const ARITHMETIC = 'cores x 128 lanes x 2 x clock, mac-provider 1.1'

function bandwidth(value: number, announced: boolean): Sourced<number> {
  if (announced) return assumed(value, 'press reports of the announcement, mac-provider 1.1')
  return measured(value, 'HardwareDetector table of the provider, llama.cpp #4167 agrees; mac-provider 1.1')
}

function tflops({ matrixUnits }: ChipFamily, value: number, announced: boolean): Sourced<number> {
  if (!matrixUnits.value) return fitted(value, ARITHMETIC)
  if (announced) return assumed(value, 'twice the M5 Max 40c')
  return fitted(
    value,
    '2.375 times the M4 of the same tier: 3,080 tok/s of gemma 8-bit on M5 Max, fitted to provider-runtime 9',
  )
}

function shaders({ matrixUnits, clock_ghz }: ChipFamily, cores: number, table: number): Sourced<number> {
  return fitted(matrixUnits.value ? shaderRate(cores, clock_ghz.value) : table, ARITHMETIC)
}

/** `M4 Max 40c`, and `M4 10c` of the plain chip. */
const chipName = (generation: string, tier: ChipTier, gpuCores: number): string =>
  `${generation}${tier === 'Base' ? '' : ` ${tier}`} ${gpuCores}c`

export const chips: readonly ChipSpec[] = TABLE.map(
  ([generation, tier, gpuCores, rate_gbs, rate_tflops, memory_gb, announced = false]) => {
    const family = must(findFamily(generation), 'catalog: every chip has a family')
    return {
      name: chipName(generation, tier, gpuCores),
      generation,
      tier,
      gpuCores,
      bandwidth_gbs: bandwidth(rate_gbs, announced),
      matrixUnits: family.matrixUnits,
      tflops: tflops(family, rate_tflops, announced),
      shaderTflops: shaders(family, gpuCores, rate_tflops),
      clock_ghz: family.clock_ghz,
      memory_gb,
      ssd_gbs: family.ssd_gbs[tier],
      prefillFactor: family.prefillFactor,
    }
  },
)

const byName = new Map(chips.map((chip) => [chip.name, chip]))

/** By the name a scenario writes, `M4 Max 40c`. */
export const findChip = (name: string): ChipSpec | undefined => byName.get(name)
