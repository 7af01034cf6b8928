/** One build per Mac as PR 435 orders it: drain, unload, load, and refuse the rest. */
import { describe, expect, it } from 'vitest'
import { aMac, type Bench, GEMMA, GEMMA8, GPT, type MacBench } from '../a-mac.ts'

const GEMMA_LOAD = 15.6 / 3.6 + 1.5
const UNLOAD = 0.3
const LONG = { output: 200, max: 200 }
const OTHER = '503 all slots busy: assigned to another model'

const acks = (bench: MacBench) => bench.said('assign_status').map(({ epoch, status }) => `${epoch} ${status}` as const)
const ackAt = (bench: MacBench, ack: string) => {
  const found = bench.said('assign_status').find(({ epoch, status }) => `${epoch} ${status}` === ack)
  return found!.heardAt
}

/** Serves gpt-oss, and request 1 of it is in flight from second 1 for a few seconds. */
const busy = (bench: Bench = {}) => aMac({ resident: [GPT], ...bench }).ask(1, 1, GPT, LONG)
/** Every load fails. */
const UNREADABLE = { load: { rate_factor_sigma: 0, slow_share: 0, failure_share: '100%' } }

describe('assign_model', () => {
  it('drains what is in flight of other builds, unloads them and loads the build', () => {
    const bench = busy().assign(1.5, GEMMA).run(30)
    const ended = bench.when(1, 'complete')!
    expect(acks(bench)).toEqual(['1 draining', '1 loading', '1 succeeded'])
    expect(ackAt(bench, '1 draining')).toBe(1.5)
    expect(ended).toBeGreaterThan(2)
    expect(ackAt(bench, '1 loading')).toBe(ended)
    expect(ackAt(bench, '1 succeeded')).toBeCloseTo(ended + UNLOAD + GEMMA_LOAD, 5)
    expect(bench.wrote('unloaded')).toMatchObject([{ build: GPT, why: 'assigned' }])
    expect(bench.wrote('load_started')).toMatchObject([{ build: GEMMA, cause: 'assign' }])
    expect(bench.warm()).toEqual([GEMMA])
  })

  it('unloads every other model, also where there is room for all', () => {
    const bench = aMac({ memory_gib: 128, advertises: [GPT, GEMMA, GEMMA8], resident: [GPT, GEMMA] })
      .assign(1, GEMMA8)
      .run(30)
    expect(bench.wrote('unloaded').map(({ build, why }) => [build, why])).toEqual([
      [GPT, 'assigned'],
      [GEMMA, 'assigned'],
    ])
    expect(bench.warm()).toEqual([GEMMA8])
  })

  it('succeeds at once when the build is the only resident one, whatever it is serving', () => {
    const bench = busy().assign(1.5, GPT).run(1.5)
    expect(acks(bench)).toEqual(['1 draining', '1 loading', '1 succeeded'])
    expect(bench.run(10).story(1).at(-1)).toBe('complete')
    expect(bench.wrote('load_started')).toEqual([])
  })

  it('keeps a resident build and unloads the others without a load', () => {
    const bench = aMac({ resident: [GPT, GEMMA] })
      .assign(1, GPT)
      .run(10)
    expect(ackAt(bench, '1 succeeded')).toBeCloseTo(1 + UNLOAD, 5)
    expect(bench.warm()).toEqual([GPT])
    expect(bench.wrote('load_started')).toEqual([])
  })

  it('lets the load of another build end, and unloads it then', () => {
    const bench = aMac().load(1, GPT).assign(2, GEMMA).run(30)
    expect(bench.said('load_status').map(({ status }) => status)).toEqual(['started', 'succeeded'])
    expect(bench.wrote('unloaded')).toMatchObject([{ build: GPT, why: 'assigned' }])
    expect(acks(bench).at(-1)).toBe('1 succeeded')
    expect(bench.warm()).toEqual([GEMMA])
  })

  it('fails the load of another build that has not begun', () => {
    const bench = aMac({ advertises: [GPT, GEMMA, GEMMA8] })
      .load(1, GPT)
      .load(1, GEMMA8)
      .assign(2, GEMMA)
      .run(30)
    expect(bench.said('load_status').filter(({ build }) => build === GEMMA8)).toMatchObject([
      { status: 'started' },
      { status: 'failed', text: 'model load failed: slots active' },
    ])
    expect(bench.warm()).toEqual([GEMMA])
  })

  it('cancels what the drain has not ended in time', () => {
    const bench = busy({ settings: { assign_drain: '1s' } })
      .assign(1.5, GEMMA)
      .run(30)
    expect(bench.when(1, 'complete')).toBe(2.5)
    expect(bench.wrote('work')).toMatchObject([{ request: 1, outcome: 'cancelled' }])
    expect(acks(bench)).toEqual(['1 draining', '1 loading', '1 succeeded'])
    expect(ackAt(bench, '1 loading')).toBe(2.5)
  })

  it('is refused by a program that drains for an update', () => {
    const bench = busy()
      .at(1.2, (mac) => mac.faults.update())
      .assign(1.5, GEMMA)
      .run(2)
    expect(bench.said('assign_status')).toMatchObject([{ status: 'failed', text: 'provider draining for update' }])
  })

  it('fails when an update begins during its drain', () => {
    const bench = busy()
      .assign(1.2, GEMMA)
      .at(1.5, (mac) => mac.faults.update())
      .run(30)
    expect(acks(bench)).toEqual(['1 draining', '1 failed'])
    expect(bench.wrote('load_started')).toEqual([])
  })
})

describe('other builds on an assigned Mac', () => {
  it('are refused before they are accepted, during drain and load and afterwards', () => {
    const bench = busy().assign(1.5, GEMMA).ask(2, 2, GPT).ask(6, 3, GPT).ask(20, 4, GPT).ask(20, 5, GEMMA).run(40)
    for (const request of [2, 3, 4]) expect(bench.story(request)).toEqual([OTHER])
    expect(bench.story(5).at(-1)).toBe('complete')
    expect(bench.wrote('load_started')).toHaveLength(1)
  })

  it('are not loaded on command', () => {
    const bench = aMac({ resident: [GPT] })
      .assign(1, GPT)
      .load(2, GEMMA)
      .run(20)
    expect(bench.said('load_status')).toMatchObject([
      { status: 'failed', text: 'all slots busy: assigned to another model' },
    ])
    expect(bench.warm()).toEqual([GPT])
  })
})

describe('an assignment that does not hold', () => {
  it('refuses other builds until it has succeeded, and then swaps for them as before', () => {
    const bench = busy({ slots: 1 }).assign(1.5, GEMMA, 1, false).ask(2, 2, GPT).ask(30, 3, GPT).run(60)
    expect(acks(bench)).toEqual(['1 draining', '1 loading', '1 succeeded'])
    expect(bench.story(2)).toEqual([OTHER])
    expect(bench.story(3).at(-1)).toBe('complete')
    expect(bench.wrote('unloaded').map(({ why }) => why)).toEqual(['assigned', 'evicted'])
  })

  it('leaves an ordinary Mac when its load fails, and its epoch counts', () => {
    const bench = aMac({ resident: [GPT] })
      .assign(1, 'absent', 2, false)
      .ask(5, 1, GEMMA)
      .assign(20, GPT, 1)
      .run(40)
    expect(acks(bench)).toEqual(['2 draining', '2 loading', '2 failed'])
    expect(bench.story(1).at(-1)).toBe('complete')
  })
})

describe('the assigned build', () => {
  it('is waited for by a request that comes during the drain, on a Mac with one slot too', () => {
    const bench = busy({ slots: 1 }).assign(1.5, GEMMA).ask(2, 2, GEMMA).run(40)
    expect(bench.when(2, 'accepted')).toBe(2)
    expect(bench.when(2, 'preamble')).toBeCloseTo(ackAt(bench, '1 succeeded') + 0.06, 5)
    expect(bench.story(2).at(-1)).toBe('complete')
  })

  it('is waited for by a request that comes while the old model is unloaded', () => {
    const settings = { unload_time: '2s' }
    const bench = aMac({ slots: 1, resident: [GPT], settings })
      .assign(1, GEMMA)
      .ask(2, 1, GEMMA)
      .run(40)
    expect(bench.story(1).at(-1)).toBe('complete')
    expect(bench.wrote('load_started')).toMatchObject([{ build: GEMMA, cause: 'assign' }])
  })

  it('is served during the drain when it is resident', () => {
    const bench = busy({ resident: [GPT, GEMMA] })
      .assign(1.2, GEMMA)
      .ask(1.5, 2, GEMMA, { output: 2 })
      .run(40)
    expect(bench.when(2, 'preamble')).toBeCloseTo(1.56, 5)
    expect(acks(bench)).toEqual(['1 draining', '1 loading', '1 succeeded'])
  })

  it('is loaded once for a load_model that comes during the drain', () => {
    const bench = busy({ slots: 1 }).assign(1.5, GEMMA).load(2, GEMMA).run(40)
    expect(bench.said('load_status').map(({ status }) => status)).toEqual(['started', 'succeeded'])
    expect(bench.wrote('load_started')).toHaveLength(1)
  })

  it('is unloaded when idle for long, and loaded again by the next request', () => {
    const bench = aMac({ resident: [GPT], settings: { idle_timeout: '60s' } }).assign(1, GPT)
    bench.ask(300, 1, GPT).ask(320, 2, GEMMA).run(330)
    expect(bench.wrote('unloaded')).toMatchObject([{ build: GPT, why: 'idle_timeout' }])
    expect(bench.story(1).at(-1)).toBe('complete')
    expect(bench.story(2)).toEqual([OTHER])
  })
})

describe('epochs', () => {
  it('that are not newer are ignored', () => {
    const bench = aMac({ resident: [GPT] })
      .assign(1, GPT, 2)
      .assign(2, GEMMA, 2)
      .assign(3, GEMMA, 1)
      .run(20)
    expect(acks(bench)).toEqual(['2 draining', '2 loading', '2 succeeded'])
    expect(bench.warm()).toEqual([GPT])
  })

  it('that are newer supersede a drain', () => {
    const bench = busy({ advertises: [GPT, GEMMA, GEMMA8] })
      .assign(1.5, GEMMA, 1)
      .assign(2, GEMMA8, 2)
      .run(40)
    expect(acks(bench)).toEqual(['1 draining', '2 draining', '2 loading', '2 succeeded'])
    expect(bench.wrote('load_started')).toMatchObject([{ build: GEMMA8 }])
    expect(bench.warm()).toEqual([GEMMA8])
  })

  it('that are newer supersede a drain back to what is being served', () => {
    const bench = busy().assign(1.5, GEMMA, 1).assign(2, GPT, 2).ask(2.5, 2, GPT).run(20)
    expect(acks(bench)).toEqual(['1 draining', '2 draining', '2 loading', '2 succeeded'])
    expect(bench.story(1).at(-1)).toBe('complete')
    expect(bench.story(2).at(-1)).toBe('complete')
    expect(bench.wrote('unloaded')).toEqual([])
  })

  it('that are newer supersede an unload', () => {
    const bench = aMac({ resident: [GPT, GEMMA], advertises: [GPT, GEMMA, GEMMA8], settings: { unload_time: '2s' } })
      .assign(1, GEMMA8, 1)
      .assign(2, GEMMA, 2)
      .ask(2.5, 1, GEMMA)
      .run(20)
    expect(acks(bench)).toEqual(['1 draining', '1 loading', '2 draining', '2 loading', '2 succeeded'])
    expect(bench.when(1, 'preamble')).toBeCloseTo(2.56, 5)
    expect(bench.wrote('load_started')).toEqual([])
    expect(bench.warm()).toEqual([GEMMA])
  })

  it('that are newer supersede a load, which ends without a word', () => {
    const bench = aMac().assign(1, GPT, 1).assign(2, GEMMA, 2).run(30)
    expect(acks(bench)).toEqual(['1 draining', '1 loading', '2 draining', '2 loading', '2 succeeded'])
    expect(bench.wrote('load_ended')).toMatchObject([
      { build: GPT, ok: true },
      { build: GEMMA, ok: true },
    ])
    expect(bench.warm()).toEqual([GEMMA])
  })

  it('fail the load_model that waited for an older one', () => {
    const bench = busy({ advertises: [GPT, GEMMA, GEMMA8] })
      .assign(1.2, GEMMA, 1)
      .load(1.5, GEMMA)
      .assign(2, GEMMA8, 2)
      .run(40)
    expect(bench.said('load_status')).toMatchObject([{ status: 'started' }, { status: 'failed', heardAt: 2 }])
  })
})

describe('an assignment whose load fails', () => {
  it('says why, and the Mac stays managed', () => {
    const bench = aMac({ resident: [GPT], settings: UNREADABLE })
      .assign(1, GEMMA)
      .ask(20, 1, GPT)
      .run(30)
    expect(bench.said('assign_status').at(-1)).toMatchObject({
      build: GEMMA,
      epoch: 1,
      status: 'failed',
      text: 'model load failed: other',
    })
    expect(bench.story(1)).toEqual([OTHER])
    expect(bench.warm()).toEqual([])
  })

  it('says so for want of memory', () => {
    const bench = aMac({ memory_gib: 36, os_gib: 4, advertises: [GPT, GEMMA8], resident: [GPT] })
      .assign(1, GEMMA8)
      .run(10)
    expect(bench.said('assign_status').at(-1)).toMatchObject({ text: 'model load failed: insufficient memory' })
  })

  it('is over with a newer epoch', () => {
    const bench = aMac({ resident: [GPT] })
      .assign(1, 'absent', 1)
      .assign(5, GPT, 2)
      .run(20)
    expect(acks(bench)).toEqual(['1 draining', '1 loading', '1 failed', '2 draining', '2 loading', '2 succeeded'])
  })
})

describe('an assigned Mac that is lost', () => {
  it('is unmanaged after a reconnect, and counts epochs anew', () => {
    const bench = aMac({ resident: [GPT] })
      .assign(1, GPT, 7)
      .at(2, (mac) => mac.reregister())
      .ask(3, 1, GEMMA)
      .assign(30, GEMMA, 1)
      .run(40)
    expect(bench.story(1).at(-1)).toBe('complete')
    expect(acks(bench).slice(3)).toEqual(['1 draining', '1 loading', '1 succeeded'])
  })

  it('does not acknowledge over the next connection what the last one asked for', () => {
    const bench = busy()
      .assign(1.5, GEMMA)
      .at(2, (mac) => mac.reregister())
      .run(30)
    expect(acks(bench)).toEqual(['1 draining'])
    expect(bench.warm()).toEqual([GPT])
  })

  it('is unmanaged after a restart', () => {
    const bench = busy()
      .assign(1.5, GEMMA)
      .at(2, (mac) => mac.powerOff())
      .at(3, (mac) => mac.powerOn())
      .ask(60, 2, GPT)
      .run(90)
    expect(acks(bench)).toEqual(['1 draining'])
    expect(bench.story(2).at(-1)).toBe('complete')
  })
})

it('registers with its slot cap', () => {
  expect(aMac({ slots: 2 }).said('register')).toMatchObject([{ maxModelSlots: 2 }])
})
