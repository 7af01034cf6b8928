/**
 * The real system's pool gauges, its isolation audit, each provider's pools and the public capacity feed, every 10 s,
 * from the coordinator's view (facts: coordinator-routing §12.5, §12.6). The tick asks the policy about every provider
 * first, because in the real system it seeds labels (§12.3). A provider without a label is in no pool. What rarely changes
 * is written only when it does.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { PoolRow, ProviderPoolsRow } from '../../trace/row.ts'
import { type BuildCapacity, capacityFeed } from './capacity-feed.ts'
import type { Fleet } from '../decide/fleet.ts'
import { providerGate } from '../decide/gates.ts'
import type { PassedOver } from '../decide/explain/passed-over.ts'
import type { CoordinatorPorts } from '../ports.ts'
import type { ProviderRecord, SlotRecord } from '../view/provider-record.ts'

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

type ProviderPools = Omit<ProviderPoolsRow, 'kind' | 'at' | 'provider'>

export class GaugeTick {
  /** As last written; a connection's goes with its record. */
  private readonly written = new WeakMap<ProviderRecord, ProviderPools>()
  /** As last written, builds that have left the feed included. */
  private readonly fed = new Map<BuildId, BuildCapacity>()

  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Pick<CoordinatorPorts, 'after' | 'now' | 'trace'>,
    private readonly passedOver: PassedOver,
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
      this.fleet.pool.ask('metrics_tick', provider)
      const resident = residentBuilds(provider)
      const active = this.poolsOf(resident)
      if (resident.length > 1) multipleResidentSlots += 1
      if (active.length > 1) multipleActivePools += 1
      this.writePools(provider, active.join(','), resident.length, at)
      if (provider.assignedPool !== '') this.count(provider, resident, pools, at)
    }
    const names = [...pools.keys()].sort((a, b) => (a < b ? -1 : 1))
    for (const pool of names) this.ports.trace.emit({ kind: 'pool', at, pool, ...pools.get(pool)! })
    this.ports.trace.emit({ kind: 'audit', at, multipleResidentSlots, multipleActivePools })
    this.feed(at)
    this.passedOver.report(at)
  }

  private writePools(provider: ProviderRecord, active: string, residentSlots: number, at: Micros): void {
    const { assignedPool } = provider
    const assigned = assignedPool === '' ? '' : this.nameOf(assignedPool)
    const last = this.written.get(provider)
    if (last?.assigned === assigned && last.active === active && last.residentSlots === residentSlots) return
    const pools = { assigned, active, residentSlots }
    this.written.set(provider, pools)
    this.ports.trace.emit({ kind: 'provider_pools', at, provider: provider.id, ...pools })
  }

  /** A build that has left the feed is written once more, with nothing. */
  private feed(at: Micros): void {
    const now = new Map(capacityFeed(this.fleet).map((capacity) => [capacity.build, capacity]))
    const builds = [...new Set([...this.fed.keys(), ...now.keys()])].sort()
    for (const build of builds) {
      const capacity = now.get(build) ?? { build, routable: 0, ready: false, active: 0 }
      const last = this.fed.get(build)
      const { routable, ready, active } = capacity
      if (last?.routable === routable && last.ready === ready && last.active === active) continue
      this.fed.set(build, capacity)
      this.ports.trace.emit({ kind: 'capacity_feed', at, build, routable, ready, active })
    }
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

  /** The name under which the gauges show a label or a build. */
  private nameOf(labelOrBuild: string): string {
    return this.fleet.pool.poolKeys(labelOrBuild)[0] ?? labelOrBuild
  }

  /** Each once, by name. */
  private poolsOf(builds: readonly BuildId[]): readonly string[] {
    const names = builds.map((build) => this.nameOf(build))
    return names.length > 1 ? [...new Set(names)].sort() : names
  }
}

function residentBuilds(provider: ProviderRecord): readonly BuildId[] {
  if (provider.capacity === undefined) return provider.warmModels
  return provider.capacity.slots.filter(isResident).map((slot) => slot.model)
}
