/**
 * Presets by date are what somebody published, and the coordinator under them does what was measured. Figures: coordinator-control
 * §2.1, §3.4, §3.7, §4, §10.2, coordinator-routing §17, and the settings of production as the real repository publishes them.
 */
import { describe, expect, it } from 'vitest'
import {
  coordinatorSettingsSchema,
  findPreset,
  formerName,
  PRESET_NAMES,
  PRESETS,
  presetSettings,
  readSettings,
  settingFacts,
  withPreset,
} from '../../sim/coordinator/config.ts'
import { A, build, entry, type MacSpec, type SettingsInput, Story } from './world.ts'

const under = (preset: string, more: object = {}): SettingsInput => withPreset({ preset, ...more }) as SettingsInput
const parsed = (preset: string) => coordinatorSettingsSchema.parse(under(preset))

/** What the environment file of production says of routing, July to September (Layr-Labs/d-inference, deploy/environments/prod.env). */
const PRODUCTION = `
EIGENINFERENCE_COLD_DISPATCH=false
EIGENINFERENCE_DEDICATED_MODELS=gemma-4
EIGENINFERENCE_MIN_DECODE_TPS=15
EIGENINFERENCE_QUEUE_BEFORE_SHED=true
EIGENINFERENCE_QUEUE_MAX_DEPTH=8
EIGENINFERENCE_QUEUE_MAX_WAIT=6s
EIGENINFERENCE_SERVABILITY_GATE=true
EIGENINFERENCE_PREFILL_DECODE_RATIO=12
EIGENINFERENCE_PROMPT_CALIBRATION=gpt-oss:1.3
EIGENINFERENCE_MODEL_SOLO_TPS_SEED=gemma-4-26b-qat-4bit=14,gemma-4-26b-qat-4bit@M4|Max=70,gpt-oss-20b=30,gpt-oss-20b@M4|Max=70
EIGENINFERENCE_TTFT_LIVE_DEADLINE_BASE_MS=9000
EIGENINFERENCE_WARM_POOL_ENABLED=true
EIGENINFERENCE_WARM_POOL_OBSERVE_ONLY=false
EIGENINFERENCE_WARM_POOL_INTERVAL=30s
EIGENINFERENCE_WARM_POOL_MIN_DWELL=1m
EIGENINFERENCE_WARM_POOL_MIN_WARM=gpt-oss-20b=16,gemma-4-26b-qat-4bit=32
EIGENINFERENCE_WARM_POOL_QUEUE_AGE_THRESHOLD=5s
EIGENINFERENCE_WARM_POOL_CAPACITY_REJECT_THRESHOLD=1
EIGENINFERENCE_WARM_POOL_COLD_DISPATCH_THRESHOLD=1
EIGENINFERENCE_WARM_POOL_LOAD_DURATION_THRESHOLD=20s
EIGENINFERENCE_WARM_POOL_MAX_GLOBAL_PENDING_LOADS=16
EIGENINFERENCE_WARM_POOL_MAX_LOADS_PER_TICK=8
EIGENINFERENCE_WARM_POOL_SPECULATIVE_START_THRESHOLD=2
EIGENINFERENCE_WARM_POOL_SPECULATIVE_WIN_THRESHOLD=1
EIGENINFERENCE_WARM_POOL_TTFT_MISS_THRESHOLD=1
EIGENINFERENCE_WARM_POOL_WARM_SATURATION_THRESHOLD=0.8
`
/** The rest of it that bears on routing: what the lab does not model. */
const NOT_MODELLED = `
EIGENINFERENCE_MIN_PROVIDER_VERSION=0.7.5
EIGENINFERENCE_HEALTH_EJECTION=on
EIGENINFERENCE_TTFT_OCCUPANCY_ALPHA=50
EIGENINFERENCE_WARM_POOL_HEADROOM=true
EIGENINFERENCE_WARM_POOL_HEADROOM_MAX_PROVIDERS=64
EIGENINFERENCE_WARM_POOL_HEADROOM_LOAD_WINDOWS=1
`
/** And what changes nothing at these values. */
const NEUTRAL = `
EIGENINFERENCE_RELEASE_POLICY_MODE=shadow
EIGENINFERENCE_TTFT_ADMISSION_MODE=shadow
EIGENINFERENCE_CACHE_ROUTING_MODE=off
EIGENINFERENCE_CACHE_ROUTING_PERCENT=1
EIGENINFERENCE_CACHE_ROUTING_MAX_PLAN_QPS=1
`

const environment = (text: string): { readonly [name: string]: string } =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )

describe('the preset of August', () => {
  it('§2.1, §4 says what the environment file of production says, line by line', () => {
    const { settings, complaints } = readSettings(environment(PRODUCTION))
    expect(complaints).toEqual([])
    const said = coordinatorSettingsSchema.parse(settings)
    const preset = parsed('2026-08')
    const names = Object.keys(settings as object)
    expect(names).toHaveLength(26)
    for (const name of names) expect([name, preset[name as never]]).toEqual([name, said[name as never]])
  })

  it('goes beyond that file only where the program itself had moved on, and in the gate that was found soft', () => {
    const inFile = new Set(Object.keys(readSettings(environment(PRODUCTION)).settings as object))
    expect(Object.keys(presetSettings('2026-08')).filter((name) => !inFile.has(name))).toEqual([
      'DEDICATED_QUEUE_BEFORE_SHED',
      'QUALITY_CONCURRENCY_CAP',
      'QUALITY_CONCURRENCY_OVERCOMMIT',
      'QUALITY_CAP_PER_MODEL_TPS',
      'BATCH_SLOWDOWN',
      'MAX_CAPACITY_ATTEMPTS',
    ])
    // §2.3, §3.4, §3.7, §6.1; of the gate the file says true, and the live container said false (§4).
    expect(parsed('2026-08')).toMatchObject({
      DEDICATED_QUEUE_BEFORE_SHED: true,
      QUALITY_CONCURRENCY_CAP: true,
      QUALITY_CONCURRENCY_OVERCOMMIT: 1.2,
      QUALITY_CAP_PER_MODEL_TPS: true,
      BATCH_SLOWDOWN: 0.39,
      MAX_CAPACITY_ATTEMPTS: 3,
      TTFT_HARD_REJECT: false,
    })
  })

  it('lets nobody paste what is not modelled, but at a value that the lab has anyway', () => {
    expect(readSettings(environment(NOT_MODELLED)).complaints.map(({ key }) => key)).toEqual(
      Object.keys(environment(NOT_MODELLED)),
    )
    expect(readSettings(environment(NEUTRAL))).toEqual({ settings: {}, complaints: [] })
  })
})

/** Requests that one Mac with 24 slots takes. */
function taken(settings: SettingsInput, mac: MacSpec, model = A): number {
  const story = new Story({ settings: { ...settings, QUEUE_MAX_DEPTH: 0 }, explained: false, catalog: [entry(model)] })
  story.given({ models: [model], slots: [{ model, maxConcurrency: 24, activeTokenBudgetMax: 1_000_000 }], ...mac })
  let count = 0
  while (story.when({ model }).provider !== undefined) count += 1
  return count
}

/** Machines tried of six that all refuse for lack of room. */
function tried(settings: SettingsInput): number {
  const story = new Story({ settings, explained: false })
  story.givenMany(6)
  const { id } = story.when()
  while (story.ending(id) === undefined) story.fails(id, 503, 'token_budget_exhausted: request queue full')
  return story.dispatches(id).length
}

/** Whether a Mac that also has another model on the disk serves one of the dedicated family. */
function servesBesideOthers(settings: SettingsInput): boolean {
  const gemma = build('gemma-4-26b')
  const story = new Story({ settings, catalog: [entry(A), entry(gemma)] })
  story.given({ models: [gemma, A] })
  return story.when({ model: gemma }).provider !== undefined
}

describe('under a preset', () => {
  // §10.2: 57 tok/s over a floor of 15 carries 10 at k = 0.27 and 7 at 0.39; times 2.0 and 1.2.
  it.each([
    ['2026-06-20', 24],
    ['2026-06-21', 20],
    ['2026-08', 9],
  ] as const)('§3.4 of %s a Mac of 57 tok/s takes %i requests', (preset, requests) => {
    expect(taken(under(preset), { decode: 57 })).toBe(requests)
  })

  it('§3.4 of August the seeds decide for the models that have one: 2 gemma on any chip, 11 on an M4 Max', () => {
    const gemma = build('gemma-4-26b-qat-4bit')
    expect(taken(under('2026-08'), { decode: 57, chipFamily: 'M2' }, gemma)).toBe(2)
    expect(taken(under('2026-08'), { decode: 57, chipFamily: 'M4' }, gemma)).toBe(11)
  })

  it('routing §17 from 21 June on three failures for lack of room end a request', () => {
    const tries = Object.fromEntries(PRESET_NAMES.map((preset) => [preset, tried(under(preset))]))
    expect(tries).toEqual({
      '2026-06-17-hard-x4': 6,
      '2026-06-17-soft': 6,
      '2026-06-20': 6,
      '2026-06-21': 3,
      '2026-06-27-hard-x12': 3,
      '2026-07-06': 3,
      '2026-07-25': 3,
      '2026-08': 3,
    })
  })

  it('§3.9 from 21 June on gemma-4 has Macs of its own', () => {
    const free = PRESET_NAMES.filter((preset) => servesBesideOthers(under(preset)))
    expect(free).toEqual(['2026-06-17-hard-x4', '2026-06-17-soft', '2026-06-20'])
  })
})

/** Of one Mac that decodes 27 tok/s and has registered no prefill rate: the longest prompt that is not refused as too slow. */
function longestTaken(settings: SettingsInput, lengths: readonly [taken: number, refused: number]): readonly string[] {
  return lengths.map((estimatedPromptTokens) => {
    const story = new Story({ settings })
    story.given({ decode: 27, slots: [{ activeTokenBudgetMax: 1_000_000 }] })
    return story.when({ estimatedPromptTokens, maxTokens: 256 }).answer?.kind === 'rejected' ? 'refused' : 'taken'
  })
}

describe('a regime of the gate', () => {
  // §10.2: n / (r D) + 1 / D against 5 + n / 1000 seconds, at D = 27 tok/s.
  it.each([
    ['2026-06-17-hard-x4', [600, 601]],
    ['2026-06-27-hard-x12', [2_378, 2_379]],
    ['2026-07-06', [2_378, 2_379]],
    ['2026-07-25', [4_295, 4_296]],
  ] as const)('of %s refuses beyond its cliff of %j tokens and not before', (preset, lengths) => {
    expect(longestTaken(under(preset), lengths)).toEqual(['taken', 'refused'])
  })

  it.each(['2026-06-17-soft', '2026-06-20', '2026-06-21', '2026-08'])(
    'of %s refuses nobody for being slow',
    (preset) => {
      expect(longestTaken(under(preset), [2_380, 8_000])).toEqual(['taken', 'taken'])
    },
  )

  it('§6.1 of 17 June has neither the floor nor cold dispatch nor the queue, and the relaunch a warm pool that only watches', () => {
    expect(parsed('2026-06-17-hard-x4')).toMatchObject({
      MIN_DECODE_TPS: 0,
      COLD_DISPATCH: false,
      QUEUE_BEFORE_SHED: false,
      WARM_POOL_INTERVAL: 30_000_000,
      WARM_POOL_MAX_LOADS_PER_TICK: 1,
      WARM_POOL_MAX_GLOBAL_PENDING_LOADS: 4,
      WARM_POOL_MIN_DWELL: 300_000_000,
    })
    expect(parsed('2026-06-17-soft')).toMatchObject({
      MIN_DECODE_TPS: 15,
      PREFILL_DECODE_RATIO: 12,
      COLD_DISPATCH: false,
      QUEUE_BEFORE_SHED: true,
      WARM_POOL_OBSERVE_ONLY: true,
    })
  })

  it('§5.1 of 27 June is main of 21 June but for the gate, and 25 July is August but for the gate', () => {
    const differing = (a: string, b: string): readonly string[] => {
      const [one, other] = [parsed(a), parsed(b)]
      return Object.keys(one).filter((key) => JSON.stringify(one[key as never]) !== JSON.stringify(other[key as never]))
    }
    expect(differing('2026-06-27-hard-x12', '2026-06-21')).toEqual(['preset', 'TTFT_HARD_REJECT'])
    expect(differing('2026-07-25', '2026-08')).toEqual(['preset', 'TTFT_HARD_REJECT'])
    expect(parsed('2026-06-27-hard-x12').QUALITY_CONCURRENCY_OVERCOMMIT).toBe(2)
    expect(parsed('2026-07-06').QUALITY_CONCURRENCY_OVERCOMMIT).toBe(1.2)
  })
})

describe('a preset', () => {
  it('is the defaults on 20 June', () => {
    expect(parsed('2026-06-20')).toEqual(coordinatorSettingsSchema.parse({}))
  })

  it.each(['pr-432-base', 'main-2026-06-21', 'production-2026-08'])('is found by its former name %s too', (former) => {
    const preset = findPreset(former)!
    expect(formerName(preset)).toBe(former)
    expect(parsed(former)).toEqual(parsed(preset))
    expect(parsed(former).preset).toBe(preset)
  })

  it('§2.1 gives way to a setting written beside it, however that is spelt', () => {
    const settings = coordinatorSettingsSchema.parse(under('2026-08', { EIGENINFERENCE_QUEUE_MAX_DEPTH: 5 }))
    expect(settings).toMatchObject({ QUEUE_MAX_DEPTH: 5, QUEUE_MAX_WAIT: 6_000_000 })
  })

  it('names its source for every line, and only settings that differ from the defaults', () => {
    const defaults: { readonly [name: string]: unknown } = parsed('2026-06-20')
    for (const name of PRESET_NAMES) {
      const changed: { readonly [name: string]: unknown } = parsed(name)
      for (const [key, { source }] of Object.entries<{ source: string }>(PRESETS[name].lines)) {
        expect([name, key, source]).toEqual([name, key, expect.stringMatching(/\w/)])
        expect([name, key, changed[key]]).not.toEqual([name, key, defaults[key]])
      }
    }
  })

  it('is of settings that each name their source', () => {
    const silent = Object.keys(parsed('2026-06-20')).filter((name) => (settingFacts(name)?.source ?? '') === '')
    expect(silent).toEqual(['preset'])
  })
})
