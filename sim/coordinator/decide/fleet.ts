/**
 * What every decision reads: who is connected, the pool gate, the aliases, the settings of this moment, the time.
 * Decisions change none of it, except the labels that the pool gate owns.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { Accounts } from '../view/accounts.ts'
import type { CacheAffinity } from '../view/affinity.ts'
import type { DemandWatch } from '../view/demand-watch.ts'
import type { AliasTable } from '../view/alias-table.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { Decision, ProviderVerdicts, Preflight } from './decision.ts'
import type { PoolGate } from './pool-gate.ts'
import type { PolicySurfaces } from './surfaces/policy-surfaces.ts'
import type { Offer, RoutingRequest } from '../view/provider-record.ts'
import type { Registry } from '../view/registry.ts'

/** Who decides about requests, with scratch memory of its own (select.ts). */
export interface Chooser {
  /** Every decision walks the fleet. */
  readonly walks: boolean
  /** The columns answer for it; else the fleet is walked. */
  takesColumns(request: RoutingRequest, explain: ProviderVerdicts | undefined): boolean
  select(fleet: Fleet, request: RoutingRequest, draw: number, explain: ProviderVerdicts | undefined): Decision
  /** Everybody whom some draw would have picked in the decision just made. */
  everyWinner(decision: Decision): readonly Offer[]
  readonly sweeper: {
    readonly passes: { readonly count: number }
    preflight(fleet: Fleet, request: RoutingRequest, promptTokens: number): Preflight
    recall(build: BuildId): void
  }
}

export interface Fleet {
  readonly registry: Registry
  readonly pool: PoolGate
  /** undefined: the policy answers for pools alone. */
  readonly surfaces: PolicySurfaces | undefined
  /** undefined: the policy never asks for it. */
  readonly demand: DemandWatch | undefined
  readonly aliases: AliasTable
  readonly accounts: Accounts
  readonly affinity: CacheAffinity
  readonly chooser: Chooser
  /** The operator may replace it during a run. */
  settings: CoordinatorSettings
  readonly now: () => Micros
}
