/**
 * `pools-25fdd11`: PR 432, fourth commit, reconstructed from its review thread; its code is not public.
 * Unrelated inventories seed the first pool in byte order, so that no provider is useless, and all of them the same one.
 * A shared build keeps all its aliases, in desired-models entries too, and the kill switch stops their filter.
 * A cold model is refused beside a busy slot of another one (C5).
 * Labels still stay for good.
 */
import { commitOf432 } from './pull-request-432.ts'

export const pools25fdd11 = commitOf432({
  name: 'pools-25fdd11',
  about:
    'PR 432, fourth commit, reconstructed from the review thread: first-pool seeds, no cold load beside a busy slot',
  inventory: 'first_pool',
  firstAliasOnly: { membership: false, desiredModels: false },
  gatesAliases: false,
  gatesCandidatesAndProbes: true,
  reassigns: false,
  switchStopsDesiredModels: true,
  refusesColdBesideBusy: true,
})
