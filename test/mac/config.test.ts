import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { capacityRefresh, fleetEntrySchema, macSettingsSchema } from '../../sim/mac/config.ts'

const GIB = 2 ** 30
const entry = (over: object = {}) =>
  fleetEntrySchema.safeParse({
    count: 40,
    machine: { chip: 'M4 Max 40c', memory: '64GB', chassis: 'MacBook Pro 16' },
    advertises: ['gpt-oss-20b'],
    ...over,
  })

describe('a fleet entry', () => {
  it('reads memory as it is sold: 64GB are 64 GiB', () => {
    expect(entry().data!.machine.memory).toBe(64 * GIB)
    expect(entry({ machine: { chip: 'M4', memory: '24GiB' } }).data!.machine.memory).toBe(24 * GIB)
  })

  it('has nothing resident and no churn unless it says so', () => {
    expect(entry().data).toMatchObject({ resident: [], version: '0.6.17' })
    expect(entry().data!.churn).toBeUndefined()
    expect(entry({ churn: { session: '8h', away: '30m' } }).data!.churn).toEqual({ session: 28_800e6, away: 1_800e6 })
  })

  it.each([
    ['neither count nor id', { count: undefined }],
    ['both count and id', { id: 'mac-a' }],
    ['a resident build that is not advertised', { resident: ['gemma-4-26b-8bit'] }],
    ['a build twice', { advertises: ['gpt-oss-20b', 'gpt-oss-20b'] }],
    ['an unknown key', { slots: 3 }],
    ['memory without a unit', { machine: { chip: 'M4', memory: 64 } }],
    ['no memory', { machine: { chip: 'M4', memory: '0GB' } }],
  ])('is refused with %s', (_, over) => {
    expect(entry(over).success).toBe(false)
  })
})

describe('the settings of Macs', () => {
  it("are the real program's when nothing is set", () => {
    expect(macSettingsSchema.parse({})).toMatchObject({
      memory_reserve: 4 * GIB,
      activation_headroom: 3 * GIB,
      kv_headroom: GIB,
      idle_timeout: 3_600e6,
      heartbeat_interval: 5e6,
      default_max_tokens: 4096,
      first_output_timeout: 120e6,
      load: { rate_max: 6, rate_factor_median: 0.6, rate_factor_sigma: 0.5, fixed: 1.5e6 },
    })
  })

  it.each([
    ['5s', 2],
    ['10s', 5],
    ['7s', 3],
    ['1s', 1],
  ])(
    'take capacity snapshots, with heartbeats every %s, every %d s (provider-runtime 7)',
    (heartbeat_interval, refresh) => {
      expect(capacityRefresh(macSettingsSchema.parse({ heartbeat_interval }))).toBe(refresh * 1e6)
      expect(capacityRefresh(macSettingsSchema.parse({ heartbeat_interval, capacity_refresh: '4s' }))).toBe(4e6)
    },
  )

  it('describe every key for the JSON Schema', () => {
    const { properties } = z.toJSONSchema(macSettingsSchema, { io: 'input' })
    for (const [key, value] of Object.entries(properties!)) {
      const documented = typeof value === 'object' && ('description' in value || 'properties' in value)
      expect(documented, key).toBe(true)
    }
  })
})
