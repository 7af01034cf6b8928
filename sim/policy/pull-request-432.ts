/**
 * The machinery that the commits of PR 432 share, and the switches in which they differ. A label is given once, from live
 * state or inventory, and decides on every surface; only the last commit moves it. Quirks are kept: any question may
 * seed, and heartbeats and gauges seed even while the pools are switched off.
 */
import {
  definePolicy,
  poolKeys,
  routingBy,
  samePool,
  type Policy,
  type PolicyContext,
  type PoolQuestion,
  type PoolVerdict,
  type ProviderView,
  type Surface,
} from '../plug/index.ts'
import { type InventorySeed, seedOf } from './pool-seed.ts'

export interface Commit {
  readonly name: string
  readonly about: string
  readonly inventory: InventorySeed
  /** A build that several aliases own belongs to the first in byte order only: for membership, and for desired-models entries. */
  readonly firstAliasOnly: { readonly membership: boolean; readonly desiredModels: boolean }
  /** Whether an alias only leads to builds whose pool has a machine. */
  readonly gatesAliases: boolean
  /** Warm-pool candidates and capability probes mind pools. */
  readonly gatesCandidatesAndProbes: boolean
  /** An idle provider that holds nothing is moved to the model asked for. */
  readonly reassigns: boolean
  /** The kill switch also stops the filter of desired-models entries. */
  readonly switchStopsDesiredModels: boolean
  /** C5. */
  readonly refusesColdBesideBusy: boolean
}

/** Strict surfaces never relabel beyond the seed; the others, where the commit reassigns, move an idle, empty provider. */
const STRICT: ReadonlySet<Surface> = new Set(['warm_count', 'mark_warm', 'capacity_snapshot', 'shed'])
/** Surfaces that only seed: they ask about no single model. */
const SEED_ONLY: ReadonlySet<Surface> = new Set(['heartbeat', 'metrics_tick'])
const CANDIDATES_AND_PROBES: ReadonlySet<Surface> = new Set(['warm_pool_candidate', 'capability_probe'])

const OFF: PoolVerdict = { allowed: true, why: 'pools are switched off' }
const OWNER: PoolVerdict = { allowed: true, why: "owner's own traffic" }
const STRUCTURAL: PoolVerdict = { allowed: true, why: 'alias resolution ignores pools' }
const UNGATED: PoolVerdict = { allowed: true, why: 'this commit does not ask for pools here' }

/** Nothing pending with the coordinator, nothing resident and nothing busy. Reloading or crashed slots do not block; nor does a load under way. */
function reassignable(provider: ProviderView): boolean {
  if (provider.pendingCount > 0) return false
  if (provider.slots === undefined) return provider.currentModel === '' && provider.warmModels.length === 0
  return !provider.slots.some(
    (slot) => slot.running > 0 || slot.waiting > 0 || slot.state === 'running' || slot.state === 'idle',
  )
}

const firstKey = (labelOrBuild: string, context: PolicyContext): string | undefined =>
  poolKeys(labelOrBuild, context)[0]

function belongs(label: string, model: string, firstAliasOnly: boolean, context: PolicyContext): boolean {
  if (label === '') return false
  return firstAliasOnly ? firstKey(label, context) === firstKey(model, context) : samePool(label, model, context)
}

/** The verdict; `relabel` is absent when the label stays as it was. */
function verdict(allowed: boolean, before: string, after: string, why: string): PoolVerdict {
  return after === before ? { allowed, why } : { allowed, why, relabel: after }
}

function test(commit: Commit, question: PoolQuestion, context: PolicyContext): PoolVerdict {
  const { surface, provider, model, ownerBypass } = question
  const before = context.assigned(provider.id)
  const seeded = (): string => (before === '' ? seedOf(provider, commit.inventory, context) : before)
  if (SEED_ONLY.has(surface)) return verdict(true, before, seeded(), 'seeded')
  if (!context.poolsEnabled && (surface !== 'desired_models' || commit.switchStopsDesiredModels)) return OFF
  if (ownerBypass) return OWNER
  if (surface === 'resolve_alias' && !commit.gatesAliases) return STRUCTURAL
  if (CANDIDATES_AND_PROBES.has(surface) && !commit.gatesCandidatesAndProbes) return UNGATED
  const label = seeded()
  if (surface === 'desired_models') {
    // An entry is kept when the label shares a pool with the alias's desired build, or when there is no label.
    const kept = label === '' || belongs(label, model, commit.firstAliasOnly.desiredModels, context)
    return verdict(kept, before, label, `assigned to ${label}`)
  }
  if (belongs(label, model, commit.firstAliasOnly.membership, context)) {
    return verdict(true, before, label, `in pool ${label}`)
  }
  const named = label === '' ? 'unassigned' : `assigned to ${label}`
  if (!commit.reassigns || STRICT.has(surface)) return verdict(false, before, label, named)
  if (reassignable(provider)) return verdict(true, before, model, `idle and empty: moved from ${label || 'no pool'}`)
  return verdict(false, before, label, label === '' ? 'unassigned and not empty' : `pinned to ${label}`)
}

/** A provider of this pull request keeps one model unless its owner says otherwise. */
export const commitOf432 = (commit: Commit): Policy =>
  definePolicy({
    name: commit.name,
    about: commit.about,
    maxModelSlotsDefault: 1,
    refusesColdBesideBusy: commit.refusesColdBesideBusy,
    test: routingBy('provider', (question, context) => test(commit, question, context)),
    poolKeys,
  })
