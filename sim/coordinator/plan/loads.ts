/**
 * load_model commands: who may be told, what reserves the provider meanwhile, what its answer changes (facts:
 * coordinator-routing §9 L2–L5, coordinator-control §2.7). A reservation belongs to the whole provider: while it lasts,
 * no other build is loaded there. It is forgotten after 2 min even when the load still runs, and it may outlive a
 * failed load as a back-off.
 */
import type { BuildId } from '../../base/ids.ts'
import { addMicros } from '../../base/time.ts'
import type { FromProvider } from '../../protocol/index.ts'
import type { LoadCommandRow } from '../../trace/row.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { CoordinatorPorts } from '../ports.ts'
import { hasPendingLoad, preflight } from '../decide/preflight.ts'
import { meaningOf } from '../view/provider-error.ts'
import { plainRequest, type ProviderRecord } from '../view/provider-record.ts'
import type { Waiters } from './waiters.ts'
import type { WarmPoolPressure } from '../view/warm-pool-pressure.ts'

type LoadStatus = Extract<FromProvider, { kind: 'load_status' }>

export class Loads {
  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Pick<CoordinatorPorts, 'send' | 'trace' | 'now'>,
    private readonly room: Pick<Waiters, 'depth' | 'drain' | 'failAll'>,
    private readonly pressure: Pick<WarmPoolPressure, 'loadEnded'>,
  ) {}

  /** Reservations of the whole fleet. */
  pendingCount(): number {
    const now = this.ports.now()
    let pending = 0
    for (const provider of this.fleet.registry.reserved) if (hasPendingLoad(provider, now)) pending += 1
    return pending
  }

  /** Reservations that have run out are dropped; who asks by the clock saw them as gone already. */
  forgetExpired(): void {
    const now = this.ports.now()
    for (const provider of this.fleet.registry.reserved) if (!hasPendingLoad(provider, now)) this.drop(provider)
  }

  /** Reserves and sends. False when the provider is reserved already or the pool refuses at the last moment (L3). */
  command(provider: ProviderRecord, build: BuildId, by: LoadCommandRow['by']): boolean {
    const now = this.ports.now()
    if (hasPendingLoad(provider, now)) return false
    this.fleet.registry.reserve(provider, build, addMicros(now, this.fleet.settings.PENDING_LOAD_TTL))
    if (!this.fleet.pool.ask('load_model_send', provider, build).allowed) {
      this.drop(provider)
      return false
    }
    this.ports.trace.emit({ kind: 'load_command', at: now, provider: provider.id, build, by })
    this.ports.send(provider.id, { kind: 'load_model', build })
    return true
  }

  status(provider: ProviderRecord, message: LoadStatus): void {
    const { build } = message
    const isOurs = provider.pendingLoad === build
    if (message.status !== 'started') this.pressure.loadEnded(build, this.ports.now())
    switch (message.status) {
      case 'started':
        return
      case 'succeeded':
        // L4: a load that ends in the wrong pool is ignored silently; the next heartbeat will show the model anyway.
        if (this.fleet.pool.ask('mark_warm', provider, build).allowed) {
          this.fleet.registry.markWarm(provider, build)
        }
        if (isOurs) this.drop(provider)
        this.room.drain(build)
        return
      case 'failed': {
        // L5: a provider without the model keeps the whole reservation; the others are tried again after the back-off.
        const failure = meaningOf(message.text).loadFailure
        if (isOurs && failure !== 'absent') {
          const until = addMicros(this.ports.now(), this.fleet.settings.LOAD_FAILURE_BACKOFF)
          this.fleet.registry.reserve(provider, build, until)
        }
        if (failure !== 'draining') this.failUnservable(build)
      }
    }
  }

  /** Q6, X11: the check is the elastic quick check for a plain request. */
  failUnservable(build: BuildId): void {
    if (this.room.depth(build) === 0) return
    const check = preflight(this.fleet, plainRequest(build))
    if (check.candidates === 0 && check.capacity === 0) this.room.failAll(build)
  }

  private drop(provider: ProviderRecord): void {
    this.fleet.registry.reserve(provider, '', provider.pendingLoadUntil)
  }
}
