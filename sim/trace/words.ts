/** Closed lists of words that columns hold, where they are words of the lab and not of a message. */

/**
 * Why a provider was passed over, in the words the explanation uses: gates G1 … G12, checks C0 … C9 (coordinator-routing §3,
 * §4.2).
 */
export const DROPS = [
  'not_owned',
  'not_listed',
  'excluded',
  'catalog',
  'dedicated',
  'load_cooldown',
  'error_cooldown',
  'breaker',
  'status',
  'private_only',
  'trust',
  'runtime',
  'private_text',
  'challenge',
  'template_broken',
  'tools_version',
  'pool',
  'vision',
  'slot_state',
  'headroom',
  'busy_other_slot',
  'thermal',
  'too_large',
  'admission',
  'ttft',
  'policy_filter',
] as const
/** Where the coordinator asks a policy (`Surface` of sim/plug). */
export const SURFACES = [
  'resolve_alias',
  'preflight',
  'capability_probe',
  'select',
  'recheck',
  'cold_spill',
  'warm_pool_candidate',
  'swap_candidate',
  'load_model_send',
  'warm_count',
  'mark_warm',
  'capacity_snapshot',
  'desired_models',
  'heartbeat',
  'metrics_tick',
  'shed',
  'assign',
] as const
