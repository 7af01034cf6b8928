/**
 * Settings of the Macs: one entry of a scenario's `fleet:`, and the key `mac:`. Every default is the provider
 * program's own of 21 June 2026 with its real meaning, or says that it is assumed. PR-* cite provider-runtime.md,
 * MP-* mac-provider.md, by section.
 */
import { z } from 'zod'
import { bandwidth, bytes, duration, positiveDuration, share } from '../base/config.ts'

const GIB = 2 ** 30
const DECIMAL_GB = 1e9

const count = () => z.int().min(1)
const positiveBandwidth = () => bandwidth().refine((value) => value > 0, { error: 'must be more than 0' })

/** Memory is sold in GB that are GiB: `64GB` on a Mac's box are 64 · 2^30 bytes, and all gates of the program count those. */
const soldMemory = () =>
  bytes()
    .refine((value) => value > 0, { error: 'must be more than 0' })
    .transform((value) => (value % GIB === 0 ? value : Math.round((value / DECIMAL_GB) * GIB)))

const machineSchema = z.strictObject({
  chip: z.string().min(1).describe('A chip of the catalog, such as `M4 Max 40c`.'),
  memory: soldMemory().describe('Memory as sold: `64GB` means 64 GiB.'),
  chassis: z.string().min(1).optional().describe('Such as `MacBook Pro 16`. A label: nothing is computed from it.'),
  os_memory: bytes()
    .optional()
    .describe('What the OS and other programs hold. Absent: drawn once per Mac from the stream `mac/<serial>/os`.'),
})

const churnSchema = z.strictObject({
  session: positiveDuration().describe('Mean time connected; exponential.'),
  away: positiveDuration().describe(
    'Mean time away; exponential. The program is restarted afterwards: nothing is loaded.',
  ),
})

export const fleetEntrySchema = z
  .strictObject({
    count: count().optional().describe('How many such Macs. Give this or `id`.'),
    id: z.string().min(1).optional().describe('Serial of one named Mac. Give this or `count`.'),
    machine: machineSchema,
    advertises: z.array(z.string().min(1)).min(1).describe('Builds on the disk and offered, in advertised order.'),
    max_model_slots: count()
      .optional()
      .describe(
        'backend.max_model_slots. Absent: the provider default that the policy names (3 before PR 432, 1 after).',
      ),
    resident: z
      .array(z.string().min(1))
      .prefault([])
      .describe('Loaded when the run starts, in this order, without load time, as far as slots and memory gate allow.'),
    churn: churnSchema.optional().describe('Absent: always connected.'),
    version: z.string().min(1).prefault('0.6.17').describe('Provider version it registers with (PR header: 0.6.17).'),
  })
  .refine((entry) => (entry.count === undefined) !== (entry.id === undefined), {
    error: 'needs either `count` or `id`',
  })
  .refine((entry) => entry.resident.every((build) => entry.advertises.includes(build)), {
    error: 'must hold only builds of `advertises`',
    path: ['resident'],
  })
  .refine((entry) => new Set(entry.advertises).size === entry.advertises.length, {
    error: 'must not name a build twice',
    path: ['advertises'],
  })

const loadSchema = z
  .strictObject({
    rate_max: positiveBandwidth()
      .prefault('6GB/s')
      .describe('Base of the read rate, however fast the SSD; the factors below scatter around it (MP-5).'),
    rate_factor_median: z
      .number()
      .positive()
      .prefault(0.6)
      .describe('Median of the lognormal factor on min(SSD, rate_max) (MP-5).'),
    rate_factor_sigma: z.number().min(0).prefault(0.5).describe('Sigma of that factor (MP-5).'),
    fixed: duration()
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
  })
  .refine((load) => load.slow_rate_min <= load.slow_rate_max, { error: 'slow_rate_min must be at most slow_rate_max' })

const osMemorySchema = z
  .strictObject({
    base_min: bytes()
      .prefault('2GiB')
      .describe('OS of a headless Mac. Assumed from MP-4: 2–3 GB headless, 3–5 GB desktop.'),
    base_max: bytes().prefault('5GiB').describe('OS of a desktop Mac; uniform in between. Assumed, as above.'),
    apps_mean: share()
      .prefault('5%')
      .describe(
        "Mean share of memory held by the owner's programs and the compressor; exponential. Assumed: MP-4 gives only the range 0–40 % with a heavy tail.",
      ),
    apps_max: share().prefault('40%').describe('That share is cut here (MP-4).'),
  })
  .refine((os) => os.base_min <= os.base_max, { error: 'base_min must be at most base_max' })

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
  weights_padding: z.number().min(1).prefault(1.2).describe('Estimated size = size on disk times this (PR-2).'),
  idle_timeout: duration().prefault('60m').describe('idle_timeout_mins; 0 = never (PR-3.7).'),
  idle_sweep: positiveDuration().prefault('60s').describe('Period of the sweep that unloads idle models (PR-3.7).'),
  heartbeat_interval: positiveDuration().prefault('5s').describe('heartbeat_interval_secs (PR-7).'),
  capacity_refresh: positiveDuration()
    .prefault('2s')
    .describe('Period of the capacity snapshot: max(1, floor(interval / 2)) s (PR-7).'),
  default_max_tokens: count().prefault(4096).describe('When the request names none (PR-4).'),
  max_rows: count().max(64).prefault(24).describe('Rows of one batch, before adaptive lowering (PR-5.3).'),
  max_live: count().prefault(128).describe('Live requests of one model (PR-5.1).'),
  first_output_timeout: positiveDuration().prefault('120s').describe('From submission to the first token (PR-5.6).'),
  prepare_time: duration()
    .prefault('60ms')
    .describe('Template and tokenising before the engine sees a request: t_fix = 55–65 ms (MP-0).'),
  unload_time: duration()
    .prefault('300ms')
    .describe('After the running step has ended. Assumed: PR-3.6 models 0.1–0.5 s, nothing is published.'),
  hash_rate: positiveBandwidth()
    .prefault('1.4GB/s')
    .describe('SHA-256 over all models at every program start, before it connects (PR-3.4).'),
  reconnect_backoff_max: positiveDuration()
    .prefault('30s')
    .describe('1, 2, 4 … s up to this, drawn from its upper half; never reset (PR-8).'),
  load: loadSchema.prefault({}),
  os_memory: osMemorySchema.prefault({}),
})

export type FleetEntry = z.output<typeof fleetEntrySchema>
export type MacSettings = z.output<typeof macSettingsSchema>
export type LoadSettings = MacSettings['load']
