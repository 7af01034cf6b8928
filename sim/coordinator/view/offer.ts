/**
 * One provider's copy of one build: as it is before anything was heard of it, and brought up to date with each report. What
 * scans read is worked out here, once per heartbeat instead of once per question.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { SlotState } from '../../protocol/index.ts'
import { hardwareFits, isBusySlot, slotCap } from './capacity.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { CatalogEntry } from '../ports.ts'
import type { BuildState, FleetMedian, Offer, ProviderRecord, SlotRecord } from './provider-record.ts'
import { qualityCap } from './rates/quality-cap.ts'
import { projectedDecodeTps } from './rates/rates.ts'
import type { SoloRates } from './rates/solo-rates.ts'

/** §1.2, ms. Reloading and crashed slots are not routable; they are listed so that every state has an answer. */
const STATE_PENALTY_MS: { readonly [state in BuildState]: number } = {
  running: 0,
  idle: 0,
  idle_shutdown: 20_000,
  unknown: 30_000,
  reloading: 30_000,
  crashed: 30_000,
}

/** A slot of which nothing is known but its state. */
export const blankSlot = (model: BuildId, state: SlotState): SlotRecord => ({
  model,
  state,
  running: 0,
  waiting: 0,
  maxConcurrency: 0,
  activeTokens: 0,
  maxTokensPotential: 0,
  activeTokenBudgetUsed: 0,
  activeTokenBudgetMax: 0,
  queuedTokenBudget: 0,
  observedDecodeTps: 0,
  observedPrefillTps: 0,
  kvBytesPerToken: 0,
  modelLoadTime_ms: 0,
})

/** Stands for the slot of a build that has none; its state is never read. */
const NO_SLOT = blankSlot('' as BuildId, 'idle_shutdown')

/** Brings everything that follows from the last report, and from the settings, up to date. */
export function refreshOffer(offer: Offer, solo: SoloRates, settings: CoordinatorSettings): void {
  const { provider } = offer
  offer.fitsHardware = hardwareFits(offer.catalog, provider.totalMemory_gb)
  offer.slot = undefined
  offer.busyOtherSlot = false
  for (const slot of provider.capacity === undefined ? [] : provider.capacity.slots) {
    if (slot.model === offer.build) {
      // The scan stops at the build's own slot: busy slots behind it stay unseen (X7).
      offer.slot = slot
      break
    }
    if (isBusySlot(slot)) offer.busyOtherSlot = true
  }
  offer.state = offer.slot === undefined ? 'unknown' : offer.slot.state
  offer.loaded = offer.state === 'running' || offer.state === 'idle'
  offer.report = offer.slot ?? NO_SLOT
  offer.statePenalty_ms = STATE_PENALTY_MS[offer.state]
  offer.running = offer.report.running
  offer.waiting = offer.report.waiting
  offer.projectedTps = projectedDecodeTps(
    offer.report.observedDecodeTps,
    provider.staticDecodeTps,
    offer.running,
    settings.BATCH_SLOWDOWN,
  )
  offer.qualityCap = qualityCap(offer, slotCap(offer), solo, settings)
}

/** Not advertised yet, nothing in flight, no report. */
export const newOffer = (
  provider: ProviderRecord,
  build: BuildId,
  catalog: CatalogEntry | undefined,
  fleet: FleetMedian,
): Offer => ({
  provider,
  build,
  advertised: false,
  isVision: false,
  templateRenderOk: undefined,
  catalog,
  fitsHardware: true,
  fleet,
  slot: undefined,
  report: NO_SLOT,
  state: 'unknown',
  statePenalty_ms: 0,
  projectedTps: 0,
  qualityCap: Infinity,
  loaded: false,
  running: 0,
  waiting: 0,
  busyOtherSlot: false,
  everHeld: false,
  poolRefused: false,
  poolAnsweredAt: 0,
  policyRefused: false,
  shown: undefined,
  pendingCount: 0,
  pendingTokens: 0,
  loadCooldownUntil: 0 as Micros,
  errorCooldownUntil: { base: 0 as Micros, tools: 0 as Micros },
  watcher: undefined,
  place: -1,
  notedFor: 0,
  version: 0,
})
