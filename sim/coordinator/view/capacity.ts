/**
 * Room on a provider: how many requests at once (§4.3), whether the tokens fit (§4.4), whether the build fits the
 * hardware at all (§4.2). These three are also what the warm pool and the swap planner ask.
 */
import type { BuildId } from '../../base/ids.ts'
import type { CatalogEntry } from '../ports.ts'
import type { CapacityRecord, Offer, ProviderRecord, SlotRecord } from './provider-record.ts'

/** §4.3: no capacity report. */
const LEGACY_PROVIDER_CAP = 4
/** §4.3: any slot with a token budget. */
const BUDGET_PROVIDER_CAP = 24
/** §4.3: otherwise by total memory: at most this many GB, this many requests. */
const CAP_BY_MEMORY: readonly (readonly [memory_gb: number, cap: number])[] = [
  [24, 2],
  [48, 4],
  [96, 6],
  [128, 8],
]
const CAP_OF_LARGEST = 12

/** §4.4 B: 16·2^20 tokens at most are charged, at 400,000 bytes each (measured 357,615; control §2.6). */
const KV_TOKENS_MAX = 16 * 2 ** 20
const KV_BYTES_PER_TOKEN = 400_000
const GIB = 2 ** 30
/** §4.4 B1: decimal GB on disk → GiB to hold, padded by 20 %; about 1.1176. */
const PADDED_GIB_PER_GB = (1.2 * 1e9) / GIB
/** §4.4 B1: what an idle provider without a free_for_load figure must keep free, GB. */
export const COLD_HEADROOM_GB = 4
/** §4.2: a build of unknown min_ram needs twice its size. */
const FIT_SIZE_FACTOR = 2
/** §1.4: for requests that name no limit. */
const MAX_TOKENS_DEFAULT = 256

export const orDefaultMaxTokens = (maxTokens: number): number => (maxTokens > 0 ? maxTokens : MAX_TOKENS_DEFAULT)

export function providerCapOf(capacity: CapacityRecord | undefined, totalMemory_gb: number): number {
  if (capacity === undefined) return LEGACY_PROVIDER_CAP
  for (const slot of capacity.slots) if (slot.activeTokenBudgetMax > 0) return BUDGET_PROVIDER_CAP
  for (const [memory_gb, cap] of CAP_BY_MEMORY) if (totalMemory_gb <= memory_gb) return cap
  return CAP_OF_LARGEST
}

/** What the slot reports, else what the provider may hold. */
export const slotCap = (offer: Offer): number =>
  offer.report.maxConcurrency > 0 ? offer.report.maxConcurrency : offer.provider.providerCap

export const modelCap = (offer: Offer): number => Math.min(slotCap(offer), offer.qualityCap)

export const modelLoad = (offer: Offer): number =>
  offer.report.maxConcurrency > 0
    ? Math.max(offer.pendingCount, offer.running + offer.waiting)
    : offer.provider.pending.size

/** modelLoad below modelCap and room on the provider, in one piece because every scan asks it of everybody. */
export function hasHeadroom(offer: Offer): boolean {
  const { providerCap, pending } = offer.provider
  if (pending.size >= providerCap) return false
  const { maxConcurrency } = offer.report
  if (maxConcurrency <= 0) return pending.size < offer.qualityCap
  const cap = maxConcurrency < offer.qualityCap ? maxConcurrency : offer.qualityCap
  return offer.pendingCount < cap && offer.running + offer.waiting < cap
}

/** Running or waiting work in any slot, by its last report; the state of a slot does not count (§1.2). */
export const hasWork = ({ capacity }: ProviderRecord): boolean =>
  capacity?.slots.some((slot) => slot.running > 0 || slot.waiting > 0) === true

/** Pools and the cold gate count a slot as busy by its state too; the warm pool does not (§1.2). */
export const isBusySlot = (slot: SlotRecord): boolean =>
  slot.running > 0 || slot.waiting > 0 || slot.state === 'running'

/**
 * C5: the cold build would be loaded beside work of another one. The pull request looks at the slots that stand before the
 * build's own in the report (X7); `when_full` asks whether a slot is free or could be freed.
 */
export function refusesCold(offer: Offer, rule: boolean | 'when_full'): boolean {
  if (rule === false || offer.loaded) return false
  return rule === 'when_full' ? slotsFull(offer.provider, offer.build) : offer.busyOtherSlot
}

/** A provider that does not say how many models it keeps has the pull request's default of one. */
const UNSAID_SLOTS = 1

/** No slot is free for the build and none holds a model that could be given up: each works, or is promised to somebody. */
function slotsFull(provider: ProviderRecord, build: BuildId): boolean {
  let taken = 0
  const slots = provider.capacity?.slots ?? []
  for (const slot of slots) {
    if (slot.state === 'idle_shutdown' || slot.model === build) continue
    const promised = (provider.offers.get(slot.model)?.pendingCount ?? 0) > 0 || provider.pendingLoad === slot.model
    if (slot.state === 'idle' && !isBusySlot(slot) && !promised) continue
    taken += 1
  }
  // Builds on their way in have no slot yet.
  for (const other of provider.offers.values()) {
    if (other.build === build || other.slot !== undefined) continue
    if (other.pendingCount > 0 || provider.pendingLoad === other.build) taken += 1
  }
  return taken >= (provider.maxModelSlots ?? UNSAID_SLOTS)
}

export function hardwareFits(catalog: CatalogEntry | undefined, totalMemory_gb: number): boolean {
  if (totalMemory_gb <= 0 || catalog === undefined) return true
  if (catalog.minRam_gb > 0) return catalog.minRam_gb <= totalMemory_gb
  return FIT_SIZE_FACTOR * catalog.size_gb <= totalMemory_gb
}

/** What a build of this size on disk takes once loaded, with margin; GiB. */
export const paddedGib = (size_gb: number): number => size_gb * PADDED_GIB_PER_GB

/** True when the provider does not say, or the size is unknown. */
export function fitsFreeForLoad(catalog: CatalogEntry | undefined, provider: ProviderRecord): boolean {
  const free_gb = provider.capacity?.freeForLoad_gb
  if (free_gb === undefined || catalog === undefined || catalog.size_gb <= 0) return true
  return paddedGib(catalog.size_gb) <= free_gb
}

/** Tokens of the budget that are spoken for: what was reported, and in-flight requests the report does not know yet (never both). */
export function committedTokens({ report, pendingTokens }: Offer): number {
  const reported = report.activeTokenBudgetUsed + report.queuedTokenBudget
  return reported + Math.max(0, pendingTokens - Math.max(reported, report.maxTokensPotential))
}

export const kvGib = (tokens: number): number => (Math.min(tokens, KV_TOKENS_MAX) * KV_BYTES_PER_TOKEN) / GIB

/** §4.4. */
export function admits(offer: Offer, promptTokens: number, maxTokens: number): boolean {
  const { report, provider } = offer
  const tokens = promptTokens + maxTokens
  if (report.activeTokenBudgetMax > 0) return committedTokens(offer) + tokens <= report.activeTokenBudgetMax
  const size_gb = offer.catalog === undefined ? 0 : offer.catalog.size_gb
  if (size_gb <= 0 || provider.totalMemory_gb <= 0) return true
  if (!offer.loaded && provider.pending.size === 0) {
    const free_gb = provider.capacity?.freeForLoad_gb
    if (free_gb !== undefined) return paddedGib(size_gb) <= free_gb
    return size_gb + kvGib(tokens) + COLD_HEADROOM_GB <= provider.totalMemory_gb
  }
  return provider.totalMemory_gb - provider.gpuActive_gb >= (offer.loaded ? 0 : size_gb) + kvGib(tokens)
}
