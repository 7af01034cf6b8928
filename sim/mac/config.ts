/**
 * Settings of the Macs: one entry of a scenario's `fleet:`, and the key `mac:`. Every default is the provider
 * program's own of 21 June 2026 with its real meaning, or says that it is assumed. PR-* cite provider-runtime.md,
 * MP-* mac-provider.md, by section.
 */
import { z } from 'zod'
import {
  bandwidthWithin,
  bytes,
  bytesWithin,
  duration,
  durationWithin,
  frequency,
  name,
  period,
  positiveDuration,
  share,
  wholeWithin,
  within,
} from '../base/config.ts'
import { type Micros, microsFromSeconds } from '../base/time.ts'
import { churnSchema } from './condition/churn/config.ts'
import { standingSchema } from './condition/standing/config.ts'
import { liesSchema } from './program/lies/config.ts'
import { downloadSchema, providerShape } from './program/provider/config.ts'

export { type ProviderAttributes, providerAttributes } from './program/provider/config.ts'

const GIB = 2 ** 30
const DECIMAL_GB = 1e9

const count = (max = 1_000_000_000) => wholeWithin(1, max)
/** A hundred times what the real program has been seen with. */
const SLOTS_MAX = 1_000
/** A Mac that takes longer over such a thing is broken. */
const shortWhile = () => durationWithin('0', '1h')
/** Whatever is slower never ends. */
const positiveBandwidth = () => bandwidthWithin('1MB/s', '1000TB/s')
/** Four sigmas are a factor of three thousand. */
const SIGMA_MAX = 2
const sigma = () => within(0, SIGMA_MAX)

/** Memory is sold in GB that are GiB: `64GB` on a Mac's box are 64 · 2^30 bytes, and all gates of the program count those. */
const soldMemory = () =>
  bytesWithin('1GB', '2TB').transform((value) => (value % GIB === 0 ? value : Math.round((value / DECIMAL_GB) * GIB)))

const machineSchema = z.strictObject({
  chip: name().describe('A chip of the catalog, such as `M4 Max 40c`, or of `chips`.'),
  memory: soldMemory().describe('Memory as sold: `64GB` means 64 GiB.'),
  chassis: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Such as `MacBook Pro 16`: decides how long the GPU keeps its clock (MP-6). Absent: Mac mini for Base and Pro chips, Mac Studio for Max and Ultra, which do not throttle.',
    ),
  ambient_c: z
    .number()
    .min(-20)
    .max(60)
    .prefault(25)
    .describe('Temperature of the room, degrees Celsius: 5 more cut sustained power by 7 % (MP-6).'),
  lid: z.enum(['open', 'closed']).prefault('open').describe('Of a notebook: closed, it sustains less (MP-6).'),
  power_mode: z
    .enum(['automatic', 'low', 'high'])
    .prefault('automatic')
    .describe(
      'Low Power Mode (assumed: half the power) or High Power with fans forced, where the chassis has it (MP-6).',
    ),
  macos: z
    .int()
    .min(13)
    .max(30)
    .prefault(26)
    .describe(
      'Major version: decides the wired limit of the GPU (MP-4) and how processes share it (MP-8). Default assumed.',
    ),
  other_process: z
    .strictObject({
      kind: z
        .enum(['compute', 'server', 'twin'])
        .describe(
          'compute: long kernels without a pause; server: one of a much larger model; twin: one just like ours (MP-8).',
        ),
      busy: period().prefault('10m').describe('Mean time it uses the GPU; exponential. Assumed.'),
      quiet: period().prefault('20m').describe('Mean time it does not; exponential. Assumed.'),
    })
    .optional()
    .describe("Another process of the owner's on the same GPU. Absent: none."),
  os_memory: bytes()
    .optional()
    .describe(
      'What the OS and other programs hold, fixed. Absent: drawn per Mac from the stream `mac/<serial>/os`, and drifting.',
    ),
})

export const fleetEntrySchema = z
  .strictObject({
    count: count(50_000).optional().describe('How many such Macs; at most 50,000 in all. Give this or `id`.'),
    id: name().optional().describe('Serial of one named Mac. Give this or `count`.'),
    machine: machineSchema,
    advertises: z.array(name()).min(1).describe('Builds on the disk and offered, in advertised order.'),
    max_model_slots: count(SLOTS_MAX)
      .optional()
      .describe(
        'backend.max_model_slots. Absent: the provider default that the policy names (3 before PR 432, 1 after).',
      ),
    resident: z
      .array(z.string().min(1))
      .prefault([])
      .describe('Loaded when the run starts, in this order, without load time, as far as slots and memory gate allow.'),
    churn: churnSchema
      .optional()
      .describe('Comings, goings and faults; frequencies are yours to set, none is published. Absent: always there.'),
    standing: standingSchema
      .optional()
      .describe('What is wrong with it for as long as the run lasts. Absent: nothing is.'),
    page_cache: z
      .array(name())
      .optional()
      .describe(
        'Builds whose files the page cache holds when the run starts, the least recently read first, as far as there is room: the next load of one is faster. Absent: none.',
      ),
    lies: liesSchema
      .optional()
      .describe('What it says of itself that is not so; what it does is not touched. Absent: honest.'),
    version: name().prefault('0.6.17').describe('Provider version it registers with (PR header: 0.6.17).'),
    ...providerShape,
  })
  .refine((entry) => (entry.count === undefined) !== (entry.id === undefined), {
    error: 'needs either `count` or `id`',
  })
  .refine((entry) => entry.resident.every((build) => entry.advertises.includes(build)), {
    error: 'must hold only builds of `advertises`',
    path: ['resident'],
  })
  .refine((entry) => (entry.page_cache ?? []).every((build) => [...entry.advertises, ...entry.disk].includes(build)), {
    error: 'must hold only builds of `advertises` or `disk`',
    path: ['page_cache'],
  })
  .refine((entry) => new Set(entry.advertises).size === entry.advertises.length, {
    error: 'must not name a build twice',
    path: ['advertises'],
  })
  .refine((entry) => !entry.disk.some((build) => entry.advertises.includes(build)), {
    error: 'must not hold builds of `advertises`: those are on the disk anyway',
    path: ['disk'],
  })

const loadSchema = z
  .strictObject({
    rate_max: positiveBandwidth()
      .prefault('6GB/s')
      .describe('Base of the read rate, however fast the SSD; the factors below scatter around it (MP-5).'),
    rate_factor_median: z
      .number()
      .min(0.001)
      .max(1_000)
      .prefault(0.6)
      .describe('Median of the lognormal factor on min(SSD, rate_max) (MP-5).'),
    rate_factor_sigma: sigma().prefault(0.5).describe('Sigma of that factor (MP-5).'),
    fixed: shortWhile()
      .prefault('1.5s')
      .describe(
        'Engine building, probe forward and the rest after the weights are read (MP-5). Reported as model_load_time_ms (PR-3.3).',
      ),
    slow_share: share().prefault('10%').describe('Share of loads that crawl when memory is short (MP-5).'),
    slow_rate_min: positiveBandwidth().prefault('0.2GB/s').describe('Slowest such load (MP-5).'),
    slow_rate_max: positiveBandwidth().prefault('0.5GB/s').describe('Fastest such load (MP-5).'),
    slow_below_free: share()
      .prefault('15%')
      .describe('Memory is short when less than this is free after the load (MP-5).'),
    page_cache_rate: positiveBandwidth()
      .prefault('15.9GB/s')
      .describe('Median read rate of what the page cache still holds of a model: 15.6 GB in 0.98 s (MP-5).'),
    page_cache_keeps: frequency()
      .prefault('always')
      .describe(
        'How much of a file that was read is left in the page cache for the next read, beyond what memory has pushed out: never is nothing, always is all. Assumed: what the owner reads displaces more, and nothing is published.',
      ),
    hash_first_load: z
      .boolean()
      .prefault(false)
      .describe(
        "The first load of a build by a process hashes its files once more, as when their fingerprint has changed since the start-up scan (PR-3.4). Routine loads don't.",
      ),
    failure_share: share()
      .prefault('0%')
      .describe(
        'Share of loads that fail for another reason than room, answered 500 (PR-4.1). No frequency is published.',
      ),
    warm_up: shortWhile()
      .prefault('16ms')
      .describe('The first step after a load takes longer by this: 168 against 152 ms (MP-5).'),
  })
  .refine((load) => load.slow_rate_min <= load.slow_rate_max, { error: 'slow_rate_min must be at most slow_rate_max' })

const osMemorySchema = z
  .strictObject({
    base_min: bytes()
      .prefault('2GiB')
      .describe('OS of a headless Mac. Assumed from MP-4: 2–3 GB headless, 3–5 GB desktop.'),
    base_max: bytes().prefault('5GiB').describe('OS of a desktop Mac; uniform in between. Assumed, as above.'),
    apps_median: bytesWithin('1MB', '2TB')
      .prefault('5.2GiB')
      .describe(
        "Median of what the owner's programs and the compressor hold: lognormal bytes, the same whatever the Mac's size. Shape assumed; fitted to 10.7–19.1 GB usable on 24 GB Macs, 12.3–16.1 in the middle (MP-4).",
      ),
    apps_sigma: sigma().prefault(0.45).describe('Sigma of that lognormal; fitted, as above.'),
    apps_max: share().prefault('40%').describe('Most of memory that they hold (MP-4: compressor up to 0.4 of RAM).'),
    apps_on: frequency()
      .prefault('always')
      .describe(
        "Macs whose owner's programs hold anything at all; the others hold the OS. Drawn per Mac from the stream `mac/<serial>/apps`. Assumed.",
      ),
    drift_every: duration()
      .refine((every) => every === 0 || every >= 100_000, { error: 'must be 0 or at least 100ms' })
      .prefault('10m')
      .describe('Mean time between two partial redraws, exponential; 0 = never. Assumed: MP-4 only says "by day".'),
    drift_persistence: share()
      .prefault('90%')
      .describe(
        'Correlation of one redraw with the one before; with the default half is forgotten in an hour. Assumed.',
      ),
  })
  .refine((os) => os.base_min <= os.base_max, { error: 'base_min must be at most base_max' })

const unwireSchema = z.strictObject({
  after: duration()
    .prefault('2s')
    .describe('The driver lets go of an idle model after this: 1–3 s (MP-4). 0 = never, as with residency sets.'),
  rate: positiveBandwidth()
    .prefault('40GB/s')
    .describe('At which its next step maps the weights again: 0.25–0.32 s for 7–13.5 GB (MP-4).'),
})

export const macSettingsSchema = z.strictObject({
  memory_reserve: bytes().prefault('4GiB').describe('memory_reserve_gb (PR-3.2).'),
  cap_share: share().prefault('90%').describe('Unified memory cap: at most this share of memory … (PR-3.2).'),
  cap_margin: bytes().prefault('2GiB').describe('… and at most memory less this (PR-3.2).'),
  activation_headroom: bytes()
    .prefault('3GiB')
    .describe('Activation reserve of the load gate and of every KV budget (PR-3.2, 5.2).'),
  kv_headroom: bytes()
    .prefault('1GiB')
    .describe('KV room a load must leave, by the gate and after the load (PR-3.1, 3.2).'),
  weights_padding: z
    .number()
    .min(1)
    .max(100)
    .prefault(1.2)
    .describe('Estimated size = size on disk times this (PR-2).'),
  idle_timeout: duration().prefault('60m').describe('idle_timeout_mins; 0 = never (PR-3.7).'),
  idle_sweep: period().prefault('60s').describe('Period of the sweep that unloads idle models (PR-3.7).'),
  heartbeat_interval: period().prefault('5s').describe('heartbeat_interval_secs (PR-7).'),
  heartbeat_on_change: z
    .boolean()
    .prefault(false)
    .describe(
      'A setting of the model: besides the periodic ones, a heartbeat leaves on connecting and whenever a load, an unload, a submission or an end of a request has changed what it says. The real program does not; it shows what a stale view costs.',
    ),
  capacity_refresh: positiveDuration()
    .optional()
    .describe(
      'Period of the capacity snapshot. Absent: half of heartbeat_interval in whole seconds, at least 1 s; 2 s for 5 s (PR-7).',
    ),
  default_max_tokens: count().prefault(4096).describe('When the request names none (PR-4).'),
  max_rows: count(64)
    .optional()
    .describe(
      'Rows of one batch, before adaptive lowering. Absent: 24 with engine 2026-06 (PR-5.3), 4 with 2026-07 (MP-7).',
    ),
  max_live: count()
    .optional()
    .describe('Live requests of one model. Absent: 128 with engine 2026-06 (PR-5.1), 64 with 2026-07 (MP-7).'),
  first_output_timeout: positiveDuration().prefault('120s').describe('From submission to the first token (PR-5.6).'),
  prepare_time: shortWhile()
    .prefault('60ms')
    .describe('Template and tokenising before the engine sees a request: t_fix = 55–65 ms (MP-0).'),
  unload_time: shortWhile()
    .prefault('300ms')
    .describe('After the running step has ended. Assumed: PR-3.6 models 0.1–0.5 s, nothing is published.'),
  assign_drain: positiveDuration()
    .prefault('120s')
    .describe(
      'Longest wait of an assignment for requests of other builds (coordinator-control 1.4). Assumed: that of an update (PR-8); PR 435 only says that it is bounded.',
    ),
  hash_rate: positiveBandwidth()
    .prefault('1.4GB/s')
    .describe('SHA-256 over all models at every program start, before it connects (PR-3.4).'),
  reconnect_backoff_max: positiveDuration()
    .prefault('30s')
    .describe('1, 2, 4 … s up to this, drawn from its upper half; never reset (PR-8).'),
  honours_cancel: z
    .boolean()
    .prefault(true)
    .describe(
      'Whether a Mac ends a request that the coordinator has recalled. False: it works every request to its end, whoever has gone.',
    ),
  prefill_speed: z
    .number()
    .min(0.01, { error: 'must be at least 0.01' })
    .max(100, { error: 'must be at most 100' })
    .prefault(1)
    .describe('Multiple of the calibrated prefill rate of every Mac; for asking how much hangs on it.'),
  cancelled_prefill: frequency()
    .prefault('always')
    .describe(
      'Engine 2026-06: how often a prompt cancelled in a pending group is prefilled and decoded to its end, for nobody (PR-5.5). Read in its source; how often it happens is not known.',
    ),
  prefill_order: z
    .enum(['fcfs', 'interleaved'])
    .prefault('fcfs')
    .describe('Engine 2026-07: prompts one after another, or dealt in chunks to all of them in turn (MP-7).'),
  prefix_cache: z
    .strictObject({
      hit_rate: share()
        .prefault('0%')
        .describe(
          'Share of requests that repeat a prefix the Mac still holds. Depends on the traffic; none published.',
        ),
      shared: share().prefault('80%').describe('Share of the prompt that such a prefix covers. Assumed.'),
    })
    .prefault({})
    .describe('Prefix reuse (PR-5.8): a hit prefills only what follows the largest checkpoint within the prefix.'),
  load: loadSchema.prefault({}),
  download: downloadSchema.prefault({}).describe('How a build that is desired of the Mac gets there (PR-8).'),
  unwire: unwireSchema.prefault({}),
  os_memory: osMemorySchema.prefault({}),
})

export type FleetEntry = z.output<typeof fleetEntrySchema>
/** What an update changes; undefined: nothing. */
export interface NewProgram {
  readonly version: string | undefined
  readonly maxModelSlots: number | undefined
}
export type MacSettings = z.output<typeof macSettingsSchema>

/** max(1, floor(interval / 2)) s unless set: provider-runtime 7. */
export const capacityRefresh = ({ capacity_refresh, heartbeat_interval }: MacSettings): Micros =>
  capacity_refresh ?? microsFromSeconds(Math.max(1, Math.floor(heartbeat_interval / 2e6)))

/** Engine 2026-07: whether prompts take a step's tokens one after another or in turn. */
export type PrefillOrder = MacSettings['prefill_order']
/** What the owner decides about a Mac's heat. */
export type HeatSettings = Pick<FleetEntry['machine'], 'ambient_c' | 'lid' | 'power_mode'>
export type NeighbourKind = NonNullable<FleetEntry['machine']['other_process']>['kind']
