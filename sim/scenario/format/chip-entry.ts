/**
 * A chip of the scenario: one that the catalog does not hold, or one of it with other figures. Bandwidth is the one figure
 * that nothing else tells; name and catalog say the rest, and what they say is marked as derived.
 */
import { z } from 'zod'
import { bandwidthWithin, bytesWithin, label, name, wholeWithin, within } from '../../base/config.ts'
import { type ByName, withoutPrototype } from '../../base/names.ts'
import {
  CHIP_FAMILIES,
  CHIP_TIERS,
  type ChipSpec,
  chips as catalogChips,
  findChip,
  ownChip,
  type Sourced,
} from '../../catalog/index.ts'
import type { Complain } from '../reading/complaint.ts'
import type { Path } from '../reading/path.ts'
import { suggestion } from '../reading/suggestion.ts'

const GIB = 2 ** 30
const DECIMAL_GB = 1e9
/** Far beyond any chip. */
const CORES_MAX = 10_000
const TFLOPS_MAX = 1_000_000

const figure = () => within(0.01, TFLOPS_MAX)

const chipEntrySchema = z.strictObject({
  like: name()
    .optional()
    .describe('The chip of the catalog it takes everything else from. Absent: the one of its name, else none.'),
  generation: z
    .string()
    .regex(/^[^\s@]{1,40}$/u, { error: 'must be one word, such as `M6`' })
    .optional()
    .describe('As it registers, such as `M6`. Absent: as its name or `like` says.'),
  tier: z.enum(CHIP_TIERS).optional().describe('Absent: as its name or `like` says.'),
  gpu_cores: wholeWithin(1, CORES_MAX).optional().describe('Absent: as its name or `like` says.'),
  bandwidth: bandwidthWithin('1GB/s', '1000TB/s').optional().describe('Of its memory: decides decode.'),
  matrix_units: z
    .boolean()
    .optional()
    .describe('Whether prompts run on units beside the shader cores. Absent: as its generation, else the newest one.'),
  tflops: figure()
    .optional()
    .describe('TFLOP/s FP32 of prompts: decides prefill. Absent: of the shader cores, times 2.32 with matrix units.'),
  shader_tflops: figure().optional().describe('TFLOP/s FP32 of the shader cores. Absent: cores x 256 x clock.'),
  clock_ghz: within(0.01, 100).optional().describe('Of the GPU. Absent: as its generation, else the newest one.'),
  memory: z
    .array(bytesWithin('1GB', '2TB').transform((value) => (value % GIB === 0 ? value / GIB : value / DECIMAL_GB)))
    .min(1)
    .optional()
    .describe(
      'Sizes sold; a Mac may have what lies between. Absent: those of its tier in its generation, else the newest one.',
    ),
  ssd: bandwidthWithin('1MB/s', '1000GB/s')
    .optional()
    .describe('Sequential read of its usual disk. Absent: as its generation and tier, else the newest one.'),
  prefill_factor: within(0.01, 100)
    .optional()
    .describe('Extra factor on prefill of MLX models. Absent: as its generation, else the newest one.'),
  heats_like: z
    .enum(CHIP_FAMILIES.map(({ generation }) => generation))
    .optional()
    .describe(
      'Generation whose chips of this tier heat a chassis like this one. Absent: its own, else the newest one.',
    ),
  evidence: z
    .enum(['measured', 'fitted', 'assumed'])
    .prefault('assumed')
    .describe('How sure the figures given here are.'),
  source: label().min(1).prefault('scenario').describe('Where they come from.'),
})

type ChipEntry = z.output<typeof chipEntrySchema>
export type ChipEntries = ByName<ChipEntry>

export const chipsSchema = z
  .record(name(), chipEntrySchema, {
    error: 'must be a map from names to chips, such as `M6 Max 40c: {bandwidth: 700GB/s}`',
  })
  .transform((map): ByName<z.output<typeof chipEntrySchema>> => withoutPrototype(map))

/** `M6 Max 40c`, or `M6 10c` of the plain chip. */
const TELLING = /^(\S+)(?: (Pro|Max|Ultra))? (\d{1,5})c$/u

interface Named {
  readonly generation: string
  readonly tier: NonNullable<ChipEntry['tier']>
  readonly gpu_cores: number
}

function toldByName(chip: string): Named | undefined {
  const match = TELLING.exec(chip)
  if (match === null) return undefined
  const [, generation, tier = 'Base', cores] = match
  return { generation: generation!, tier: tier as Named['tier'], gpu_cores: Number(cores) }
}

const likeOf = (chip: string, { like }: ChipEntry): ChipSpec | undefined => findChip(like ?? chip)

/** undefined: there is no such chip. Of the scenario first: it may give the catalog's another figure. */
export function chipNamed(chip: string, entries: ChipEntries): ChipSpec | undefined {
  const entry = entries[chip]
  return entry === undefined ? findChip(chip) : chipOf(chip, entry)
}

/** undefined where `checkChips` has something to say. */
function chipOf(chip: string, entry: ChipEntry): ChipSpec | undefined {
  const given = <T>(value: T | undefined): Sourced<T> | undefined =>
    value === undefined ? undefined : { value, evidence: entry.evidence, source: entry.source }
  const told = toldByName(chip)
  const figures = {
    name: chip,
    bandwidth_gbs: given(entry.bandwidth),
    matrixUnits: given(entry.matrix_units),
    tflops: given(entry.tflops),
    shaderTflops: given(entry.shader_tflops),
    clock_ghz: given(entry.clock_ghz),
    memory_gb: entry.memory?.toSorted((a, b) => a - b),
    ssd_gbs: given(entry.ssd),
    prefillFactor: given(entry.prefill_factor),
    heatsLike: given(entry.heats_like),
  }
  const generation = entry.generation ?? told?.generation
  const tier = entry.tier ?? told?.tier
  const gpuCores = entry.gpu_cores ?? told?.gpu_cores
  const like = likeOf(chip, entry)
  if (like !== undefined) return ownChip({ ...figures, like, generation, tier, gpuCores })
  const { bandwidth_gbs } = figures
  if (entry.like !== undefined || bandwidth_gbs === undefined) return undefined
  if (generation === undefined || tier === undefined || gpuCores === undefined) return undefined
  return ownChip({ ...figures, generation, tier, gpuCores, bandwidth_gbs })
}

export function checkChips(entries: ChipEntries, complain: Complain): void {
  for (const [chip, entry] of Object.entries(entries)) checkChip(chip, entry, ['chips', chip], complain)
}

function checkChip(chip: string, entry: ChipEntry, at: Path, complain: Complain): void {
  const told = toldByName(chip)
  for (const key of ['generation', 'tier', 'gpu_cores'] as const) {
    const [written, named] = [entry[key], told?.[key]]
    if (written === undefined || named === undefined || written === named) continue
    complain([...at, key], `contradicts the name \`${chip}\`, which says \`${named}\``)
  }
  if (entry.like !== undefined && findChip(entry.like) === undefined) {
    const names = catalogChips.map((known) => known.name)
    complain(
      [...at, 'like'],
      `\`${entry.like}\` is not in the catalog; ${suggestion(entry.like, names, 'known chips')}`,
    )
    return
  }
  if (likeOf(chip, entry) !== undefined) return
  const missing = (['generation', 'tier', 'gpu_cores'] as const).filter(
    (key) => entry[key] === undefined && told === undefined,
  )
  if (missing.length > 0) {
    const keys = missing.map((key) => `\`${key}\``).join(', ')
    complain(at, `needs ${keys}, or a name that says so, such as \`M6 Max 40c\`, or \`like\``, true)
  }
  if (entry.bandwidth === undefined) complain(at, 'needs `bandwidth`, which nothing else tells, or `like`', true)
}
