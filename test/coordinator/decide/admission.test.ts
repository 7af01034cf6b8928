/** Answers at the door: coordinator-routing §6, with Retry-After. */
import { describe, expect, it } from 'vitest'
import type { BuildId } from '../../../sim/base/ids.ts'
import { A, B, build, entry, openPolicy, pinnedPolicy, slot, World } from '../world.ts'

const full = [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })]
/** As many before it whose prompts it must wait for at 100 tok/s. */
const slowTo = (name: BuildId, waiting: number) => [
  slot(name, { waiting, maxConcurrency: 24, observedPrefillTps: 100 }),
]
const rejected = (status: number, reason: string, retryAfter_s: number | undefined) => ({
  kind: 'rejected',
  status,
  reason,
  retryAfter_s,
})

describe('a request is refused before the scan', () => {
  it('A2: 503 model_unavailable without Retry-After when its alias has no desired build', () => {
    const world = new World({ aliases: [{ name: 'al', desired: '', previous: A, retired: [] }] })
    world.mac()
    expect(world.ending(world.asked({ model: 'al' }))).toEqual(rejected(503, 'model_unavailable', undefined))
  })
  it('A3, A4: 503 model_unavailable when nobody has vision, or tools (version below 0.6.3)', () => {
    const world = new World()
    world.mac({ version: '0.6.2' })
    expect(world.ending(world.asked({ requiresVision: true }))).toEqual(rejected(503, 'model_unavailable', undefined))
    expect(world.ending(world.asked({ hasTools: true }))).toEqual(rejected(503, 'model_unavailable', undefined))
  })
  it('A3: 503, not 429, when vision exists only in another pool (F5)', () => {
    const world = new World({ policy: pinnedPolicy })
    world.mac({ models: [A, B], vision: true })
    world.mac({ models: [B] })
    const ask = world.asked({ model: B, requiresVision: true })
    expect(world.ending(ask)).toEqual(rejected(503, 'model_unavailable', undefined))
  })
  it('A5: 429 model_shed for a listed build, and for a listed alias of it', () => {
    const aliases = [{ name: 'al', desired: A, previous: '' as const, retired: [] }]
    for (const REJECT_MODELS of [[A], ['al']]) {
      const world = new World({ aliases, settings: { REJECT_MODELS } })
      world.mac()
      expect(world.ending(world.asked({ model: 'al' }))).toEqual(rejected(429, 'model_shed', 2))
    }
  })
  it('A8: 404 model_not_found for what is not in the catalog', () => {
    const world = new World()
    world.mac({ models: [build('unknown')] })
    expect(world.ending(world.asked({ model: 'unknown' }))).toEqual(rejected(404, 'model_not_found', undefined))
  })
})

describe('a request is refused after the scan', () => {
  it('A13: 429 pool_exhausted when every capable machine is pinned elsewhere, without telling the warm pool (X4)', () => {
    const world = new World({ policy: pinnedPolicy })
    world.mac({ models: [A, B] })
    const ask = world.asked({ model: B })
    expect(world.ending(ask)).toEqual(rejected(429, 'pool_exhausted', 2))
    expect(world.rowsOf('preflight').at(-1)).toMatchObject({
      outcome: 'rejected',
      poolRejections: 1,
    })
    expect(world.pass(5).rowsOf('warm_pool')).toEqual([])
    expect(world.rowsOf('queued')).toEqual([])
  })
  it('A13 comes before the alias fallback: 429 although the previous build is warm and free (F13)', () => {
    const aliases = [{ name: 'al', desired: B, previous: A, retired: [] }]
    const catalog = [entry(A), entry(B), entry(build('c'))]
    const world = new World({ policy: pinnedPolicy, aliases, catalog })
    world.mac({ models: [build('c'), B], slots: [] })
    world.mac({ models: [A] })
    expect(world.ending(world.asked({ model: 'al' }))).toEqual(rejected(429, 'pool_exhausted', 2))
  })
  it('A14: 503 model_too_large without Retry-After when the build fits nowhere', () => {
    const world = new World({ catalog: [entry(A, 128)] })
    world.mac({ slots: [] })
    expect(world.ending(world.asked())).toEqual(rejected(503, 'model_too_large', undefined))
  })
  it('A15: queues when nobody has room, or answers 429 machine_busy when queueing before shedding is off', () => {
    const queueing = new World()
    queueing.mac({ slots: full })
    expect(queueing.ending(queueing.asked())).toBeUndefined()
    expect(queueing.rowsOf('queued')).toHaveLength(1)
    const shedding = new World({ settings: { QUEUE_BEFORE_SHED: false } })
    shedding.mac({ slots: full })
    expect(shedding.ending(shedding.asked())).toEqual(rejected(429, 'machine_busy', 2))
  })
  it('A16: 503 no_provider with Retry-After when nobody is eligible', () => {
    const world = new World()
    world.mac({ thermalState: 'critical' })
    expect(world.ending(world.asked())).toEqual(rejected(503, 'no_provider', 2))
  })
  it('A17: serves late by default and tells the warm pool, refuses under the hard gate', () => {
    const slow = [slot(A, { waiting: 20, maxConcurrency: 24, observedPrefillTps: 100 })]
    const soft = new World()
    soft.mac({ slots: slow })
    expect(soft.dispatches(soft.asked())).toHaveLength(1)
    expect(soft.pass(0).rowsOf('warm_pool')).toMatchObject([{ pressure: true }])
    const hard = new World({ settings: { TTFT_HARD_REJECT: true } })
    hard.mac({ slots: slow })
    // 21 prompts of 100 tokens at 100 tok/s are 21 s, the deadline is 5.1 s.
    expect(hard.ending(hard.asked())).toMatchObject({ status: 429, reason: 'ttft_too_slow', retryAfter_s: 16 })
  })
  it('A17, hard gate: the previous build when it is in time', () => {
    const aliases = [{ name: 'al', desired: B, previous: A, retired: [] }]
    const world = new World({ aliases, settings: { TTFT_HARD_REJECT: true } })
    world.mac({ models: [B], slots: [slot(B, { waiting: 20, maxConcurrency: 24, observedPrefillTps: 100 })] })
    const fast = world.mac({ models: [A] })
    expect(world.dispatches(world.asked({ model: 'al' }))).toEqual([fast])
  })
  it('A17, hard gate: Retry-After goes by the better estimate of the two builds (coordinator-routing §17)', () => {
    const aliases = [{ name: 'al', desired: B, previous: A, retired: [] }]
    for (const [waiting, retryAfter_s] of [
      // 11 and 21 prompts of 100 tokens at 100 tok/s, due in 5.1 s.
      [10, 6],
      [20, 16],
      [23, 16],
    ] as const) {
      const world = new World({ aliases, settings: { TTFT_HARD_REJECT: true } })
      world.mac({ models: [B], slots: slowTo(B, 20) })
      world.mac({ models: [A], slots: slowTo(A, waiting) })
      const ask = world.asked({ model: 'al' })
      expect(world.ending(ask)).toMatchObject({ status: 429, reason: 'ttft_too_slow', retryAfter_s })
    }
  })
})

describe('A11: the previous build of an alias', () => {
  const aliases = [{ name: 'al', desired: B, previous: A, retired: [] }]
  it('takes the request when the desired build has no room', () => {
    const world = new World({ aliases })
    world.mac({ models: [B], slots: [slot(B, { state: 'running', running: 1, maxConcurrency: 1 })] })
    const other = world.mac({ models: [A] })
    expect(world.dispatches(world.asked({ model: 'al' }))).toEqual([other])
  })
  it('does not when it is shed or has no candidate either; the request then waits for the desired build (Q5)', () => {
    const shed = new World({ aliases, settings: { REJECT_MODELS: [A] } })
    shed.mac({ models: [B], slots: [slot(B, { state: 'running', running: 1, maxConcurrency: 1 })] })
    const idle = shed.mac({ models: [A] })
    shed.asked({ model: 'al' })
    expect(shed.rowsOf('queued')).toMatchObject([{ build: B }])
    shed.beat(idle, { slots: [slot(A)] })
    expect(shed.rowsOf('dispatched')).toEqual([])
  })
})

it('tells the provider the catalog’s output limit, else 8,192, when the client gave none', () => {
  const world = new World({ catalog: [{ ...entry(A), maxOutput: 4_000 }, entry(B)] })
  world.mac()
  world.mac({ models: [B] })
  world.asked({ maxTokens: undefined })
  world.asked({ model: B, maxTokens: undefined })
  world.asked({ maxTokens: 77 })
  const limits = world.sent.flatMap(({ message }) => (message.kind === 'inference' ? [message.maxTokens] : []))
  expect(limits).toEqual([4_000, 8_192, 77])
})

describe('a decision takes 23 ms', () => {
  it('answers and dispatches when it ends', () => {
    const world = new World()
    world.mac()
    const served = world.ask()
    const refused = world.ask({ model: 'unknown' })
    world.pass(0.022)
    expect(world.sent).toEqual([])
    world.pass(0.001)
    expect(world.dispatches(served)).toHaveLength(1)
    expect(world.answersTo(refused)).toHaveLength(1)
  })
  it('serves first come, first served at its places: with one place the third answer takes 69 ms', () => {
    const world = new World({ settings: { decision: { servers: 1, service: '23ms' } } })
    world.mac()
    for (let each = 0; each < 3; each++) world.ask()
    world.pass(0.1)
    expect(world.rowsOf('dispatched').map((row) => [row.request, row.at])).toEqual([
      [0, 23_000],
      [1, 46_000],
      [2, 69_000],
    ])
  })
  it('looks when service starts, applies when it ends: two that chose the last place, the second one queues', () => {
    const world = new World()
    const mac = world.mac({ slots: [slot(A, { maxConcurrency: 1 })] })
    const [first, second] = [world.ask(), world.ask()]
    world.pass(0.023)
    expect(world.dispatches(first)).toEqual([mac])
    expect(world.dispatches(second)).toEqual([])
    const select = world.rowsOf('decision').filter((row) => row.phase === 'select')
    expect(select.map((row) => [row.outcome, row.candidates, row.provider])).toEqual([
      ['selected', 1, mac],
      ['queued', 1, -1],
    ])
  })
  it('does not send to a machine that left in between', () => {
    const world = new World()
    const mac = world.mac()
    const ask = world.ask()
    world.pass(0.01)
    world.coordinator.disconnected(mac)
    world.pass(0.02)
    expect(world.sent).toEqual([])
    expect(world.rowsOf('queued')).toMatchObject([{ request: ask }])
  })
  it('is dropped with the request it is about', () => {
    const world = new World({ settings: { decision: { servers: 1, service: '23ms' } } })
    world.mac()
    const [first, second, third] = [world.ask(), world.ask(), world.ask()]
    world.cancel(first)
    world.cancel(second)
    world.pass(0.1)
    expect(world.rowsOf('dispatched').map((row) => [row.request, row.at])).toEqual([[third, 46_000]])
    expect(world.coordinator.openRequests).toBe(1)
  })
})

it('S17: two like requests one after the other go to different machines of 120 and 110 tok/s', () => {
  const world = new World()
  world.mac({ tps: 120 })
  world.mac({ tps: 110 })
  const chosen = [world.asked(), world.asked()].flatMap((ask) => world.dispatches(ask))
  expect(new Set(chosen).size).toBe(2)
})

/** One request served; explained or not. */
const served = (explain?: readonly number[]) => {
  const world = new World({ policy: openPolicy, ...(explain === undefined ? {} : { explain }) })
  world.mac({ tps: 120 })
  world.mac({ tps: 110 })
  const ask = world.asked()
  world.says(world.dispatches(ask)[0]!, 'first_content', ask)
  world.completes(world.dispatches(ask)[0]!, ask)
  return world
}

it('explains what happened and changes nothing by it', () => {
  const explained = served([0])
  expect(explained.notes.map((note) => note.kind)).toEqual([
    'resolved',
    'decision',
    'decision',
    'dispatched',
    'first_content',
    'answer',
    'attempt_ended',
    'answer',
  ])
  expect(explained.notes[0]).toMatchObject({ kind: 'resolved', choice: 'direct' })
  expect(explained.notes[2]).toMatchObject({ secondLook: 'passed' })
  expect(explained.notes[2]).toMatchObject({ phase: 'select', outcome: 'selected' })
  expect(explained.notes[2]?.kind === 'decision' && explained.notes[2].verdicts).toHaveLength(2)
  expect(explained.rows).toEqual(served().rows)
  expect(served().notes).toEqual([])
})
