/**
 * Which texts a row of the trace can hold, column by column: a closed list, or names that the scenario gives. The
 * lists follow the rows' own types, so a kind that gains a word does not compile until it is known here.
 */
import type { BuildId } from '../base/ids.ts'
import { OTHER_CULPRITS, REASONS } from '../metrics/index.ts'
import type { Surface } from '../plug/index.ts'
import type { Drop, PassedOverReason, ProviderErrorText } from '../simulation.ts'
import type { TraceRowKind } from '../trace/row.ts'
import type { RowOf } from '../trace/schema.ts'

/** Names that a scenario gives. `label`: of a pool. `chip`: of a Mac. `change`: what the timeline does. */
export type NamedBy = 'serial' | 'model' | 'build' | 'alias' | 'label' | 'chip' | 'change'

export interface Named {
  readonly by: NamedBy
  /** Nobody and nothing is a value too. */
  readonly orNone: boolean
  /** Several, between commas. */
  readonly several: boolean
  /** Words that stand there as well. */
  readonly also: readonly string[]
}

export type Words = { readonly [word: string]: true }
export type TextValues = Named | Words

export const isNamed = (values: TextValues): values is Named => 'by' in values && typeof values.by === 'string'

/** Any text, or a name of a build: not a closed list of words. */
type IsOpen<V> = string extends V ? true : BuildId extends V ? true : false
type ValuesOf<V extends string> = IsOpen<V> extends true ? TextValues : { readonly [word in V]: true }
type TextColumn<K extends TraceRowKind> = {
  [C in keyof RowOf<K>]: C extends 'kind' ? never : RowOf<K>[C] extends string ? C : never
}[keyof RowOf<K>]
type Table = {
  readonly [K in TraceRowKind]: { readonly [C in TextColumn<K>]: ValuesOf<RowOf<K>[C] & string> }
}

const name = (by: NamedBy, more: Partial<Named> = {}): Named => ({
  by,
  orNone: false,
  several: false,
  also: [],
  ...more,
})
const orNone = { orNone: true }

const SURFACES: { readonly [surface in Surface]: true } = {
  resolve_alias: true,
  preflight: true,
  capability_probe: true,
  select: true,
  recheck: true,
  cold_spill: true,
  warm_pool_candidate: true,
  swap_candidate: true,
  load_model_send: true,
  warm_count: true,
  mark_warm: true,
  capacity_snapshot: true,
  desired_models: true,
  heartbeat: true,
  metrics_tick: true,
  shed: true,
  assign: true,
}

const DROPPED: { readonly [drop in Drop]: true } = {
  not_owned: true,
  not_listed: true,
  excluded: true,
  catalog: true,
  dedicated: true,
  load_cooldown: true,
  error_cooldown: true,
  breaker: true,
  status: true,
  private_only: true,
  trust: true,
  runtime: true,
  private_text: true,
  challenge: true,
  template_broken: true,
  tools_version: true,
  pool: true,
  vision: true,
  slot_state: true,
  headroom: true,
  busy_other_slot: true,
  thermal: true,
  too_large: true,
  admission: true,
  ttft: true,
}
const DROPS: { readonly [drop in Drop | '']: true } = { ...DROPPED, '': true }
const PASSED_OVER: { readonly [reason in PassedOverReason]: true } = {
  ...DROPPED,
  decode_floor: true,
  dearer: true,
  equal: true,
}

const ERRORS: { readonly [text in ProviderErrorText | '']: true } = {
  '': true,
  'insufficient memory to load model': true,
  'model load failed: insufficient memory': true,
  'model load failed: slots active': true,
  'all slots busy: assigned to another model': true,
  'model load failed: insufficient KV headroom': true,
  'model load failed: not found': true,
  'model load failed: not advertised': true,
  'model load failed: other': true,
  'token_budget_exhausted: insufficient available tokens': true,
  'token_budget_exhausted: insufficient global KV cache headroom': true,
  'token_budget_exhausted: request queue full': true,
  'model does not support image or video input': true,
  'insufficient global kv cache headroom for vision request': true,
  'token_budget_exhausted: request exceeds batch token budget': true,
  'request timed out waiting for capacity': true,
  'request cancelled': true,
  'provider is shutting down': true,
  'provider draining for update': true,
  'All requests aborted': true,
  'request stream closed by engine teardown': true,
}

const THERMAL = { nominal: true, fair: true, serious: true, critical: true } as const
const SLOTS = { running: true, idle: true, idle_shutdown: true, reloading: true, crashed: true } as const

const build = name('build')
const buildOrNone = name('build', orNone)
const label = name('label', orNone)

export const ROW_VALUES: Table = {
  user_request: { model: name('model'), serial: name('serial', { orNone: true, several: true }) },
  user_ended: { outcome: { served: true, failed_over: true, gave_up: true, failed: true } },
  arrived: { model: name('model') },
  decision: {
    phase: { preflight: true, select: true, queue_drain: true, retry: true, backup: true },
    build: buildOrNone,
    outcome: { selected: true, admitted: true, queued: true, rejected: true, none: true },
    recheck: DROPS,
  },
  queued: { build },
  dequeued: { build, why: { assigned: true, timeout: true, cancelled: true, unservable: true } },
  dispatched: { build, slotState: { ...SLOTS, unknown: true } },
  attempt_ended: {
    outcome: { success: true, error: true, cancelled: true, timeout: true, disconnected: true },
    text: ERRORS,
  },
  first_token: {},
  ended: {
    outcome: { served: true, rejected: true, failed: true, cancelled: true },
    reason: { ...REASONS, '': true },
  },
  registered: { serial: name('serial'), chip: name('chip') },
  disconnected: { why: { socket: true, evicted: true } },
  heartbeat: { status: { idle: true, serving: true }, thermalState: THERMAL },
  slot: { build, state: SLOTS },
  relabel: { from: label, to: label, surface: SURFACES },
  assignment: { build, state: { draining: true, loading: true, assigned: true, failed: true } },
  placement: { build },
  placement_move: { from: label, build },
  desired_models: { alias: name('alias'), desired: build },
  load_command: { build, by: { swap_planner: true, warm_pool: true, policy: true } },
  warm_pool: { build },
  pool: { pool: label },
  audit: {},
  timeline: { what: name('change') },
  load_started: { build, cause: { demand: true, command: true, assign: true } },
  load_ended: { build, text: ERRORS },
  unloaded: {
    build,
    why: { evicted: true, idle_timeout: true, post_load_check: true, restart: true, assigned: true },
  },
  machine_state: { thermalState: THERMAL },
  gpu_busy: {},
  work: { build, outcome: { finished: true, cancelled: true, error: true, unfinished: true } },
  delay: { build, culprit: name('build', { also: OTHER_CULPRITS }) },
  fault: {
    what: {
      crash: true,
      sleep: true,
      wake: true,
      network_drop: true,
      stall: true,
      slow: true,
      recovered: true,
      silent: true,
      broken: true,
      update: true,
      restarted: true,
      watchdog: true,
      attestation_outage: true,
    },
  },
  run_ended: {},
  model_books: { model: name('model') },
  models_changed: { build, change: { added: true, dropped: true, rejected: true } },
  download: { build, what: { started: true, verified: true, failed: true, unwanted: true } },
  provider_pools: { assigned: label, active: name('label', { orNone: true, several: true }) },
  capacity_feed: { build },
  passed_over: { build, reason: PASSED_OVER },
}
