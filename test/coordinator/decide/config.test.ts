/** The coordinator's settings: real names, June defaults, units, no unknown keys. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { coordinatorSettingsSchema } from '../../../sim/coordinator/config.ts'

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
      QUEUE_SIZE: 10,
      QUEUE_MAX_WAIT: 120_000_000,
      MAX_DISPATCH_ATTEMPTS: 64,
      SPECULATIVE_FRACTION: 0.5,
      WARM_POOL_INTERVAL: 10_000_000,
      WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 16,
      WARM_POOL_MIN_WARM: {},
      decision: { service: 23_000, per_provider: 0, servers: 8 },
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
    expect(settings.decision).toEqual({ service: 23_000, per_provider: 0, servers: 96 })
  })

  it('refuse unknown keys and durations without a unit', () => {
    expect(coordinatorSettingsSchema.safeParse({ WARM_POOL_INTERVALL: '30s' }).success).toBe(false)
    expect(coordinatorSettingsSchema.safeParse({ WARM_POOL_INTERVAL: 30 }).success).toBe(false)
  })

  it('each have a description, for the schema that editors read', () => {
    const schema = z.toJSONSchema(coordinatorSettingsSchema, { io: 'input' })
    const silent = Object.entries(schema.properties!).filter(
      ([, property]) => typeof property === 'boolean' || property.description === undefined,
    )
    expect(silent.map(([name]) => name)).toEqual([])
  })
})
