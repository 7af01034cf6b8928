import { describe, expect, it } from 'vitest'
import type { BuildId } from '../../../sim/base/ids.ts'
import { END, measured, refused, served } from '../measured.ts'
import { ms, row } from '../rows.ts'

const refusal = (at: number, id: number) =>
  refused(at, id, { outcome: 'rejected', status: 429, reason: 'pool_exhausted' }, 'gemma')

describe('fragmentation', () => {
  it('counts a refusal while a Mac was idle and capable of any build of the model', () => {
    const { fragmentation } = measured([
      ...refusal(20_000, 0),
      row('machine_state', 21_000, { idleCapable: 0b101 }),
      ...refusal(22_000, 1),
      row('machine_state', 23_000, { idleCapable: 0b001 }),
      ...refusal(24_000, 2),
      END,
    ])
    expect(fragmentation.gemma).toEqual({ rejected_while_idle: 1, waited_while_idle_s: 0, idle_capable_s: 2 })
    expect(fragmentation.oss!.idle_capable_s).toBe(79)
  })

  it('adds up machine-seconds of idleness inside the window, and none of a Mac that is away', () => {
    const { fragmentation } = measured([
      row('machine_state', 0, { machine: 0, idleCapable: 1 }),
      row('machine_state', 0, { machine: 1, idleCapable: 1 }),
      row('machine_state', 40_000, { machine: 1, online: false, idleCapable: 1 }),
      END,
    ])
    expect(fragmentation.oss!.idle_capable_s).toBe(90 + 30)
  })

  it('adds up waiting while somebody was idle, for each who waited', () => {
    const { fragmentation } = measured([
      row('arrived', 20_000, { request: 0 }),
      row('queued', 20_000, { request: 0 }),
      row('arrived', 20_000, { request: 1 }),
      row('queued', 20_000, { request: 1 }),
      row('machine_state', 30_000, { idleCapable: 1 }),
      row('dequeued', 32_000, { request: 0 }),
      row('machine_state', 35_000, { idleCapable: 0 }),
      row('dequeued', 50_000, { request: 1 }),
      END,
    ])
    expect(fragmentation.oss!.waited_while_idle_s).toBe(2 * 2 + 3)
  })

  it('stops waiting when the client gives up in the queue', () => {
    const { fragmentation } = measured([
      row('machine_state', 0, { idleCapable: 1 }),
      row('arrived', 20_000),
      row('queued', 20_000),
      row('ended', 24_000, { outcome: 'cancelled', status: 499 }),
      row('dequeued', 24_010, { why: 'cancelled' }),
      END,
    ])
    expect(fragmentation.oss!.waited_while_idle_s).toBe(4)
  })

  it('tells builds beyond the 32nd apart', () => {
    const builds = Array.from({ length: 40 }, (_, i) => ({ build: `b${i}` as BuildId, model: `m${i}` }))
    const models = ['m35', 'm3']
    const { fragmentation } = measured([row('machine_state', 10_000, { idleCapable: 2 ** 35 }), END], {
      builds,
      models,
    })
    expect([fragmentation.m35!.idle_capable_s, fragmentation.m3!.idle_capable_s]).toEqual([90, 0])
  })
})

describe('fleet', () => {
  it('shares the online time of Macs inside the window among busy and idle', () => {
    const { providers } = measured([
      row('machine_state', 0, { machine: 0, live: 1 }),
      row('machine_state', 55_000, { machine: 0, live: 0 }),
      row('machine_state', 55_000, { machine: 1, live: 0, loading: true }),
      row('gpu_busy', 19_000, { machine: 0, since: ms(1_000) }),
      row('gpu_busy', 110_000, { machine: 0, since: ms(82_000) }),
      END,
    ])
    // Online: 90 s + 45 s. Busy: 9 s + 18 s. Idle: 45 s; a loading Mac is not idle.
    expect(providers).toMatchObject({ count: 2, busy_share: 27 / 135, idle_share: 45 / 135 })
  })

  it('weighs heat by time, from heartbeat to heartbeat, until the provider leaves', () => {
    const { providers } = measured([
      row('heartbeat', 0),
      row('heartbeat', 40_000, { thermalState: 'serious' }),
      row('disconnected', 70_000),
      END,
    ])
    expect(providers.thermal).toEqual({ nominal: 0.5, fair: 0, serious: 0.5, critical: 0 })
  })

  it('tells the true clock from the reported state, weighing the speed of connected Macs by time', () => {
    const { providers } = measured([
      row('machine_state', 0, { machine: 0, thermalState: 'nominal' }),
      row('machine_state', 55_000, { machine: 0, thermalState: 'nominal', speed_pct: 60 }),
      row('machine_state', 82_000, { machine: 0, thermalState: 'nominal', online: false, speed_pct: 60 }),
      END,
    ])
    // Connected for 72 s of the window, 27 s of it at 60 % of the cool clock.
    expect(providers).toMatchObject({ throttled_share: 27 / 72, speed: 1 - (0.4 * 27) / 72 })
  })

  it('shares out the time with memory over-committed', () => {
    const { providers } = measured([
      row('machine_state', 0, { squeeze_pct: 100 }),
      row('machine_state', 91_000, { squeeze_pct: 340 }),
      END,
    ])
    expect(providers.squeezed_share).toBe(9 / 90)
  })

  it('counts faults after warm-up when they begin, by name', () => {
    const { faults } = measured([
      row('fault', 5_000, { what: 'crash' }),
      row('fault', 20_000, { what: 'sleep' }),
      row('fault', 21_000, { what: 'wake' }),
      row('fault', 30_000, { what: 'crash' }),
      row('fault', 40_000, { what: 'crash' }),
      END,
    ])
    expect(faults).toEqual({ crash: 2, sleep: 1 })
  })

  it('counts loads, failures, evictions and moves between pools after warm-up', () => {
    const result = measured([
      row('load_ended', 5_000, { took: ms(4_000) }),
      row('load_ended', 20_000, { took: ms(12_500) }),
      row('load_ended', 30_000, { took: ms(1_500), ok: false, text: 'no' }),
      row('unloaded', 30_000),
      row('unloaded', 31_000, { why: 'idle_timeout' }),
      row('relabel', 32_000, { from: '', to: 'oss' }),
      row('relabel', 33_000, { from: 'oss', to: 'gemma' }),
      END,
    ])
    expect(result).toMatchObject({ loads: { count: 2, seconds: 14, failed: 1 }, evictions: 1, pool_moves: 1 })
  })

  it('audits isolation in provider-seconds: resident builds from the Macs, active pools from the coordinator', () => {
    const { audit } = measured([
      row('machine_state', 0, { residentBuilds: 2 }),
      row('machine_state', 20_000, { residentBuilds: 1 }),
      row('audit', 20_000, { multipleActivePools: 3 }),
      row('audit', 30_000, { multipleActivePools: 0 }),
      END,
    ])
    expect(audit).toEqual({ providers_with_multiple_resident_slots: 10, providers_with_multiple_active_pools: 30 })
  })

  it('averages gauges over time and empties a pool that a tick does not mention', () => {
    const { pools } = measured([
      row('pool', 10_000, { pool: 'oss', assignedProviders: 4 }),
      row('pool', 10_000, { pool: 'gemma', assignedProviders: 2 }),
      row('audit', 10_000),
      row('pool', 40_000, { pool: 'oss', assignedProviders: 1 }),
      row('audit', 40_000),
      END,
    ])
    expect(pools.oss!.assigned_providers).toBeCloseTo((4 * 30 + 60) / 90, 12)
    expect(pools.gemma!.assigned_providers).toBeCloseTo((2 * 30) / 90, 12)
  })
})

describe('upstream', () => {
  it('judges us as the router does: 429 is neutral, 404, 5xx, breaks and lost patience are ours', () => {
    const { upstream } = measured([
      ...served({ at: 20_000, id: 0, first: 21_000, end: 22_000 }),
      ...refused(20_000, 1, { outcome: 'rejected', status: 429, reason: 'queue_full' }),
      ...refused(20_000, 2, { outcome: 'rejected', status: 413, reason: 'context_exceeded' }),
      ...refused(20_000, 3, { outcome: 'rejected', status: 404, reason: 'model_not_found' }),
      ...refused(20_000, 4, { outcome: 'failed', status: 200, reason: 'provider_error', midStream: true }),
      ...refused(20_000, 5, { outcome: 'cancelled', status: 499, reason: '' }),
      END,
    ])
    expect(upstream.oss).toMatchObject({ uptime: 1 / 4, users: 6, attempts: 6, failed_over: 5, elsewhere: 0, share: 1 })
    expect(upstream.oss).toMatchObject({ served: 1, lost: 5, retries: 0, attempts_per_user: 1 })
  })

  it('does not blame us when the client leaves after its first token', () => {
    const rows = [
      row('arrived', 20_000),
      row('first_token', 21_000),
      row('ended', 22_000, { outcome: 'cancelled', status: 499 }),
    ]
    expect(measured([...rows, END]).upstream.oss!.uptime).toBeNull()
  })
})
