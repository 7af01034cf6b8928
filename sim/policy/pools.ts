/**
 * `pools`: PR 432 with every review finding mended. A provider is in the pool of what it holds, loads or works on; labels follow
 * live state and name builds, so neither an early registration (F11, F17) nor a deleted alias (F14) strands it. Only who gets the
 * request is moved (X1-X3), never past a load (F15, X12). Empty machines are anybody's; one that holds an idle model goes to a pool
 * that cannot help itself, after an idle minute, or at once if that pool has no machine (F10, X5). The alias's previous build is
 * tried before a request is shed (F13), and a shed is demand (X4).
 */
import {
  type BuildId,
  definePolicy,
  type Micros,
  type Policy,
  type PolicyContext,
  type PoolQuestion,
  type PoolVerdict,
  poolKeys,
  type ProviderView,
  routingBy,
  samePool,
  type Surface,
} from '../plug/index.ts'
import { liveSeed, seedOf } from './pool-seed.ts'

/**
 * Idle for this long, a machine may be taken from the pool whose model it holds: what the autopilot that came later asks of
 * a victim (facts: coordinator-control §6.6).
 */
const GIVE_UP_AFTER = 60_000_000 as Micros

const OFF: PoolVerdict = { allowed: true, why: 'pools are switched off' }
const OWNER: PoolVerdict = { allowed: true, why: "owner's own traffic" }
const STRUCTURAL: PoolVerdict = { allowed: true, why: 'alias resolution ignores pools' }

/** The planners' surfaces: they may take an idle machine from the pool whose model it holds. */
const PLANNERS: ReadonlySet<Surface> = new Set(['warm_pool_candidate', 'swap_candidate', 'load_model_send'])
/** What is resident counts for its own pool only. */
const RESIDENCY: ReadonlySet<Surface> = new Set(['warm_count', 'mark_warm'])
/** The machine is about to get the request, the load or the assignment: the label follows. */
const COMMITS: ReadonlySet<Surface> = new Set(['recheck', 'load_model_send', 'assign'])

/** Nothing that takes memory: an idle_shutdown slot is an empty one. */
const isEmpty = ({ slots, currentModel, warmModels }: ProviderView): boolean =>
  slots === undefined
    ? currentModel === '' && warmModels.length === 0
    : slots.every((slot) => slot.state === 'idle_shutdown')

const isIdle = ({ slots }: ProviderView): boolean =>
  slots === undefined ||
  slots.every(({ state, running, waiting }) => state === 'idle' && running === 0 && waiting === 0)

/** Heard from, nothing of ours in flight there, and no load on its way but one of this build. */
const isUnbound = (provider: ProviderView, model: BuildId | ''): boolean =>
  provider.observedAt !== undefined &&
  provider.pendingCount === 0 &&
  (provider.pendingLoad === '' || provider.pendingLoad === model)

/** Builds it holds, whatever their slots do. */
function heldBy({ slots, warmModels }: ProviderView): readonly BuildId[] {
  return slots === undefined
    ? warmModels
    : slots.filter((slot) => slot.state !== 'idle_shutdown').map((slot) => slot.model)
}

/** The label as it should be after a report: the pool of what is coming, of what is there, else the one it has. */
function settled(provider: ProviderView, label: string, context: PolicyContext): string {
  if (provider.observedAt === undefined) return label
  if (provider.pendingLoad !== '') return samePool(label, provider.pendingLoad, context) ? label : provider.pendingLoad
  const held = heldBy(provider)
  if (label !== '' && (provider.pendingCount > 0 || held.some((build) => samePool(label, build, context)))) return label
  const live = liveSeed(provider, context)
  if (live !== '') return live
  return label === '' ? seedOf(provider, 'common_pool', context) : label
}

/** Nobody is in the pool, so that its requests are refused until somebody is. */
const isStarved = (model: BuildId, context: PolicyContext): boolean =>
  !context.providers.some(({ id }) => context.routable(id) && samePool(context.assigned(id), model, context))

const hasOthers = (provider: ProviderView, label: string, context: PolicyContext): boolean =>
  context.providers.some(
    ({ id }) => id !== provider.id && context.routable(id) && samePool(context.assigned(id), label, context),
  )

interface Needs {
  at: Micros
  readonly byModel: Map<string, Need>
}
/** `need`: no member is on its way or idle after work, and no empty machine could join; `starved`: nor has it any member. */
type Need = 'none' | 'need' | 'starved'
/** Answers of one instant: a tick of the planners asks the same of every machine. */
const remembered = new WeakMap<PolicyContext, Needs>()

function needOf(model: BuildId, context: PolicyContext): Need {
  let memory = remembered.get(context)
  if (memory === undefined) remembered.set(context, (memory = { at: context.now, byModel: new Map() }))
  if (memory.at !== context.now) {
    memory.at = context.now
    memory.byModel.clear()
  }
  let known = memory.byModel.get(model)
  if (known === undefined) {
    const helped = context.providers.some((provider) => helps(provider, model, context))
    known = helped ? 'none' : isStarved(model, context) ? 'starved' : 'need'
    memory.byModel.set(model, known)
  }
  return known
}

/** At the last moment: what this tick has sent already helps, the machine's own reservation does not. One is taken, not all. */
const stillInNeed = ({ id }: ProviderView, model: BuildId, context: PolicyContext): boolean =>
  !context.providers.some((provider) => provider.id !== id && helps(provider, model, context))

function helps(provider: ProviderView, model: BuildId, context: PolicyContext): boolean {
  const { id, pendingLoad } = provider
  if (pendingLoad !== '') return samePool(pendingLoad, model, context)
  if (!isUnbound(provider, '') || !context.couldLoad(id, model)) return false
  if (isEmpty(provider)) return true
  // A member that stands idle while its pool asks for machines is no help, whatever it says of itself.
  const worksAtTimes = context.now - provider.workedAt < GIVE_UP_AFTER
  return worksAtTimes && isIdle(provider) && samePool(context.assigned(id), model, context)
}

/** Why a machine outside the model's pool may serve or load it all the same; undefined: it may not. */
function taken({ surface, provider, model }: PoolQuestion, label: string, context: PolicyContext): string | undefined {
  if (model === '' || !provider.advertised.includes(model) || !isUnbound(provider, model)) return undefined
  if (isEmpty(provider)) return label === '' ? 'empty, of no pool yet' : `empty, was of ${label}`
  if (!PLANNERS.has(surface) || !isIdle(provider)) return undefined
  if (surface === 'load_model_send')
    return stillInNeed(provider, model, context) ? `idle, given up by ${label}` : undefined
  const need = needOf(model, context)
  if (need === 'none') return undefined
  if (need === 'starved' && hasOthers(provider, label, context))
    return `idle, given up by ${label} for a pool without machines`
  // One just moved has had no time to work: without this, two pools take it from each other at every tick.
  const since = Math.max(provider.workedAt, context.assignedAt(provider.id))
  if (context.now - since < GIVE_UP_AFTER) return undefined
  return `idle for a minute, given up by ${label}`
}

export function testPools(question: PoolQuestion, context: PolicyContext): PoolVerdict {
  const { surface, provider, model, ownerBypass } = question
  if (!context.poolsEnabled) return OFF
  const label = context.assigned(provider.id)
  if (surface === 'heartbeat' || surface === 'metrics_tick') {
    return relabelled(true, label, settled(provider, label, context), 'label follows live state')
  }
  if (ownerBypass) return OWNER
  if (surface === 'resolve_alias') return STRUCTURAL
  if (surface === 'assign') return relabelled(true, label, model, `moved from ${label || 'no pool'}`)
  // Nothing is known of it: it converges to everything it takes part in.
  if (surface === 'desired_models' && label === '') return { allowed: true, why: 'of no pool yet' }
  if (samePool(label, model, context)) return { allowed: true, why: `in pool ${label}` }
  if (surface === 'mark_warm' && label === '') return { allowed: true, why: 'of no pool yet' }
  const reason = RESIDENCY.has(surface) ? undefined : taken(question, label, context)
  if (reason === undefined) return { allowed: false, why: label === '' ? 'of no pool yet' : `assigned to ${label}` }
  return relabelled(true, label, COMMITS.has(surface) ? model : label, reason)
}

const relabelled = (allowed: boolean, before: string, after: string, why: string): PoolVerdict =>
  after === before ? { allowed, why } : { allowed, why, relabel: after }

/** What `pools` and its followers share. */
export const MENDED = {
  maxModelSlotsDefault: 1,
  refusesColdBesideBusy: 'when_full',
  shedsAfterFallback: true,
  shedIsDemand: true,
  poolKeys,
} as const satisfies Partial<Policy>

export const pools = definePolicy({
  ...MENDED,
  name: 'pools',
  about: 'PR 432 with every review finding mended: labels follow live state, only the winner is moved',
  test: routingBy('provider', testPools),
})
