/** A fleet with nobody connected: its parts made and joined. */
import { assert } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import { type ParameterValues, parameterValues, type Policy, type PolicyDraw } from '../../plug/index.ts'
import type { TraceSink } from '../../trace/row.ts'
import { Accounts } from '../view/accounts.ts'
import { CacheAffinity } from '../view/affinity.ts'
import { AliasTable } from '../view/alias-table.ts'
import { DemandWatch } from '../view/demand-watch.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { ExplainSink } from './explain/explain-sink.ts'
import type { Fleet } from './fleet.ts'
import { couldLoad, providerGate } from './gates.ts'
import { PoolGate } from './pool-gate.ts'
import { PolicyMetrics } from './surfaces/policy-metrics.ts'
import { hashedDraws, PolicySurfaces } from './surfaces/policy-surfaces.ts'
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
  /** Values of the policy's parameters; absent: its defaults. */
  readonly parameters?: ParameterValues
  /** Chance for the policy, by name. */
  readonly draws?: (name: string) => PolicyDraw
  /** Every decision walks the fleet: slower, with the same outcome. */
  readonly walks?: boolean
}

export function createFleet(parts: FleetParts): Fleet {
  const { now, trace, policy } = parts
  const catalog = parts.catalog === undefined ? undefined : new Map(parts.catalog.map((entry) => [entry.build, entry]))
  const settings = (): CoordinatorSettings => fleet.settings
  const registry = new Registry(catalog, now, settings)
  const aliases = new AliasTable(parts.aliases)
  const parameters = parts.parameters ?? standardParameters(policy)
  const demand = asksForDemand(policy) ? new DemandWatch(now) : undefined
  const metrics = new PolicyMetrics({ counters: policy.counters ?? [], gauges: policy.gauges ?? [] }, now, trace)
  const pool = new PoolGate({
    parameters,
    state: policy.state?.(parameters),
    demand,
    random: parts.draws ?? hashedDraws(0),
    metrics,
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
  const surfaces = PolicySurfaces.has(policy)
    ? new PolicySurfaces({ policy, view: pool.context, metrics, firstSettings: parts.settings, settings, now })
    : undefined
  const fleet: Fleet = {
    registry,
    pool,
    surfaces,
    demand,
    aliases,
    accounts: new Accounts(settings),
    affinity: new CacheAffinity(settings),
    chooser: new FleetChooser(parts.walks === true),
    settings: parts.settings,
    now,
  }
  return fleet
}

/** A policy whose answers are remembered does not look at demand, unless it says so by having more to say. */
const asksForDemand = (policy: Policy): boolean =>
  policy.test.routesBy === undefined || policy.plan !== undefined || PolicySurfaces.has(policy)

function standardParameters(policy: Policy): ParameterValues {
  const values = parameterValues(policy.parameters, {})
  assert(values.ok, 'the defaults of parameters lie within their bounds')
  return values.value
}
