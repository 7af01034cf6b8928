/**
 * A chip of somebody's own, or of a generation that the table does not hold yet: what its author says of it, and for
 * everything else what follows from that. A figure that nobody gave is marked `derived` and says from what.
 *
 *   like a chip of the catalog:  its figures, arithmetic by cores and clock
 *   like none:                   those of its generation, or of the newest one that the catalog knows;
 *                                arithmetic is cores x 256 x clock, and prompts on matrix units so many times that
 */
import type { ChipSpec, ChipTier } from './chip.ts'
import { findFamily, NEWEST_FAMILY, shaderRate } from './chip-family.ts'
import { chips } from './chips.ts'
import type { Sourced } from './model.ts'

/** What matrix units make of the rate of shader cores on prompts: 38.5 over 16.6 TFLOP/s of the M5 Max, the same over all its tiers. */
const MATRIX_GAIN = 2.32

/** Figures that may be given of any chip. */
interface GivenFigures {
  readonly bandwidth_gbs: Sourced<number> | undefined
  readonly matrixUnits: Sourced<boolean> | undefined
  readonly tflops: Sourced<number> | undefined
  readonly shaderTflops: Sourced<number> | undefined
  readonly clock_ghz: Sourced<number> | undefined
  readonly memory_gb: readonly number[] | undefined
  readonly ssd_gbs: Sourced<number> | undefined
  readonly prefillFactor: Sourced<number> | undefined
  readonly heatsLike: Sourced<string> | undefined
}

export interface LikeAChip extends GivenFigures {
  readonly name: string
  readonly like: ChipSpec
  readonly generation: string | undefined
  readonly tier: ChipTier | undefined
  readonly gpuCores: number | undefined
}

export interface LikeNoChip extends GivenFigures {
  readonly name: string
  readonly like?: undefined
  readonly generation: string
  readonly tier: ChipTier
  readonly gpuCores: number
  readonly bandwidth_gbs: Sourced<number>
}

export const ownChip = (own: LikeAChip | LikeNoChip): ChipSpec =>
  own.like === undefined ? fromFamily(own) : fromChip(own, own.like)

const derived = <T>(value: T, source: string): Sourced<T> => ({ value, evidence: 'derived', source })

function fromChip(own: LikeAChip, like: ChipSpec): ChipSpec {
  const { name, gpuCores = like.gpuCores, generation = like.generation } = own
  // The catalog's chip itself, with some figures replaced: the others are still its own.
  const takes = <T>({ value, evidence, source }: Sourced<T>): Sourced<T> =>
    name === like.name ? { value, evidence, source } : derived(value, `that of ${like.name}`)
  const clock_ghz = own.clock_ghz ?? takes(like.clock_ghz)
  const matrixUnits = own.matrixUnits ?? takes(like.matrixUnits)
  const faster = (gpuCores * clock_ghz.value) / (like.gpuCores * like.clock_ghz.value)
  const scaled = (figure: Sourced<number>, by: number): Sourced<number> =>
    by === 1 ? takes(figure) : derived(figure.value * by, `that of ${like.name}, by cores and clock`)
  const shaderTflops = own.shaderTflops ?? scaled(like.shaderTflops, faster)
  const prompts =
    matrixUnits.value === like.matrixUnits.value
      ? scaled(like.tflops, shaderTflops.value / like.shaderTflops.value)
      : ofShaders(shaderTflops, matrixUnits)
  const heatsLike = own.heatsLike ?? like.heatsLike ?? heatOf(generation, like.generation)
  return {
    name,
    generation,
    tier: own.tier ?? like.tier,
    gpuCores,
    bandwidth_gbs: own.bandwidth_gbs ?? takes(like.bandwidth_gbs),
    matrixUnits,
    tflops: own.tflops ?? prompts,
    shaderTflops,
    clock_ghz,
    memory_gb: own.memory_gb ?? like.memory_gb,
    ...(own.memory_gb === undefined && name !== like.name && { memoryFrom: `those of ${like.name}` }),
    ssd_gbs: own.ssd_gbs ?? takes(like.ssd_gbs),
    prefillFactor: own.prefillFactor ?? takes(like.prefillFactor),
    ...(heatsLike !== undefined && { heatsLike }),
  }
}

function fromFamily(own: LikeNoChip): ChipSpec {
  const { name, generation, tier, gpuCores } = own
  const family = findFamily(generation) ?? NEWEST_FAMILY
  const whose = family.generation === generation ? `that of ${generation}` : newest('that')
  const takes = <T>({ value }: Sourced<T>): Sourced<T> => derived(value, whose)
  const clock_ghz = own.clock_ghz ?? clockOf(own) ?? takes(family.clock_ghz)
  const matrixUnits = own.matrixUnits ?? takes(family.matrixUnits)
  const shaderTflops =
    own.shaderTflops ?? derived(shaderRate(gpuCores, clock_ghz.value), 'cores x 128 lanes x 2 x clock')
  const heatsLike = own.heatsLike ?? heatOf(generation, family.generation)
  const sold = memoryOf(family.generation, tier)
  return {
    name,
    generation,
    tier,
    gpuCores,
    bandwidth_gbs: own.bandwidth_gbs,
    matrixUnits,
    tflops: own.tflops ?? ofShaders(shaderTflops, matrixUnits),
    shaderTflops,
    clock_ghz,
    memory_gb: own.memory_gb ?? sold,
    ...(own.memory_gb === undefined && { memoryFrom: `those of ${family.generation}${tierWord(tier)}` }),
    ssd_gbs: own.ssd_gbs ?? takes(family.ssd_gbs[tier]),
    prefillFactor: own.prefillFactor ?? takes(family.prefillFactor),
    ...(heatsLike !== undefined && { heatsLike }),
  }
}

const newest = (what: string): string => `${what} of ${NEWEST_FAMILY.generation}, the newest generation in the catalog`
const tierWord = (tier: ChipTier): string => (tier === 'Base' ? '' : ` ${tier}`)

/** Cores, clock and the rate of shaders are two figures: the third follows. */
function clockOf({ shaderTflops, gpuCores }: LikeNoChip): Sourced<number> | undefined {
  if (shaderTflops === undefined) return undefined
  return derived(shaderTflops.value / shaderRate(gpuCores, 1), 'TFLOP/s of the shader cores over cores x 256')
}

function ofShaders({ value }: Sourced<number>, matrixUnits: Sourced<boolean>): Sourced<number> {
  if (!matrixUnits.value) return derived(value, 'that of the shader cores, without matrix units')
  return derived(value * MATRIX_GAIN, `${MATRIX_GAIN} times that of the shader cores, as the matrix units of M5 reach`)
}

/** A generation that no chassis knows heats it like the one that its other figures come from. */
function heatOf(generation: string, other: string): Sourced<string> | undefined {
  if (generation === other || findFamily(generation) !== undefined) return undefined
  return derived(other, `its chassis has been measured with chips of ${other}`)
}

/** All sizes that a generation's chips of a tier are sold with; of the one before where it has none of that tier yet. */
function memoryOf(generation: string, tier: ChipTier): readonly number[] {
  const ofTier = chips.filter((chip) => chip.tier === tier)
  const own = ofTier.filter((chip) => chip.generation === generation)
  const last = ofTier.filter((chip) => chip.generation === ofTier.at(-1)!.generation)
  const sizes = (own.length > 0 ? own : last).flatMap((chip) => chip.memory_gb)
  return [...new Set(sizes)].toSorted((a, b) => a - b)
}

/** What an author may leave out of a chip's figures, under the names that a scenario has for them. */
const FIGURE_NAMES = {
  bandwidth: 'bandwidth_gbs',
  matrix_units: 'matrixUnits',
  tflops: 'tflops',
  shader_tflops: 'shaderTflops',
  clock_ghz: 'clock_ghz',
  ssd: 'ssd_gbs',
  prefill_factor: 'prefillFactor',
  heats_like: 'heatsLike',
} as const

export interface DerivedFigure {
  readonly key: keyof typeof FIGURE_NAMES | 'memory'
  readonly value: number | boolean | string | readonly number[]
  /** Of what it was made. */
  readonly source: string
}

/** What nobody gave of a chip. None, of a chip of the catalog. */
export function derivedFigures(chip: ChipSpec): readonly DerivedFigure[] {
  const figures = (Object.keys(FIGURE_NAMES) as (keyof typeof FIGURE_NAMES)[]).flatMap((key): DerivedFigure[] => {
    const figure = chip[FIGURE_NAMES[key]]
    return figure?.evidence === 'derived' ? [{ key, value: figure.value, source: figure.source }] : []
  })
  if (chip.memoryFrom === undefined) return figures
  return [...figures, { key: 'memory', value: chip.memory_gb, source: chip.memoryFrom }]
}
