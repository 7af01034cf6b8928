/**
 * A small world for the tests of decisions: a fleet over a clock that stands still until told otherwise. The default
 * provider is the one of the facts (coordinator-routing §15): hardware trust, fresh challenge, pressure .1, cpu .1,
 * nominal, 64 GB, one slot of its model, state running with 0/0.
 */
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import { type CoordinatorSettings, coordinatorSettingsSchema } from '../../../sim/coordinator/config.ts'
import type { Decision } from '../../../sim/coordinator/decide/decision.ts'
import { createFleet } from '../../../sim/coordinator/decide/create-fleet.ts'
import type { Fleet } from '../../../sim/coordinator/decide/fleet.ts'
import type { AliasSetting, CatalogEntry } from '../../../sim/coordinator/ports.ts'
import { preflight } from '../../../sim/coordinator/decide/preflight.ts'
import {
  PLAIN_REQUEST,
  type ProviderRecord,
  type RoutingRequest,
} from '../../../sim/coordinator/view/provider-record.ts'
import { select } from '../../../sim/coordinator/decide/select.ts'
import type { Policy } from '../../../sim/plug/index.ts'
import {
  blankSlotReport,
  type CapacityReport,
  type Heartbeat,
  type Registration,
  type SlotReport,
} from '../../../sim/protocol/index.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { advertised, type RegisteredSpec, registrationOf } from '../a-registration.ts'

export const build = (name: string): BuildId => name as BuildId
export const A = build('model-a')
export const B = build('model-b')

/** No pools at all. */
export const openPolicy: Policy = {
  name: 'open',
  about: 'anything goes',
  maxModelSlotsDefault: 3,
  refusesColdBesideBusy: false,
  test: () => ({ allowed: true, why: 'no pools' }),
  poolKeys: (label) => [label],
}

/** Only C5. */
export const noColdBesideBusy: Policy = { ...openPolicy, refusesColdBesideBusy: true }

/** Machines serve only the build they are labelled with; an unlabelled one takes the first build it is asked for. */
export const stickyPolicy: Policy = {
  ...openPolicy,
  name: 'sticky',
  test({ provider, model, ownerBypass }, context) {
    if (ownerBypass || !context.poolsEnabled) return { allowed: true, why: 'bypass' }
    const label = context.assigned(provider.id)
    if (label === '') return { allowed: true, relabel: model, why: `unassigned, now ${model}` }
    return { allowed: label === model, why: `assigned to ${label}` }
  },
}

export interface SlotSpec extends Partial<SlotReport> {}

export interface ProviderSpec extends RegisteredSpec {
  /** 'none': no capacity report (legacy). Default: one slot of the first model, running 0/0. */
  readonly slots?: readonly SlotSpec[] | 'none'
  readonly capacity?: Partial<Omit<CapacityReport, 'slots'>>
  readonly heartbeat?: Partial<Omit<Heartbeat, 'capacity'>>
  readonly silent?: boolean
}

export const slot = (spec: SlotSpec): SlotReport => ({ ...blankSlotReport(A, 'running'), ...spec })

export const heartbeat = (spec: ProviderSpec): Heartbeat => ({
  kind: 'heartbeat',
  status: 'idle',
  activeModel: undefined,
  warmModels: [],
  memoryPressure: 0.1,
  cpuUsage: 0.1,
  thermalState: 'nominal',
  capacity:
    spec.slots === 'none'
      ? undefined
      : {
          totalMemory_gb: 0,
          gpuMemoryActive_gb: 0,
          gpuMemoryPeak_gb: 0,
          gpuMemoryCache_gb: 0,
          freeForLoad_gb: undefined,
          ...spec.capacity,
          slots: (spec.slots ?? [{ model: advertised(spec, A)[0]!.build }]).map(slot),
        },
  ...spec.heartbeat,
})

export const registration = (spec: ProviderSpec, index: number): Registration =>
  registrationOf({ serial: `serial-${index}`, ...spec }, advertised(spec, A))

export interface WorldSpec {
  readonly policy?: Policy
  readonly settings?: Partial<CoordinatorSettings>
  readonly catalog?: readonly (Partial<CatalogEntry> & { readonly build: BuildId })[]
  readonly aliases?: readonly (Partial<AliasSetting> & { readonly name: string })[]
}

const aliasSetting = (alias: Partial<AliasSetting> & { readonly name: string }): AliasSetting => ({
  desired: '',
  previous: '',
  retired: [],
  ...alias,
})

export class World {
  clock = 1_000_000 as Micros
  readonly rows: TraceRow[] = []
  readonly fleet: Fleet
  private registered = 0
  private requests = 0

  constructor(spec: WorldSpec = {}) {
    this.fleet = createFleet({
      policy: spec.policy ?? openPolicy,
      settings: { ...coordinatorSettingsSchema.parse({}), ...spec.settings },
      catalog: spec.catalog?.map((entry) => ({
        size_gb: 0,
        minRam_gb: 0,
        contextLimit: 131_072,
        maxOutput: 0,
        ...entry,
      })),
      aliases: (spec.aliases ?? []).map(aliasSetting),
      now: () => this.clock,
      trace: { emit: (row) => void this.rows.push(row) },
    })
  }

  /** Registers a provider and, unless it is silent, hears its first heartbeat. */
  add(spec: ProviderSpec = {}): ProviderRecord {
    const index = this.registered++
    const record = this.fleet.registry.register(index as ProviderId, index as MachineIndex, registration(spec, index))
    if (spec.silent !== true) this.fleet.registry.heartbeat(record, heartbeat(spec))
    return record
  }

  select(spec: RequestSpec = {}, draw = 0): Decision {
    return select(this.fleet, request(spec), draw)
  }

  /** Selects and adds the winner's pending request, as a reservation does. */
  reserve(spec: RequestSpec = {}, draw = 0): Decision {
    const decision = this.select(spec, draw)
    if (decision.winner !== undefined) this.addPending(decision.winner.provider, spec)
    return decision
  }

  addPending(record: ProviderRecord, spec: RequestSpec = {}): RequestId {
    const { build: of, promptTokens, maxTokens } = request(spec)
    const id = this.requests++ as RequestId
    this.fleet.registry.addPending(record, { request: id, build: of, promptTokens, maxTokens })
    return id
  }

  /** [candidates, capacity, too large], as the facts write it. */
  preflight(spec: RequestSpec = {}): [number, number, number] {
    const { candidates, capacity, tooLarge } = preflight(this.fleet, request(spec))
    return [candidates, capacity, tooLarge]
  }

  bestTtft_ms(spec: RequestSpec = {}): number {
    return preflight(this.fleet, request(spec)).bestTtft_ms
  }
}

export type RequestSpec = Partial<RoutingRequest>

/** Model A, prompt 100, at most 256 tokens. */
export const request = (spec: RequestSpec = {}): RoutingRequest => ({
  ...PLAIN_REQUEST,
  build: A,
  promptTokens: 100,
  maxTokens: 256,
  ...spec,
})
