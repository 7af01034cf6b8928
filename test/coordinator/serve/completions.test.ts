/** Endpoints that dispatch once (coordinator-routing §7 D11), and how often a request may find no room (coordinator-control §3.7). */
import { describe, expect, it } from 'vitest'
import { type PresetName, withPreset } from '../../../sim/coordinator/config.ts'
import type { ProviderErrorText, RequestView } from '../../../sim/protocol/index.ts'
import { A, type SettingsInput, slot, World, type WorldOptions } from '../world.ts'

const once = { endpoint: 'completions' } as const
const noRoom = 'token_budget_exhausted: request queue full'

/** Two machines that are alike; the request goes to one of them. */
const two = (terms: Partial<RequestView> = once) => {
  const world = new World()
  world.mac()
  world.mac()
  const id = world.asked(terms)
  return { world, id, mac: world.dispatches(id)[0]! }
}

describe('a completions request', () => {
  it('passes the same doors and the same queue as a chat request', () => {
    const world = new World()
    const mac = world.mac({ slots: [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })] })
    expect(world.ending(world.asked({ ...once, model: 'nothing' }))).toMatchObject({ status: 404 })
    const waits = world.asked(once)
    expect(world.rowsOf('queued')).toMatchObject([{ request: waits }])
    world.beat(mac, { slots: [slot(A)] })
    expect(world.dispatches(waits)).toEqual([mac])
  })
  it('has no backup race: half the deadline of 5.1 s passes and nothing happens, where a chat request gets one', () => {
    const single = two()
    single.world.pass(2.6)
    expect(single.world.dispatches(single.id)).toHaveLength(1)
    const chat = two({})
    chat.world.pass(2.6)
    expect(chat.world.dispatches(chat.id)).toHaveLength(2)
  })
  it('whose deadline passes in silence is answered 504, though another machine is free', () => {
    const { world, id } = two()
    expect(world.pass(5.099).ending(id)).toBeUndefined()
    expect(world.pass(0.001).ending(id)).toEqual({
      kind: 'failed',
      status: 504,
      reason: 'ttft_timeout',
      midStream: false,
    })
    expect(world.dispatches(id)).toHaveLength(1)
  })
  it.each([
    [500, 'All requests aborted', { kind: 'failed', status: 500 }],
    [503, noRoom, { kind: 'failed', status: 503 }],
    [429, noRoom, { kind: 'rejected', status: 429 }],
    [0, 'All requests aborted', { kind: 'failed', status: 502 }],
  ] as const)('is told its provider’s own code %i (502 for none), capacity or not', (code, text, answer) => {
    const { world, id, mac } = two()
    world.errs(mac, id, code, text)
    expect(world.ending(id)).toMatchObject(answer)
    expect(world.pass(1).dispatches(id)).toHaveLength(1)
  })
  it('is told 502 when its machine is lost', () => {
    const { world, id, mac } = two()
    world.coordinator.disconnected(mac)
    expect(world.ending(id)).toMatchObject({ kind: 'failed', status: 502 })
  })
})

/** Every machine in turn refuses for want of room, or fails. */
const tries = (macs: number, options: WorldOptions, text: ProviderErrorText) => {
  const world = new World(options)
  for (let each = 0; each < macs; each++) world.mac()
  const id = world.asked()
  for (;;) {
    const sent = world.dispatches(id)
    world.errs(sent.at(-1)!, id, 503, text, sent.length - 1)
    world.pass(0.023)
    if (world.ending(id) !== undefined) return { sent: world.dispatches(id).length, ending: world.ending(id) }
  }
}

const preset = (name: PresetName): WorldOptions => ({ settings: withPreset({ preset: name }) as SettingsInput })

describe('MAX_CAPACITY_ATTEMPTS', () => {
  it('0: as many as MAX_DISPATCH_ATTEMPTS allows, 64', () => {
    expect(tries(70, {}, noRoom)).toMatchObject({ sent: 64, ending: { kind: 'rejected', status: 429 } })
  })
  it('3: three, then 429 with Retry-After; faults of machines do not count', () => {
    const settings = { settings: { MAX_CAPACITY_ATTEMPTS: 3 } }
    expect(tries(6, settings, noRoom)).toMatchObject({
      sent: 3,
      ending: { kind: 'rejected', status: 429, reason: 'oversized_request', retryAfter_s: 2 },
    })
    expect(tries(6, settings, 'All requests aborted')).toMatchObject({
      sent: 6,
      ending: { kind: 'failed', status: 503 },
    })
  })
  it('3: loads that failed for lack of room are faults, and do not count (coordinator-routing §6, provider-runtime §4)', () => {
    const settings = { settings: { MAX_CAPACITY_ATTEMPTS: 3 } }
    expect(tries(6, settings, 'model load failed: insufficient memory')).toMatchObject({
      sent: 6,
      ending: { kind: 'failed', status: 503, reason: 'provider_error' },
    })
  })
  it('3: a prompt over the context ends at the first, for no machine would take it; 0: tries them all', () => {
    const overflow = 'token_budget_exhausted: request exceeds batch token budget'
    expect(tries(6, { settings: { MAX_CAPACITY_ATTEMPTS: 3 } }, overflow)).toMatchObject({
      sent: 1,
      ending: { kind: 'rejected', status: 429, reason: 'oversized_request', retryAfter_s: 2 },
    })
    expect(tries(6, {}, overflow)).toMatchObject({ sent: 6, ending: { status: 429, reason: 'capacity_exhausted' } })
  })
  it('the preset of 21 June has 3 of them, the tree before it no limit', () => {
    expect(tries(6, preset('2026-06-21'), noRoom)).toMatchObject({ sent: 3 })
    expect(tries(6, preset('2026-06-20'), noRoom)).toMatchObject({ sent: 6 })
  })
})
