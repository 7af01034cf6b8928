/**
 * What a Mac says, in the coordinator's words. Zero-valued optional figures are left out, as the real program leaves them
 * out. What the simulator does not know of a Mac and nothing decides on is marked assumed.
 */
import type { Scenario } from '../../scenario/index.ts'
import type {
  AdvertisedModel,
  CapacityReport,
  FromProvider,
  Heartbeat,
  ProviderErrorText,
  Registration,
  SlotReport,
} from '../../protocol/index.ts'
import type { HeartbeatFrame, MacFrame, OfferedModel, RegisterFrame, SlotFigures } from './frames.ts'

/** Matches `EIGENINFERENCE_KNOWN_TEMPLATE_HASHES=sim=0`: without a manifest that knows it, nobody is routable. */
const TEMPLATE_HASHES = { sim: '0' } as const

/** In the place of a signature. There is no attested key, so there is none to make, and none is imitated. */
const UNSIGNED = Buffer.from('a simulated Mac does not sign').toString('base64')

/** A catalogue tells chips of one name apart by their GPU cores: `M4 Max 40c`. */
const CORES = / \d+c$/

const BACKEND = 'mlx-swift'
/** The program keeps so much for the system: provider-runtime 7, registration. */
const RESERVED_GB = 4

/** Performance and efficiency cores by tier. Assumed: the usual ones; nothing decides on them. */
const CPU_CORES: { readonly [tier: string]: readonly [performance: number, efficiency: number] } = {
  Base: [4, 4],
  Pro: [8, 4],
  Max: [12, 4],
  Ultra: [16, 8],
}

/** Zero is not said. */
const given = <Name extends string>(name: Name, value: number | undefined): { readonly [name in Name]?: number } =>
  value === undefined || value === 0 ? {} : ({ [name]: value } as { [name in Name]: number })

const quantizationOf = (build: string): string => /(\d+)[-_]?bit/i.exec(build)?.[0] ?? 'unknown'

/** `pinned`: the hash of a build's files, where the scenario gives one; a name of ours would not be the catalog's. */
export function offeredModel(
  { build, isVision, templateRenderOk, weightHash }: AdvertisedModel,
  bytes: number,
): OfferedModel {
  return {
    id: build,
    size_bytes: bytes,
    model_type: 'text',
    quantization: quantizationOf(build),
    ...(weightHash === undefined || weightHash === '' || weightHash === build ? {} : { weight_hash: weightHash }),
    ...(isVision ? { is_vision: true } : {}),
    ...(templateRenderOk === undefined ? {} : { template_render_ok: templateRenderOk }),
  }
}

export function registerFrame(
  registration: Registration,
  { chassis }: Pick<Scenario['machines'][number], 'chassis'>,
  publicKey: string,
  offered: readonly OfferedModel[],
): RegisterFrame {
  const { version, chip, chipFamily, chipTier, memory_gb, gpuCores, memoryBandwidth_gbs, trust } = registration
  const [performance, efficiency] = CPU_CORES[chipTier] ?? [8, 4]
  const isPrivate = trust?.privateText ?? true
  return {
    type: 'register',
    hardware: {
      machine_model: chassis,
      chip_name: `Apple ${chip.replace(CORES, '')}`,
      chip_family: chipFamily,
      chip_tier: chipTier,
      memory_gb: Math.floor(memory_gb),
      memory_available_gb: Math.max(0, memory_gb - RESERVED_GB),
      cpu_cores: { total: performance + efficiency, performance, efficiency },
      gpu_cores: gpuCores,
      memory_bandwidth_gbs: memoryBandwidth_gbs,
    },
    models: offered,
    backend: BACKEND,
    version,
    public_key: publicKey,
    encrypted_response_chunks: true,
    ...given('decode_tps', registration.decodeTps),
    ...given('prefill_tps', registration.prefillTps),
    ...(registration.privateOnly ? { private_only: true } : {}),
    privacy_capabilities: {
      text_backend_inprocess: isPrivate,
      text_proxy_disabled: isPrivate,
      python_runtime_locked: isPrivate,
      dangerous_modules_blocked: isPrivate,
      sip_enabled: isPrivate,
      anti_debug_enabled: isPrivate,
      core_dumps_disabled: isPrivate,
      env_scrubbed: isPrivate,
      hypervisor_active: false,
    },
    template_hashes: trust?.runtimeVerified === false ? {} : TEMPLATE_HASHES,
  }
}

export function heartbeatFrame(heartbeat: Heartbeat, stats: HeartbeatFrame['stats']): HeartbeatFrame {
  const { status, activeModel, warmModels, memoryPressure, cpuUsage, thermalState, capacity } = heartbeat
  return {
    type: 'heartbeat',
    status,
    active_model: activeModel ?? null,
    warm_models: warmModels,
    stats,
    system_metrics: { memory_pressure: memoryPressure, cpu_usage: cpuUsage, thermal_state: thermalState },
    ...(capacity === undefined ? {} : { backend_capacity: capacityFigures(capacity) }),
  }
}

function capacityFigures(capacity: CapacityReport): NonNullable<HeartbeatFrame['backend_capacity']> {
  const { slots, totalMemory_gb, gpuMemoryActive_gb, gpuMemoryPeak_gb, gpuMemoryCache_gb, freeForLoad_gb } = capacity
  return {
    slots: slots.map(slotFigures),
    gpu_memory_active_gb: gpuMemoryActive_gb,
    gpu_memory_peak_gb: gpuMemoryPeak_gb,
    gpu_memory_cache_gb: gpuMemoryCache_gb,
    total_memory_gb: totalMemory_gb,
    // Zero is said here: it is how a full Mac says that it is full.
    ...(freeForLoad_gb === undefined ? {} : { free_for_load_gb: freeForLoad_gb }),
  }
}

function slotFigures(slot: SlotReport): SlotFigures {
  return {
    model: slot.model,
    state: slot.state,
    num_running: slot.running,
    num_waiting: slot.waiting,
    ...given('max_concurrency', slot.maxConcurrency),
    active_tokens: slot.activeTokens,
    max_tokens_potential: slot.maxTokensPotential,
    ...given('observed_decode_tps', slot.observedDecodeTps),
    ...given('observed_prefill_tps', slot.observedPrefillTps),
    ...given('active_token_budget_used', slot.activeTokenBudgetUsed),
    ...given('active_token_budget_max', slot.activeTokenBudgetMax),
    ...given('queued_token_budget', slot.queuedTokenBudget),
    ...given('kv_bytes_per_token', slot.kvBytesPerToken),
    ...given('model_load_time_ms', slot.modelLoadTime_ms === undefined ? undefined : Math.round(slot.modelLoadTime_ms)),
  }
}

export const attestationResponse = (
  nonce: string,
  publicKey: string,
): Extract<MacFrame, { type: 'attestation_response' }> => ({
  type: 'attestation_response',
  nonce,
  signature: UNSIGNED,
  public_key: publicKey,
  sip_enabled: true,
  rdma_disabled: true,
  template_hashes: TEMPLATE_HASHES,
})

const LOAD_FAILED = 'model load failed: '
/** What the system says of an error that has no description: the words behind the colon reach no coordinator (provider-runtime 4, step 6). */
const GENERIC = 'The operation could not be completed.'

/** The text of an error by which a request ends, as the coordinator gets to read it. */
export function errorFrame(
  id: string,
  { code, text }: Extract<FromProvider, { kind: 'inference_error' }>,
): Extract<MacFrame, { type: 'inference_error' }> {
  const isLoad = text.startsWith(LOAD_FAILED)
  return {
    type: 'inference_error',
    request_id: id,
    error: isLoad ? `${LOAD_FAILED}${GENERIC}` : text,
    status_code: code,
    ...(isLoad ? { error_reason: 'model_load' } : {}),
  }
}

/** Of a `load_model`, the reason is told in full. */
export const loadErrorText = (text: ProviderErrorText): string =>
  text.startsWith(LOAD_FAILED) ? text.slice(LOAD_FAILED.length) : text
