/**
 * The catalogue with what follows from it: how fast a Mac with that chip serves one request of a model, and how many
 * tokens of KV fit beside the weights. The engine's own step law says the first, the provider's own formulas the second.
 */
import type { ChipSpec } from '../../catalog/chip.ts'
import { chips, models } from '../../catalog/index.ts'
import type { EvidenceKind, EngineVersion, ModelSpec, Sourced } from '../../catalog/model.ts'
import { referenceModels } from '../../catalog/reference-models.ts'
import { stepConstants } from '../../catalog/step-constants.ts'
import { type MacSettings, macSettingsSchema } from '../../mac/config.ts'
import { estimatedBytes, residentBytes } from '../../mac/memory/memory.ts'
import { soloDecodeTps, StepLaw, weightBytes } from '../../mac/engine/law/step-law.ts'

/** Prompt length of the prefill rates: that of most published ones (mac-provider 2.3). */
const PROMPT_TOKENS = 2_048
const GIB = 2 ** 30
const SETTINGS: MacSettings = macSettingsSchema.parse({})

/** Of one request that has an idle, cool Mac with the model resident to itself. */
export interface Speed {
  /** Tokens per second, context still short. */
  readonly decode_tps: number
  /** Prompt tokens per second of a prompt of 2,048. */
  readonly prefill_tps: number
  /** The least certain of the figures that both follow from. */
  readonly evidence: EvidenceKind
}

export interface KvRoom {
  readonly memory_gb: number
  /** Prompt and output tokens of all requests together, the model alone on the Mac; null: it does not pass the load gate. */
  readonly tokens: number | null
}

export interface CatalogChip {
  readonly name: string
  readonly gpu_cores: number
  readonly memory_gb: readonly number[]
  /** Whose sizes those are, where nobody said what it is sold with; null: somebody did. */
  readonly memory_from: string | null
  readonly matrix_units: Sourced<boolean>
  readonly figures: {
    readonly bandwidth_gbs: Sourced<number>
    readonly tflops: Sourced<number>
    readonly shader_tflops: Sourced<number>
    readonly clock_ghz: Sourced<number>
    readonly ssd_gbs: Sourced<number>
    readonly prefill_factor: Sourced<number>
  }
  readonly speed: Speed
  readonly kv: readonly KvRoom[]
}

export interface CatalogModel {
  readonly build: string
  readonly public_name: string
  readonly vision: boolean
  readonly figures: {
    readonly size_gb: Sourced<number>
    readonly min_ram_gb: Sourced<number>
    readonly resident_bytes: Sourced<number>
    readonly kv_bytes_per_token: Sourced<number>
    readonly context_limit: Sourced<number>
    readonly max_output: Sourced<number>
    /** Read by a decode step of one row. */
    readonly step_bytes: Sourced<number>
    readonly kv_read_per_1k_ms: Sourced<number>
    readonly activation_bytes: Sourced<number>
    readonly decode_power: Sourced<number>
    readonly prefill_per_tflop: Sourced<number>
    readonly prefill_half: Sourced<number>
  }
  readonly speed: Speed
  readonly kv: KvRoom
}

export interface CatalogChips {
  readonly format: 'fleetlab.catalog/1'
  readonly model: string
  readonly engine: EngineVersion
  readonly chips: readonly CatalogChip[]
}

export interface CatalogModels {
  readonly format: 'fleetlab.catalog/1'
  readonly chip: string
  readonly memory_gb: number
  readonly engine: EngineVersion
  readonly models: readonly CatalogModel[]
  /** Builds of published figures that only calibrate plays; no scenario may name them. */
  readonly reference: readonly CatalogModel[]
}

/** `own`: a scenario's, which may stand in for some of the catalog. */
export function catalogChips(model: ModelSpec, engine: EngineVersion, own: readonly ChipSpec[] = []): CatalogChips {
  const replaced = new Set(own.map(({ name }) => name))
  const rows = [...chips.filter(({ name }) => !replaced.has(name)), ...own].map((chip) => ({
    name: chip.name,
    gpu_cores: chip.gpuCores,
    memory_gb: chip.memory_gb,
    memory_from: chip.memoryFrom ?? null,
    matrix_units: chip.matrixUnits,
    figures: {
      bandwidth_gbs: chip.bandwidth_gbs,
      tflops: chip.tflops,
      shader_tflops: chip.shaderTflops,
      clock_ghz: chip.clock_ghz,
      ssd_gbs: chip.ssd_gbs,
      prefill_factor: chip.prefillFactor,
    },
    speed: speedOf(chip, model, engine),
    kv: chip.memory_gb.map((memory_gb) => kvRoom(model, memory_gb)),
  }))
  return { format: 'fleetlab.catalog/1', model: model.build, engine, chips: rows }
}

export function catalogModels(chip: ChipSpec, memory_gb: number, engine: EngineVersion): CatalogModels {
  const row = (model: ModelSpec): CatalogModel => ({
    build: model.build,
    public_name: model.publicName,
    vision: model.isVision,
    figures: figuresOf(model, engine),
    speed: speedOf(chip, model, engine),
    kv: kvRoom(model, memory_gb),
  })
  return {
    format: 'fleetlab.catalog/1',
    chip: chip.name,
    memory_gb,
    engine,
    models: models.map(row),
    reference: referenceModels.map(row),
  }
}

function figuresOf(model: ModelSpec, engine: EngineVersion): CatalogModel['figures'] {
  const { value: reading, ...origin } = model.reading[engine]
  return {
    size_gb: model.size_gb,
    min_ram_gb: model.minRam_gb,
    resident_bytes: model.residentBytes,
    kv_bytes_per_token: model.kvBytesPerToken,
    context_limit: model.contextLimit,
    max_output: model.maxOutput,
    step_bytes: { value: weightBytes(reading, 1), ...origin },
    kv_read_per_1k_ms: model.kvReadPer1kTokens_ms,
    activation_bytes: model.activationBytes,
    decode_power: model.decodePower,
    prefill_per_tflop: model.prefillPerTflop,
    prefill_half: model.prefillHalf,
  }
}

/** Least certain first. */
const CERTAINTY: readonly EvidenceKind[] = ['derived', 'assumed', 'fitted', 'measured']

function speedOf(chip: ChipSpec, model: ModelSpec, engine: EngineVersion): Speed {
  const law = new StepLaw(stepConstants(chip, model, engine))
  const inputs = [
    chip.bandwidth_gbs,
    chip.tflops,
    chip.prefillFactor,
    model.reading[engine],
    model.prefillPerTflop,
    model.prefillHalf,
  ]
  return {
    decode_tps: soloDecodeTps(chip, model, engine),
    prefill_tps: (PROMPT_TOKENS * 1e9) / law.spanNanos(0, PROMPT_TOKENS),
    evidence: CERTAINTY.find((mark) => inputs.some(({ evidence }) => evidence === mark)) ?? 'measured',
  }
}

/** Load gate and static budget of provider-runtime 3.2 and 5.2, on a Mac whose system takes as little as it ever does. */
function kvRoom(model: ModelSpec, memory_gb: number): KvRoom {
  const { cap_share, cap_margin, memory_reserve, activation_headroom, kv_headroom, os_memory } = SETTINGS
  // Memory is sold in GB that are GiB.
  const totalBytes = memory_gb * GIB
  const capBytes = Math.min(Math.floor(cap_share * totalBytes), totalBytes - cap_margin)
  const available = totalBytes - os_memory.base_min - Math.max(memory_reserve, totalBytes - capBytes)
  const room = capBytes - residentBytes(model) - activation_headroom
  const fits = available >= estimatedBytes(model, SETTINGS) + activation_headroom + kv_headroom && room >= kv_headroom
  return { memory_gb, tokens: fits ? Math.floor(room / model.kvBytesPerToken.value) : null }
}
