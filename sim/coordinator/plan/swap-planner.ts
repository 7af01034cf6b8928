/**
 * The swap planner: a build that has waiters and is warm nowhere gets one load, on the first idle machine in order of
 * registration that may take it (facts: coordinator-routing §9 L2). It compares nothing and minds neither cooldowns nor
 * heat; one saturated warm machine anywhere silences it (coordinator-control §10.4). Runs after every heartbeat and,
 * coalesced, after a request has joined a queue. That it drops reservations that have run out is assumed, as the warm pool
 * does.
 */
import type { BuildId } from '../../base/ids.ts'
import { fitsFreeForLoad, hardwareFits } from '../view/capacity.ts'
import { keepsFamily } from '../view/dedicated.ts'
import type { Fleet } from '../decide/fleet.ts'
import { providerGate } from '../decide/gates.ts'
import type { Loads } from './loads.ts'
import { hasPendingLoad, isWarm } from '../decide/preflight.ts'
import type { Offer } from '../view/provider-record.ts'
import type { Waiters } from './waiters.ts'

export class SwapPlanner {
  constructor(
    private readonly fleet: Fleet,
    private readonly room: Pick<Waiters, 'builds' | 'size'>,
    private readonly loads: Pick<Loads, 'command' | 'forgetExpired'>,
  ) {}

  run(): void {
    if (this.room.size === 0) return
    this.loads.forgetExpired()
    for (const build of this.room.builds()) this.plan(build)
  }

  private plan(build: BuildId): void {
    const offers = this.fleet.registry.offers(build)
    for (const offer of offers) if (isWarm(this.fleet, offer)) return
    // A provider used for one build is reserved and so passed over for the next.
    const chosen = offers.find((offer) => mayLoad(this.fleet, offer))
    if (chosen !== undefined) this.loads.command(chosen.provider, build, 'swap_planner')
  }
}

/** Whether the planner may use it for a build that nobody has warm. */
export function mayLoad(fleet: Fleet, { provider, build, catalog }: Offer): boolean {
  const now = fleet.now()
  return (
    !hasPendingLoad(provider, now) &&
    providerGate(provider, false, now) === undefined &&
    keepsFamily(provider, build, fleet.settings) &&
    fleet.pool.ask('swap_candidate', provider, build).allowed &&
    hardwareFits(catalog, provider.memory_gb) &&
    fitsFreeForLoad(catalog, provider) &&
    provider.pending.size === 0
  )
}
