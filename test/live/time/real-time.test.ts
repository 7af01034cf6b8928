/** The driver that follows the clock on the wall: the same events in the same order as in a run, and none before its time. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { Kernel } from '../../../sim/kernel/kernel.ts'
import { Priority } from '../../../sim/kernel/scheduler.ts'
import type { Timer, WallClock } from '../../../sim/live/time/clock.ts'
import { Lateness, type LatenessReport } from '../../../sim/live/time/lateness.ts'
import { RealTime, type RealTimeEnd } from '../../../sim/live/time/real-time.ts'

/** The test turns its hands. A timer that is due rings when the test says so, as late as it likes. */
class HandClock implements WallClock {
  wall = 5_000
  #timers: { readonly at: number; readonly call: () => void }[] = []

  now(): number {
    return this.wall
  }

  unix(): number {
    return this.wall
  }

  after(wait: number, call: () => void): Timer {
    const timer = { at: this.wall + wait, call }
    this.#timers.push(timer)
    return { cancel: () => void (this.#timers = this.#timers.filter((each) => each !== timer)) }
  }

  get waiting(): readonly number[] {
    return this.#timers.map(({ at }) => at - 5_000)
  }

  /** Time passes, and then what is due rings. */
  pass(micros: number): void {
    this.wall += micros
    while (this.ring());
  }

  /** One timer that is due; false: none is. */
  ring(): boolean {
    const due = this.#timers.find(({ at }) => at <= this.wall)
    if (due === undefined) return false
    this.#timers = this.#timers.filter((each) => each !== due)
    due.call()
    return true
  }
}

interface World {
  readonly clock: HandClock
  readonly kernel: Kernel
  readonly driver: RealTime
  readonly ended: Promise<RealTimeEnd>
  report(): LatenessReport
}

const NOTHING: (kernel: Kernel) => void = () => {}

function aWorld({ until = 1e9, behindMax = Infinity, prepare = NOTHING, held = false } = {}): World {
  const [clock, kernel, lateness] = [new HandClock(), new Kernel(), new Lateness()]
  prepare(kernel)
  const limits = { until: until as Micros, behindMax: behindMax as Micros }
  const driver = new RealTime({ kernel, clock, lateness, ...limits })
  return { clock, kernel, driver, ended: held ? driver.run('held') : driver.run(), report: () => lateness.report() }
}

const times = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 40 })
const steps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 10, maxLength: 40 })

describe('a run in real time', () => {
  test.prop([times, steps])(
    'runs what a plain run does, in its order and at its times, however the wall jumps',
    (at, jumps) => {
      const into = (log: string[]) => (kernel: Kernel) => {
        for (const [place, time] of at.entries())
          kernel.schedule(time as Micros, (place % 7) as Priority, () => {
            log.push(`${place}@${kernel.now}`)
            // One event brings another.
            if (place % 3 === 0)
              kernel.schedule((kernel.now + 500) as Micros, Priority.timer, () => log.push(`then@${kernel.now}`))
          })
      }
      const [plain, live]: [string[], string[]] = [[], []]
      const reference = new Kernel()
      into(plain)(reference)
      const { clock, kernel } = aWorld({ prepare: into(live) })
      for (const jump of jumps) {
        clock.pass(jump)
        expect(kernel.now).toBeLessThanOrEqual(clock.wall - 5_000)
      }
      clock.pass(200_000)
      reference.runUntil(300_000 as Micros)
      expect(live).toEqual(plain)
    },
  )

  test.prop([times, steps])(
    'takes in what comes from outside after all that was due, at the time on the wall',
    (at, jumps) => {
      const log: number[] = []
      const { clock, kernel, driver } = aWorld({
        prepare: (queue) => {
          for (const time of at) queue.schedule(time as Micros, Priority.timer, () => log.push(queue.now))
        },
      })
      for (const jump of jumps) {
        clock.wall += jump
        let heard = -1
        driver.deliver(() => (heard = kernel.now))
        expect(heard).toBe(clock.wall - 5_000)
        expect(log.filter((time) => time > heard)).toEqual([])
        expect(log).toHaveLength(at.filter((time) => time <= heard).length)
        expect(log).toEqual(log.toSorted((a, b) => a - b))
      }
    },
  )

  it('waits for the next event and nothing else', () => {
    const { clock, kernel, driver } = aWorld({
      prepare: (queue) => void queue.schedule(7_000 as Micros, Priority.timer, () => {}),
    })
    expect(clock.waiting).toEqual([7_000])
    clock.pass(3_000)
    expect(kernel.executed).toBe(0)
    driver.deliver(() => void kernel.schedule(4_000 as Micros, Priority.timer, () => {}))
    expect(clock.waiting).toEqual([4_000])
    clock.pass(1_000)
    expect(clock.waiting).toEqual([7_000])
  })

  it('that is held answers what comes from outside and lets no time pass until it is released', () => {
    const log: string[] = []
    const note = (queue: Kernel, word: string) => (): void => void log.push(`${word}@${queue.now}`)
    const { clock, kernel, driver, report } = aWorld({
      held: true,
      prepare: (queue) => {
        queue.schedule(0 as Micros, Priority.timer, note(queue, 'start'))
        queue.schedule(1_000 as Micros, Priority.timer, note(queue, 'later'))
      },
    })
    clock.pass(50_000)
    driver.deliver(() => kernel.schedule(kernel.now, Priority.timer, note(kernel, 'answer')))
    clock.pass(50_000)
    expect(log).toEqual(['start@0', 'answer@0'])
    expect(clock.waiting).toEqual([])
    driver.release()
    driver.release()
    expect(clock.waiting).toEqual([101_000])
    clock.pass(1_000)
    expect(log).toEqual(['start@0', 'answer@0', 'later@1000'])
    // Nothing was late for having been held.
    expect(report()).toMatchObject({ instants: 1, worst_ms: 0 })
  })

  it('that is released before it is started is not held', () => {
    const { clock, driver, kernel } = (() => {
      const [wall, queue] = [new HandClock(), new Kernel()]
      const limits = { until: 1e9 as Micros, behindMax: Infinity as Micros }
      const made = new RealTime({ kernel: queue, clock: wall, lateness: new Lateness(), ...limits })
      made.release()
      void made.run('held')
      return { clock: wall, driver: made, kernel: queue }
    })()
    clock.pass(5_000)
    driver.deliver(() => {})
    expect(kernel.now).toBe(5_000)
  })

  it('delivers within an event what comes within it', () => {
    const log: string[] = []
    const world = aWorld()
    world.driver.deliver(() => {
      log.push('outer begins')
      world.driver.deliver(() => log.push('inner'))
      log.push('outer ends')
    })
    expect(log).toEqual(['outer begins', 'outer ends', 'inner'])
  })

  it('counts how late events were, class by class', () => {
    const { clock, report } = aWorld({
      prepare: (queue) => {
        for (const at of [1_000, 2_000, 60_000]) queue.schedule(at as Micros, Priority.timer, () => {})
      },
    })
    clock.pass(1_500)
    clock.pass(20_000)
    clock.pass(40_000)
    const { instants, late, worst_ms, classes } = report()
    expect({ instants, late, worst_ms }).toEqual({ instants: 3, late: 1, worst_ms: 19.5 })
    expect(classes.filter((each) => each.instants > 0)).toEqual([
      { up_to_ms: 1, instants: 1 },
      { up_to_ms: 2, instants: 1 },
      { up_to_ms: 20, instants: 1 },
    ])
  })

  it('lets sockets have their turn when there is much to do', () => {
    const { clock, kernel } = aWorld({
      prepare: (queue) => {
        for (let i = 1; i <= 10; i++)
          queue.schedule((i * 10) as Micros, Priority.timer, () => void (clock.wall += 3_000))
      },
    })
    clock.wall += 1_000
    clock.ring()
    // A slice of 5 ms is over with the event that finds it so; the next one comes when everybody else has had a turn.
    expect(kernel.executed).toBe(3)
    clock.pass(0)
    expect(kernel.executed).toBe(10)
  })

  it('ends when its time is up, with what is due then and nothing after', async () => {
    const log: number[] = []
    const { clock, kernel, ended } = aWorld({
      until: 10_000,
      prepare: (queue) => {
        for (const at of [10_000, 10_001]) queue.schedule(at as Micros, Priority.timer, () => log.push(queue.now))
      },
    })
    clock.pass(50_000)
    expect(await ended).toBe('done')
    expect(log).toEqual([10_000])
    expect(kernel.now).toBe(10_000)
    expect(clock.waiting).toEqual([])
  })

  it('stops when told, and nothing from outside reaches it then', async () => {
    const { clock, driver, kernel, ended } = aWorld({
      prepare: (queue) => void queue.schedule(5_000 as Micros, Priority.timer, () => {}),
    })
    driver.stop()
    driver.deliver(() => expect.unreachable())
    clock.pass(10_000)
    expect(await ended).toBe('stopped')
    expect(kernel.executed).toBe(0)
  })

  it('gives up when it falls behind by more than it may', async () => {
    const { clock, kernel, ended } = aWorld({
      behindMax: 5_000_000,
      prepare: (queue) => {
        for (const at of [1_000, 2_000]) queue.schedule(at as Micros, Priority.timer, () => {})
      },
    })
    clock.pass(5_001_500)
    expect(await ended).toBe('behind')
    expect(kernel.executed).toBe(0)
  })

  it('passes on what an event throws', async () => {
    const { clock, ended } = aWorld({
      prepare: (queue) =>
        void queue.schedule(1 as Micros, Priority.timer, () => {
          throw new Error('a bug')
        }),
    })
    clock.pass(10)
    await expect(ended).rejects.toThrow('a bug')
    expect(clock.waiting).toEqual([])
  })
})
