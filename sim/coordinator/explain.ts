/**
 * Why a decision went as it did, provider by provider. Built only when somebody asks, from the same numbers the decision
 * used; it asks no policy anything, because a question may move a label.
 */
import type { Micros } from '../base/time.ts'
import { orDefaultMaxTokens } from './capacity.ts'
import { emptyBreakdown, price } from './cost.ts'
import type { CandidateFate, CostBreakdown, Drop, Explanation } from './decision.ts'
import { dropSentence, seconds, tenths } from './drop-sentence.ts'
import type { Fleet } from './fleet.ts'
import type { Offer, ProviderRecord, RoutingRequest } from './provider-record.ts'
import type { Scan } from './scan.ts'

export function explainDrop(
  explain: Explanation,
  fleet: Fleet,
  offer: Offer,
  request: RoutingRequest,
  drop: Drop,
  now: Micros,
): void {
  const why = dropSentence(fleet, offer, request, drop, now)
  push(explain, offer.provider, { build: offer.build, drop, why })
}

/** Providers that do not advertise the build are in no scan; they get their line here, and all lines their order. */
export function explainSilent(explain: Explanation, fleet: Fleet, request: RoutingRequest): void {
  const { build } = request
  for (const provider of fleet.registry.providers) {
    if (provider.offers.get(build)?.advertised === true) continue
    const why = fleet.registry.inCatalog(build)
      ? `It does not advertise ${build}.`
      : `${build} is not in the catalog, so nobody's copy counts.`
    push(explain, provider, { build, drop: 'catalog', why })
  }
  explain.sort((a, b) => a.provider - b.provider)
}

/** Preflight: it would do; nobody has been chosen yet. */
export function explainAdmitted(
  explain: Explanation,
  fleet: Fleet,
  offer: Offer,
  promptTokens: number,
  maxTokens: number,
): void {
  const breakdown = breakdownOf(fleet, offer, promptTokens, maxTokens)
  const { id, serial } = offer.provider
  const why = `It could serve this: cost ${seconds(breakdown.cost_ms)}, first token expected after ${seconds(breakdown.ttft_ms)}.`
  explain.push({ kind: 'candidate', provider: id, serial, build: offer.build, breakdown, fate: 'admitted', why })
}

/** Selection: one line per candidate with its cost and what became of it. */
export function explainOutcome(
  explain: Explanation,
  fleet: Fleet,
  request: RoutingRequest,
  scan: Scan,
  fates: readonly CandidateFate[],
  best_ms: number,
): void {
  for (const [index, fate] of fates.entries()) {
    const offer = scan.offers[index]!
    const breakdown = breakdownOf(
      fleet,
      offer,
      Math.max(0, request.promptTokens),
      orDefaultMaxTokens(request.maxTokens),
    )
    const why = fateSentence(fate, request, scan, index, scan.cost[index]! - best_ms)
    const { id, serial } = offer.provider
    explain.push({ kind: 'candidate', provider: id, serial, build: offer.build, breakdown, fate, why })
  }
  explainSilent(explain, fleet, request)
}

function push(
  explain: Explanation,
  provider: ProviderRecord,
  dropped: { readonly build: Offer['build']; readonly drop: Drop; readonly why: string },
): void {
  explain.push({ kind: 'dropped', provider: provider.id, serial: provider.serial, ...dropped })
}

function breakdownOf(fleet: Fleet, offer: Offer, promptTokens: number, maxTokens: number): CostBreakdown {
  const terms = emptyBreakdown()
  price(offer, promptTokens, maxTokens, fleet.settings, terms)
  return terms
}

function fateSentence(
  fate: CandidateFate,
  request: RoutingRequest,
  scan: Scan,
  index: number,
  over_ms: number,
): string {
  const cost = seconds(scan.cost[index]!)
  const load = `${scan.queue[index]!} queued, ${scan.pendingTotal[index]!} pending`
  switch (fate) {
    case 'winner':
      return `Chosen: cost ${cost}, ${load}.`
    case 'dearer':
      return `Its cost of ${cost} is ${seconds(over_ms)} above the cheapest; only 3.0 s count as equal.`
    case 'lost_tie':
      return `Its cost of ${cost} is within 3.0 s of the cheapest, but it has ${load}, or lost the draw among equals.`
    case 'not_owned':
      return 'The owner has a machine that can serve this.'
    case 'avoided_version':
      return `The request failed on version ${request.avoidVersion} before, and another version is free.`
    case 'decode_floor':
      return `It would decode at ${tenths(scan.projectedTps[index]!)} tok/s, below the floor of ${tenths(request.minDecodeTps)}, and others keep it.`
    case 'admitted':
      return `It could serve this: cost ${cost}.`
  }
}
