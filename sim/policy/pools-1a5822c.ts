/**
 * `pools-1a5822c`: PR 432, second commit.
 * One strict test on every surface: a provider serves its pool only and is never moved.
 * Inventories seed when all advertised models share a pool; unrelated models leave the provider in no pool, unusable.
 * A build owned by several aliases serves all of them, but its desired-models entries follow the first alias alone.
 * Alias resolution is structural again; warm-pool candidates and capability probes mind pools.
 */
import { type Commit, commitOf432 } from './pull-request-432.ts'

/** Shared with d678140, which changed no routing. */
export const SECOND: Commit = {
  name: 'pools-1a5822c',
  about: 'PR 432, second commit: one strict test everywhere, unrelated inventories stay unassigned',
  inventory: 'common_pool',
  firstAliasOnly: { membership: false, desiredModels: true },
  gatesAliases: false,
  gatesCandidatesAndProbes: true,
  reassigns: false,
  switchStopsDesiredModels: false,
  refusesColdBesideBusy: false,
}

export const pools1a5822c = commitOf432(SECOND)
