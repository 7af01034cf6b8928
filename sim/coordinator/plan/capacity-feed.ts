/**
 * What the public capacity endpoint says (facts: coordinator-routing §12.5, T12, T15): per build, which machines serve it to
 * the public, how much they do for it, and whether one of them would take a plain request now. A machine that the policy
 * keeps out of the build's pool does not count for it, whatever it holds; a build without any machine is not in the feed.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import { admits, hasHeadroom, orDefaultMaxTokens, refusesCold } from '../view/capacity.ts'
import { keepsFamily } from '../view/dedicated.ts'
import type { Fleet } from '../decide/fleet.ts'
import { baseGates, providerGate } from '../decide/gates.ts'
import { PREFLIGHT_PROMPT_DEFAULT } from '../decide/preflight.ts'
import { type Offer, plainRequest } from '../view/provider-record.ts'

export interface BuildCapacity {
  readonly build: BuildId
  /** Machines that advertise it, may be used by the public and belong to its pool. */
  readonly routable: number
  /** One of them would take a request of ordinary length now, if need be after a load. */
  readonly ready: boolean
  /** Requests they have, as reported or as sent there and not reported yet. */
  readonly active: number
}

type Sum = { -readonly [part in keyof BuildCapacity]: BuildCapacity[part] }

/** Builds by name. Asks the policy, which may seed a label. */
export function capacityFeed(fleet: Fleet): readonly BuildCapacity[] {
  const now = fleet.now()
  const builds = new Map<BuildId, Sum>()
  for (const provider of fleet.registry.providers) {
    if (providerGate(provider, false, now) !== undefined) continue
    for (const build of provider.advertised) {
      if (!keepsFamily(provider, build, fleet.settings)) continue
      if (!fleet.pool.ask('capacity_snapshot', provider, build).allowed) continue
      const offer = fleet.registry.offerOf(provider, build)
      const sum = builds.get(build) ?? { build, routable: 0, ready: false, active: 0 }
      builds.set(build, sum)
      sum.routable += 1
      sum.active += Math.max(offer.pendingCount, offer.running + offer.waiting)
      sum.ready ||= takesOne(fleet, offer, now)
    }
  }
  return [...builds.values()].sort((a, b) => (a.build < b.build ? -1 : 1))
}

/** The quick check of a plain request (§4.2), its pool gate answered already. */
function takesOne(fleet: Fleet, offer: Offer, now: Micros): boolean {
  const { build, provider, state } = offer
  return (
    baseGates(fleet, offer, plainRequest(build), now, true) === undefined &&
    provider.thermalState !== 'critical' &&
    hasHeadroom(offer) &&
    (offer.loaded || offer.fitsHardware) &&
    state !== 'reloading' &&
    state !== 'crashed' &&
    !refusesCold(offer, fleet.pool.refusesColdBesideBusy) &&
    admits(offer, PREFLIGHT_PROMPT_DEFAULT, orDefaultMaxTokens(0))
  )
}
