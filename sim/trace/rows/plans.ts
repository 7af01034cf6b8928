/**
 * Rows of what the coordinator and its policy plan and show of the fleet: pools, placement, loads, and the gauges of a metrics
 * tick.
 */
import type { RequestId } from '../../base/ids.ts'
import { buildName, count, flag, idOrNone, kind, type Kinds, large, nameOf, oneOf, real, whole } from '../column.ts'
import { DROPS, SURFACES } from '../words.ts'
import { build, label, provider } from './shared-columns.ts'

export const PLAN_ROWS = {
  relabel: kind('A policy moved a provider from one pool to another.', {
    provider,
    from: label("pool it was in, '' = none"),
    to: label("pool it is in, '' = none"),
    surface: oneOf(SURFACES, 'where the coordinator had asked the policy'),
    request: idOrNone<RequestId>('-1: not on behalf of a request'),
  }),
  passed_over: kind(
    'At a metrics tick: why a machine that never held a request of a build would not get the next one, which is like the last one asked for; written when it is not what it was.',
    {
      provider,
      build,
      reason: oneOf(
        [...DROPS, 'decode_floor', 'dearer', 'equal'],
        'the gate or check that drops it; or a step of the selection: `decode_floor`, `dearer`; `equal`: nothing would',
      ),
    },
  ),
  assignment: kind('An explicit assignment changed its state, as the coordinator knows it (PR 435).', {
    provider,
    build,
    epoch: count('of the assignment'),
    state: oneOf(['draining', 'loading', 'assigned', 'failed']),
  }),
  placement: kind("A planning policy's view of one pool at a tick: machines it has and should have.", {
    build,
    current: count('machines it has'),
    desired: count('machines it should have'),
  }),
  placement_move: kind('A move of the plan.', {
    provider,
    from: label("pool it leaves, '' = none"),
    build,
    sent: flag('not in shadow mode, nor when the machine serves the build already'),
  }),
  desired_models: kind('A desired-models entry was pushed to a provider.', {
    provider,
    alias: nameOf('alias'),
    desired: buildName('what the alias stands for from now on'),
  }),
  models_changed: kind("A provider told of another build on offer: what became of it in the coordinator's view.", {
    provider,
    build,
    change: oneOf(
      ['added', 'dropped', 'rejected'],
      'rejected: outside the catalog or of other weights; dropped: superseded by the build that was added',
    ),
  }),
  load_command: kind('A provider was told to load a build.', {
    provider,
    build,
    by: oneOf(['swap_planner', 'warm_pool', 'policy']),
  }),
  warm_pool: kind('What the warm pool saw and did about one build at a tick.', {
    build,
    pressure: flag('more demand than what is warm takes'),
    warm: whole('providers'),
    eligibleCold: whole('providers that could load it'),
    target: whole('providers that should be warm'),
    loads: whole('load commands sent'),
  }),
  pool: kind('Gauges of one pool at a metrics tick.', {
    pool: label('its display name'),
    assignedProviders: count(),
    warmProviders: count(),
    servingProviders: count(),
    activeRequests: count(),
    tokenBudgetUsed: large('tokens'),
    tokenBudgetTotal: large('tokens'),
    observedDecodeTps: real('tok/s'),
    residentSlotProviders: count('providers that hold the build in a slot'),
  }),
  audit: kind("Isolation audit at a metrics tick, over connected providers, from the coordinator's view.", {
    multipleResidentSlots: count('providers with several builds resident'),
    multipleActivePools: count('providers that serve several pools'),
  }),
  provider_pools: kind(
    "Pools of one provider at a metrics tick, from the coordinator's view; written when they are not what they were.",
    {
      provider,
      assigned: label("display name of the pool it is assigned to; '' = none"),
      active: nameOf('label', 'pools of the builds it holds, sorted, joined by commas', {
        orNone: true,
        several: true,
      }),
      residentSlots: count(),
    },
  ),
  capacity_feed: kind(
    'What the public capacity endpoint says of one build at a metrics tick; written when it is not what it was.',
    {
      build,
      routable: count("publicly routable providers of the build's pool; 0: the build is not in the feed"),
      ready: flag('one of them would take a request now'),
      active: count('requests'),
    },
  ),
} as const satisfies Kinds

/** Declared apart from the others: it is numbered after all of them. */
export const UNLOAD_COMMAND = kind(
  'A provider was told to give a build up: a what-if, no real program has such a command.',
  {
    provider,
    build,
  },
)
