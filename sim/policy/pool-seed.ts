/**
 * From what a provider's first pool label is taken, as PR 432 does it: live state first, then the inventory. What the
 * inventory may say differs between its commits.
 */
import { poolKeys, type BuildId, type PolicyContext, type ProviderView } from '../plug/index.ts'

export type InventorySeed =
  /** Only a provider that advertises exactly one model is labelled. */
  | 'single_model'
  /** The pool that all advertised models share; several shared: the first model; none: no label. */
  | 'common_pool'
  /** The same, but without a shared pool the first one in byte order. */
  | 'first_pool'

/** A model may become a label when the catalog or an alias knows it. */
function seedable(model: string, context: PolicyContext): boolean {
  return model !== '' && (context.inCatalog(model) || poolKeys(model, context)[0] !== model)
}

/** A resident build of an alias may seed although the provider no longer advertises it (a retired build). */
function canSeed(provider: ProviderView, model: string, context: PolicyContext): boolean {
  if (!seedable(model, context)) return false
  return provider.advertised.some((build) => build === model) || poolKeys(model, context)[0] !== model
}

/** What the provider serves or holds: active model, running slot, loaded slot, warm list. '' = nothing of use. */
export function liveSeed(provider: ProviderView, context: PolicyContext): BuildId | '' {
  if (canSeed(provider, provider.currentModel, context)) return provider.currentModel
  const slots = provider.slots ?? []
  const running = slots.find((slot) => slot.state === 'running' && canSeed(provider, slot.model, context))
  if (running !== undefined) return running.model
  const loaded = slots.find(
    (slot) => (slot.state === 'running' || slot.state === 'idle') && canSeed(provider, slot.model, context),
  )
  if (loaded !== undefined) return loaded.model
  return provider.warmModels.find((build) => canSeed(provider, build, context)) ?? ''
}

export function seedOf(provider: ProviderView, inventory: InventorySeed, context: PolicyContext): string {
  const live = liveSeed(provider, context)
  return live === '' ? inventorySeed(provider.advertised, inventory, context) : live
}

function inventorySeed(advertised: readonly BuildId[], inventory: InventorySeed, context: PolicyContext): string {
  const models = advertised.filter((build) => seedable(build, context))
  const [first] = models
  if (first === undefined) return ''
  if (inventory === 'single_model') return models.length === 1 ? first : ''
  const keysOfAll = models.map((build) => poolKeys(build, context))
  const common = keysOfAll[0]!.filter((key) => keysOfAll.every((keys) => keys.includes(key)))
  if (common.length === 1) return common[0]!
  if (common.length > 1) return first
  return inventory === 'common_pool' ? '' : keysOfAll.flat().sort()[0]!
}
