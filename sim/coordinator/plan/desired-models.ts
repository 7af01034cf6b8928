/**
 * Which builds a provider should converge to: one entry per alias it takes part in, pushed when it registers (even
 * before its first heartbeat, which is how F11 and F17 arise) and whenever an alias changes (facts: coordinator-routing
 * §12.5, AL7). The pool policy may drop entries.
 */
import type { ProviderId } from '../../base/ids.ts'
import type { AliasView } from '../../plug/index.ts'
import type { DesiredModel } from '../../protocol/index.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { CoordinatorPorts } from '../ports.ts'
import type { ProviderRecord } from '../view/provider-record.ts'

export class DesiredModels {
  /** Providers whose last push had entries: an empty push tells them that nothing is desired any more. */
  private readonly told = new Set<ProviderId>()

  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Pick<CoordinatorPorts, 'send' | 'trace' | 'now'>,
  ) {}

  push(provider: ProviderRecord): void {
    const entries = this.entriesFor(provider)
    if (entries.length === 0 && !this.told.has(provider.id)) return
    if (entries.length === 0) this.told.delete(provider.id)
    else this.told.add(provider.id)
    for (const { alias, desired } of entries) {
      this.ports.trace.emit({ kind: 'desired_models', at: this.ports.now(), provider: provider.id, alias, desired })
    }
    this.ports.send(provider.id, { kind: 'desired_models', entries })
  }

  pushAll(): void {
    for (const provider of this.fleet.registry.providers) this.push(provider)
  }

  forget(provider: ProviderId): void {
    this.told.delete(provider)
  }

  private entriesFor(provider: ProviderRecord): DesiredModel[] {
    const entries: DesiredModel[] = []
    for (const alias of this.fleet.aliases.views.values()) {
      const { name, desired, previous } = alias
      if (desired === '' || !takesPart(provider, alias)) continue
      if (!this.fleet.pool.ask('desired_models', provider, desired).allowed) continue
      entries.push({ alias: name, desired, previous: previous === '' ? undefined : previous })
    }
    return entries
  }
}

const takesPart = (provider: ProviderRecord, alias: AliasView): boolean =>
  provider.advertised.some(
    (build) => build === alias.desired || build === alias.previous || alias.retired.includes(build),
  )
