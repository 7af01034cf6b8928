/**
 * What every decision reads: who is connected, the pool gate, the aliases, the settings of this moment, the time.
 * Decisions change none of it, except the labels that the pool gate owns.
 */
import type { Micros } from '../base/time.ts'
import type { Policy } from '../plug/index.ts'
import type { TraceSink } from '../trace/row.ts'
import { Accounts } from './accounts.ts'
import { CacheAffinity } from './affinity.ts'
import { AliasTable } from './aliases.ts'
import type { CoordinatorSettings } from './config.ts'
import type { ExplainSink } from './explain-sink.ts'
import { couldLoad, providerGate } from './gates.ts'
import { PoolGate } from './pool-gate.ts'
import type { AliasSetting, CatalogEntry } from './ports.ts'
import { Registry } from './registry.ts'
import { Chooser } from './select.ts'

export interface Fleet {
  readonly registry: Registry
  readonly pool: PoolGate
  readonly aliases: AliasTable
  readonly accounts: Accounts
  readonly affinity: CacheAffinity
  readonly chooser: Chooser
  /** The operator may replace it during a run. */
  settings: CoordinatorSettings
  readonly now: () => Micros
}

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
    chooser: new Chooser(parts.walks === true),
    settings: parts.settings,
    now,
  }
  return fleet
}
