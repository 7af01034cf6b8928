/** Regimes that existed, or were argued with, by date: each line that differs from the defaults with who says so. */
import type { SettingName } from './list.ts'

type Written = boolean | number | string | readonly string[] | { readonly [key: string]: number }

interface PresetLine {
  readonly to: Written
  readonly source: string
}

interface Preset {
  readonly about: string
  /** The name it had before it was named by date. */
  readonly formerly?: string
  /** What it changes from the defaults, and who says so. */
  readonly lines: { readonly [name in SettingName]?: PresetLine }
}

/** Before PR 381, 383 (17 June): what those brought is not there yet, and neither are the breakers of PR 413. */
const NO_NODE_BREAKER = {
  BREAKER_CONSECUTIVE: { to: 1_000_000, source: 'PR 413 of 19 June brought the node breaker' },
  BREAKER_MIN_OUTCOMES: { to: 1_000_000, source: 'PR 413 of 19 June brought the node breaker' },
} as const

const MAIN_OF_21_JUNE = {
  DEDICATED_MODELS: { to: ['gemma-4'], source: 'default of PR 434, merged 21 June' },
  QUALITY_CONCURRENCY_CAP: { to: true, source: 'PR 437, 439, merged 21 June: on, floor 15, overcommit 2.0' },
  MAX_CAPACITY_ATTEMPTS: { to: 3, source: 'measured on main of 21 June' },
} as const

/** PR 512 of 4 July, as far as it is modelled: not its calibration of the TTFT estimate, nor breakers that outlive a reconnect. */
const SINCE_PR_512 = {
  DEDICATED_QUEUE_BEFORE_SHED: { to: true, source: 'PR 512 of 4 July' },
  QUALITY_CONCURRENCY_OVERCOMMIT: { to: 1.2, source: 'registry/concurrency_cap.go since PR 512' },
  SERVABILITY_GATE: {
    to: true,
    source: 'PR 512 refuses what no token budget can hold; on in deploy/environments/prod.env',
  },
} as const

const PRODUCTION_OF_AUGUST = {
  DEDICATED_MODELS: { to: ['gemma-4'], source: 'deploy/environments/prod.env' },
  DEDICATED_QUEUE_BEFORE_SHED: { to: true, source: 'PR 512 of 4 July' },
  QUALITY_CONCURRENCY_CAP: { to: true, source: 'on by default since 21 June' },
  QUALITY_CONCURRENCY_OVERCOMMIT: { to: 1.2, source: 'registry/concurrency_cap.go since PR 512' },
  MODEL_SOLO_TPS_SEED: {
    to: {
      'gemma-4-26b-qat-4bit': 14,
      'gemma-4-26b-qat-4bit@M4 Max': 70,
      'gpt-oss-20b': 30,
      'gpt-oss-20b@M4 Max': 70,
    },
    source: 'deploy/environments/prod.env',
  },
  QUALITY_CAP_PER_MODEL_TPS: { to: true, source: 'on by default since PR 524 of July' },
  BATCH_SLOWDOWN: { to: 0.39, source: 'refitted in July (provider 0.8)' },
  COLD_DISPATCH: { to: false, source: 'deploy/environments/prod.env' },
  SERVABILITY_GATE: { to: true, source: 'deploy/environments/prod.env' },
  TTFT_LIVE_DEADLINE_BASE_MS: { to: 9_000, source: 'deploy/environments/prod.env; PR 468' },
  MAX_CAPACITY_ATTEMPTS: { to: 3, source: 'PR 447' },
  QUEUE_MAX_DEPTH: { to: 8, source: 'deploy/environments/prod.env' },
  QUEUE_MAX_WAIT: { to: '6s', source: 'deploy/environments/prod.env' },
  WARM_POOL_INTERVAL: { to: '30s', source: 'deploy/environments/prod.env, observed on 17 July' },
  WARM_POOL_MIN_DWELL: { to: '1m', source: 'deploy/environments/prod.env, observed on 17 July' },
  WARM_POOL_QUEUE_AGE_THRESHOLD: { to: '5s', source: 'deploy/environments/prod.env, observed on 17 July' },
  WARM_POOL_MAX_LOADS_PER_TICK: { to: 8, source: 'deploy/environments/prod.env, observed on 17 July' },
  WARM_POOL_MIN_WARM: {
    to: { 'gpt-oss-20b': 16, 'gemma-4-26b-qat-4bit': 32 },
    source: 'deploy/environments/prod.env, observed on 17 July',
  },
} as const

/** Named by date, for `coordinator: {preset: …}`. A key written beside the preset wins over it. */
export const PRESETS = {
  '2026-06-17-hard-x4': {
    about:
      'the morning of 17 June: hard TTFT gate, prefill taken for 4 x decode, no decode floor, nothing loads or waits on demand',
    lines: {
      TTFT_HARD_REJECT: { to: true, source: 'PR 360 of 15 June; PR 381 of 17 June made it soft' },
      PREFILL_DECODE_RATIO: { to: 4, source: 'registry/scheduler.go before PR 383' },
      MIN_DECODE_TPS: { to: 0, source: 'PR 381, 383 brought the floor' },
      COLD_DISPATCH: { to: false, source: 'PR 381, 383 brought it' },
      QUEUE_BEFORE_SHED: { to: false, source: 'PR 381, 383 brought it' },
      WARM_POOL_INTERVAL: { to: '30s', source: 'text of PR 383: 1 load per 30 s, 4 pending before' },
      WARM_POOL_MAX_LOADS_PER_TICK: { to: 1, source: 'text of PR 383: 1 load per 30 s, 4 pending before' },
      WARM_POOL_MAX_LOADS_PER_TICK_CEILING: { to: 1, source: 'text of PR 383: 1 load per 30 s, 4 pending before' },
      WARM_POOL_MAX_GLOBAL_PENDING_LOADS: { to: 4, source: 'text of PR 383: 1 load per 30 s, 4 pending before' },
      ...NO_NODE_BREAKER,
    },
  },
  '2026-06-17-soft': {
    about:
      'the relaunch of 17 June after the incident of its first rollout: soft gate, floor 15, no cold dispatch, warm pool watching only',
    lines: {
      COLD_DISPATCH: { to: false, source: 'relaunch posture of PR 387, 389' },
      WARM_POOL_OBSERVE_ONLY: { to: true, source: 'relaunch posture of PR 387, 389' },
      ...NO_NODE_BREAKER,
    },
  },
  '2026-06-20': {
    about: 'the tree that PR 432 was written against; the defaults',
    formerly: 'pr-432-base',
    lines: {},
  },
  '2026-06-21': {
    about: 'main a day later: dedicated family, quality cap, three failures for lack of room end a request',
    formerly: 'main-2026-06-21',
    lines: MAIN_OF_21_JUNE,
  },
  '2026-06-27-hard-x12': {
    about:
      'the week of 27 June to 3 July: main of 21 June with the TTFT gate hard again, ratio 12, base 5 s, overcommit 2.0',
    lines: {
      ...MAIN_OF_21_JUNE,
      TTFT_HARD_REJECT: { to: true, source: 'found live by PR 512: 883,000 refusals in the week' },
    },
  },
  '2026-07-06': {
    about: 'the day that PR 468 was argued with: hard gate with a base of 5 s, after the seven fixes of PR 512',
    lines: {
      ...MAIN_OF_21_JUNE,
      ...SINCE_PR_512,
      TTFT_HARD_REJECT: { to: true, source: 'PR 468: the 5 s base shed 143,877 requests in 24 h' },
    },
  },
  '2026-07-25': {
    about: 'the day of the TTFT report (579): production settings of the summer with the gate hard at a base of 9 s',
    lines: {
      ...PRODUCTION_OF_AUGUST,
      TTFT_HARD_REJECT: {
        to: true,
        source: 'report of 25 July: 1,798 ttft_too_slow an hour, which a soft gate never answers',
      },
    },
  },
  '2026-08': {
    about: 'what operators ran in July to September, as far as it is published and modelled',
    formerly: 'production-2026-08',
    lines: PRODUCTION_OF_AUGUST,
  },
} as const satisfies { readonly [name: string]: Preset }

export type PresetName = keyof typeof PRESETS
export const DEFAULT_PRESET: PresetName = '2026-06-20'
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[]

export const FORMER_PRESETS: ReadonlyMap<string, PresetName> = new Map(
  PRESET_NAMES.flatMap((name) => {
    const { formerly }: Preset = PRESETS[name]
    return formerly === undefined ? [] : [[formerly, name] as const]
  }),
)

/** undefined: it never had another name. */
export const formerName = (name: PresetName): string | undefined => (PRESETS[name] as Preset).formerly

/** By its date, or by the name it had before. */
export const findPreset = (name: unknown): PresetName | undefined =>
  PRESET_NAMES.find((preset) => preset === name) ?? FORMER_PRESETS.get(String(name))

/** What a preset changes from the defaults, as a scenario would write it. */
export const presetSettings = (name: PresetName): { readonly [setting in SettingName]?: Written } =>
  Object.fromEntries(Object.entries<PresetLine>(PRESETS[name].lines).map(([key, { to }]) => [key, to]))
