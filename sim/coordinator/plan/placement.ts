/**
 * The placement controller: at every tick of the warm pool, and before it loads anything, a policy that plans is asked
 * which machine should hold which model (facts: coordinator-control §1.2, §1.3). Plans are recorded always, and sent when
 * placement is enforced. It shares the warm pool's limits and its reservations.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Demand, Movable } from '../../plug/index.ts'
import type { Assignments } from './assignments.ts'
import { isBusySlot } from '../view/capacity.ts'
import type { Fleet } from '../decide/fleet.ts'
import { couldLoad } from '../decide/gates.ts'
import { versionRank } from '../view/intake.ts'
import type { Loads } from './loads.ts'
import type { CoordinatorPorts } from '../ports.ts'
import { hasPendingLoad } from '../decide/preflight.ts'
import type { ProviderRecord } from '../view/provider-record.ts'
import type { BuildPlan, PlansListener } from './warm-pool.ts'

export class Placement implements PlansListener {
  constructor(
    private readonly fleet: Fleet,
    private readonly loads: Pick<Loads, 'pendingCount'>,
    private readonly assignments: Pick<Assignments, 'assign'>,
    private readonly ports: Pick<CoordinatorPorts, 'trace' | 'now'>,
  ) {}

  tick(plans: readonly BuildPlan[]): void {
    const { pool, settings } = this.fleet
    if (!pool.plans || !settings.WARM_POOL_PLACEMENT_ENABLED) return
    const plan = pool.plan({
      demands: this.demands(plans),
      machines: this.machines(),
      budget: this.budget(),
      minDwell: settings.WARM_POOL_PLACEMENT_MIN_DWELL,
      countsFailed: settings.WARM_POOL_PLACEMENT_COUNTS_FAILED,
    })
    if (plan === undefined) return
    const at = this.ports.now()
    for (const { build, current, desired } of plan.pools) {
      this.ports.trace.emit({ kind: 'placement', at, build, current, desired })
    }
    const enforced = settings.WARM_POOL_PLACEMENT_ENFORCE && !settings.WARM_POOL_OBSERVE_ONLY
    for (const { provider, build } of plan.moves) {
      const record = this.fleet.registry.get(provider)
      if (record === undefined || hasPendingLoad(record, at)) continue
      const from = record.assignment?.model ?? record.assignedPool
      const sent = enforced && this.assignments.assign(record, build, plan.holds)
      this.ports.trace.emit({ kind: 'placement_move', at, provider, from, build, sent })
    }
  }

  /** 0 counts as 1: the pull request's own coercion (review finding P2). The rest is what the fleet may have under way. */
  private budget(): number {
    const { WARM_POOL_MAX_LOADS_PER_TICK, WARM_POOL_MAX_GLOBAL_PENDING_LOADS } = this.fleet.settings
    const perTick = Math.max(1, WARM_POOL_MAX_LOADS_PER_TICK)
    return Math.max(0, Math.min(perTick, WARM_POOL_MAX_GLOBAL_PENDING_LOADS - this.loads.pendingCount()))
  }

  private demands(plans: readonly BuildPlan[]): Demand[] {
    const { settings } = this.fleet
    const { WARM_POOL_MIN_WARM: floors, WARM_POOL_PLACEMENT_PRIORITY: priorities } = settings
    const known = new Map<BuildId, Demand>()
    for (const { build, survey, load, qualityConcurrency, pressure, target } of plans) {
      const { warm, eligibleCold } = survey
      known.set(build, {
        build,
        need: target,
        load,
        qualityConcurrency,
        warm,
        eligibleCold,
        pressure,
        floor: floors[build] ?? 0,
        priority: priorities[build] ?? 0,
      })
    }
    return [...known.values()].sort((a, b) => (a.build < b.build ? -1 : 1))
  }

  /** Online, trusted, of the public, and of a version that understands assign_model. */
  private machines(): Movable[] {
    const { registry, settings } = this.fleet
    const floor = settings.ASSIGN_MODEL_MIN_VERSION === '' ? -1 : versionRank(settings.ASSIGN_MODEL_MIN_VERSION)
    const machines: Movable[] = []
    for (const provider of registry.providers) {
      if (provider.status === 'offline' || provider.status === 'untrusted' || provider.privateOnly) continue
      if (provider.versionRank < floor) continue
      machines.push({ provider: provider.view, idle: this.isIdle(provider), capable: this.capable(provider) })
    }
    return machines
  }

  private isIdle(provider: ProviderRecord): boolean {
    if (provider.pending.size > 0 || hasPendingLoad(provider, this.ports.now())) return false
    return provider.capacity === undefined || !provider.capacity.slots.some(isBusySlot)
  }

  private capable(provider: ProviderRecord): Map<BuildId, number> {
    const capable = new Map<BuildId, number>()
    for (const build of provider.advertised) {
      const offer = this.fleet.registry.offerOf(provider, build)
      if (!couldLoad(this.fleet, offer)) continue
      const observed = offer.slot === undefined ? 0 : offer.slot.observedDecodeTps
      const tps = observed > 0 ? observed : provider.staticDecodeTps
      capable.set(build, tps > 0 ? tps : provider.memory_gb)
    }
    return capable
  }
}
