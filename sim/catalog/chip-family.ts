/**
 * What the chips of one generation have in common, as data: clock, matrix units, disks. The table of chips adds what each
 * of them has of its own; a chip that no table knows borrows from here what its author does not say.
 */
import type { ChipTier } from './chip.ts'
import type { EvidenceKind, Sourced } from './model.ts'

export interface ChipFamily {
  readonly generation: string
  readonly clock_ghz: Sourced<number>
  readonly matrixUnits: Sourced<boolean>
  /** Sequential read of the usual SSD by tier, GB/s. */
  readonly ssd_gbs: { readonly [tier in ChipTier]: Sourced<number> }
  readonly prefillFactor: Sourced<number>
}

const sourced = <T>(value: T, evidence: EvidenceKind, source: string): Sourced<T> => ({ value, evidence, source })

const clock = (value: number) => sourced(value, 'measured', 'spec pages, +-0.1 between sources; mac-provider 1.1')
const NO_MATRIX = sourced(false, 'measured', 'shader cores alone before M5, mac-provider 1.1')
const MATRIX = sourced(true, 'measured', 'a matrix unit per core, mac-provider 1.1')

/** The default table of mac-provider 1.3, medians of single measurements. */
const disk = (value: number) => sourced(value, 'assumed', 'default table of mac-provider 1.3')
const EARLIER_DISKS = { Base: disk(2.5), Pro: disk(5.5), Max: disk(6.5), Ultra: disk(6.5) }
const M5_DISKS = { Base: disk(6), Pro: disk(12), Max: disk(12), Ultra: disk(12) }

const NO_BF16 = sourced(0.35, 'fitted', 'no native bf16: 440 tok/s in production on M1 Ultra, mac-provider 1.1')
const M2_FACTOR = sourced(0.9, 'fitted', 'mac-provider 2.3')
const FULL = sourced(1, 'fitted', 'chips of the fit, mac-provider 2.3')

/** Oldest first. */
export const CHIP_FAMILIES = [
  { generation: 'M1', clock_ghz: clock(1.3), matrixUnits: NO_MATRIX, ssd_gbs: EARLIER_DISKS, prefillFactor: NO_BF16 },
  { generation: 'M2', clock_ghz: clock(1.4), matrixUnits: NO_MATRIX, ssd_gbs: EARLIER_DISKS, prefillFactor: M2_FACTOR },
  { generation: 'M3', clock_ghz: clock(1.4), matrixUnits: NO_MATRIX, ssd_gbs: EARLIER_DISKS, prefillFactor: FULL },
  { generation: 'M4', clock_ghz: clock(1.58), matrixUnits: NO_MATRIX, ssd_gbs: EARLIER_DISKS, prefillFactor: FULL },
  { generation: 'M5', clock_ghz: clock(1.62), matrixUnits: MATRIX, ssd_gbs: M5_DISKS, prefillFactor: FULL },
] as const satisfies readonly ChipFamily[]

export type KnownGeneration = (typeof CHIP_FAMILIES)[number]['generation']

export const NEWEST_FAMILY: ChipFamily = CHIP_FAMILIES.at(-1)!

export const findFamily = (generation: string): ChipFamily | undefined =>
  CHIP_FAMILIES.find((family) => family.generation === generation)

/** Floating-point operations per core and cycle: 128 lanes, multiply and add. */
const FLOP_PER_CYCLE = 256

/** TFLOP/s FP32 of shader cores. */
export const shaderRate = (cores: number, clock_ghz: number): number => (cores * FLOP_PER_CYCLE * clock_ghz) / 1_000
