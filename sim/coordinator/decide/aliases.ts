/**
 * From the name a client asks for to the build it is served with (§1.3). Resolution is structural: it asks whether any
 * provider could ever serve the build, not whether one has room now, so that demand queues against the desired build.
 */
import type { BuildId, ModelName, RequestId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { AliasView } from '../../plug/index.ts'
import { keepsFamily } from '../view/dedicated.ts'
import type { Fleet } from './fleet.ts'
import { providerGate } from './gates.ts'
import type { Offer } from '../view/provider-record.ts'

/** Which providers count for the answer. */
export interface ResolveConstraint {
  readonly request: RequestId | -1
  readonly serials: readonly string[] | undefined
  readonly account: string
  readonly selfRouteOnly: boolean
  readonly preferOwner: boolean
}

export const UNCONSTRAINED: ResolveConstraint = {
  request: -1,
  serials: undefined,
  account: '',
  selfRouteOnly: false,
  preferOwner: false,
}

export type Resolution =
  | {
      readonly kind: 'build'
      readonly build: BuildId
      /** undefined: a build was asked for by its own name. */
      readonly alias: AliasView | undefined
      /** `waiting`: nobody can serve it now; the request queues against the desired build. */
      readonly choice: 'direct' | 'desired' | 'previous' | 'waiting'
    }
  | { readonly kind: 'unavailable'; readonly alias: AliasView }

export function resolveModel(fleet: Fleet, name: ModelName, constraint: ResolveConstraint): Resolution {
  const alias = fleet.aliases.get(name)
  if (alias === undefined) return { kind: 'build', build: name as BuildId, alias: undefined, choice: 'direct' }
  const { desired } = alias
  if (desired === '') return { kind: 'unavailable', alias }
  const hard = constraint.selfRouteOnly || constraint.serials !== undefined
  const owned = constraint.selfRouteOnly || constraint.preferOwner
  if (owned && constraint.account !== '') {
    const own = firstRoutable(fleet, alias, constraint, true)
    if (own !== undefined) return own
  }
  if (!constraint.selfRouteOnly) {
    const any = firstRoutable(fleet, alias, constraint, false)
    if (any !== undefined) return any
  }
  return hard ? { kind: 'unavailable', alias } : { kind: 'build', build: desired, alias, choice: 'waiting' }
}

function firstRoutable(
  fleet: Fleet,
  alias: AliasView,
  constraint: ResolveConstraint,
  ownedOnly: boolean,
): Resolution | undefined {
  for (const choice of ['desired', 'previous'] as const) {
    const build = alias[choice]
    if (build !== '' && routableAnywhere(fleet, build, constraint, ownedOnly))
      return { kind: 'build', build, alias, choice }
  }
  return undefined
}

function routableAnywhere(fleet: Fleet, build: BuildId, constraint: ResolveConstraint, ownedOnly: boolean): boolean {
  const now = fleet.now()
  // Who prefers own machines takes any of them, listed or not (§17, corrections).
  const isBoundBySerials = !(ownedOnly && constraint.preferOwner)
  for (const offer of fleet.registry.offers(build)) {
    const { provider } = offer
    if (isBoundBySerials && constraint.serials?.includes(provider.serial) === false) continue
    if (ownedOnly && provider.account !== constraint.account) continue
    if (!structurallyRoutable(fleet, offer, ownedOnly, now)) continue
    if (fleet.pool.askFor('resolve_alias', provider, build, constraint.request, ownedOnly).allowed) return true
  }
  return false
}

/**
 * Deliberately blind to pools, breaker, concurrency, traits and heat. `owner`: the owner's own machine and traffic. The
 * dedicated-family rule binds others, and a machine too small counts for nobody even while it holds the build (§17, corrections).
 */
export function structurallyRoutable(fleet: Fleet, offer: Offer, owner: boolean, now: Micros): boolean {
  return (
    offer.advertised &&
    offer.loadCooldownUntil <= now &&
    providerGate(offer.provider, owner, now) === undefined &&
    offer.state !== 'crashed' &&
    offer.state !== 'reloading' &&
    (owner || keepsFamily(offer.provider, offer.build, fleet.settings)) &&
    offer.fitsHardware
  )
}
