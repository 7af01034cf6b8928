/** The coordinator's settings: real names, June defaults, units, no unknown keys. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { coordinatorSettingsSchema, presetChange, withPreset } from '../../sim/coordinator/config.ts'

const bonus = (CACHE_AFFINITY_BONUS_MS: number) => coordinatorSettingsSchema.safeParse({ CACHE_AFFINITY_BONUS_MS })

describe('coordinator settings', () => {
  it('are those of June 2026 when nothing is said', () => {
    expect(coordinatorSettingsSchema.parse({})).toMatchObject({
      MODEL_POOLS_ENABLED: true,
      TTFT_HARD_REJECT: false,
      QUEUE_BEFORE_SHED: true,
      COLD_DISPATCH: true,
      REJECT_MODELS: [],
      MIN_DECODE_TPS: 15,
      PREFILL_DECODE_RATIO: 12,
      QUEUE_MAX_DEPTH: 10,
      QUEUE_MAX_WAIT: 120_000_000,
      MAX_DISPATCH_ATTEMPTS: 64,
      SPECULATIVE_FRACTION: 0.5,
      WARM_POOL_INTERVAL: 10_000_000,
      WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 16,
      WARM_POOL_MIN_WARM: {},
      decision: { service: 23_000, per_provider: 0, servers: 8, lock_per_provider: 0 },
    })
  })

  it('take quantities with units, and parts of an object', () => {
    const settings = coordinatorSettingsSchema.parse({
      WARM_POOL_INTERVAL: '30s',
      WARM_POOL_MIN_WARM: { 'gpt-oss-20b': 16 },
      decision: { servers: 96 },
    })
    expect(settings.WARM_POOL_INTERVAL).toBe(30_000_000)
    expect(settings.WARM_POOL_MIN_WARM['gpt-oss-20b']).toBe(16)
    expect(settings.decision).toEqual({ service: 23_000, per_provider: 0, servers: 96, lock_per_provider: 0 })
  })

  it('refuse unknown keys and durations without a unit', () => {
    expect(coordinatorSettingsSchema.safeParse({ WARM_POOL_INTERVALL: '30s' }).success).toBe(false)
    expect(coordinatorSettingsSchema.safeParse({ WARM_POOL_INTERVAL: 30 }).success).toBe(false)
  })

  it('are off by default where they came after the tree of PR 432', () => {
    expect(coordinatorSettingsSchema.parse({})).toMatchObject({
      preset: '2026-06-20',
      DEDICATED_MODELS: [],
      DEDICATED_QUEUE_BEFORE_SHED: false,
      QUALITY_CONCURRENCY_CAP: false,
      QUALITY_CAP_PER_MODEL_TPS: false,
      MODEL_SOLO_TPS_SEED: {},
      BATCH_SLOWDOWN: 0.27,
      SERVABILITY_GATE: false,
      MAX_CAPACITY_ATTEMPTS: 0,
      ACCOUNTS: {},
    })
  })

  it('take a bonus for cached conversations of at most 10,000 ms', () => {
    expect([bonus(10_000).success, bonus(10_001).success]).toEqual([true, false])
    expect(coordinatorSettingsSchema.parse({}).CACHE_AFFINITY_BONUS_MS).toBe(1_500)
  })

  it('each have a description, for the schema that editors read', () => {
    const schema = z.toJSONSchema(coordinatorSettingsSchema, { io: 'input' })
    const silent = Object.entries(schema.properties!).filter(
      ([, property]) => typeof property === 'boolean' || property.description === undefined,
    )
    expect(silent.map(([name]) => name)).toEqual([])
  })
})

const settingsOf = (written: object) => coordinatorSettingsSchema.parse(withPreset(written))

describe('a preset', () => {
  it('is June’s by default, and naming that changes nothing', () => {
    expect(settingsOf({ preset: 'pr-432-base' })).toEqual(settingsOf({}))
  })

  it('gives way to a key written beside it', () => {
    const given = settingsOf({ preset: 'main-2026-06-21', DEDICATED_MODELS: [], QUEUE_MAX_DEPTH: 3 })
    expect(given).toMatchObject({ DEDICATED_MODELS: [], QUALITY_CONCURRENCY_CAP: true, QUEUE_MAX_DEPTH: 3 })
  })

  it('that is none is refused, and so is an unknown key beside one', () => {
    expect(coordinatorSettingsSchema.safeParse(withPreset({ preset: 'production' })).success).toBe(false)
    expect(coordinatorSettingsSchema.safeParse(withPreset({ preset: 'production-2026-08', QUEUE: 1 })).success).toBe(
      false,
    )
  })

  it('chosen during a run takes back what another one had set', () => {
    const back = presetChange('2026-06-20')
    expect(back).toMatchObject({ QUEUE_MAX_DEPTH: 10, DEDICATED_MODELS: [], QUALITY_CAP_PER_MODEL_TPS: false })
    expect(Object.keys(back).toSorted()).toEqual(Object.keys(presetChange('2026-08')).toSorted())
  })
})
