/**
 * Explicit assignments (facts: coordinator-control §1.4): what a plan moved a provider to, and what the provider says of
 * it. Every assignment has a higher epoch than the one before; words about an older epoch or another model are ignored, which
 * is what a label alone cannot do (F15). A failed assignment keeps its machine, and the pair cools down.
 */
import type { BuildId } from '../../base/ids.ts'
import { addMicros } from '../../base/time.ts'
import type { AssignmentState } from '../../plug/index.ts'
import type { FromProvider } from '../../protocol/index.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { CoordinatorPorts } from '../ports.ts'
import type { ProviderRecord } from '../view/provider-record.ts'
import { touch } from '../view/touch.ts'
import type { Waiters } from './waiters.ts'

type AssignStatus = Extract<FromProvider, { kind: 'assign_status' }>

export class Assignments {
  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Pick<CoordinatorPorts, 'send' | 'trace' | 'now'>,
    private readonly room: Pick<Waiters, 'drain'>,
  ) {}

  /**
   * Reserves the provider like a load, and sends. False when it serves the model already: that is no change and no epoch.
   * Until the first acknowledgement it counts as loading. A push that fails cannot be told apart here from one that is lost
   * with its connection, and then the assignment ends with the connection.
   */
  assign(provider: ProviderRecord, build: BuildId, hold: boolean): boolean {
    const now = this.ports.now()
    const last = provider.assignment
    if (last?.model === build && last.state === 'assigned') return false
    const epoch = (last?.epoch ?? 0) + 1
    provider.assignment = { model: build, epoch, state: 'loading', assignedAt: now, since: now }
    this.fleet.registry.reserve(provider, build, addMicros(now, this.fleet.settings.PENDING_LOAD_TTL))
    this.fleet.pool.ask('assign', provider, build)
    this.emit(provider)
    this.ports.send(provider.id, { kind: 'assign_model', build, epoch, hold })
    return true
  }

  status(provider: ProviderRecord, message: AssignStatus): void {
    const { assignment } = provider
    if (assignment?.epoch !== message.epoch || assignment.model !== message.build) return
    if (message.status === 'draining' || message.status === 'loading') return this.enter(provider, message.status)
    if (provider.pendingLoad === message.build) this.fleet.registry.reserve(provider, '', provider.pendingLoadUntil)
    else touch(provider)
    if (message.status === 'succeeded') {
      this.enter(provider, 'assigned')
      if (this.fleet.pool.ask('mark_warm', provider, message.build).allowed) {
        this.fleet.registry.markWarm(provider, message.build)
      }
      this.room.drain(message.build)
      return
    }
    this.enter(provider, 'failed')
    const until = addMicros(this.ports.now(), this.fleet.settings.DISPATCH_LOAD_COOLDOWN)
    this.fleet.registry.offerOf(provider, message.build).loadCooldownUntil = until
    touch(provider)
  }

  private enter(provider: ProviderRecord, state: AssignmentState): void {
    const { assignment } = provider
    if (assignment === undefined || assignment.state === state) return
    provider.assignment = { ...assignment, state, since: this.ports.now() }
    touch(provider)
    this.emit(provider)
  }

  private emit({ id: provider, assignment }: ProviderRecord): void {
    if (assignment === undefined) return
    const { model: build, epoch, state } = assignment
    this.ports.trace.emit({ kind: 'assignment', at: this.ports.now(), provider, build, epoch, state })
  }
}
