/** A provider as it is right after it registered: hardware known and clamped, nothing heard of its state yet. */
import type { MachineIndex, ProviderId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { Registration } from '../../protocol/index.ts'
import { providerCapOf } from './capacity.ts'
import { clamp, LIMITS, versionRank } from './intake.ts'
import type { ProviderRecord, TrustLevel } from './provider-record.ts'
import { RecordView } from './provider-view.ts'
import { staticDecodeTps } from './rates/rates.ts'
import { touch } from './touch.ts'

export function newProviderRecord(
  id: ProviderId,
  machine: MachineIndex,
  registration: Registration,
  now: () => Micros,
): ProviderRecord {
  const memory_gb = Math.trunc(clamp(registration.memory_gb, LIMITS.memory_gb))
  const memoryBandwidth_gbs = clamp(registration.memoryBandwidth_gbs, LIMITS.bandwidth_gbs)
  const decodeTps = clamp(registration.decodeTps, LIMITS.decodeTps)
  const trust = registration.trust?.level ?? 'hardware'
  const runtimeVerified = registration.trust?.runtimeVerified ?? true
  const privateTextOk = registration.trust?.privateText ?? true
  const privateOnly = registration.privateOnly ?? false
  const view = new RecordView(now)
  const record: ProviderRecord = {
    id,
    machine,
    serial: registration.serial,
    version: registration.version,
    versionRank: versionRank(registration.version),
    chip: registration.chip,
    chipFamily: registration.chipFamily,
    chipTier: registration.chipTier,
    chipClass: `${registration.chipFamily} ${registration.chipTier}`,
    gpuCores: registration.gpuCores,
    memory_gb,
    memoryBandwidth_gbs,
    decodeTps,
    prefillTps: clamp(registration.prefillTps, LIMITS.prefillTps),
    staticDecodeTps: staticDecodeTps(decodeTps, memoryBandwidth_gbs),
    servesPublic: false,
    trust,
    runtimeVerified,
    privateTextOk,
    privateOnly,
    account: registration.account ?? '',
    challengeFreshUntil: registration.trust?.challenge === 'lapsed' ? -Infinity : Infinity,
    status: 'online',
    registeredAt: now(),
    lastHeartbeatAt: undefined,
    heard: undefined,
    soloSamples: 0,
    staleSweeps: 0,
    advertised: [],
    currentModel: '',
    warmModels: [],
    memoryPressure: 0,
    cpuUsage: 0,
    thermalState: 'nominal',
    capacity: undefined,
    totalMemory_gb: memory_gb,
    gpuActive_gb: 0,
    providerCap: providerCapOf(undefined, memory_gb),
    health_ms: 0,
    pending: new Map(),
    offers: new Map(),
    pendingLoad: '',
    pendingLoadUntil: 0 as Micros,
    breakerOpenUntil: 0 as Micros,
    workedAt: now(),
    maxModelSlots: registration.maxModelSlots,
    assignedPool: '',
    assignedAt: now(),
    assignment: undefined,
    view,
  }
  setTrust(record, trust)
  RecordView.bind(view, record)
  return record
}

/** What attestation says of it, and the flag that follows from it. */
export function setTrust(record: ProviderRecord, trust: TrustLevel): void {
  record.trust = trust
  record.servesPublic = !record.privateOnly && trust === 'hardware' && record.runtimeVerified && record.privateTextOk
  touch(record)
}
