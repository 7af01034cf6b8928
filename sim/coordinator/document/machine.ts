/**
 * A machine of a written state, in the coordinator's own terms: the messages that it would have sent, and what the
 * coordinator has done about it since (requests placed there, breakers and cooldowns, a load under way, its label).
 */
import type { BuildId, RequestId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import { blankSlotReport, type Heartbeat, type Registration, type SlotReport } from '../../protocol/index.ts'
import type { DecideDocument, DecideHeartbeat, DecideMachine } from './format.ts'
import type { AliasSetting, CatalogEntry } from '../ports.ts'
import { FOREVER, type ProviderRecord } from '../view/provider-record.ts'
import type { Registry } from '../view/registry.ts'
import { touch } from '../view/touch.ts'

/** One microsecond. */
const LEAST_s = 1e-6

export function registrationOf(machine: DecideMachine): Registration {
  return {
    kind: 'register',
    serial: machine.serial,
    version: machine.version,
    chip: [machine.chip_family, machine.chip_tier].filter((part) => part !== '').join(' '),
    chipFamily: machine.chip_family,
    chipTier: machine.chip_tier,
    memory_gb: machine.memory_gb,
    gpuCores: 0,
    memoryBandwidth_gbs: machine.memory_bandwidth_gbs,
    decodeTps: machine.registered_decode_tps,
    prefillTps: machine.registered_prefill_tps,
    ...(machine.account !== null && { account: machine.account }),
    privateOnly: machine.private_only,
    ...(machine.max_model_slots !== undefined && { maxModelSlots: machine.max_model_slots }),
    trust: {
      level: machine.trust,
      runtimeVerified: machine.runtime_verified,
      privateText: machine.private_text,
      challenge: machine.challenge === 'fresh' ? 'answered' : 'lapsed',
    },
    models: machine.models.map(({ build, vision, template_render_ok, weight_hash }) => ({
      build: build as BuildId,
      isVision: vision,
      templateRenderOk: template_render_ok ?? undefined,
      weightHash: weight_hash,
    })),
  }
}

type Slot = NonNullable<DecideHeartbeat['capacity']>['slots'][number]

const slotOf = (slot: Slot): SlotReport => ({
  ...blankSlotReport(slot.model as BuildId, slot.state),
  running: slot.running,
  waiting: slot.waiting,
  maxConcurrency: slot.max_concurrency,
  maxTokensPotential: slot.max_tokens_potential,
  activeTokenBudgetUsed: slot.token_budget_used,
  activeTokenBudgetMax: slot.token_budget_max,
  queuedTokenBudget: slot.queued_token_budget,
  observedDecodeTps: slot.observed_decode_tps,
  observedPrefillTps: slot.observed_prefill_tps,
  kvBytesPerToken: slot.kv_bytes_per_token,
})

export function heartbeatOf(heartbeat: DecideHeartbeat): Heartbeat {
  const { capacity } = heartbeat
  return {
    kind: 'heartbeat',
    status: heartbeat.status,
    activeModel: (heartbeat.active_model ?? undefined) as BuildId | undefined,
    warmModels: heartbeat.warm_models as BuildId[],
    memoryPressure: heartbeat.memory_pressure,
    cpuUsage: heartbeat.cpu_usage,
    thermalState: heartbeat.thermal_state,
    capacity:
      capacity === null
        ? undefined
        : {
            totalMemory_gb: capacity.total_memory_gb,
            gpuMemoryActive_gb: capacity.gpu_memory_active_gb,
            gpuMemoryPeak_gb: 0,
            gpuMemoryCache_gb: 0,
            freeForLoad_gb: capacity.free_for_load_gb ?? undefined,
            slots: capacity.slots.map(slotOf),
          },
  }
}

/** All it said, in order. */
export const messagesOf = (machine: DecideMachine): readonly [Registration, ...Heartbeat[]] => [
  registrationOf(machine),
  ...machine.heartbeats.map(heartbeatOf),
]

/** Ids of requests that only a document knows; no request of a run has a negative one, and -1 is nobody's. */
export class PlacedIds {
  private last = -1
  next(): RequestId {
    this.last -= 1
    return this.last as RequestId
  }
}

/** Everything about a registered machine that no message of its own says. */
export function bringInForce(
  registry: Registry,
  record: ProviderRecord,
  machine: DecideMachine,
  ids: PlacedIds,
  now: Micros,
): void {
  const ago = (seconds: number): Micros => Math.round(now - seconds * 1_000_000) as Micros
  touch(record)
  if (machine.untrusted) record.status = 'untrusted'
  if (machine.breaker_open) record.breakerOpenUntil = FOREVER
  for (const build of machine.load_cooldown) {
    registry.offerOf(record, build as BuildId).loadCooldownUntil = FOREVER
  }
  for (const { build, shape } of machine.error_cooldown) {
    registry.offerOf(record, build as BuildId).errorCooldownUntil[shape] = FOREVER
  }
  if (machine.pending_load !== null) {
    const until = machine.pending_load_over === true ? ago(LEAST_s) : FOREVER
    registry.reserve(record, machine.pending_load as BuildId, until)
  }
  for (const { build, prompt_tokens, max_tokens } of machine.pending) {
    registry.addPending(record, {
      request: ids.next(),
      build: build as BuildId,
      promptTokens: prompt_tokens,
      maxTokens: max_tokens,
    })
  }
  record.workedAt = ago(machine.worked_s_ago)
  if (machine.pool !== undefined) {
    record.assignedPool = machine.pool.label
    record.assignedAt = ago(machine.pool.assigned_s_ago)
  }
  const { assignment } = machine
  if (assignment !== undefined) {
    record.assignment = {
      model: assignment.build as BuildId,
      epoch: assignment.epoch,
      state: assignment.state,
      assignedAt: ago(assignment.assigned_s_ago),
      since: ago(assignment.since_s_ago),
    }
  }
}

export const catalogOf = ({ catalog }: Pick<DecideDocument, 'catalog'>): readonly CatalogEntry[] | undefined =>
  catalog?.map((entry) => ({
    build: entry.build as BuildId,
    size_gb: entry.size_gb,
    minRam_gb: entry.min_ram_gb,
    contextLimit: entry.context,
    maxOutput: entry.max_output,
    weightHash: entry.weight_hash,
  }))

export const aliasesOf = ({ aliases }: Pick<DecideDocument, 'aliases'>): readonly AliasSetting[] =>
  aliases.map(({ name, desired, previous, retired }) => ({
    name,
    desired: (desired ?? '') as BuildId | '',
    previous: (previous ?? '') as BuildId | '',
    retired: retired as BuildId[],
  }))
