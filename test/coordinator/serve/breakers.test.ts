/** What failures teach routing, seen from outside: coordinator-routing §11 H1–H4. */
import { describe, expect, it } from 'vitest'
import { A, slot, World } from '../world.ts'

describe('breakers', () => {
  it('H1: two 500 within 60 s keep that shape away for 5 min, and only that shape', () => {
    const world = new World()
    const mac = world.mac({ version: '0.6.16' })
    const fail = () => {
      const ask = world.asked({ hasTools: true })
      world.errs(mac, ask, 500, 'All requests aborted')
      world.pass(0.023)
    }
    fail()
    fail()
    expect(world.ending(world.asked({ hasTools: true }))).toMatchObject({ reason: 'no_provider' })
    expect(world.dispatches(world.asked())).toEqual([mac])
    world.pass(299)
    expect(world.ending(world.asked({ hasTools: true }))).toMatchObject({ reason: 'no_provider' })
    world.pass(2)
    expect(world.dispatches(world.asked({ hasTools: true }))).toEqual([mac])
  })
  it('H1: 503 never counts, nor do strikes more than 60 s apart', () => {
    const world = new World()
    const mac = world.mac()
    for (let each = 0; each < 3; each++) {
      world.errs(mac, world.asked(), 503, 'token_budget_exhausted: insufficient available tokens')
      world.pass(0.023)
    }
    for (let each = 0; each < 3; each++) {
      world.errs(mac, world.asked(), 500, 'All requests aborted')
      world.pass(61)
    }
    expect(world.dispatches(world.asked())).toEqual([mac])
  })
  it('H1: strikes are kept after the trip, so a third 59 s later begins the 5 min anew (coordinator-routing §17)', () => {
    const world = new World()
    const mac = world.mac()
    // They all go out before the pause, which ends none of them.
    const [first, second, third] = [world.asked(), world.asked(), world.asked()]
    world.says(mac, 'accepted', third)
    for (const ask of [first, second]) world.errs(mac, ask, 500, 'All requests aborted')
    world.pass(59).errs(mac, third, 500, 'All requests aborted')
    world.pass(299.9)
    expect(world.ending(world.asked())).toMatchObject({ reason: 'no_provider' })
    world.pass(0.1)
    expect(world.dispatches(world.asked())).toEqual([mac])
  })
  it('H2: five faults in a row open the breaker for 60 s; half-open, one fault doubles it, one success closes it', () => {
    const world = new World()
    const bad = world.mac({ tps: 400 })
    const good = world.mac({ tps: 50 })
    const trip = () => {
      const ask = world.asked()
      expect(world.dispatches(ask)).toEqual([bad])
      world.errs(bad, ask, 503, 'provider is shutting down')
      world.pass(0.023)
      world.completes(good, ask, 1)
    }
    for (let fault = 0; fault < 5; fault++) trip()
    const openedAt = world.now
    const avoided = world.asked()
    expect(world.dispatches(avoided)).toEqual([good])
    world.completes(good, avoided)
    world.pass(60 - (world.now - openedAt))
    trip()
    world.pass(119)
    const still = world.asked()
    expect(world.dispatches(still)).toEqual([good])
    world.completes(good, still)
    world.pass(1)
    const probe = world.asked()
    expect(world.dispatches(probe)).toEqual([bad])
    world.completes(bad, probe)
    for (let fault = 0; fault < 4; fault++) trip()
    expect(world.dispatches(world.asked())).toEqual([bad])
  })
  it('H2: a breaker that would leave nobody is ignored (fail-open)', () => {
    const world = new World()
    const mac = world.mac()
    for (let fault = 0; fault < 6; fault++) {
      const ask = world.asked()
      expect(world.dispatches(ask)).toEqual([mac])
      world.errs(mac, ask, 503, 'provider is shutting down')
      world.pass(0.023)
    }
  })
  it('H4: a dispatch that finds no memory to load cools (provider, build) down for 2 min', () => {
    const world = new World()
    const mac = world.mac({ slots: [] })
    world.errs(mac, world.asked(), 503, 'insufficient memory to load model')
    world.pass(0.023)
    expect(world.ending(world.asked())).toMatchObject({ reason: 'no_provider' })
    world.pass(120)
    expect(world.dispatches(world.asked())).toEqual([mac])
  })
  it.each([
    [503, 'model load failed: insufficient memory'],
    [503, 'model load failed: slots active'],
    [503, 'model load failed: insufficient KV headroom'],
    [404, 'model load failed: not found'],
    [500, 'model load failed: other'],
  ] as const)('H4: so does any load that fails after `accepted`: %i %s', (code, text) => {
    const world = new World()
    const mac = world.mac({ slots: [] })
    const ask = world.asked()
    world.says(mac, 'accepted', ask)
    world.errs(mac, ask, code, text)
    world.pass(0.023)
    expect(world.ending(ask)).toMatchObject({ kind: 'failed', status: code, reason: 'provider_error' })
    world.pass(119.9)
    expect(world.ending(world.asked())).toMatchObject({ reason: 'no_provider' })
    world.pass(0.1)
    expect(world.dispatches(world.asked())).toEqual([mac])
  })
  it('H2: a load that failed for lack of room is a fault of the machine, the check before `accepted` is not', () => {
    for (const [text, isFault] of [
      ['model load failed: insufficient memory', true],
      ['model load failed: slots active', true],
      ['insufficient memory to load model', false],
    ] as const) {
      const world = new World({ settings: { DISPATCH_LOAD_COOLDOWN: 0, COLD_DISPATCH: false } })
      const bad = world.mac({ tps: 400, slots: [] })
      const good = world.mac({ tps: 1, slots: [slot(A, { waiting: 20, maxConcurrency: 24 })] })
      for (let failure = 0; failure < 5; failure++) {
        const ask = world.asked()
        expect(world.dispatches(ask)).toEqual([bad])
        world.errs(bad, ask, 503, text)
        world.pass(0.023)
        world.completes(good, ask, 1)
      }
      expect(world.dispatches(world.asked())).toEqual([isFault ? good : bad])
    }
  })
  it('H3: a reconnected Mac starts clean', () => {
    const world = new World()
    const mac = world.mac({ slots: [] })
    world.errs(mac, world.asked(), 503, 'insufficient memory to load model')
    world.coordinator.disconnected(mac)
    const again = world.mac({ slots: [] })
    expect(world.dispatches(world.asked())).toEqual([again])
  })
})
