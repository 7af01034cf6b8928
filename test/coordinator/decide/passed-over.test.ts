/** At each metrics tick: why a machine that never held a request of a build would not get the next one. */
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { definePolicy } from '../../../sim/plug/index.ts'
import { A, B, openPolicy, pinnedPolicy, slot, World, type WorldOptions } from '../world.ts'

const quiet = { WARM_POOL_ENABLED: false, EVICTION_TIMEOUT: '8000h', decision: { service: 0 } } as const
const started = ({ settings, ...options }: WorldOptions = {}): World =>
  new World({ ...options, settings: { ...quiet, ...settings } }).start()
const told = (world: World) =>
  world.rowsOf('passed_over').map(({ at, provider, build, reason }) => [at / 1e6, provider, build, reason])
/** A request goes there and is answered at once, so that nobody is tried beside it. */
function serves(world: World, provider: ProviderId): void {
  const request = world.asked()
  expect(world.dispatches(request)).toEqual([provider])
  world.completes(provider, request)
}
const PLAIN = { activeTokenBudgetMax: 10_000 }

describe('why a machine is passed over', () => {
  it('is asked only of builds that were asked for, of machines that had none of them, and written when it changes', () => {
    const world = started()
    const got = world.mac({ models: [A, B] })
    const other = world.mac({ models: [A, B], trust: { level: 'none' } })
    world.pass(15)
    expect(told(world)).toEqual([])
    expect(world.dispatches(world.asked())).toEqual([got])
    world.pass(15)
    expect(told(world)).toEqual([[20, other, A, 'trust']])
    world.coordinator.setTrust('serial-1', 'hardware')
    world.pass(20)
    expect(told(world)).toHaveLength(1)
  })

  it('is the decode floor when others keep it, and not when nobody does', () => {
    const floor = { MIN_DECODE_TPS: 15 } as const
    const world = started({ settings: floor })
    const fast = world.mac({ tps: 80 })
    const slow = world.mac({ tps: 5 })
    serves(world, fast)
    world.pass(10)
    expect(told(world)).toEqual([[10, slow, A, 'decode_floor']])
    const slowest = started({ settings: floor })
    slowest.mac({ tps: 5 })
    slowest.mac({ tps: 5 })
    slowest.asked()
    slowest.pass(10)
    expect(told(slowest).map(([, , , reason]) => reason)).not.toContain('decode_floor')
  })

  it('is what the pool policy last answered, which is not asked again: no label moves', () => {
    const asked: string[] = []
    const policy = definePolicy({
      ...pinnedPolicy,
      test: (question, context) => {
        asked.push(question.surface)
        return pinnedPolicy.test(question, context)
      },
    })
    const world = started({ policy })
    const own = world.mac({ models: [A, B] })
    const pinned = world.mac({ models: [B, A], slots: [slot(A, PLAIN)] })
    serves(world, own)
    asked.length = 0
    const labels = world.rowsOf('relabel').length
    world.pass(10)
    expect(told(world)).toEqual([[10, pinned, A, 'pool']])
    expect(new Set(asked)).toEqual(new Set(['metrics_tick', 'capacity_snapshot']))
    expect(world.rowsOf('relabel').length).toBe(labels)
  })

  it('is lack of room for a request like the last one', () => {
    const world = started()
    const roomy = world.mac({ slots: [slot(A, { activeTokenBudgetMax: 10_000 })] })
    const narrow = world.mac({ slots: [slot(A, { activeTokenBudgetMax: 400 })] })
    expect(world.dispatches(world.asked({ maxTokens: 4_000 }))).toEqual([roomy])
    world.pass(10)
    expect(told(world)).toEqual([[10, narrow, A, 'admission']])
  })

  it('is the price, or none at all', () => {
    const world = started({ policy: openPolicy })
    const warm = world.mac({ slots: [slot(A, PLAIN)] })
    const cold = world.mac({ slots: [], free_gb: 40 })
    serves(world, warm)
    world.pass(10)
    expect(told(world)).toEqual([[10, cold, A, 'dearer']])
  })
})
