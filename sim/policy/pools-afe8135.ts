/**
 * `pools-afe8135`: PR 432 as its last commit left it.
 * A provider is seeded into one pool from its live state, else from what it advertises, and serves only that pool.
 * A provider that is idle and holds nothing is relabelled on demand by any elastic question, also when it then loses the
 * selection: scans mutate. One that holds a model, even idle, or serves anything stays pinned until it unloads.
 * A load command under way does not pin. A cold model is refused beside a busy slot. Providers default to one slot.
 */
import { commitOf432 } from './pull-request-432.ts'

export const poolsAfe8135 = commitOf432({
  name: 'pools-afe8135',
  about: 'PR 432, last commit: one pool per machine, relabelled on demand while idle and empty',
  inventory: 'first_pool',
  firstAliasOnly: { membership: false, desiredModels: false },
  gatesAliases: false,
  gatesCandidatesAndProbes: true,
  reassigns: true,
  switchStopsDesiredModels: true,
  refusesColdBesideBusy: true,
})
