/** Who asks, and how: bodies, accounts, owners (coordinator-routing §6 A1, A5–A7, A9, A18; §7 D4). */
import { describe, expect, it } from 'vitest'
import { A, B, build, entry, type SettingsInput, slot, World } from '../world.ts'

const rejected = (status: number, reason: string, retryAfter_s?: number) => ({
  kind: 'rejected',
  status,
  reason,
  retryAfter_s,
})
const full = [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })]

describe('A1: a malformed body', () => {
  it('is answered 400 bad_param before its model is looked up', () => {
    const world = new World()
    world.mac()
    expect(world.ending(world.asked({ malformed: true }))).toEqual(rejected(400, 'bad_param'))
    expect(world.ending(world.asked({ malformed: true, model: 'nothing' }))).toEqual(rejected(400, 'bad_param'))
    expect(world.ending(world.asked())).toBeUndefined()
  })
})

describe('A18: a body over the frame limit of 32 MiB', () => {
  it('is answered 413, and one of just that size is not', () => {
    const world = new World()
    world.mac()
    expect(world.ending(world.asked({ bodyBytes: 33_554_432 }))).toBeUndefined()
    expect(world.ending(world.asked({ bodyBytes: 33_554_433 }))).toEqual(rejected(413, 'payload_too_large'))
  })
  it('is looked at last: an earlier answer stands, and what the warm pool was told on the way was told', () => {
    const world = new World()
    world.mac({ slots: full })
    const bodyBytes = 40_000_000
    expect(world.ending(world.asked({ bodyBytes, model: 'nothing' }))).toEqual(rejected(404, 'model_not_found'))
    expect(world.pass(0).rowsOf('warm_pool')).toEqual([])
    expect(world.ending(world.asked({ bodyBytes }))).toEqual(rejected(413, 'payload_too_large'))
    expect(world.pass(0).rowsOf('warm_pool')).toMatchObject([{ build: A, pressure: true }])
  })
})

const limited = (limits: NonNullable<SettingsInput['ACCOUNTS']>[string]) => {
  const world = new World({ settings: { ACCOUNTS: { ann: limits } } })
  const mac = world.mac()
  const asks = (account = 'ann') => {
    const id = world.asked({ account })
    if (world.ending(id) === undefined) world.completes(mac, id)
    return world.ending(id)
  }
  return { world, asks }
}

describe('A6, A7: an account', () => {
  it('over its tokens per minute is answered 429 token_limit, until the next minute; others are not', () => {
    // 100 prompt tokens and a limit of 256 each.
    const { world, asks } = limited({ tokens_per_minute: 356 })
    expect(asks()).toMatchObject({ kind: 'completed' })
    expect(asks()).toMatchObject({ status: 429, reason: 'token_limit' })
    expect(asks('bob')).toMatchObject({ kind: 'completed' })
    expect((world.pass(60), asks())).toMatchObject({ kind: 'completed' })
  })
  it.each([
    ['insufficient_quota', { spend_cap_tokens: 110 }],
    ['insufficient_funds', { balance_tokens: 110 }],
  ] as const)('that has used up what it may is answered 402 %s', (reason, limits) => {
    // An answer uses 100 prompt and 10 completion tokens.
    const { asks } = limited(limits)
    expect(asks()).toMatchObject({ kind: 'completed' })
    expect(asks()).toEqual(rejected(402, reason))
    expect(asks('bob')).toMatchObject({ kind: 'completed' })
  })
  it('is refused after REJECT_MODELS and before the catalog is asked', () => {
    const settings = { ACCOUNTS: { ann: { tokens_per_minute: 1 } }, REJECT_MODELS: [B] }
    const world = new World({ settings, catalog: [entry(A), entry(B)] })
    world.mac({ models: [A, B] })
    expect(world.ending(world.asked({ account: 'ann', model: B }))).toMatchObject({ reason: 'model_shed' })
    expect(world.ending(world.asked({ account: 'ann', model: 'nothing' }))).toMatchObject({ reason: 'token_limit' })
  })
})

describe('A5: a shed model', () => {
  it('is still served by its owner’s own machine, and to nobody else who asks for a machine', () => {
    const world = new World({ settings: { REJECT_MODELS: [A] } })
    const own = world.mac({ account: 'ann' })
    expect(world.dispatches(world.asked({ account: 'ann', route: 'self' }))).toEqual([own])
    for (const route of ['public', 'prefer_owner'] as const) {
      expect(world.ending(world.asked({ account: 'ann', route }))).toEqual(rejected(429, 'model_shed', 2))
    }
  })
})

describe('A9: exclusive traffic', () => {
  const self = { account: 'ann', route: 'self' } as const
  it('is answered 503 where its account has no machine for the model, or none among those it lists', () => {
    const world = new World()
    world.mac({ serial: 'public' })
    world.mac({ serial: 'own-b', account: 'ann', models: [B] })
    world.mac({ serial: 'own-dark', account: 'ann', trust: { level: 'none', challenge: 'lapsed' } })
    expect(world.ending(world.asked(self))).toEqual(rejected(503, 'model_unavailable'))
    const own = world.mac({ serial: 'own', account: 'ann', trust: { level: 'none' }, privateOnly: true })
    expect(world.ending(world.asked({ ...self, serials: ['public'] }))).toEqual(rejected(503, 'model_unavailable'))
    expect(world.dispatches(world.asked({ ...self, serials: ['own', 'public'] }))).toEqual([own])
    expect(world.ending(world.asked({ ...self, account: '' }))).toEqual(rejected(503, 'model_unavailable'))
  })
  it('waits for the own machine, never another, and is told machine_busy when it waited in vain or could not wait', () => {
    const world = new World({ settings: { QUEUE_MAX_DEPTH: 1, QUEUE_BEFORE_SHED: false } })
    world.mac({ account: 'ann', slots: full })
    world.mac()
    const waits = world.asked(self)
    expect(world.rowsOf('queued')).toMatchObject([{ request: waits, build: A }])
    expect(world.ending(world.asked(self))).toEqual(rejected(429, 'machine_busy', 3))
    world.pass(120)
    expect(world.ending(waits)).toEqual(rejected(429, 'machine_busy', 2))
    expect(world.dispatches(waits)).toEqual([])
  })
  it('goes to the own machine when it comes free', () => {
    const world = new World()
    const own = world.mac({ account: 'ann', slots: full })
    const waits = world.asked(self)
    world.beat(own, { slots: [slot(A)] })
    expect(world.dispatches(waits)).toEqual([own])
  })
})

describe('A9: traffic that prefers its own machines', () => {
  const prefers = { account: 'ann', route: 'prefer_owner' } as const
  it('skips A10 … A17: it queues where public traffic is refused', () => {
    const world = new World({ settings: { QUEUE_BEFORE_SHED: false }, catalog: [entry(A, 128)] })
    world.mac({ slots: full })
    expect(world.ending(world.asked({ account: 'ann' }))).toEqual(rejected(429, 'machine_busy', 2))
    const waits = world.asked(prefers)
    expect(world.ending(waits)).toBeUndefined()
    expect(world.pass(120).ending(waits)).toEqual(rejected(429, 'queue_timeout', 2))
  })
  it('has its backups on own machines alone, once an own one has it (coordinator-routing §17)', () => {
    const world = new World()
    const own = world.mac({ account: 'ann' })
    world.mac()
    const alone = world.asked(prefers)
    world.pass(3)
    expect(world.dispatches(alone)).toEqual([own])
    const second = world.mac({ account: 'ann' })
    const raced = world.asked(prefers)
    world.pass(3)
    expect(new Set(world.dispatches(raced))).toEqual(new Set([own, second]))
  })
  it('has a backup anywhere when no own machine has it', () => {
    const world = new World()
    const macs = [world.mac(), world.mac()]
    const ask = world.asked(prefers)
    world.pass(3)
    expect(new Set(world.dispatches(ask))).toEqual(new Set(macs))
  })
  it('takes an own machine of its desired or previous build before a public one of the desired (AL5)', () => {
    const aliases = [{ name: 'al', desired: B, previous: A, retired: [] }]
    const world = new World({ aliases, catalog: [entry(A), entry(B), entry(build('c'))] })
    const shared = world.mac({ models: [B] })
    expect(world.dispatches(world.asked({ ...prefers, model: 'al' }))).toEqual([shared])
    const own = world.mac({ models: [A], account: 'ann', privateOnly: true })
    expect(world.dispatches(world.asked({ ...prefers, model: 'al' }))).toEqual([own])
    expect(world.dispatches(world.asked({ ...prefers, model: 'al', account: 'bob' }))).toEqual([shared])
  })
})
