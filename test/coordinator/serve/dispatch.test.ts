/**
 * Attempts, first content, backups and failover: coordinator-routing §7. The deadline of the requests here is 5 s + 100
 * tokens = 5.1 s.
 */
import { describe, expect, it } from 'vitest'
import type { RequestView } from '../../../sim/protocol/index.ts'
import { A, slot, World, type WorldOptions } from '../world.ts'

/** Macs and one request that has been dispatched to the first of `order`. */
function scene(macs: number, view: Partial<RequestView> = {}, options: WorldOptions = {}) {
  const world = new World(options)
  for (let each = 0; each < macs; each++) world.mac()
  const ask = world.asked(view)
  const first = world.dispatches(ask)[0]!
  return { world, ask, first }
}

describe('a request that goes well', () => {
  it('is answered with its first token and its end, and leaves nothing behind', () => {
    const { world, ask, first } = scene(1)
    world.says(first, 'accepted', ask)
    world.says(first, 'preamble', ask)
    world.pass(2).says(first, 'first_content', ask)
    world.pass(3).completes(first, ask, 0, 42)
    expect(world.answersTo(ask)).toEqual([
      { kind: 'first_token', request: ask, attempt: 0 },
      { kind: 'completed', request: ask, attempt: 0, completionTokens: 42 },
    ])
    expect(world.rowsOf('attempt_ended')).toMatchObject([{ outcome: 'success', code: 200, completionTokens: 42 }])
    expect(world.coordinator.openRequests).toBe(0)
    expect(world.pass(1_000).sent.map(({ message }) => message.kind)).toEqual(['inference', 'cancel'])
  })
  it('that is not streamed reaches the client as a whole', () => {
    const { world, ask, first } = scene(1, { stream: false })
    world.says(first, 'first_content', ask)
    expect(world.answersTo(ask)).toEqual([])
    world.completes(first, ask)
    expect(world.answersTo(ask).map((answer) => answer.kind)).toEqual(['first_token', 'completed'])
  })
  it('may be empty: a preamble and the end are an answer', () => {
    const { world, ask, first } = scene(1)
    world.says(first, 'preamble', ask)
    world.completes(first, ask, 0, 0)
    expect(world.answersTo(ask)).toMatchObject([{ kind: 'completed', completionTokens: 0 }])
  })
})

describe('the first-content deadline', () => {
  it('passed in silence: cancelled there, tried elsewhere, 504 when nobody is left', () => {
    const { world, ask, first } = scene(1)
    world.pass(5.099)
    expect(world.messagesTo(first, 'cancel')).toEqual([])
    world.pass(0.001)
    expect(world.messagesTo(first, 'cancel')).toMatchObject([{ attempt: 0 }])
    expect(world.rowsOf('attempt_ended')).toMatchObject([{ outcome: 'timeout', code: 504 }])
    world.pass(0.023)
    expect(world.ending(ask)).toEqual({ kind: 'failed', status: 504, reason: 'ttft_timeout', midStream: false })
  })
  it('is met by content that comes at the very deadline', () => {
    const { world, ask, first } = scene(1)
    world.pass(5.0999)
    world.says(first, 'first_content', ask)
    world.pass(100)
    expect(world.answersTo(ask).map((answer) => answer.kind)).toEqual(['first_token'])
  })
  it('is extended to 600 s by `accepted`, counted from then, then a 504 that counts against the machine', () => {
    const { world, ask, first } = scene(1, {}, { settings: { ERROR_COOLDOWN_STRIKES: 1 } })
    world.pass(1).says(first, 'accepted', ask)
    world.pass(599.9)
    expect(world.rowsOf('attempt_ended')).toEqual([])
    world.pass(0.2)
    expect(world.rowsOf('attempt_ended')).toMatchObject([{ outcome: 'timeout', code: 504 }])
    expect(world.ending(ask)).toMatchObject({ status: 504, reason: 'inference_timeout' })
    expect(world.ending(world.asked())).toMatchObject({ reason: 'no_provider' })
  })
  it('is not shortened by a preamble after `accepted`', () => {
    const { world, ask, first } = scene(1)
    world.says(first, 'accepted', ask)
    world.says(first, 'preamble', ask)
    world.pass(599)
    expect(world.rowsOf('attempt_ended')).toEqual([])
  })
  it('is extended once by 90 s for a preamble alone; then a 504 that counts against the machine', () => {
    const { world, ask, first } = scene(1, {}, { settings: { ERROR_COOLDOWN_STRIKES: 1 } })
    world.says(first, 'preamble', ask)
    world.pass(5.1 + 89.9)
    expect(world.rowsOf('attempt_ended')).toEqual([])
    world.pass(0.2)
    expect(world.ending(ask)).toMatchObject({ status: 504, reason: 'ttft_timeout' })
    expect(world.ending(world.asked())).toMatchObject({ reason: 'no_provider' })
  })
  it('passed in plain silence does not count against the machine', () => {
    const { world, first } = scene(1, {}, { settings: { ERROR_COOLDOWN_STRIKES: 1 } })
    world.pass(6)
    expect(world.dispatches(world.asked())).toEqual([first])
  })
  it('counts as ttft_miss for the warm pool', () => {
    const { world } = scene(1, {}, { settings: { WARM_POOL_SPECULATIVE_START_THRESHOLD: 0 } })
    world.start().pass(4)
    expect(world.rowsOf('warm_pool')).toEqual([])
    world.pass(6)
    expect(world.rowsOf('warm_pool')).toMatchObject([{ pressure: true }])
  })
})

describe('a backup', () => {
  it('races from half the deadline on; first content wins and the loser is cancelled', () => {
    const { world, ask, first } = scene(2)
    world.pass(2.549)
    expect(world.rowsOf('decision').at(-1)).toMatchObject({ phase: 'select' })
    world.pass(0.024)
    const second = world.dispatches(ask)[1]!
    expect(world.rowsOf('dispatched')[1]).toMatchObject({ attempt: 1, backup: true, at: 23_000 + 2_550_000 + 23_000 })
    world.says(second, 'first_content', ask, 1)
    expect(world.messagesTo(first, 'cancel')).toMatchObject([{ attempt: 0 }])
    expect(world.rowsOf('attempt_ended')).toMatchObject([{ attempt: 0, outcome: 'cancelled' }])
    world.completes(second, ask, 1)
    expect(world.answersTo(ask)).toMatchObject([
      { kind: 'first_token', attempt: 1 },
      { kind: 'completed', attempt: 1 },
    ])
  })
  it('is cancelled when the primary speaks after all, and what it still says is ignored', () => {
    const { world, ask, first } = scene(2)
    world.pass(3)
    const second = world.dispatches(ask)[1]!
    world.says(first, 'first_content', ask)
    expect(world.messagesTo(second, 'cancel')).toMatchObject([{ attempt: 1 }])
    world.says(second, 'first_content', ask, 1)
    world.completes(second, ask, 1)
    expect(world.answersTo(ask)).toMatchObject([{ kind: 'first_token', attempt: 0 }])
  })
  it('never comes once the primary has accepted', () => {
    const { world, ask, first } = scene(2)
    world.says(first, 'accepted', ask)
    world.pass(300)
    expect(world.dispatches(ask)).toEqual([first])
  })
  it('loses at once to a primary that accepts after all, before any text', () => {
    const { world, ask, first } = scene(2)
    world.pass(3)
    const second = world.dispatches(ask)[1]!
    world.says(first, 'accepted', ask)
    expect(world.messagesTo(second, 'cancel')).toMatchObject([{ attempt: 1 }])
    expect(world.answersTo(ask)).toEqual([])
  })
  it('does not come when nobody else is there: the primary is waited for alone', () => {
    const { world, ask, first } = scene(1)
    world.pass(4)
    expect(world.rowsOf('decision').at(-1)).toMatchObject({ phase: 'backup', outcome: 'none' })
    world.says(first, 'first_content', ask)
    expect(world.answersTo(ask)).toHaveLength(1)
  })
  it('is not started once the primary spoke while it was being decided', () => {
    const { world, ask, first } = scene(2)
    world.pass(2.56)
    world.says(first, 'first_content', ask)
    world.pass(1)
    expect(world.rowsOf('dispatched')).toHaveLength(1)
  })
  it('and primary both silent: both time out at the deadline, both are excluded', () => {
    const { world, ask } = scene(3)
    world.pass(5.2)
    expect(world.rowsOf('attempt_ended').map((row) => row.outcome)).toEqual(['timeout', 'timeout'])
    expect(new Set(world.dispatches(ask)).size).toBe(3)
  })
  it('takes over when the primary fails, with half a deadline of its own', () => {
    const { world, ask, first } = scene(2)
    world.pass(3)
    const second = world.dispatches(ask)[1]!
    world.errs(first, ask, 500, 'All requests aborted')
    expect(world.rowsOf('dispatched')).toHaveLength(2)
    world.pass(2.54)
    expect(world.rowsOf('attempt_ended')).toHaveLength(1)
    world.says(second, 'first_content', ask, 1)
    expect(world.answersTo(ask)).toHaveLength(1)
  })
})

describe('a provider error before content', () => {
  it('is retried elsewhere, steering away from the version that failed; the client sees nothing of it', () => {
    const world = new World()
    const old = world.mac({ version: '0.6.10', tps: 200 })
    const sameVersion = world.mac({ version: '0.6.10', slots: [slot(A, { running: 1 })] })
    const newer = world.mac({ version: '0.6.16', slots: [slot(A, { running: 2 })] })
    const ask = world.asked()
    expect(world.dispatches(ask)).toEqual([old])
    world.errs(old, ask, 500, 'All requests aborted')
    world.pass(0.023)
    expect(world.dispatches(ask)).toEqual([old, newer])
    expect(world.dispatches(ask)).not.toContain(sameVersion)
    expect(world.rowsOf('decision').at(-1)).toMatchObject({ phase: 'retry', attempt: 1, outcome: 'selected' })
    expect(world.answersTo(ask)).toEqual([])
  })
  it('D3: never queues on a retry', () => {
    const { world, ask, first } = scene(1)
    world.errs(first, ask, 503, 'provider draining for update')
    world.pass(0.023)
    expect(world.rowsOf('queued')).toEqual([])
    expect(world.answersTo(ask)).toHaveLength(1)
  })
  it.each([
    [503, 'token_budget_exhausted: insufficient available tokens', 429, 'capacity_exhausted'],
    [503, 'insufficient memory to load model', 429, 'capacity_exhausted'],
    [503, 'all slots busy: assigned to another model', 429, 'capacity_exhausted'],
    [503, 'token_budget_exhausted: request exceeds batch token budget', 429, 'capacity_exhausted'],
    // A load that fails after `accepted` reaches the coordinator without the reason (provider-runtime §4 step 6).
    [503, 'model load failed: insufficient memory', 503, 'provider_error'],
    [503, 'model load failed: slots active', 503, 'provider_error'],
    [503, 'model load failed: insufficient KV headroom', 503, 'provider_error'],
    [500, 'model load failed: other', 500, 'provider_error'],
    [429, 'token_budget_exhausted: request queue full', 429, 'capacity_exhausted'],
    [503, 'request timed out waiting for capacity', 429, 'capacity_exhausted'],
    [500, 'All requests aborted', 500, 'provider_error'],
    [404, 'model load failed: not found', 404, 'provider_error'],
    [503, 'provider is shutting down', 503, 'provider_error'],
  ] as const)('D9: exhausted with %i "%s" is answered %i %s', (code, text, status, reason) => {
    const { world, ask, first } = scene(1)
    world.errs(first, ask, code, text)
    world.pass(0.023)
    expect(world.ending(ask)).toMatchObject({ status, reason, ...(status === 429 ? { retryAfter_s: 2 } : {}) })
  })
  it('D1: is retried on at most MAX_DISPATCH_ATTEMPTS machines', () => {
    const { world, ask } = scene(5, {}, { settings: { MAX_DISPATCH_ATTEMPTS: 3 } })
    for (let attempt = 0; attempt < 3; attempt++) {
      world.errs(world.dispatches(ask)[attempt]!, ask, 500, 'All requests aborted', attempt)
      world.pass(0.023)
    }
    expect(world.dispatches(ask)).toHaveLength(3)
    expect(world.ending(ask)).toMatchObject({ status: 500 })
  })
})

describe('after content', () => {
  it('a lost connection is a failure in mid-stream, with nothing to retry', () => {
    const { world, ask, first } = scene(2)
    world.says(first, 'first_content', ask)
    world.coordinator.disconnected(first)
    expect(world.ending(ask)).toEqual({ kind: 'failed', status: 502, reason: 'provider_disconnected', midStream: true })
    expect(world.rowsOf('attempt_ended')).toMatchObject([{ outcome: 'disconnected' }])
    expect(world.rowsOf('disconnected')).toMatchObject([{ why: 'socket' }])
  })
  it('a provider error is one too, but not for a client that has received nothing yet', () => {
    for (const stream of [true, false]) {
      const { world, ask, first } = scene(2, { stream })
      world.says(first, 'first_content', ask)
      world.errs(first, ask, 500, 'All requests aborted')
      expect(world.ending(ask)).toMatchObject({ status: 500, reason: 'provider_error', midStream: stream })
    }
  })
  it('600 s without an end are a time-out', () => {
    const { world, ask, first } = scene(1)
    world.says(first, 'first_content', ask)
    world.pass(600)
    expect(world.ending(ask)).toEqual({ kind: 'failed', status: 504, reason: 'inference_timeout', midStream: true })
    expect(world.messagesTo(first, 'cancel')).toHaveLength(1)
  })
})

it('before content a lost connection is retried, and 502 when nobody is left', () => {
  const { world, ask, first } = scene(2)
  world.coordinator.disconnected(first)
  world.pass(0.023)
  const second = world.dispatches(ask)[1]!
  world.coordinator.disconnected(second)
  world.pass(0.023)
  expect(world.ending(ask)).toEqual({ kind: 'failed', status: 502, reason: 'provider_disconnected', midStream: false })
})

it('D10: a client that leaves frees the machine for the next in the queue', () => {
  const world = new World()
  const mac = world.mac({ slots: [slot(A, { maxConcurrency: 1 })] })
  const [first, second] = [world.asked(), world.asked()]
  world.cancel(first)
  expect(world.messagesTo(mac, 'cancel')).toMatchObject([{ request: first, attempt: 0 }])
  expect(world.dispatches(second)).toEqual([mac])
  expect(world.answersTo(first)).toEqual([])
  world.errs(mac, first, 499, 'request cancelled')
  expect(world.rowsOf('attempt_ended')).toHaveLength(1)
})
