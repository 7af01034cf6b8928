/** A fleet with nobody connected: its parts made and joined. */
import type { Micros } from '../../base/time.ts'
import type { Policy } from '../../plug/index.ts'
import type { TraceSink } from '../../trace/row.ts'
import { Accounts } from '../view/accounts.ts'
import { CacheAffinity } from '../view/affinity.ts'
import { AliasTable } from '../view/alias-table.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { ExplainSink } from './explain/explain-sink.ts'
import type { Fleet } from './fleet.ts'
import { couldLoad, providerGate } from './gates.ts'
import { PoolGate } from './pool-gate.ts'
import type { AliasSetting, CatalogEntry } from '../ports.ts'
import { Registry } from '../view/registry.ts'
import { FleetChooser } from './select.ts'

export interface FleetParts {
  readonly policy: Policy
  readonly settings: CoordinatorSettings
  /** undefined: no catalog, nothing is filtered. */
  readonly catalog: readonly CatalogEntry[] | undefined
  readonly aliases: readonly AliasSetting[]
  readonly now: () => Micros
  readonly trace: TraceSink
  readonly explain?: ExplainSink
  /** Every decision walks the fleet: slower, with the same outcome. */
  readonly walks?: boolean
}

export function createFleet(parts: FleetParts): Fleet {
  const { now, trace, policy } = parts
  const catalog = parts.catalog === undefined ? undefined : new Map(parts.catalog.map((entry) => [entry.build, entry]))
  const settings = (): CoordinatorSettings => fleet.settings
  const registry = new Registry(catalog, now, settings)
  const aliases = new AliasTable(parts.aliases)
  const pool = new PoolGate({
    policy,
    registry,
    aliases: () => aliases.views,
    settings,
    routable: (record) => providerGate(record, false, now()) === undefined,
    couldLoad: (record, model) => couldLoad(fleet, registry.offerOf(record, model)),
    now,
    trace,
    explain: parts.explain,
  })
  const fleet: Fleet = {
    registry,
    pool,
    aliases,
    accounts: new Accounts(settings),
    affinity: new CacheAffinity(settings),
    chooser: new FleetChooser(parts.walks === true),
    settings: parts.settings,
    now,
  }
  return fleet
}
