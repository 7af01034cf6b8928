/** Who is considered at all: states, trust, traits, vision, heat (coordinator-routing §15.3). */
import { describe, expect, it } from 'vitest'
import { A, B, onDisk, Story } from '../world.ts'

const NO_PROVIDER = { kind: 'rejected', status: 503, reason: 'no_provider', retryAfter_s: 2 }
const UNAVAILABLE = { kind: 'rejected', status: 503, reason: 'model_unavailable', retryAfter_s: undefined }

describe('slot and provider state', () => {
  it('S19 of reloading, crashed and running the running machine is chosen; when it crashes too, nobody is', () => {
    const story = new Story()
    const reloading = story.given({ decode: 80, slots: [{ state: 'reloading' }] })
    const crashed = story.given({ decode: 80, slots: [{ state: 'crashed' }] })
    const running = story.given({ decode: 70 })
    const { id, provider, counts } = story.when()
    expect(provider).toBe(running)
    expect(counts).toEqual([1, 0, 0])
    for (const other of [reloading, crashed]) expect(story.fateOf(id, other)).toBe('slot_state')
    story.hears(running, { slots: [{ state: 'crashed' }] })
    // It waits for somebody to load the build, which a crashed slot does not forbid.
    const none = { preflight: [0, 0, 0], counts: [0, 0, 0], provider: undefined }
    expect(story.when()).toMatchObject(none)
  })

  it('S20 a machine that attestation calls untrusted stays so when it says that it is idle', () => {
    const story = new Story()
    const mac = story.given({ serial: 'doubted' })
    expect(story.when().provider).toBe(mac)
    story.coordinator.setTrust('doubted', 'untrusted')
    for (let beat = 0; beat < 3; beat++) {
      expect(story.when()).toMatchObject({ preflight: [0, 0, 0], answer: NO_PROVIDER })
      story.hears(mac)
    }
  })

  it('S22 a machine serves A from a running slot while its slot of B is crashed', () => {
    const story = new Story()
    const mac = story.given({ models: [A, B], slots: [{ model: A }, { model: B, state: 'crashed' }] })
    expect(story.when({ model: A }).provider).toBe(mac)
    expect(story.when({ model: B }).preflight).toEqual([0, 0, 0])
  })

  it('S23 a waiter is assigned when a heartbeat says that the crashed slot runs again', () => {
    const story = new Story()
    const mac = story.given({ slots: [{ maxConcurrency: 1 }] })
    const [running] = story.busyWith(mac, 1)
    const waiter = story.when()
    story.hears(mac, { slots: [{ maxConcurrency: 1, state: 'crashed' }] })
    story.serves(running!)
    expect(story.dispatches(waiter.id)).toEqual([])
    story.hears(mac, { slots: [{ maxConcurrency: 1, state: 'running' }] })
    expect(story.dispatches(waiter.id)).toEqual([mac])
  })
})

describe('traits', () => {
  it('S38 cooled by two 500s on tools, version 0.6.2, a broken template, healthy: tools find 1, others find 3', () => {
    const story = new Story()
    const cooled = story.given()
    for (let strike = 0; strike < 2; strike++) {
      story.fails(story.when({ hasTools: true, serials: [story.serialOf(cooled)] }).id, 500)
    }
    const old = story.given({ version: '0.6.2' })
    const broken = story.given({ models: [onDisk(A, { templateRenderOk: false })] })
    const healthy = story.given()
    const tools = story.when({ hasTools: true })
    expect(tools).toMatchObject({ preflight: [1, 0, 0], provider: healthy })
    expect([cooled, old, broken].map((mac) => story.fateOf(tools.id, mac))).toEqual([
      'error_cooldown',
      'tools_version',
      'template_broken',
    ])
    const base = story.when()
    expect(base).toMatchObject({ preflight: [3, 0, 0], counts: [3, 0, 0] })
  })

  it('S38 version 0.6.3 is the first that may serve tools; no version is below every floor', () => {
    for (const [version, candidates] of [
      ['0.6.3', 1],
      ['0.6.2', 0],
      ['', 0],
    ] as const) {
      const story = new Story()
      story.given({ version })
      const { door, answer } = story.when({ hasTools: true })
      expect(door.candidates).toBe(candidates)
      if (candidates === 0) expect(answer).toEqual(UNAVAILABLE)
    }
  })

  it('S39 a broken template fences requests of every shape, at the door and when a machine is reserved', () => {
    const story = new Story()
    const broken = story.given({ models: [onDisk(A, { templateRenderOk: false })] })
    expect(story.when()).toMatchObject({ preflight: [0, 0, 0], answer: NO_PROVIDER })
    const healthy = story.given({ models: [onDisk(A, { templateRenderOk: true })] })
    const { id, provider, counts } = story.when()
    expect(provider).toBe(healthy)
    expect(counts).toEqual([1, 0, 0])
    expect(story.fateOf(id, broken)).toBe('template_broken')
  })

  it('S40 the allow-list binds the quick check', () => {
    const story = new Story()
    story.given({ serial: 'x' })
    story.given({ serial: 'y' })
    story.given({ serial: 'z' })
    expect(story.when().preflight).toEqual([3, 0, 0])
    expect(story.when({ serials: ['x'] }).preflight).toEqual([1, 0, 0])
    expect(story.when({ serials: ['x', 'z'] }).preflight).toEqual([2, 0, 0])
    expect(story.when({ serials: ['unknown'] })).toMatchObject({ preflight: [0, 0, 0], answer: NO_PROVIDER })
  })

  it('S40 the allow-list binds the probes for vision and for tools', () => {
    const story = new Story()
    story.given({ serial: 'plain', version: '0.6.2' })
    story.given({ serial: 'able', version: '0.6.3', models: [onDisk(A, { isVision: true })] })
    for (const trait of [{ requiresVision: true }, { hasTools: true }]) {
      expect(story.when(trait).preflight).toEqual([1, 0, 0])
      expect(story.when({ ...trait, serials: ['able'] }).preflight).toEqual([1, 0, 0])
      expect(story.when({ ...trait, serials: ['plain'] }).answer).toEqual(UNAVAILABLE)
    }
  })

  it('S41 for a picture a text-only machine is (0,0,0); a vision machine beside it makes 1', () => {
    const story = new Story()
    story.given()
    // Too hot to serve, but the probe for vision does not mind: it lets the request through to the quick check.
    story.given({ models: [onDisk(A, { isVision: true })], thermal: 'critical' })
    expect(story.when({ requiresVision: true })).toMatchObject({ preflight: [0, 0, 0], answer: NO_PROVIDER })
    const vision = story.given({ models: [onDisk(A, { isVision: true })] })
    const { preflight, provider, row } = story.when({ requiresVision: true })
    expect(preflight).toEqual([1, 0, 0])
    expect(provider).toBe(vision)
    expect(row).toMatchObject({ candidates: 1, visionRejections: 1 })
  })

  it('S41 without any vision machine the request is answered 503 model_unavailable', () => {
    const story = new Story()
    story.given()
    expect(story.when({ requiresVision: true })).toMatchObject({ preflight: [0, 0, 0], answer: UNAVAILABLE })
  })

  it('S42 a machine in thermal state critical is no candidate: (0,0,0)', () => {
    const story = new Story()
    story.given({ thermal: 'critical' })
    expect(story.when()).toMatchObject({ preflight: [0, 0, 0], answer: NO_PROVIDER })
  })
})
