/**
 * Silent providers are given up: a sweep every 30 s finds those whose last heartbeat is older than 90 s, and the second
 * sweep in a row evicts (facts: coordinator-routing §1.1 last row, §2). So a machine that hangs keeps drawing requests
 * for 90 to 150 s.
 */
import type { ProviderId } from '../../base/ids.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { CoordinatorPorts } from '../ports.ts'

/** Sweeps in a row that must find a provider stale. */
const STALE_SWEEPS = 2

export class Eviction {
  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Pick<CoordinatorPorts, 'after' | 'now'>,
    private readonly evict: (provider: ProviderId) => void,
  ) {}

  start(): void {
    const sweep = (): void => {
      this.sweep()
      this.ports.after(this.fleet.settings.EVICTION_SWEEP, 'timer', sweep)
    }
    this.ports.after(this.fleet.settings.EVICTION_SWEEP, 'timer', sweep)
  }

  private sweep(): void {
    const now = this.ports.now()
    const evicted: ProviderId[] = []
    for (const provider of this.fleet.registry.providers) {
      const heardAt = provider.lastHeartbeatAt ?? provider.registeredAt
      if (now - heardAt <= this.fleet.settings.EVICTION_TIMEOUT) {
        provider.staleSweeps = 0
        continue
      }
      provider.staleSweeps += 1
      if (provider.staleSweeps >= STALE_SWEEPS) evicted.push(provider.id)
    }
    for (const provider of evicted) this.evict(provider)
  }
}
