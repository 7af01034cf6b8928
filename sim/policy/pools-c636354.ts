/**
 * `pools-c636354`: PR 432 as its first commit had it.
 * A build belongs to the first alias that owns it; a provider serves only the pool it was seeded into, and for good.
 * Only a provider that advertises one single model is seeded from its inventory; others serve nobody until they hold something.
 * Alias resolution minds pools too, so a pinned alias is unavailable (503) instead of exhausted (429).
 * Warm-pool candidates and capability probes do not mind pools; the load command is refused at the last moment.
 */
import { commitOf432 } from './pull-request-432.ts'

export const poolsC636354 = commitOf432({
  name: 'pools-c636354',
  about: 'PR 432, first commit: sticky pools by first alias, seeded from one-model inventories only',
  inventory: 'single_model',
  firstAliasOnly: { membership: true, desiredModels: true },
  gatesAliases: true,
  gatesCandidatesAndProbes: false,
  reassigns: false,
  switchStopsDesiredModels: false,
  refusesColdBesideBusy: false,
})
