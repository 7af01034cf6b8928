/** A Mac that lies in what it says of itself, and is what it is all the same. */
import { describe, expect, it } from 'vitest'
import { liesSchema } from '../../../sim/mac/program/lies/config.ts'
import { aMac, type Bench, GEMMA, GEMMA8, GPT, type MacBench } from '../a-mac.ts'

const liar = (lies: object, bench: Bench = {}) =>
  aMac({ resident: [GPT], ...bench, machine: { lies: liesSchema.parse(lies) } })
const beats = (lies: object, bench: Bench = {}) => liar(lies, bench).run(15).said('heartbeat')
/** Some work for it. */
const work = (bench: MacBench) => bench.ask(1, 1, GPT).ask(2, 2, GEMMA).load(20, GEMMA).run(60)
/** All it says but of itself. */
const deeds = ({ heard }: MacBench) =>
  heard.filter(({ message }) => message.kind !== 'heartbeat' && message.kind !== 'register')
const claims = (...heartbeats: object[]) => ({ heartbeats })

describe('claims in heartbeats', () => {
  it('name slots and a warm list that are not there, with no figures but those claimed', () => {
    const [beat] = beats(claims({ slots: [{ model: GEMMA, state: 'running', running: 3 }, { model: GPT }] }))
    expect(beat).toMatchObject({ status: 'serving', activeModel: GEMMA, warmModels: [GEMMA, GPT] })
    const [gemma, gpt] = beat!.capacity!.slots
    expect(gemma).toMatchObject({
      state: 'running',
      running: 3,
      waiting: 0,
      activeTokenBudgetMax: 0,
      kvBytesPerToken: 0,
    })
    expect(gpt).toMatchObject({ state: 'idle', running: 0, kvBytesPerToken: 24_576 })
  })

  it('empty it, and name an active model all the same', () => {
    const [beat] = beats(claims({ slots: [], active_model: GEMMA }))
    expect(beat).toMatchObject({ activeModel: GEMMA, warmModels: [], capacity: { slots: [] } })
    expect(beats(claims({ slots: [] }))[0]!.activeModel).toBeUndefined()
  })

  it('count a slot that cannot serve as not warm', () => {
    const [beat] = beats(claims({ slots: [{ model: GPT, state: 'reloading' }] }))
    expect(beat).toMatchObject({ warmModels: [], capacity: { slots: [{ model: GPT, state: 'reloading' }] } })
  })

  it('make a busy Mac an idle one', () => {
    const bench = liar(claims({ idle: true }))
    for (let request = 1; request <= 20; request++) bench.ask(0.1, request, GPT, { output: 2000, max: 2000 })
    const beat = bench.run(10).said('heartbeat').at(-1)!
    expect(beat).toMatchObject({ status: 'idle', memoryPressure: 0, thermalState: 'nominal' })
    expect(beat.capacity!.gpuMemoryActive_gb).toBe(0)
    expect(beat.capacity!.slots[0]).toMatchObject({ state: 'idle', running: 0, activeTokenBudgetUsed: 0 })
    expect(bench.wrote('machine_state').at(-1)).toMatchObject({ live: 20 })
  })

  it('give room, budgets, rates, concurrency and heat of its own', () => {
    const [beat] = beats(
      claims({
        free_for_load: '500GiB',
        token_budget: 1e9,
        decode_tps: 400,
        max_concurrency: 0,
        thermal_state: 'critical',
      }),
    )
    expect(beat).toMatchObject({ thermalState: 'critical', capacity: { freeForLoad_gb: 500 } })
    expect(beat!.capacity!.slots[0]).toMatchObject({
      activeTokenBudgetMax: 1e9,
      observedDecodeTps: 400,
      maxConcurrency: 0,
    })
  })

  it('take turns', () => {
    const told = beats(claims({ active_model: GEMMA }, { active_model: GEMMA8 }))
    expect(told.map(({ activeModel }) => activeModel)).toEqual([GEMMA, GEMMA8, GEMMA])
  })

  it('are made in their time only', () => {
    const told = beats({ from: '5s', until: '10s', ...claims({ active_model: GEMMA }) })
    expect(told.map(({ activeModel }) => activeModel)).toEqual([GPT, GEMMA, GPT])
  })

  it('of a legacy provider show no capacity', () => {
    const [beat] = beats(claims({ idle: true, slots: [{ model: GEMMA }], token_budget: 5 }), {
      provider: { legacy: true },
    })
    expect(beat).toMatchObject({ warmModels: [GEMMA], capacity: undefined })
  })
})

describe('claims in a registration', () => {
  it('are builds it has not, and slots', () => {
    const bench = liar({ registers: { advertises: [GEMMA8, GPT], max_model_slots: 9 } }).run(0)
    expect(bench.said('register')[0]).toMatchObject({
      models: [{ build: GEMMA8 }, { build: GPT }],
      maxModelSlots: 9,
    })
  })

  it('leave a request for such a build where it would be anyway', () => {
    const bench = liar({ registers: { advertises: [GEMMA8] } })
      .ask(1, 1, GEMMA8)
      .run(10)
    expect(bench.story(1)).toEqual(['accepted', '404 model load failed: not found'])
  })
})

it('a lie changes nothing of what the Mac does and writes', () => {
  const honest = work(aMac({ resident: [GPT] }))
  const lying = work(
    liar({ registers: { advertises: [GEMMA8] }, ...claims({ idle: true, slots: [], token_budget: 1 }) }),
  )
  expect(lying.rows).toEqual(honest.rows)
  expect(deeds(lying)).toEqual(deeds(honest))
})
