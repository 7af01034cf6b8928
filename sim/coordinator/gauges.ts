/**
 * The real system's pool gauges and its isolation audit, every 10 s, from the coordinator's view (facts:
 * coordinator-routing §12.6). The tick asks the policy about every provider first, because in the real system it seeds
 * labels (§12.3). A provider without a label is in no pool.
 */
import type { BuildId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { PoolRow } from '../trace/row.ts'
import type { Fleet } from './fleet.ts'
import { providerGate } from './gates.ts'
import type { CoordinatorPorts } from './ports.ts'
import type { ProviderRecord, SlotRecord } from './provider-record.ts'

type Gauges = { -readonly [gauge in Exclude<keyof PoolRow, 'kind' | 'at' | 'pool'>]: number }

const zero = (): Gauges => ({
  assignedProviders: 0,
  warmProviders: 0,
  servingProviders: 0,
  activeRequests: 0,
  tokenBudgetUsed: 0,
  tokenBudgetTotal: 0,
  observedDecodeTps: 0,
  residentSlotProviders: 0,
})

const isResident = (slot: SlotRecord): boolean => slot.state === 'running' || slot.state === 'idle'

export class GaugeTick {
  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Pick<CoordinatorPorts, 'after' | 'now' | 'trace'>,
  ) {}

  start(): void {
    const tick = (): void => {
      this.tick()
      this.ports.after(this.fleet.settings.METRICS_INTERVAL, 'timer', tick)
    }
    this.ports.after(this.fleet.settings.METRICS_INTERVAL, 'timer', tick)
  }

  private tick(): void {
    const at = this.ports.now()
    const pools = new Map<string, Gauges>()
    let multipleResidentSlots = 0
    let multipleActivePools = 0
    for (const provider of this.fleet.registry.providers) {
      this.fleet.pool.test('metrics_tick', provider, '', -1, false)
      const resident = residentBuilds(provider)
      if (resident.length > 1) multipleResidentSlots += 1
      if (this.distinctPools(resident) > 1) multipleActivePools += 1
      if (provider.assignedPool !== '') this.count(provider, resident, pools, at)
    }
    const names = [...pools.keys()].sort((a, b) => (a < b ? -1 : 1))
    for (const pool of names) this.ports.trace.emit({ kind: 'pool', at, pool, ...pools.get(pool)! })
    this.ports.trace.emit({ kind: 'audit', at, multipleResidentSlots, multipleActivePools })
  }

  /** Only publicly routable providers count. */
  private count(provider: ProviderRecord, resident: readonly BuildId[], pools: Map<string, Gauges>, at: Micros): void {
    if (providerGate(provider, false, at) !== undefined) return
    const keys = this.fleet.pool.poolKeys(provider.assignedPool)
    const pool = keys[0] ?? provider.assignedPool
    let gauges = pools.get(pool)
    if (gauges === undefined) {
      gauges = zero()
      pools.set(pool, gauges)
    }
    const isOwn = (build: BuildId): boolean => this.fleet.pool.poolKeys(build).some((key) => keys.includes(key))
    gauges.assignedProviders += 1
    if (resident.some(isOwn)) gauges.warmProviders += 1
    if (resident.length > 0 && provider.capacity !== undefined) gauges.residentSlotProviders += 1
    if (provider.capacity === undefined) {
      // Legacy: only the coordinator's own count of the model in use is known.
      if (provider.currentModel !== '' && isOwn(provider.currentModel)) {
        gauges.activeRequests += provider.offers.get(provider.currentModel)?.pendingCount ?? 0
      }
      return
    }
    let isServing = false
    for (const slot of provider.capacity.slots) {
      gauges.tokenBudgetUsed += slot.activeTokenBudgetUsed
      gauges.tokenBudgetTotal += slot.activeTokenBudgetMax
      gauges.observedDecodeTps += slot.observedDecodeTps
      if (!isResident(slot) || !isOwn(slot.model)) continue
      gauges.activeRequests += slot.running + slot.waiting
      if (slot.state === 'running') isServing = true
    }
    if (isServing) gauges.servingProviders += 1
  }

  private distinctPools(builds: readonly BuildId[]): number {
    if (builds.length < 2) return builds.length
    return new Set(builds.map((build) => this.fleet.pool.poolKeys(build)[0] ?? build)).size
  }
}

function residentBuilds(provider: ProviderRecord): readonly BuildId[] {
  if (provider.capacity === undefined) return provider.warmModels
  return provider.capacity.slots.filter(isResident).map((slot) => slot.model)
}
