/**
 * `pools-afe8135`: PR 432 as its last commit left it.
 * A provider is seeded into one pool from its live state, else from what it advertises, and serves only that pool.
 * A provider that is idle and holds nothing is relabelled on demand by any elastic question, also when it then loses the
 * selection: scans mutate. One that holds a model, even idle, or serves anything stays pinned until it unloads.
 * A load command under way does not pin. A cold model is refused beside a busy slot. Providers default to one slot.
 */
import {
  definePolicy,
  poolKeys,
  samePool,
  type BuildId,
  type PolicyContext,
  type PoolQuestion,
  type PoolVerdict,
  type ProviderView,
  type Surface,
} from '../plug/index.ts'

/** Strict surfaces never relabel beyond the seed; elastic ones move an idle, empty provider to the model asked for. */
const STRICT: ReadonlySet<Surface> = new Set(['warm_count', 'mark_warm', 'capacity_snapshot', 'shed'])
/** Surfaces that only seed: they ask about no single model. */
const SEED_ONLY: ReadonlySet<Surface> = new Set(['heartbeat', 'metrics_tick'])

const OFF: PoolVerdict = { allowed: true, why: 'pools are switched off' }
const OWNER: PoolVerdict = { allowed: true, why: "owner's own traffic" }
const STRUCTURAL: PoolVerdict = { allowed: true, why: 'alias resolution ignores pools' }

/** A model may become a label when the catalog or an alias knows it. */
function seedable(model: string, context: PolicyContext): boolean {
  return model !== '' && (context.inCatalog(model) || poolKeys(model, context)[0] !== model)
}

/** A resident build of an alias may seed although the provider no longer advertises it (a retired build). */
function canSeed(provider: ProviderView, model: string, context: PolicyContext): boolean {
  if (!seedable(model, context)) return false
  return provider.advertised.some((build) => build === model) || poolKeys(model, context)[0] !== model
}

/** Live state first: active model, running slot, loaded slot, warm list; then the inventory. '' = stays unassigned. */
function seedOf(provider: ProviderView, context: PolicyContext): string {
  if (canSeed(provider, provider.currentModel, context)) return provider.currentModel
  const slots = provider.slots ?? []
  const running = slots.find((slot) => slot.state === 'running' && canSeed(provider, slot.model, context))
  if (running !== undefined) return running.model
  const loaded = slots.find(
    (slot) => (slot.state === 'running' || slot.state === 'idle') && canSeed(provider, slot.model, context),
  )
  if (loaded !== undefined) return loaded.model
  const warm = provider.warmModels.find((build) => canSeed(provider, build, context))
  return warm ?? inventorySeed(provider.advertised, context)
}

/** One shared pool of all advertised models, else the first model when they share several, else the first pool in byte order. */
function inventorySeed(advertised: readonly BuildId[], context: PolicyContext): string {
  const models = advertised.filter((build) => seedable(build, context))
  const [first] = models
  if (first === undefined) return ''
  const keysOfAll = models.map((build) => poolKeys(build, context))
  const common = keysOfAll[0]!.filter((key) => keysOfAll.every((keys) => keys.includes(key)))
  if (common.length === 1) return common[0]!
  if (common.length > 1) return first
  return keysOfAll.flat().sort()[0]!
}

/** Nothing pending with the coordinator, nothing resident and nothing busy. Reloading or crashed slots do not block; nor does a load under way. */
function reassignable(provider: ProviderView): boolean {
  if (provider.pendingCount > 0) return false
  if (provider.slots === undefined) return provider.currentModel === '' && provider.warmModels.length === 0
  return !provider.slots.some(
    (slot) => slot.running > 0 || slot.waiting > 0 || slot.state === 'running' || slot.state === 'idle',
  )
}

/** The verdict; `relabel` is absent when the label stays as it was. */
function verdict(allowed: boolean, before: string, after: string, why: string): PoolVerdict {
  return after === before ? { allowed, why } : { allowed, why, relabel: after }
}

/** A desired-models entry is kept when the label shares a pool with the alias's desired build, or when there is no label. */
function test(question: PoolQuestion, context: PolicyContext): PoolVerdict {
  const { surface, provider, model, ownerBypass } = question
  const before = context.assigned(provider.id)
  const label = before === '' ? seedOf(provider, context) : before
  // Heartbeats and gauges seed even while the switch is off.
  if (SEED_ONLY.has(surface)) return verdict(true, before, label, 'seeded')
  if (!context.poolsEnabled) return OFF
  if (ownerBypass) return OWNER
  if (surface === 'resolve_alias') return STRUCTURAL
  if (surface === 'desired_models') {
    return verdict(label === '' || samePool(label, model, context), before, label, `assigned to ${label}`)
  }
  if (label !== '' && samePool(label, model, context)) return verdict(true, before, label, `in pool ${label}`)
  if (STRICT.has(surface)) return verdict(false, before, label, label === '' ? 'unassigned' : `assigned to ${label}`)
  if (reassignable(provider)) return verdict(true, before, model, `idle and empty: moved from ${label || 'no pool'}`)
  return verdict(false, before, label, label === '' ? 'unassigned and not empty' : `pinned to ${label}`)
}

export const poolsAfe8135 = definePolicy({
  name: 'pools-afe8135',
  about: 'PR 432, last commit: one pool per machine, relabelled on demand while idle and empty',
  maxModelSlotsDefault: 1,
  refusesColdBesideBusy: true,
  test,
  poolKeys,
})
