/** The dedicated family through the coordinator's door: coordinator-control §2.3, §3.1, §3.5, §3.9. */
import { describe, expect, it } from 'vitest'
import { A, build, entry, type SettingsInput, slot, World } from '../world.ts'

const G = build('Gemma-4-26b')
const G2 = build('gemma-4-4b')
const rejected = (status: number, reason: string) => ({ kind: 'rejected', status, reason, retryAfter_s: 2 })
const full = [slot(G, { state: 'running', running: 1, maxConcurrency: 1 })]

const world = (settings: SettingsInput = {}): World =>
  new World({
    settings: { DEDICATED_MODELS: ['gemma-4'], ...settings },
    catalog: [entry(A), entry(G), entry(G2)],
  })

describe('who may serve it', () => {
  it('a machine whose whole disk is of the family; builds outside the catalog do not count', () => {
    const w = world()
    w.mac({ models: [G, A] })
    const pure = w.mac({ models: [G, G2, build('stray')] })
    expect(w.dispatches(w.asked({ model: G }))).toEqual([pure])
  })
  it('of the same family: two patterns are two families', () => {
    const w = world({ DEDICATED_MODELS: ['26b', '4b'] })
    w.mac({ models: [G, G2] })
    const pure = w.mac({ models: [G] })
    expect(w.dispatches(w.asked({ model: G }))).toEqual([pure])
    expect(w.ending(w.asked({ model: G2 }))).toMatchObject({ reason: 'machine_busy' })
  })
  it('its owner’s machine, whatever else is on it', () => {
    const w = world()
    const mixed = w.mac({ models: [G, A], account: 'ann' })
    expect(w.dispatches(w.asked({ model: G, account: 'ann', route: 'self' }))).toEqual([mixed])
    expect(w.dispatches(w.asked({ model: G, account: 'ann', route: 'prefer_owner' }))).toEqual([mixed])
    expect(w.dispatches(w.asked({ model: G, account: 'ann' }))).toEqual([])
  })
  it('while a mixed machine still serves what is outside the family', () => {
    const w = world()
    const mixed = w.mac({ models: [A, G] })
    expect(w.dispatches(w.asked({ model: A }))).toEqual([mixed])
  })
})

describe('when nobody can now', () => {
  it('A15: it is answered 429 machine_busy at once, although others queue before they are shed', () => {
    const w = world()
    w.mac({ models: [G], slots: full })
    expect(w.ending(w.asked({ model: G }))).toEqual(rejected(429, 'machine_busy'))
    expect(w.rowsOf('queued')).toEqual([])
    w.mac({ slots: [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })] })
    w.asked()
    expect(w.rowsOf('queued')).toHaveLength(1)
  })
  it('A15: it queues with DEDICATED_QUEUE_BEFORE_SHED, as production does later', () => {
    const w = world({ DEDICATED_QUEUE_BEFORE_SHED: true })
    w.mac({ models: [G], slots: full })
    expect(w.ending(w.asked({ model: G }))).toBeUndefined()
    expect(w.rowsOf('queued')).toMatchObject([{ build: G }])
  })
  it('A16: it is answered 429 machine_busy where the fleet has the model on mixed disks, 503 where it has not', () => {
    const w = world()
    const far = w.mac({ models: [G, A], serial: 'far' })
    expect(w.ending(w.asked({ model: G }))).toEqual(rejected(429, 'machine_busy'))
    expect(w.ending(w.asked({ model: G, serials: ['near'] }))).toEqual(rejected(503, 'no_provider'))
    w.coordinator.disconnected(far)
    expect(w.ending(w.asked({ model: G }))).toEqual(rejected(503, 'no_provider'))
  })
  it('A16: a machine of the family that could load it makes it wait for that', () => {
    const w = world()
    w.mac({ models: [G], slots: [slot(G, { state: 'crashed' })] })
    w.asked({ model: G })
    expect(w.rowsOf('queued')).toMatchObject([{ build: G }])
  })
})

describe('the loaders', () => {
  it('§2.3: under pressure the target is every machine that could hold it; a model outside the family gets one more', () => {
    const targets = (settings: SettingsInput) => {
      const w = world(settings)
      w.mac({ models: [G], slots: full })
      for (let each = 0; each < 3; each++) w.mac({ models: [G], slots: [slot(G2)], free_gb: 100 })
      w.mac({ models: [G, A], slots: [], free_gb: 100 })
      w.asked({ model: G, serials: ['mac-0'] })
      return w.pass(0).rowsOf('warm_pool')
    }
    const few = { WARM_POOL_BURST_BUFFER: 0 }
    expect(targets(few)).toMatchObject([{ build: G, warm: 1, eligibleCold: 3, target: 4 }])
    expect(targets({ ...few, DEDICATED_MODELS: [] })).toMatchObject([{ build: G, warm: 1, eligibleCold: 4, target: 2 }])
  })
  it('the swap planner passes a mixed machine by, and does not take one for warm', () => {
    const w = world({ WARM_POOL_ENABLED: false })
    w.mac({ models: [G, A], slots: [slot(G)] })
    const pure = w.mac({ models: [G], slots: [], thermalState: 'critical' })
    w.mac({ models: [G], slots: [slot(G, { state: 'crashed' })] })
    w.asked({ model: G })
    expect(w.pass(0).loads()).toEqual([{ provider: pure, build: G }])
  })
})

it('§3.5: has no cache affinity', () => {
  const talk = { model: G, account: 'ann', cacheKey: 'talk' }
  const again = (settings: SettingsInput) => {
    const w = world(settings)
    const dear = w.mac({ models: [G], tps: 400, memoryPressure: 1 })
    w.completes(dear, w.asked(talk))
    const cheap = w.mac({ models: [G], tps: 400, memoryPressure: 0 })
    return { dear, cheap, chosen: w.dispatches(w.asked(talk)) }
  }
  const dedicated = again({})
  expect(dedicated.chosen).toEqual([dedicated.cheap])
  const free = again({ DEDICATED_MODELS: [] })
  expect(free.chosen).toEqual([free.dear])
})
