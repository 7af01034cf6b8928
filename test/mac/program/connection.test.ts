import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { aMac, GEMMA, GPT, SECOND } from '../a-mac.ts'

const seconds = (value: number) => (value * SECOND) as Micros
const registrations = (bench: ReturnType<typeof aMac>) => bench.said('register').map((row) => row.heardAt)

describe('a lost socket', () => {
  it('cancels everything in flight without a word, and nothing is heard until it is back', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { output: 256 })
      .ask(1, 2, GPT, { output: 256 })
    bench
      .at(2, (mac) => mac.disconnect(seconds(10)))
      .ask(5, 3, GPT)
      .run(30)
    expect(bench.story(1)).toEqual(['accepted', 'preamble', 'first_content'])
    expect(bench.story(3)).toEqual([])
    expect(bench.wrote('work')).toMatchObject([{ outcome: 'cancelled' }, { outcome: 'cancelled' }])
    expect(bench.heard.filter(({ at }) => at > 2 && at < 12)).toEqual([])
  })

  it('comes back with a new registration, a heartbeat 5 s later, and its models still resident', () => {
    const bench = aMac({ resident: [GPT] })
      .at(2, (mac) => mac.disconnect(seconds(10)))
      .run(30)
    expect(registrations(bench)).toEqual([0, 12])
    const beat = bench.said('heartbeat').find(({ heardAt }) => heardAt > 12)
    expect(beat).toMatchObject({ heardAt: 17, warmModels: [GPT] })
  })

  it('leaves the Mac unconnected from the loss to the new registration', () => {
    const bench = aMac().at(2, (mac) => mac.disconnect(seconds(10)))
    const connected = [1, 3, 11, 13].map((at) => bench.run(at).mac.connected)
    expect(connected).toEqual([true, false, false, true])
    expect(bench.at(14, (mac) => mac.powerOff()).run(15).mac.connected).toBe(false)
  })

  it('backs off 1, 2, 4 … 30 s, each drawn from the upper half, when no time is given', () => {
    const bench = aMac()
    const lostAt = [10, 20, 30, 50, 80, 120, 160]
    for (const at of lostAt) bench.at(at, (mac) => mac.disconnect())
    bench.run(300)
    const away = registrations(bench)
      .slice(1)
      .map((back, i) => back - lostAt[i]!)
    const full = [1, 2, 4, 8, 16, 30, 30]
    away.forEach((time, i) => {
      expect(time).toBeGreaterThanOrEqual(full[i]! / 2)
      expect(time).toBeLessThanOrEqual(full[i]!)
    })
  })

  it('backs off longer after every loss, however long it was away', () => {
    const bench = aMac()
      .at(10, (mac) => mac.disconnect(seconds(1)))
      .at(20, (mac) => mac.disconnect(seconds(1)))
      .at(30, (mac) => mac.disconnect())
      .run(60)
    const away = registrations(bench)[3]! - 30
    expect(away).toBeGreaterThanOrEqual(2)
    expect(away).toBeLessThanOrEqual(4)
  })

  it('does not stop a demand load; the request it was for ends silently after it', () => {
    const bench = aMac()
      .ask(1, 1, GEMMA)
      .ask(2, 2, GEMMA)
      .at(3, (mac) => mac.disconnect(seconds(1)))
      .run(20)
    expect(bench.story(1)).toEqual(['accepted'])
    expect(bench.story(2)).toEqual([])
    expect(bench.wrote('work')).toMatchObject([
      { request: 2, outcome: 'cancelled', at: 3 * SECOND },
      { request: 1, outcome: 'cancelled', at: bench.wrote('load_ended')[0]!.at },
    ])
    expect(bench.warm()).toEqual([GEMMA])
  })
})

describe('the end of the process', () => {
  it('takes requests, a running load and all models with it', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT, { output: 256 })
      .load(2, GEMMA)
      .at(3, (mac) => mac.powerOff())
      .run(60)
    expect(bench.wrote('work')).toMatchObject([{ request: 1, outcome: 'cancelled' }])
    expect(bench.wrote('load_ended')).toMatchObject([{ build: GEMMA, ok: false }])
    expect(bench.wrote('unloaded')).toMatchObject([{ build: GPT, why: 'restart' }])
    expect(bench.heard.at(-1)).toMatchObject({ at: 3, message: { kind: 'closed' } })
    expect(bench.wrote('machine_state').at(-1)).toMatchObject({
      online: false,
      live: 0,
      weightsBytes: 0,
      kvReservedBytes: 0,
    })
  })

  it('is followed by hashing all models at 1.4 GB/s before it registers, with nothing resident', () => {
    const bench = aMac({ resident: [GPT] })
    bench
      .at(3, (mac) => mac.powerOff())
      .at(10, (mac) => mac.powerOn())
      .ask(50, 1, GPT)
      .run(70)
    expect(registrations(bench)[1]).toBeCloseTo(10 + (12.1 + 15.6) / 1.4, 5)
    expect(bench.said('heartbeat').find(({ heardAt }) => heardAt > 10)!.warmModels).toEqual([])
    expect(bench.story(1).at(-1)).toBe('complete')
  })

  it('leaves nothing scheduled that could speak for the dead', () => {
    const bench = aMac({ resident: [GPT] })
      .ask(1, 1, GPT)
      .at(1.03, (mac) => mac.powerOff())
      .run(400)
    expect(bench.heard.filter(({ at }) => at > 1.03)).toEqual([])
    expect(bench.kernel.pending).toBe(0)
  })
})

describe('churn', () => {
  it('keeps a Mac online for about session / (session + away + hashing) of the time', () => {
    const bench = aMac({ advertises: [GPT], churn: { session: seconds(600), away: seconds(200) } }).run(400 * 3600)
    let online = 0
    const rows = bench.wrote('machine_state')
    for (let i = 1; i < rows.length; i++) if (rows[i - 1]!.online) online += (rows[i]!.at - rows[i - 1]!.at) / SECOND
    expect(online / (400 * 3600)).toBeCloseTo(600 / (600 + 200 + 12.1 / 1.4), 1)
    expect(registrations(bench).length).toBeGreaterThan(1000)
  })
})
