/**
 * Why a decision went as it did, provider by provider. Built only when somebody asks, from the same numbers the decision
 * used; it asks no policy anything, because a question may move a label.
 */
import type { Micros } from '../../../base/time.ts'
import { orDefaultMaxTokens } from '../../view/capacity.ts'
import type { Candidates } from '../columns/candidates.ts'
import { emptyBreakdown, price } from '../cost.ts'
import type { CandidateFate, Drop, ProviderVerdicts, ProviderVerdict } from '../decision.ts'
import { dropSentence, seconds, tenths } from './drop-sentence.ts'
import type { Fleet } from '../fleet.ts'
import type { Offer, RoutingRequest } from '../../view/provider-record.ts'

export function explainDrop(
  explain: ProviderVerdicts,
  fleet: Fleet,
  offer: Offer,
  request: RoutingRequest,
  drop: Drop,
  now: Micros,
): void {
  const { provider, build, running } = offer
  const why = dropSentence(fleet, offer, request, drop, now)
  explain.push({ kind: 'dropped', provider: provider.id, serial: provider.serial, build, running, drop, why })
}

/** Providers that do not advertise the build are in no scan; they get their line here, and all lines their order. */
export function explainSilent(explain: ProviderVerdicts, fleet: Fleet, request: RoutingRequest): void {
  const { build } = request
  for (const provider of fleet.registry.providers) {
    const offer = provider.offers.get(build)
    if (offer?.advertised === true) continue
    const { id, serial } = provider
    const running = offer?.running ?? 0
    const why = fleet.registry.inCatalog(build)
      ? `It does not advertise ${build}.`
      : `${build} is not in the catalog, so nobody's copy counts.`
    explain.push({ kind: 'dropped', provider: id, serial, build, running, drop: 'catalog', why })
  }
  explain.sort((a, b) => a.provider - b.provider)
}

/** Preflight: it would do; nobody has been chosen yet. */
export function explainAdmitted(
  explain: ProviderVerdicts,
  fleet: Fleet,
  offer: Offer,
  promptTokens: number,
  maxTokens: number,
): void {
  const figures = figuresOf(fleet, offer, promptTokens, maxTokens)
  const why = `It could serve this; ${figures.breakdown.effectiveQueue} queued, ${figures.pending} pending.`
  explain.push({ ...figures, affinity_ms: 0, fate: 'admitted', tie: 'none', why })
}

type CandidateVerdict = Extract<ProviderVerdict, { kind: 'candidate' }>
export type Tie = CandidateVerdict['tie']

/** Selection: one line per candidate with its cost and what became of it. */
export function explainOutcome(
  explain: ProviderVerdicts,
  fleet: Fleet,
  request: RoutingRequest,
  scan: Candidates,
  fates: readonly CandidateFate[],
  ties: readonly Tie[],
  best_ms: number,
): void {
  const promptTokens = Math.max(0, request.promptTokens)
  const maxTokens = orDefaultMaxTokens(request.maxTokens)
  for (const [index, fate] of fates.entries()) {
    const figures = figuresOf(fleet, scan.offers[scan.places[index]!]!, promptTokens, maxTokens)
    const tie = ties[index]!
    // To the nanosecond: what was subtracted comes back with a rounding error.
    const isScored = fleet.surfaces?.scores === true
    const affinity_ms = isScored ? 0 : Math.round((figures.breakdown.cost_ms - scan.cost[index]!) * 1e6) / 1e6
    const fated = fateSentence(fate, tie, request, scan, index, scan.cost[index]! - best_ms)
    const why = isScored ? `Scored ${seconds(scan.cost[index]!)} by the policy. ${fated}` : fated
    explain.push({ ...figures, affinity_ms, fate, tie, why })
  }
  explainSilent(explain, fleet, request)
}

function figuresOf(
  fleet: Fleet,
  offer: Offer,
  promptTokens: number,
  maxTokens: number,
): Omit<CandidateVerdict, 'affinity_ms' | 'fate' | 'tie' | 'why'> {
  const breakdown = emptyBreakdown()
  price(offer, promptTokens, maxTokens, fleet.settings, breakdown)
  const { provider, build, running, projectedTps } = offer
  const { id, serial, pending } = provider
  return { kind: 'candidate', provider: id, serial, build, running, pending: pending.size, projectedTps, breakdown }
}

function fateSentence(
  fate: CandidateFate,
  tie: Tie,
  request: RoutingRequest,
  scan: Candidates,
  index: number,
  over_ms: number,
): string {
  const place = scan.places[index]!
  const load = `${scan.queue[place]!} queued, ${scan.pendingTotal[place]!} pending`
  switch (fate) {
    case 'winner':
      return `Chosen; ${load}.`
    case 'dearer':
      return `${seconds(over_ms)} above the cheapest; 3.0 s count as equal.`
    case 'lost_tie':
      return tie === 'equal'
        ? `As good as the chosen one; lost the draw. ${load}.`
        : `As cheap, but more loaded: ${load}.`
    case 'not_picked':
      return `The policy picked another one. ${load}.`
    case 'not_owned':
      return 'The owner has a machine that can serve this.'
    case 'avoided_version':
      return `The request failed on version ${request.avoidVersion} before, and another version is free.`
    case 'decode_floor':
      return `It would decode at ${tenths(scan.projectedTps[place]!)} tok/s, below the floor of ${tenths(request.minDecodeTps)}, and others keep it.`
    case 'admitted':
      return `It could serve this; ${load}.`
  }
}
