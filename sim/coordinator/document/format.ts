/**
 * `fleetlab.decide/1`: a state of a fleet as the coordinator knows it, what is asked of it, and (where it was recorded) what
 * the answers were. One JSON document per state. What machines say is written as they would say it, absurd values included:
 * whoever reads it clamps as the coordinator does. What a hand-written state may leave out has the value of a machine in good order.
 *
 * A document must hold whatever a decision may depend on, so that a running coordinator's state, written down, decides alike
 * when it is read back. Times are seconds before the state, which stands still.
 */
import { z } from 'zod'
import { SLOT_STATES, THERMAL_STATES } from '../../protocol/words.ts'
import { withPreset } from '../config.ts'

const build = () => z.string().min(1)
/** A place in `machines`, from 0. */
const machine = () => z.int().min(0)
const number = () => z.number().default(0)
const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()]).default(null)

const slotSchema = z.strictObject({
  model: build(),
  state: z.enum(SLOT_STATES),
  running: number(),
  waiting: number(),
  max_concurrency: number(),
  max_tokens_potential: number(),
  token_budget_used: number(),
  token_budget_max: number(),
  queued_token_budget: number(),
  kv_bytes_per_token: number(),
  observed_decode_tps: number(),
  observed_prefill_tps: number(),
})

const capacitySchema = z.strictObject({
  total_memory_gb: z.number(),
  gpu_memory_active_gb: number(),
  /** null: not reported. 0: nothing can be loaded. */
  free_for_load_gb: orNull(z.number()),
  slots: z.array(slotSchema).default([]),
})

export const heartbeatSchema = z.strictObject({
  status: z.enum(['idle', 'serving']).default('idle'),
  active_model: orNull(build()),
  warm_models: z.array(build()).default([]),
  memory_pressure: number(),
  cpu_usage: number(),
  thermal_state: z.enum(THERMAL_STATES).default('nominal'),
  /** null: a legacy provider. */
  capacity: orNull(capacitySchema),
})

const pendingSchema = z.strictObject({
  build: build(),
  prompt_tokens: z.int().min(0).default(0),
  max_tokens: z.int().default(0),
})

const assignmentSchema = z.strictObject({
  build: build(),
  epoch: z.int().min(0),
  state: z.enum(['draining', 'loading', 'assigned', 'failed']),
  assigned_s_ago: number(),
  since_s_ago: number(),
})

export const machineSchema = z.strictObject({
  serial: z.string().min(1),
  version: z.string(),
  chip_family: z.string(),
  /** Pro, Max, Ultra; '' = the plain chip, or unknown. */
  chip_tier: z.string().default(''),
  account: orNull(z.string().min(1)),
  memory_gb: z.number(),
  memory_bandwidth_gbs: z.number(),
  /** 0: it registered none. */
  registered_decode_tps: number(),
  registered_prefill_tps: number(),
  private_only: z.boolean().default(false),
  trust: z.enum(['none', 'self_signed', 'hardware']).default('hardware'),
  challenge: z.enum(['fresh', 'stale', 'none']).default('fresh'),
  runtime_verified: z.boolean().default(true),
  private_text: z.boolean().default(true),
  /** A verdict on the connection; no heartbeat lifts it. */
  untrusted: z.boolean().default(false),
  /** Absent: it does not say. */
  max_model_slots: z.int().min(1).optional(),
  models: z.array(
    z.strictObject({
      build: build(),
      vision: z.boolean().default(false),
      template_render_ok: orNull(z.boolean()),
      weight_hash: z.string().default(''),
    }),
  ),
  /** In the order they were sent; the last one stands. Earlier ones count for the medians of decode rates. */
  heartbeats: z.array(heartbeatSchema).default([]),
  /** Requests the coordinator has placed there and that have not ended. */
  pending: z.array(pendingSchema).default([]),
  breaker_open: z.boolean().default(false),
  load_cooldown: z.array(build()).default([]),
  error_cooldown: z.array(z.strictObject({ build: build(), shape: z.enum(['base', 'tools']) })).default([]),
  /** Build of the load command that reserves it. */
  pending_load: orNull(build()),
  /** That reservation has run out, and no tick of the warm pool has dropped it yet. */
  pending_load_over: z.boolean().optional(),
  /** Its pool label; absent: unassigned. */
  pool: z.strictObject({ label: z.string().min(1), assigned_s_ago: number() }).optional(),
  /** Since it last had work, as far as the coordinator knows. */
  worked_s_ago: number(),
  /** What a plan moved it to. */
  assignment: assignmentSchema.optional(),
})

export const requestSchema = z.strictObject({
  build: build(),
  prompt_tokens: z.int().min(0).default(0),
  /** 0 or less: none given. */
  max_tokens: z.int().default(0),
  tools: z.boolean().default(false),
  vision: z.boolean().default(false),
  account: orNull(z.string().min(1)),
  route: z.enum(['public', 'self', 'prefer_owner']).default('public'),
  serials: orNull(z.array(z.string())),
  excluded: z.array(machine()).default([]),
  avoid_version: orNull(z.string()),
  /** 0: off. Absent: the first-token deadline where the settings refuse what would be late, else off. */
  max_ttft_ms: z.number().optional(),
  /** 0: off. Absent: what the settings say. */
  min_decode_tps: z.number().optional(),
  /** Holds the conversation's cache. */
  affinity: orNull(machine()),
  /** In [0, 1): decides among equals where nothing is recorded. */
  draw: z.number().min(0).lt(1).default(0),
  /** Which request of a run it is, and how it stood there: decided next on this very state, waiting in the queue, or later. */
  run: z.strictObject({ request: z.int().min(0), stands: z.enum(['next', 'waiting', 'later']) }).optional(),
  /** Who then got it, null: nobody. Absent: whoever is chosen gets it. */
  reserved: z.union([machine(), z.null()]).optional(),
})

export const catalogEntrySchema = z.strictObject({
  build: build(),
  /** Decimal GB; 0: unknown. */
  size_gb: number(),
  min_ram_gb: number(),
  context: number(),
  max_output: number(),
  weight_hash: z.string().default(''),
})

export const aliasSchema = z.strictObject({
  name: z.string().min(1),
  desired: orNull(build()),
  previous: orNull(build()),
  retired: z.array(build()).default([]),
})

const eventSchema = z
  .strictObject({
    at_s: z.number().min(0),
    kind: z.enum([
      'tick',
      'queue',
      'capacity_reject',
      'ttft_miss',
      'speculative_started',
      'speculative_won',
      'cold_dispatch',
    ]),
    /** null: a tick. */
    build: orNull(build()),
    depth: number(),
    age_s: number(),
  })
  .refine((event) => event.kind === 'tick' || event.build !== null, {
    path: ['build'],
    error: 'must name a build: only a tick is of none',
  })

/** What the warm pool remembers; without it, it starts as on its first day. */
const warmPoolSchema = z.strictObject({
  /** Of any build; absent: none yet. */
  last_event_s_ago: z.number().optional(),
  builds: z.array(
    z.strictObject({
      build: build(),
      heard: z
        .strictObject({
          capacity_reject: number(),
          ttft_miss: number(),
          cold_dispatch: number(),
          speculative_started: number(),
          speculative_won: number(),
          /** Its last event or end of a load; absent: none yet. */
          last_event_s_ago: z.number().optional(),
          /** Requests that spilled since spills were last counted. */
          spilled: number(),
          spill_per_s: number(),
          /** When they were; absent: never. */
          counted_s_ago: z.number().optional(),
        })
        .optional(),
      queue: z.strictObject({ depth: z.number(), age_s: z.number(), told_s_ago: number() }).optional(),
      /** The target of the last ticks. */
      target: z.strictObject({ machines: z.number(), set_s_ago: number() }).optional(),
    }),
  ),
})

const machineAnswerSchema = z.strictObject({
  passes_gates: z.boolean(),
  passes_gates_but_breaker: z.boolean(),
  /** null: did not get that far, like everything below it. */
  verdict: z.enum(['ok', 'capacity', 'too_large', 'drop']).nullable(),
  effective_cap: z.number().nullable(),
  projected_decode_tps: z.number().nullable(),
  cost: z
    .strictObject({
      state_ms: z.number(),
      queue_ms: z.number(),
      pending_ms: z.number(),
      backlog_ms: z.number(),
      this_request_ms: z.number(),
      health_ms: z.number(),
      total_ms: z.number(),
      ttft_ms: z.number(),
      effective_queue: z.number(),
      effective_tps: z.number(),
    })
    .nullable(),
})

export const answerSchema = z.strictObject({
  /** Absent: the catalogue does not give the build's context. */
  servability: z.enum(['context_exceeded', 'prompt_too_long']).nullable().optional(),
  preflight: z.strictObject({
    candidates: z.number(),
    capacity: z.number(),
    too_large: z.number(),
    /** null: unknown. */
    best_ttft_ms: z.number().nullable(),
  }),
  /** One per machine, in order. The request as a plain one: no serials, exclusions, vision, bound or affinity. */
  machines: z.array(machineAnswerSchema),
  selection: z.strictObject({
    candidates: z.number(),
    capacity: z.number(),
    too_large: z.number(),
    vision: z.number(),
    ttft: z.number(),
    best_ttft_ms: z.number().nullable(),
    /** Everybody whom some draw in [0, 1) picks, ascending. */
    winners: z.array(machine()),
  }),
  probes: z.strictObject({ vision: z.boolean(), tools: z.boolean() }),
  cold_spill_machines: z.number(),
  warm: z.array(machine()),
  swap_candidates: z.array(machine()),
  /** By alias; null: none. */
  resolve: z.record(z.string(), build().nullable()),
})

const planSchema = z.strictObject({
  build: build(),
  target: z.number(),
  warm: z.number(),
  cold: z.number(),
  running: z.number(),
  waiting: z.number(),
  quality_concurrency: z.number(),
  demand: z.number(),
  service_s: z.number(),
  spill_per_s: z.number(),
  loads: z.array(machine()),
})

export const tickSchema = z.strictObject({ at_s: z.number().min(0), plans: z.array(planSchema) })

export const DECIDE_FORMAT = 'fleetlab.decide/1'

export const decideDocumentSchema = z.strictObject({
  format: z.literal(DECIDE_FORMAT),
  id: z.string().min(1),
  /** Pool policy; absent: open. */
  policy: z.string().min(1).optional(),
  /** Over the preset of 21 June with an empty PROMPT_CALIBRATION; see `config.ts` for what they are. */
  settings: z.record(z.string(), z.unknown()).default({}),
  /** null: the coordinator has none. */
  catalog: orNull(z.array(catalogEntrySchema)),
  aliases: z.array(aliasSchema).default([]),
  /** In order of registration. */
  machines: z.array(machineSchema),
  /** Decode rates heard so far, oldest first; absent: those of `heartbeats`. */
  decode_rates: z
    .array(z.strictObject({ build: build(), chip_family: z.string(), samples: z.array(z.number()) }))
    .optional(),
  /** Decode rates of lone requests heard so far, as above. */
  solo_rates: z
    .array(z.strictObject({ build: build(), chip_class: z.string(), samples: z.array(z.number()) }))
    .optional(),
  /** Asked one after the other; each counts as pending on its machine from there on. */
  requests: z.array(requestSchema).default([]),
  warm_pool: warmPoolSchema.optional(),
  /** Of the warm pool: the same fleet anew, before any request. */
  events: z.array(eventSchema).default([]),
  answers: z.array(answerSchema).optional(),
  ticks: z.array(tickSchema).optional(),
})

export type DecideDocument = z.output<typeof decideDocumentSchema>
export type DecideMachine = z.output<typeof machineSchema>
export type DecideHeartbeat = z.output<typeof heartbeatSchema>
export type DecideRequest = z.output<typeof requestSchema>
export type DecideAnswer = z.output<typeof answerSchema>
export type DecideMachineAnswer = z.output<typeof machineAnswerSchema>
export type DecideWarmPool = z.output<typeof warmPoolSchema>
export type DecideTick = z.output<typeof tickSchema>
export type DecidePlan = z.output<typeof planSchema>

/** A document's settings with what they stand over; for `coordinatorSettingsSchema` to judge. */
export const settingsWritten = ({ settings }: Pick<DecideDocument, 'settings'>): unknown =>
  withPreset({ preset: 'main-2026-06-21', PROMPT_CALIBRATION: {}, ...settings })
