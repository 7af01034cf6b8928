import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../sim/base/assert.ts'
import type { Micros } from '../../sim/base/time.ts'
import { Kernel } from '../../sim/kernel/kernel.ts'
import { RandomStreams } from '../../sim/kernel/random.ts'
import { Priority } from '../../sim/kernel/scheduler.ts'

const at = (time: number): Micros => time as Micros
const FOREVER = Infinity as Micros

const lookAtEnd = (kernel: Kernel, look: () => void): void => kernel.atEndOfInstant({ look })

/** A branching, cancelling run, as the text of what happened. */
function story(): string {
  const kernel = new Kernel()
  const stream = new RandomStreams(11).stream('story')
  const lines: string[] = []
  const spawn = (payload: number): void => {
    lines.push(`${kernel.now}:${payload}`)
    const event = kernel.schedule(at(kernel.now + stream.below(50)), stream.below(7) as Priority, spawn, payload + 1)
    if (stream.below(4) === 0) kernel.cancel(event)
    if (stream.below(2) === 0) kernel.schedule(at(kernel.now + stream.below(50)), Priority.timer, spawn, payload)
  }
  for (let i = 0; i < 50; i++) kernel.schedule(at(i), Priority.arrival, spawn, i)
  kernel.runUntil(FOREVER, 5_000)
  return lines.join(' ')
}

describe('Kernel', () => {
  it('runs events in the order of time and shows their time as now', () => {
    const kernel = new Kernel()
    const seen: number[] = []
    for (const time of [30, 10, 20]) kernel.schedule(at(time), Priority.work, () => seen.push(kernel.now))
    kernel.runUntil(FOREVER)
    expect(seen).toEqual([10, 20, 30])
  })

  it('runs events of one instant by priority class, whatever the order of scheduling', () => {
    const kernel = new Kernel()
    const seen: string[] = []
    const names = Object.keys(Priority) as (keyof typeof Priority)[]
    for (const name of names.toReversed()) kernel.schedule(at(5), Priority[name], () => seen.push(name))
    kernel.runUntil(FOREVER)
    expect(seen).toEqual(['work', 'message', 'decision', 'timer', 'timeline', 'arrival', 'observe'])
  })

  it('runs events of equal time and class first come, first served', () => {
    const kernel = new Kernel()
    const seen: number[] = []
    for (let i = 0; i < 100; i++) kernel.schedule(at(5), Priority.timer, (payload) => seen.push(payload), i)
    kernel.runUntil(FOREVER)
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  it('lets a handler schedule for this very instant, in an earlier class too', () => {
    const kernel = new Kernel()
    const seen: string[] = []
    kernel.schedule(at(5), Priority.arrival, () => {
      seen.push('arrival')
      kernel.schedule(kernel.now, Priority.work, () => seen.push('work'))
    })
    kernel.schedule(at(5), Priority.observe, () => seen.push('observe'))
    kernel.runUntil(FOREVER)
    expect(seen).toEqual(['arrival', 'work', 'observe'])
  })

  it('calls who asked when the last event of the instant is over, observers included, in the order of asking', () => {
    const kernel = new Kernel()
    const seen: string[] = []
    kernel.schedule(at(5), Priority.work, () => {
      lookAtEnd(kernel, () => seen.push(`first look at ${kernel.now}`))
      kernel.schedule(kernel.now, Priority.observe, () => seen.push('observe'))
      lookAtEnd(kernel, () => seen.push(`second look at ${kernel.now}`))
    })
    kernel.schedule(at(6), Priority.work, () => seen.push('next instant'))
    expect(kernel.runUntil(at(6))).toBe('reached')
    expect(seen).toEqual(['observe', 'first look at 5', 'second look at 5', 'next instant'])
    expect(kernel.executed).toBe(3)
  })

  it('lets one who looks at the end of an instant make it go on, and ask again', () => {
    const kernel = new Kernel()
    const seen: string[] = []
    kernel.schedule(at(5), Priority.work, () => {
      lookAtEnd(kernel, () => {
        seen.push('look')
        kernel.schedule(kernel.now, Priority.work, () => seen.push('work'))
        lookAtEnd(kernel, () => seen.push('last look'))
      })
      lookAtEnd(kernel, () => seen.push('look after the work'))
    })
    kernel.runUntil(FOREVER)
    expect(seen).toEqual(['look', 'work', 'look after the work', 'last look'])
    expect(kernel.now).toBe(5)
  })

  it('looks at an instant before a limit, a step or the end of the run leaves it, and not while one of its events is left', () => {
    const kernel = new Kernel()
    let looks = 0
    const ask = () => lookAtEnd(kernel, () => looks++)
    ask()
    kernel.schedule(at(5), Priority.work, ask)
    kernel.schedule(at(5), Priority.timer, () => {})
    expect(kernel.runUntil(FOREVER, 1)).toBe('limit')
    expect(looks).toBe(1)
    expect(kernel.step()).toBe(true)
    expect(looks).toBe(2)
    expect(kernel.step()).toBe(false)
    kernel.schedule(at(9), Priority.work, () => {
      ask()
      kernel.stop()
    })
    expect(kernel.runUntil(at(20))).toBe('stopped')
    expect(looks).toBe(2)
    kernel.runUntil(at(20))
    expect(looks).toBe(3)
  })

  it('runs what is due at the end and leaves what lies behind it', () => {
    const kernel = new Kernel()
    const seen: number[] = []
    for (const time of [10, 20, 21]) kernel.schedule(at(time), Priority.work, () => seen.push(time))
    expect(kernel.runUntil(at(20))).toBe('reached')
    expect(seen).toEqual([10, 20])
    expect(kernel.now).toBe(20)
    expect(kernel.peek()).toBe(21)
    expect(kernel.pending).toBe(1)
  })

  it('sets the clock to the end even when nothing happens, and stays at the last event when there is no end', () => {
    const kernel = new Kernel()
    kernel.runUntil(at(7))
    expect(kernel.now).toBe(7)
    kernel.schedule(at(9), Priority.work, () => {})
    kernel.runUntil(FOREVER)
    expect(kernel.now).toBe(9)
    expect(kernel.peek()).toBeUndefined()
  })

  it('stops after the event that says so and goes on when asked again', () => {
    const kernel = new Kernel()
    const seen: number[] = []
    for (const time of [1, 2, 3]) {
      kernel.schedule(at(time), Priority.work, () => {
        seen.push(time)
        if (time === 2) kernel.stop()
      })
    }
    expect(kernel.runUntil(at(10))).toBe('stopped')
    expect([kernel.now, kernel.executed]).toEqual([2, 2])
    expect(kernel.runUntil(at(10))).toBe('reached')
    expect(seen).toEqual([1, 2, 3])
  })

  it('runs one event per step and says when there is none', () => {
    const kernel = new Kernel()
    kernel.schedule(at(4), Priority.work, () => {})
    expect(kernel.step()).toBe(true)
    expect(kernel.now).toBe(4)
    expect(kernel.step()).toBe(false)
    expect(kernel.executed).toBe(1)
  })

  it('does not run a cancelled event, and cancels only once', () => {
    const kernel = new Kernel()
    const event = kernel.schedule(at(4), Priority.work, () => expect.unreachable())
    expect(kernel.cancel(event)).toBe(true)
    expect(kernel.cancel(event)).toBe(false)
    kernel.runUntil(FOREVER)
    expect(kernel.executed).toBe(0)
  })

  it('answers false to cancelling the running event and an event that ran', () => {
    const kernel = new Kernel()
    const answers: boolean[] = []
    const event = kernel.schedule(at(4), Priority.work, () => answers.push(kernel.cancel(event)))
    kernel.runUntil(FOREVER)
    expect([...answers, kernel.cancel(event)]).toEqual([false, false])
  })

  it('lets a handler cancel another event of the same instant', () => {
    const kernel = new Kernel()
    const late = kernel.schedule(at(4), Priority.timer, () => expect.unreachable())
    kernel.schedule(at(4), Priority.message, () => expect(kernel.cancel(late)).toBe(true))
    kernel.runUntil(FOREVER)
    expect(kernel.executed).toBe(1)
  })

  it('goes on after a handler threw, without that event', () => {
    const kernel = new Kernel()
    const seen: number[] = []
    kernel.schedule(at(1), Priority.work, () => {
      throw new Error('handler')
    })
    kernel.schedule(at(2), Priority.work, () => seen.push(2))
    expect(() => kernel.runUntil(FOREVER)).toThrow('handler')
    kernel.runUntil(FOREVER)
    expect(seen).toEqual([2])
  })

  it.each([9, 10.5, NaN, Infinity, 2 ** 53])('refuses an event at %s when it is 10', (time) => {
    const kernel = new Kernel()
    kernel.runUntil(at(10))
    expect(() => kernel.schedule(at(time), Priority.work, () => {})).toThrow(InvariantError)
  })

  it('refuses to run backwards', () => {
    const kernel = new Kernel()
    kernel.runUntil(at(10))
    expect(() => kernel.runUntil(at(9))).toThrow(InvariantError)
  })

  it('repeats a run event by event from the same seed', () => {
    expect(story()).toBe(story())
  })
})
