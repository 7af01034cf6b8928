/**
 * Requests no machine could ever serve, refused before they are tried everywhere (A12, off in June; facts:
 * coordinator-control §3.8): too long for the model's context, or for the largest token budget of all machines. An
 * unknown budget anywhere lets the request pass. Machines whose breaker is open or that are too small count for nothing,
 * those without vision do, and ownership plays no part (coordinator-routing §17, corrections).
 */
import type { BuildId } from '../../base/ids.ts'
import { orDefaultMaxTokens, paddedGib } from '../view/capacity.ts'
import type { Fleet } from './fleet.ts'
import { asPublic, baseGates, outOfReach } from './gates.ts'
import type { Offer, RoutingRequest } from '../view/provider-record.ts'

const MEMORY_SHARE = 0.9
const RESERVE_GIB = 3
/** Where the provider does not report its own. */
const KV_BYTES_PER_TOKEN = 400_000
const GIB = 2 ** 30

export type Unservable = 'context_exceeded' | 'prompt_too_long'

export function unservable(fleet: Fleet, request: RoutingRequest): Unservable | undefined {
  const tokens = orDefaultMaxTokens(request.maxTokens)
  const context = fleet.registry.catalog?.get(request.build)?.contextLimit ?? 0
  const calibrated = request.promptTokens * calibration(request.build, fleet.settings.PROMPT_CALIBRATION)
  if (context > 0 && calibrated + tokens > context) return 'context_exceeded'
  const largest = largestBudget(fleet, asPublic(request))
  return largest !== undefined && request.promptTokens + tokens > largest ? 'prompt_too_long' : undefined
}

/** Actual over estimated prompt tokens: the first pattern that the build's id contains, else 1. */
function calibration(build: BuildId, factors: { readonly [pattern: string]: number }): number {
  for (const [pattern, factor] of Object.entries(factors)) if (build.includes(pattern)) return factor
  return 1
}

/** undefined: nobody is eligible, or somebody's is unknown. */
function largestBudget(fleet: Fleet, request: RoutingRequest): number | undefined {
  const now = fleet.now()
  let largest: number | undefined
  for (const offer of fleet.registry.offers(request.build)) {
    if (outOfReach(offer.provider, request) !== undefined) continue
    if (baseGates(fleet, offer, request, now, false) !== undefined) continue
    if (!offer.loaded && !offer.fitsHardware) continue
    const budget = structuralBudget(offer)
    if (budget === undefined) return undefined
    largest = Math.max(largest ?? 0, budget)
  }
  return largest
}

/** Tokens that could fit with nothing else there: as reported, loaded or not, else what memory leaves beside the weights. */
function structuralBudget({ loaded, report, catalog, provider }: Offer): number | undefined {
  if (report.activeTokenBudgetMax > 0) return report.activeTokenBudgetMax
  if (loaded) return undefined
  if (catalog === undefined || catalog.size_gb <= 0 || provider.totalMemory_gb <= 0) return undefined
  const free_gib = MEMORY_SHARE * provider.totalMemory_gb - paddedGib(catalog.size_gb) - RESERVE_GIB
  const perToken = report.kvBytesPerToken > 0 ? report.kvBytesPerToken : KV_BYTES_PER_TOKEN
  return Math.max(0, Math.floor((free_gib * GIB) / perToken))
}
