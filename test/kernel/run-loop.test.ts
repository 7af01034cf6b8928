import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../sim/base/assert.ts'
import type { Micros } from '../../sim/base/time.ts'
import { Kernel } from '../../sim/kernel/kernel.ts'
import { run } from '../../sim/kernel/run-loop.ts'
import { Priority } from '../../sim/kernel/scheduler.ts'

const at = (time: number): Micros => time as Micros
const FOREVER = Infinity as Micros

/** Ticks every `period` from 0 on. */
function aTickingKernel(period: number, onTick: (kernel: Kernel) => void = () => {}): Kernel {
  const kernel = new Kernel()
  const tick = (): void => {
    onTick(kernel)
    kernel.schedule(at(kernel.now + period), Priority.timer, tick)
  }
  kernel.schedule(at(0), Priority.timer, tick)
  return kernel
}

/** Counts yields instead of waiting. */
function aMacrotask(): { yields: number; macrotask: () => Promise<void> } {
  const counter = {
    yields: 0,
    macrotask: async () => {
      counter.yields++
    },
  }
  return counter
}

/** What happened in a watched run, as text. */
async function story(yieldEvery: number): Promise<string> {
  const times: number[] = []
  const kernel = aTickingKernel(7, (k) => times.push(k.now))
  const watchdog = { idleFor: at(50), progress: () => times.length, pending: () => 1 }
  await run(kernel, { until: at(1_000), yieldEvery, watchdog, ...aMacrotask() })
  return `${times.join(' ')} | ${kernel.now} ${kernel.executed}`
}

describe('run', () => {
  it('yields to the host every so many events and reports then', async () => {
    const kernel = aTickingKernel(1)
    const { macrotask } = aMacrotask()
    const reports: number[] = []
    const end = await run(kernel, {
      until: at(99),
      yieldEvery: 30,
      macrotask,
      onYield: (k) => reports.push(k.executed),
    })
    expect(end).toBe('done')
    expect(reports).toEqual([30, 60, 90])
    expect(kernel.executed).toBe(100)
  })

  it('lets other tasks of the host run with the default macrotask', async () => {
    let elsewhere = 0
    const timer = setInterval(() => elsewhere++, 0)
    await run(aTickingKernel(1), { until: at(200_000), yieldEvery: 1_000 })
    clearInterval(timer)
    expect(elsewhere).toBeGreaterThan(0)
  })

  it('runs the same events however often it yields', async () => {
    expect(await story(1)).toBe(await story(1_000_000))
  })

  it('ends when nothing is pending, at the end it was given', async () => {
    const kernel = new Kernel()
    kernel.schedule(at(5), Priority.work, () => {})
    expect(await run(kernel, { until: at(100) })).toBe('done')
    expect(kernel.now).toBe(100)
  })

  it('ends at the last event when it was given no end', async () => {
    const kernel = new Kernel()
    kernel.schedule(at(5), Priority.work, () => {})
    expect(await run(kernel, { until: FOREVER })).toBe('done')
    expect(kernel.now).toBe(5)
  })

  it('ends when a handler stops the kernel', async () => {
    const kernel = aTickingKernel(1, (k) => {
      if (k.now === 40) k.stop()
    })
    expect(await run(kernel, { until: at(100), yieldEvery: 7, ...aMacrotask() })).toBe('stopped')
    expect(kernel.now).toBe(40)
  })

  it('stops at the next yield after its signal aborts, and can be run on', async () => {
    const abort = new AbortController()
    const kernel = aTickingKernel(1, (k) => {
      if (k.now === 15) abort.abort()
    })
    const end = await run(kernel, { until: at(100), yieldEvery: 10, signal: abort.signal, ...aMacrotask() })
    expect([end, kernel.executed]).toEqual(['aborted', 20])
    expect(await run(kernel, { until: at(100) })).toBe('done')
  })

  it('runs no event when its signal was aborted before', async () => {
    const kernel = aTickingKernel(1)
    expect(await run(kernel, { until: at(100), signal: AbortSignal.abort() })).toBe('aborted')
    expect(kernel.executed).toBe(0)
  })
})

describe('the watchdog', () => {
  const idleFor = at(1_000)

  it('throws, with times and counts, when time passes with open work and nothing finishes', async () => {
    const watchdog = { idleFor, progress: () => 3, pending: () => 2 }
    const running = run(aTickingKernel(10), { until: at(100_000), watchdog })
    await expect(running).rejects.toThrow(InvariantError)
    await expect(running).rejects.toThrow(/between 0 us and 1125 us .* open: 2, finished: 3, events run: 11\d/)
  })

  it('keeps quiet while things finish', async () => {
    let finished = 0
    const kernel = aTickingKernel(900, () => finished++)
    const watchdog = { idleFor, progress: () => finished, pending: () => 1 }
    expect(await run(kernel, { until: at(100_000), watchdog })).toBe('done')
  })

  it('keeps quiet however long nothing is open', async () => {
    const watchdog = { idleFor, progress: () => 0, pending: () => 0 }
    expect(await run(aTickingKernel(10), { until: at(100_000), watchdog })).toBe('done')
  })

  it('gives work that arrives after a long idle time its full time', async () => {
    const kernel = new Kernel()
    let open = 0
    let finished = 0
    kernel.schedule(at(50_000), Priority.arrival, () => {
      open = 1
      kernel.schedule(at(50_990), Priority.work, () => {
        open = 0
        finished = 1
      })
    })
    const watchdog = { idleFor, progress: () => finished, pending: () => open }
    expect(await run(kernel, { until: at(100_000), watchdog })).toBe('done')
  })

  it('throws when a run without an end has drained and work is still open', async () => {
    const kernel = new Kernel()
    kernel.schedule(at(5), Priority.work, () => {})
    const watchdog = { idleFor, progress: () => kernel.executed, pending: () => 1 }
    await expect(run(kernel, { until: FOREVER, watchdog })).rejects.toThrow(/open: 1, finished: 1/)
  })

  it('throws when events run without end and the clock stands', async () => {
    const kernel = aTickingKernel(0)
    await expect(run(kernel, { until: at(10), yieldEvery: 1_000_000, ...aMacrotask() })).rejects.toThrow(
      /events at 0 us and the clock stands/,
    )
  })
})
