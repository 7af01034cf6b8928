/**
 * A running coordinator's view, written down as `fleetlab.decide/1`: what it last heard of each machine and what it did itself
 * since. Looks only. Reading it back gives a fleet that decides alike, for a decision depends on nothing else: how near a
 * breaker is to its next trip is not in it, whether it is open is.
 *
 * Figures are the coordinator's own, after its clamps; clamping them again changes nothing. Reported figures that no decision
 * reads (peaks and caches of memory, load times, tokens in flight) stay behind.
 */
import type { BuildId, ProviderId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import { DECIDE_FORMAT, type DecideDocument, type DecideMachine, type DecideRequest } from './format.ts'
import { secondsAgo, type WarmPoolParts, writtenRates, writtenWarmPool } from './memory.ts'
import type { Fleet } from '../decide/fleet.ts'
import { breakerOpen, isChallengeFresh } from '../decide/gates.ts'
import { hasPendingLoad } from '../decide/preflight.ts'
import type { Offer, ProviderRecord, RoutingRequest, SlotRecord } from '../view/provider-record.ts'
import { writtenSettings } from './written-settings.ts'

export interface StateParts extends WarmPoolParts {
  readonly fleet: Fleet
  readonly policy: string
  /** Of the warm pool; undefined: it does not tick. */
  readonly nextTick: Micros | undefined
}

/** Without requests. */
export function writtenState(parts: StateParts, id: string): DecideDocument {
  const { fleet, policy, nextTick } = parts
  const now = fleet.now()
  return {
    format: DECIDE_FORMAT,
    id,
    policy,
    settings: writtenSettings(fleet.settings),
    catalog: writtenCatalog(fleet),
    aliases: [...fleet.aliases.views.values()].map(({ name, desired, previous, retired }) => ({
      name,
      desired: orNull(desired),
      previous: orNull(previous),
      retired: [...retired],
    })),
    machines: fleet.registry.providers.map((provider) => writtenMachine(provider, now)),
    ...writtenRates(fleet.registry),
    requests: [],
    warm_pool: writtenWarmPool(parts, now),
    events:
      nextTick === undefined
        ? []
        : [{ at_s: -secondsAgo(nextTick, now), kind: 'tick', build: null, depth: 0, age_s: 0 }],
  }
}

/** What all decisions until then must have left alone for a later one to be as good as made on the state itself. */
export const sameState = (a: DecideDocument, b: DecideDocument): boolean => timeless(a) === timeless(b)

/** Time goes on by itself, and the warm pool decides nothing about requests. */
const timeless = (state: DecideDocument): string =>
  JSON.stringify({ ...state, id: '', requests: [], warm_pool: undefined, events: [] }, (key, value: unknown) =>
    key.endsWith('_s_ago') ? undefined : value,
  )

const orNull = <Name extends string>(name: Name | ''): Name | null => (name === '' ? null : name)

const writtenCatalog = ({ registry }: Fleet): DecideDocument['catalog'] =>
  registry.catalog === undefined
    ? null
    : [...registry.catalog.values()].map((entry) => ({
        build: entry.build,
        size_gb: entry.size_gb,
        min_ram_gb: entry.minRam_gb,
        context: entry.contextLimit,
        max_output: entry.maxOutput,
        weight_hash: entry.weightHash ?? '',
      }))

function writtenMachine(provider: ProviderRecord, now: Micros): DecideMachine {
  const { assignment, assignedPool, maxModelSlots } = provider
  const offers = [...provider.offers.values()]
  return {
    serial: provider.serial,
    version: provider.version,
    chip_family: provider.chipFamily,
    chip_tier: provider.chipTier,
    account: orNull(provider.account),
    memory_gb: provider.memory_gb,
    memory_bandwidth_gbs: provider.memoryBandwidth_gbs,
    registered_decode_tps: provider.decodeTps,
    registered_prefill_tps: provider.prefillTps,
    private_only: provider.privateOnly,
    trust: provider.trust,
    challenge: challengeOf(provider, now),
    runtime_verified: provider.runtimeVerified,
    private_text: provider.privateTextOk,
    untrusted: provider.status === 'untrusted',
    ...(maxModelSlots !== undefined && { max_model_slots: maxModelSlots }),
    models: provider.advertised.map((build) => writtenModel(build, provider.offers.get(build))),
    heartbeats: provider.lastHeartbeatAt === undefined ? [] : [writtenHeartbeat(provider)],
    pending: [...provider.pending.values()].map(({ build, promptTokens, maxTokens }) => ({
      build,
      prompt_tokens: promptTokens,
      max_tokens: maxTokens,
    })),
    breaker_open: breakerOpen(provider, now),
    load_cooldown: offers.filter((offer) => offer.loadCooldownUntil > now).map(({ build }) => build),
    error_cooldown: offers.flatMap(({ build, errorCooldownUntil }) =>
      (['base', 'tools'] as const)
        .filter((shape) => errorCooldownUntil[shape] > now)
        .map((shape) => ({ build, shape })),
    ),
    pending_load: orNull(provider.pendingLoad),
    ...(provider.pendingLoad !== '' && !hasPendingLoad(provider, now) && { pending_load_over: true }),
    ...(assignedPool !== '' && {
      pool: { label: assignedPool, assigned_s_ago: secondsAgo(provider.assignedAt, now) },
    }),
    worked_s_ago: secondsAgo(provider.workedAt, now),
    ...(assignment !== undefined && {
      assignment: {
        build: assignment.model,
        epoch: assignment.epoch,
        state: assignment.state,
        assigned_s_ago: secondsAgo(assignment.assignedAt, now),
        since_s_ago: secondsAgo(assignment.since, now),
      },
    }),
  }
}

function challengeOf(provider: ProviderRecord, now: Micros): DecideMachine['challenge'] {
  if (isChallengeFresh(provider, now)) return 'fresh'
  return provider.challengeFreshUntil > -Infinity ? 'stale' : 'none'
}

/** Weights that were accepted at registration are not asked for again. */
const writtenModel = (build: BuildId, offer: Offer | undefined): DecideMachine['models'][number] => ({
  build,
  vision: offer?.isVision ?? false,
  template_render_ok: offer?.templateRenderOk ?? null,
  weight_hash: '',
})

/** The last one, with what a load that has ended since changed in it. */
function writtenHeartbeat(provider: ProviderRecord): DecideMachine['heartbeats'][number] {
  const { capacity } = provider
  return {
    status: provider.status === 'serving' ? 'serving' : 'idle',
    active_model: orNull(provider.currentModel),
    warm_models: [...provider.warmModels],
    memory_pressure: provider.memoryPressure,
    cpu_usage: provider.cpuUsage,
    thermal_state: provider.thermalState,
    capacity:
      capacity === undefined
        ? null
        : {
            total_memory_gb: capacity.totalMemory_gb,
            gpu_memory_active_gb: capacity.gpuMemoryActive_gb,
            free_for_load_gb: capacity.freeForLoad_gb ?? null,
            slots: capacity.slots.map(writtenSlot),
          },
  }
}

const writtenSlot = (slot: SlotRecord) => ({
  model: slot.model,
  state: slot.state,
  running: slot.running,
  waiting: slot.waiting,
  max_concurrency: slot.maxConcurrency,
  max_tokens_potential: slot.maxTokensPotential,
  token_budget_used: slot.activeTokenBudgetUsed,
  token_budget_max: slot.activeTokenBudgetMax,
  queued_token_budget: slot.queuedTokenBudget,
  kv_bytes_per_token: slot.kvBytesPerToken,
  observed_decode_tps: slot.observedDecodeTps,
  observed_prefill_tps: slot.observedPrefillTps,
})

/** Where each machine of a written state stands in it. */
export type Places = ReadonlyMap<ProviderId, number>

export const placesOf = ({ registry }: Fleet): Places => new Map(registry.providers.map(({ id }, place) => [id, place]))

/** Machines that the state does not know are left out, and the bounds that settings give are left to the settings. */
export function writtenRequest(
  places: Places,
  routing: RoutingRequest,
  draw: number,
  run: NonNullable<DecideRequest['run']>,
): DecideRequest {
  return {
    build: routing.build,
    prompt_tokens: routing.promptTokens,
    max_tokens: routing.maxTokens,
    tools: routing.hasTools,
    vision: routing.requiresVision,
    account: orNull(routing.account),
    route: routing.selfRouteOnly ? 'self' : routing.preferOwner ? 'prefer_owner' : 'public',
    serials: routing.serials === undefined ? null : [...routing.serials],
    excluded: routing.excluded.flatMap((provider) => places.get(provider) ?? []),
    avoid_version: orNull(routing.avoidVersion),
    affinity: (routing.affinity === -1 ? undefined : places.get(routing.affinity)) ?? null,
    draw,
    run,
  }
}
