import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { aMac, GEMMA, GPT, type MacBench, SECOND } from '../a-mac.ts'

const seconds = (value: number) => (value * SECOND) as Micros
const faultsOf = (bench: MacBench) => bench.wrote('fault').map(({ at, what }) => [at / SECOND, what])
const whats = (bench: MacBench) => bench.wrote('fault').map(({ what }) => what)
const beats = (bench: MacBench) => bench.said('heartbeat').map(({ heardAt }) => heardAt)
const registrations = (bench: MacBench) => bench.said('register').map(({ heardAt }) => heardAt)
/** Hashing gpt-oss and gemma 4-bit, 12.1 and 15.6 GB, at 1.4 GB/s (mac-provider 5). */
const HASHING = (12.1 + 15.6) / 1.4

const slowed = (speed: number): MacBench =>
  aMac({ resident: [GPT], settings: { unwire: { after: '0s' } } })
    .at(10, (mac) => mac.faults.slow(speed, seconds(100)))
    .ask(20, 1, GPT)
    .run(90)
const engineTime = (bench: MacBench): number => bench.when(1, 'complete')! - bench.when(1, 'preamble')!

const drained = (build = GPT): MacBench =>
  aMac({ resident: [GPT] })
    .ask(9, 1, GPT, { output: 256 })
    .at(10, (mac) => mac.faults.update())
    .ask(10.5, 2, build)
    .load(10.6, GEMMA)

describe('a crash', () => {
  it('is noticed by the 60 s poll and mended 300 s later: 5 to 6 minutes and the start-up hash (provider-runtime 1)', () => {
    const outages = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const bench = aMac({ resident: [GPT], seed })
        .at(100, (mac) => mac.faults.crash())
        .run(600)
      expect(whats(bench)).toEqual(['crash', 'restarted'])
      return registrations(bench)[1]! - 100 - HASHING
    })
    expect(Math.min(...outages)).toBeGreaterThanOrEqual(300)
    expect(Math.max(...outages)).toBeLessThanOrEqual(360)
    expect(new Set(outages).size).toBe(outages.length)
  })

  it('leaves everything cold', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(99, 1, GPT, { output: 256 })
      .at(100, (mac) => mac.faults.crash())
      .run(600)
    expect(bench.wrote('work')).toMatchObject([{ request: 1, outcome: 'cancelled' }])
    expect(bench.warm()).toEqual([])
  })

  it('of a program that is not running changes nothing', () => {
    const bench = aMac()
      .at(100, (mac) => mac.faults.crash())
      .at(200, (mac) => mac.faults.crash())
      .run(600)
    expect(whats(bench)).toEqual(['crash', 'restarted'])
  })

  it('is not mended when the owner has quit the program meanwhile', () => {
    const bench = aMac()
      .at(100, (mac) => mac.faults.crash())
      .at(200, (mac) => mac.faults.quit())
      .run(900)
    expect(registrations(bench)).toEqual([0])
    bench.at(1000, (mac) => mac.faults.launch()).run(1100)
    expect(registrations(bench)[1]).toBeCloseTo(1000 + HASHING, 5)
  })
})

describe('sleep', () => {
  it('computes, sends and hears nothing; requests in flight are cancelled on waking after more than 30 s', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(10, 1, GPT, { output: 256 })
      .at(11, (mac) => mac.faults.sleep(seconds(60)))
      .ask(20, 2, GPT)
      .run(100)
    expect(bench.heard.filter(({ at }) => at > 11 && at < 71)).toEqual([])
    expect(bench.story(2)).toEqual([])
    expect(bench.wrote('work')).toMatchObject([
      { request: 2, outcome: 'cancelled', at: 71 * SECOND },
      { request: 1, outcome: 'cancelled', at: 71 * SECOND },
    ])
    const busy = bench.wrote('gpu_busy').filter(({ since }) => since > 11.1 * SECOND && since < 71 * SECOND)
    expect(busy).toEqual([])
  })

  it('ends in a reconnect by back-off, with the models still resident', () => {
    const bench = aMac({ resident: [GPT] })
      .at(11, (mac) => mac.faults.sleep(seconds(60)))
      .run(100)
    expect(faultsOf(bench)).toEqual([
      [11, 'sleep'],
      [71, 'wake'],
    ])
    const [, back] = registrations(bench)
    expect(back).toBeGreaterThanOrEqual(71.5)
    expect(back).toBeLessThanOrEqual(72)
    expect(bench.warm()).toEqual([GPT])
  })

  it('of 30 s or less keeps the socket: answers come late, what came in is then heard, the missed heartbeat is sent', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(10, 1, GPT, { output: 256 })
      .at(11, (mac) => mac.faults.sleep(seconds(20)))
      .ask(20, 2, GPT)
      .run(60)
    expect(registrations(bench)).toEqual([0])
    expect(bench.story(1).at(-1)).toBe('complete')
    expect(bench.story(2).at(-1)).toBe('complete')
    expect(bench.when(2, 'accepted')).toBe(31)
    expect(beats(bench).filter((at) => at > 11 && at < 31)).toEqual([])
    expect(beats(bench)).toContain(31)
  })

  it('is written down as waiting of nobody’s doing, and everything still adds up', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(10, 1, GPT, { output: 256 })
      .at(11, (mac) => mac.faults.sleep(seconds(20)))
      .ask(20, 2, GPT)
      .run(60)
    for (const work of bench.wrote('work')) {
      const shares = bench.wrote('delay').filter(({ request }) => request === work.request)
      const nobodys = shares.find(({ culprit }) => culprit === 'none')!
      const slept = work.request === 1 ? 20 : 11
      expect(nobodys.queue_ns / 1e9).toBeGreaterThanOrEqual(slept)
      expect(nobodys.queue_ns / 1e9).toBeLessThan(slept + 0.1)
      let sum = work.solo_ns
      for (const { gpu_ns, memory_ns, thermal_ns, load_ns, queue_ns } of shares) {
        sum += gpu_ns + memory_ns + thermal_ns + load_ns + queue_ns
      }
      expect(sum).toBe((work.at - work.receivedAt) * 1000)
    }
  })

  it('stops a load half way, and that is not the load’s fault', () => {
    const awake = aMac().ask(10, 1, GPT).run(60)
    const bench = aMac()
      .ask(10, 1, GPT)
      .at(12, (mac) => mac.faults.sleep(seconds(20)))
      .run(60)
    const took = awake.wrote('load_ended')[0]!.took / SECOND
    expect(bench.wrote('load_ended')[0]!.took / SECOND).toBeCloseTo(took + 20, 5)
    const delays = bench.wrote('delay')
    const load = delays.find(({ culprit }) => culprit === GPT)!.load_ns / 1e9
    const solo = awake.wrote('delay').find(({ culprit }) => culprit === GPT)!.load_ns / 1e9
    expect(load).toBeCloseTo(solo, 5)
    expect(delays.find(({ culprit }) => culprit === 'none')!.queue_ns / 1e9).toBeCloseTo(20, 2)
  })

  it('is found out only on waking when the other end has closed meanwhile', () => {
    const bench = aMac({ resident: [GPT] })
      .at(11, (mac) => mac.faults.sleep(seconds(20)))
      .at(15, (mac) => mac.disconnect())
      .run(60)
    expect(bench.heard.find(({ message }) => message.kind === 'closed')!.at).toBe(31)
  })

  it('puts off what would have happened to the program, in its order', () => {
    const bench = aMac({ resident: [GPT] })
      .at(5, (mac) => mac.faults.drop(seconds(20)))
      .at(10, (mac) => mac.faults.sleep(seconds(60)))
      .at(20, (mac) => mac.faults.crash())
      .at(30, (mac) => mac.faults.update())
      .run(600)
    expect(whats(bench)).toEqual(['network_drop', 'sleep', 'wake', 'recovered', 'crash', 'restarted'])
    expect(bench.wrote('fault').find(({ what }) => what === 'crash')!.at).toBe(70 * SECOND)
  })

  it('shows as offline, and as nothing idle and capable', () => {
    const bench = aMac({ resident: [GPT] })
      .at(11, (mac) => mac.faults.sleep(seconds(20)))
      .run(60)
    const state = (at: number) => bench.wrote('machine_state').findLast((row) => row.at <= at * SECOND)
    expect(state(10)).toMatchObject({ online: true })
    expect(state(10)!.idleCapable).toBeGreaterThan(0)
    expect(state(20)).toMatchObject({ online: false, idleCapable: 0 })
    expect(state(40)).toMatchObject({ online: true })
  })

  it('stops the start-up hash too', () => {
    const bench = aMac()
      .at(10, (mac) => mac.powerOff())
      .at(20, (mac) => mac.powerOn())
      .at(25, (mac) => mac.faults.sleep(seconds(100)))
      .run(200)
    expect(registrations(bench)[1]).toBeCloseTo(20 + HASHING + 100, 5)
  })
})

describe('a broken engine', () => {
  it('fails whatever it is given with a 500 at once, after accepted and preamble, until it is mended', () => {
    const bench = aMac({ resident: [GPT] })
      .at(10, (mac) => mac.faults.break(seconds(20)))
      .ask(15, 1, GPT)
      .ask(40, 2, GPT, { output: 4 })
      .run(60)
    const [refusal] = bench.said('inference_error')
    expect(refusal).toMatchObject({ request: 1, code: 500, text: 'request stream closed by engine teardown' })
    expect(bench.when(1, 'accepted')! < bench.when(1, 'preamble')!).toBe(true)
    expect(bench.when(1, 'inference_error')! - 15).toBeLessThan(1)
    expect(bench.when(2, 'complete')).toBeGreaterThan(40)
    expect(faultsOf(bench)).toEqual([
      [10, 'broken'],
      [30, 'recovered'],
    ])
  })
})

describe('a stalled GPU', () => {
  it('is a black hole: accepted, preamble, and 120 s later a refusal, while heartbeats go on', () => {
    const bench = aMac({ resident: [GPT] })
      .at(10, (mac) => mac.faults.stall(seconds(300)))
      .ask(20, 1, GPT)
      .run(200)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', '503 request timed out waiting for capacity'])
    expect(bench.when(1, 'inference_error')).toBeCloseTo(140, 0)
    expect(beats(bench).filter((at) => at > 10 && at < 200).length).toBeGreaterThan(36)
    expect(bench.wrote('machine_state').findLast(({ at }) => at < 19 * SECOND)!.idleCapable).toBe(0)
  })

  it('goes on where it stood, and the time is nobody’s', () => {
    const bench = aMac({ resident: [GPT] })
      .at(10, (mac) => mac.faults.stall(seconds(30)))
      .ask(20, 1, GPT)
      .run(200)
    expect(bench.story(1).at(-1)).toBe('complete')
    const nobodys = bench.wrote('delay').find(({ culprit }) => culprit === 'none')!
    expect(nobodys.queue_ns / 1e9).toBeCloseTo(20 - 0.06, 2)
    expect(faultsOf(bench)).toEqual([
      [10, 'stall'],
      [40, 'recovered'],
    ])
  })

  it('stays stalled until the later of two ends, and is one fault', () => {
    const bench = aMac()
      .at(10, (mac) => mac.faults.stall(seconds(30)))
      .at(20, (mac) => mac.faults.stall(seconds(5)))
      .at(30, (mac) => mac.faults.stall(seconds(30)))
      .run(100)
    expect(faultsOf(bench)).toEqual([
      [10, 'stall'],
      [60, 'recovered'],
    ])
  })
})

describe('a slow machine', () => {
  it('takes as many times longer for its steps as it is slower, blamed on another process', () => {
    expect(engineTime(slowed(0.2)) / engineTime(slowed(1))).toBeCloseTo(5, 1)
    const process = slowed(0.2)
      .wrote('delay')
      .find(({ culprit }) => culprit === 'process')
    expect(process!.gpu_ns / 1e9).toBeCloseTo(engineTime(slowed(0.2)) - engineTime(slowed(1)), 2)
  })

  it('is as fast as ever afterwards', () => {
    const bench = aMac({ resident: [GPT] })
      .at(10, (mac) => mac.faults.slow(0.2, seconds(5)))
      .ask(20, 1, GPT)
      .run(90)
    const fast = aMac({ resident: [GPT] })
      .ask(20, 1, GPT)
      .run(90)
    expect(bench.when(1, 'complete')).toBe(fast.when(1, 'complete'))
    expect(whats(bench)).toEqual(['slow', 'recovered'])
  })
})

describe('a silent Mac', () => {
  it('sends no heartbeat and answers all the same', () => {
    const bench = aMac({ resident: [GPT] })
      .at(10, (mac) => mac.faults.silence(seconds(60)))
      .ask(20, 1, GPT)
      .run(100)
    expect(beats(bench).filter((at) => at > 10 && at < 70)).toEqual([])
    expect(bench.story(1).at(-1)).toBe('complete')
    expect(beats(bench).at(-1)).toBeGreaterThan(90)
    expect(faultsOf(bench)).toEqual([
      [10, 'silent'],
      [70, 'recovered'],
    ])
  })
})

describe('a lost connection', () => {
  it('is a fault from its loss to the new registration; one that the coordinator closed is none', () => {
    const bench = aMac()
      .at(10, (mac) => mac.faults.drop(seconds(7)))
      .at(40, (mac) => mac.disconnect(seconds(7)))
      .run(100)
    expect(faultsOf(bench)).toEqual([
      [10, 'network_drop'],
      [17, 'recovered'],
    ])
  })
})

describe('churn', () => {
  it('strikes at exponential intervals, as often as its mean says', () => {
    const bench = aMac({
      advertises: [GPT],
      churn: {
        drops: seconds(3600),
        stalls: { every: seconds(3000), for: seconds(600) },
        crashes: seconds(20_000),
        silences: { every: seconds(3000), for: seconds(600) },
      },
    }).run(400 * 3600)
    const count = (what: string): number => whats(bench).filter((each) => each === what).length
    // Standard errors 5 %, 5 % and 12 %; three of them.
    expect(count('network_drop')).toBeGreaterThan(400 * 0.85)
    expect(count('network_drop')).toBeLessThan(400 * 1.15)
    expect(count('stall')).toBeGreaterThan(400 * 0.85)
    expect(count('stall')).toBeLessThan(400 * 1.15)
    expect(count('silent')).toBeGreaterThan(400 * 0.85)
    expect(count('silent')).toBeLessThan(400 * 1.15)
    expect(count('crash')).toBeGreaterThan(72 * 0.64)
    expect(count('crash')).toBeLessThan(72 * 1.36)
  })
})

describe('an update', () => {
  it('refuses requests and loads meanwhile, and lets those in flight end (provider-runtime 8)', () => {
    const bench = drained().run(100)
    expect(bench.story(1).at(-1)).toBe('complete')
    expect(bench.story(2)).toEqual(['503 provider draining for update'])
    expect(bench.said('load_status')).toMatchObject([
      { build: GEMMA, status: 'failed', text: 'provider draining for update' },
    ])
    expect(drained(GEMMA).run(100).story(2)).toEqual(['503 provider draining for update'])
  })

  it('restarts at the 250 ms poll after the last request, hashes, and is cold', () => {
    const bench = drained().run(100)
    const ended = bench.when(1, 'complete')!
    const poll = 10 + Math.ceil((ended - 10) / 0.25) * 0.25
    expect(bench.heard.find(({ message }) => message.kind === 'closed')!.at).toBeCloseTo(poll, 5)
    expect(registrations(bench)[1]).toBeCloseTo(poll + HASHING, 5)
    expect(bench.warm()).toEqual([])
    expect(whats(bench)).toEqual(['update', 'restarted'])
  })

  it('restarts an idle Mac at once', () => {
    const bench = aMac()
      .at(10, (mac) => mac.faults.update())
      .run(100)
    expect(registrations(bench)[1]).toBeCloseTo(10 + HASHING, 5)
  })

  it('waits 120 s at most, then cancels the rest, who are told', () => {
    const bench = aMac({ resident: [GPT], settings: { first_output_timeout: '10m' } })
      .at(5, (mac) => mac.faults.stall(seconds(600)))
      .ask(9, 1, GPT, { output: 256 })
      .at(10, (mac) => mac.faults.update())
      .run(300)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', '499 request cancelled'])
    expect(bench.when(1, 'inference_error')).toBe(130)
    expect(registrations(bench)[1]).toBeCloseTo(130 + HASHING, 5)
  })

  it('may bring another version and number of slots, from the restart on', () => {
    const bench = aMac({ slots: 2, resident: [GPT, GEMMA] })
      .at(10, (mac) => mac.faults.update({ version: '0.7.0', maxModelSlots: 1 }))
      .load(60, GPT)
      .load(80, GEMMA)
      .run(120)
    expect(bench.said('register')).toMatchObject([
      { version: '0.6.17', maxModelSlots: 2 },
      { version: '0.7.0', maxModelSlots: 1 },
    ])
    expect(bench.warm()).toEqual([GEMMA])
  })

  it('is forgotten when the program crashes first', () => {
    const bench = aMac({ resident: [GPT] })
      .at(5, (mac) => mac.faults.stall(seconds(600)))
      .ask(9, 1, GPT, { output: 256 })
      .at(10, (mac) => mac.faults.update({ version: '0.7.0', maxModelSlots: 1 }))
      .at(20, (mac) => mac.faults.crash())
      .run(900)
    expect(whats(bench)).toEqual(['stall', 'update', 'crash', 'restarted', 'recovered'])
    expect(bench.said('register').map(({ version }) => version)).toEqual(['0.6.17', '0.6.17'])
  })
})
