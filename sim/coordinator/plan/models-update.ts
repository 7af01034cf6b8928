/**
 * A provider has another build on offer, without registering anew (facts: coordinator-routing §15.4 AL8; the public
 * sources of June 2026, MergeProviderModels). Each build is looked at alone: one outside the catalog, or whose weights
 * hash to anything but what the catalog pins, is turned away and changes nothing. A build that is an alias's desired one
 * takes the place of that alias's previous build, unless the message names that as well; it never takes the place of
 * another alias's desired build. Both kinds of queue are looked at again (§8 Q4), and waiters for a build that nobody
 * offers any more are failed (Q6).
 */
import type { BuildId } from '../../base/ids.ts'
import type { AdvertisedModel } from '../../protocol/index.ts'
import type { ModelsChangedRow } from '../../trace/row.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { Loads } from './loads.ts'
import type { CoordinatorPorts } from '../ports.ts'
import type { ProviderRecord } from '../view/provider-record.ts'
import type { Waiters } from './waiters.ts'

export class ModelsUpdates {
  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Pick<CoordinatorPorts, 'trace' | 'now'>,
    private readonly room: Pick<Waiters, 'drain'>,
    private readonly loads: Loads,
  ) {}

  apply(record: ProviderRecord, models: readonly AdvertisedModel[]): void {
    const { registry } = this.fleet
    const merged: BuildId[] = []
    for (const model of models) {
      if (!registry.accepts(model, true)) {
        this.note(record, model.build, 'rejected')
        continue
      }
      if (!record.advertised.includes(model.build)) this.note(record, model.build, 'added')
      registry.offer(record, model)
      merged.push(model.build)
    }
    const superseded = this.superseded(merged)
    const dropped = record.advertised.filter((build) => superseded.has(build))
    for (const build of dropped) {
      registry.withdraw(record, build)
      this.note(record, build, 'dropped')
    }
    for (const build of [...merged, ...dropped]) this.room.drain(build)
    for (const build of dropped) this.loads.failUnservable(build)
  }

  /** Directional: a build that is only somebody's previous one supersedes nothing. */
  private superseded(merged: readonly BuildId[]): ReadonlySet<BuildId> {
    const superseded = new Set<BuildId>()
    for (const { desired, previous } of this.fleet.aliases.views.values()) {
      if (desired === '' || previous === '' || !merged.includes(desired) || merged.includes(previous)) continue
      superseded.add(previous)
    }
    return superseded
  }

  private note({ id }: ProviderRecord, build: BuildId, change: ModelsChangedRow['change']): void {
    this.ports.trace.emit({ kind: 'models_changed', at: this.ports.now(), provider: id, build, change })
  }
}
