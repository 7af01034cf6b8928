/** Named sets of settings are the published ones, and differ from June's in nothing else (coordinator-control §2.1, §3.4, §4). */
import { describe, expect, it } from 'vitest'
import { type CoordinatorSettings, coordinatorSettingsSchema, withPreset } from '../../sim/coordinator/config.ts'

const SECOND = 1_000_000
const june = coordinatorSettingsSchema.parse({})

/** What the preset changes. */
const changes = (preset: CoordinatorSettings['preset']): Partial<CoordinatorSettings> => {
  const settings = coordinatorSettingsSchema.parse(withPreset({ preset }))
  const names = Object.keys(settings) as (keyof CoordinatorSettings)[]
  const changed = names.filter((name) => JSON.stringify(settings[name]) !== JSON.stringify(june[name]))
  return Object.fromEntries(changed.map((name) => [name, settings[name]]))
}

describe('presets', () => {
  it('§3.4, §3.7, §3.9 main of 21 June has the dedicated family, the quality cap at 2.0 and the end after three capacity failures', () => {
    expect(changes('main-2026-06-21')).toEqual({
      preset: 'main-2026-06-21',
      DEDICATED_MODELS: ['gemma-4'],
      QUALITY_CONCURRENCY_CAP: true,
      MAX_CAPACITY_ATTEMPTS: 3,
    })
    expect(june.QUALITY_CONCURRENCY_OVERCOMMIT).toBe(2)
  })

  it('§2.1, §3.4, §4, §6.1 production of July to September', () => {
    expect(changes('production-2026-08')).toEqual({
      preset: 'production-2026-08',
      DEDICATED_MODELS: ['gemma-4'],
      DEDICATED_QUEUE_BEFORE_SHED: true,
      QUALITY_CONCURRENCY_CAP: true,
      QUALITY_CONCURRENCY_OVERCOMMIT: 1.2,
      MODEL_SOLO_TPS_SEED: {
        'gemma-4-26b-qat-4bit': 14,
        'gemma-4-26b-qat-4bit@M4 Max': 70,
        'gpt-oss-20b': 30,
        'gpt-oss-20b@M4 Max': 70,
      },
      QUALITY_CAP_PER_MODEL_TPS: true,
      BATCH_SLOWDOWN: 0.39,
      COLD_DISPATCH: false,
      SERVABILITY_GATE: true,
      TTFT_LIVE_DEADLINE_BASE_MS: 9_000,
      MAX_CAPACITY_ATTEMPTS: 3,
      QUEUE_SIZE: 8,
      QUEUE_MAX_WAIT: 6 * SECOND,
      WARM_POOL_INTERVAL: 30 * SECOND,
      WARM_POOL_MIN_DWELL: 60 * SECOND,
      WARM_POOL_QUEUE_AGE_THRESHOLD: 5 * SECOND,
      WARM_POOL_MAX_LOADS_PER_TICK: 8,
      WARM_POOL_MIN_WARM: { 'gpt-oss-20b': 16, 'gemma-4-26b-qat-4bit': 32 },
    })
  })

  it('§2.1 a setting written beside a preset wins', () => {
    const settings = coordinatorSettingsSchema.parse(withPreset({ preset: 'production-2026-08', QUEUE_SIZE: 5 }))
    expect(settings).toMatchObject({ QUEUE_SIZE: 5, QUEUE_MAX_WAIT: 6 * SECOND })
  })
})
