/** The outcome of a run's service, from arrivals laid out by hand: each scene is goodput by minute. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { COLLAPSE_DEFAULTS, CollapseWatch, type ModelCollapse } from '../../../sim/metrics/figures/collapse.ts'

const MINUTE = 60_000_000
/** Requests a minute. */
const COMING = 20

/** A run of as many minutes as the scene has figures. */
function outcome(scene: readonly number[], coming = COMING): ModelCollapse {
  const watch = new CollapseWatch(COLLAPSE_DEFAULTS, (scene.length * MINUTE) as Micros)
  watch.addModel()
  for (const [minute, goodput] of scene.entries()) {
    for (let i = 0; i < coming; i += 1) {
      const at = minute * MINUTE + (i * MINUTE) / coming
      watch.arrived(0, at)
      if (i < goodput * coming) watch.good(0, at)
    }
  }
  return watch.result(0)
}

const minutes = (count: number, goodput: number): number[] => Array.from({ length: count }, () => goodput)

describe('a run', () => {
  it('that is well served throughout has held', () => {
    expect(outcome(minutes(60, 0.95))).toEqual({
      outcome: 'held',
      up_s: 300,
      onset_s: null,
      recovered_s: null,
      best: 0.95,
    })
  })

  it('that falls to less than half for ten minutes has collapsed, and says since when', () => {
    const { outcome: what, onset_s } = outcome([...minutes(20, 1), ...minutes(40, 0.1)])
    expect(what).toBe('collapsed')
    // The first window below half holds three bad minutes of five: it ends at minute 23.
    expect(onset_s).toBe(23 * 60)
  })

  it('that dips for less than ten minutes has held', () => {
    expect(outcome([...minutes(20, 1), ...minutes(6, 0), ...minutes(34, 1)]).outcome).toBe('held')
  })

  it('that comes back to 80 % for ten minutes has recovered', () => {
    const { outcome: what, onset_s, recovered_s } = outcome([...minutes(20, 1), ...minutes(15, 0), ...minutes(25, 0.9)])
    expect(what).toBe('recovered')
    expect(onset_s).toBe(23 * 60)
    expect(recovered_s).toBeGreaterThan(35 * 60)
  })

  it('that comes back to 70 % has not recovered', () => {
    expect(outcome([...minutes(20, 1), ...minutes(15, 0), ...minutes(25, 0.7)]).outcome).toBe('collapsed')
  })

  it('that falls again after it came back has collapsed, from its first fall on', () => {
    const scene = [...minutes(20, 1), ...minutes(15, 0), ...minutes(20, 1), ...minutes(20, 0)]
    expect(outcome(scene)).toMatchObject({ outcome: 'collapsed', onset_s: 23 * 60 })
  })

  it('that never reaches 80 % was never up, however low it is', () => {
    expect(outcome(minutes(60, 0.7)).outcome).toBe('never_up')
    expect(outcome(minutes(60, 0)).outcome).toBe('never_up')
  })

  it('that falls in its last ten minutes cannot be told', () => {
    expect(outcome([...minutes(55, 1), ...minutes(8, 0)])).toMatchObject({ outcome: 'unresolved', onset_s: null })
  })

  it('that nobody asks in, or that is shorter than a window, is not known', () => {
    expect(outcome(minutes(60, 1), 0)).toEqual({
      outcome: 'unknown',
      up_s: null,
      onset_s: null,
      recovered_s: null,
      best: null,
    })
    expect(outcome(minutes(4, 1)).outcome).toBe('unknown')
  })

  it('keeps its state through a time in which hardly anybody asks', () => {
    const watch = new CollapseWatch(COLLAPSE_DEFAULTS, (60 * MINUTE) as Micros)
    watch.addModel()
    for (let minute = 0; minute < 60; minute += 1) {
      const quiet = minute >= 20 && minute < 40
      for (let i = 0; i < (quiet ? 1 : COMING); i += 1) {
        watch.arrived(0, minute * MINUTE + i)
        if (!quiet) watch.good(0, minute * MINUTE + i)
      }
    }
    expect(watch.result(0).outcome).toBe('held')
  })
})
