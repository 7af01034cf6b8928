/** From the name a client asks for to a build, and what machines are told to converge to (coordinator-routing §15.4). */
import { describe, expect, it } from 'vitest'
import type { BuildId, ProviderId } from '../../../sim/base/ids.ts'
import type { AdvertisedModel } from '../../../sim/protocol/index.ts'
import { A, B, build, entry, onDisk, Story, type StoryOptions } from '../world.ts'

const D = build('build-desired')
const V = build('build-previous')
const R = build('build-retired')
const catalog = [A, B, D, V, R].map((name) => entry(name))
const al = { name: 'al', desired: D, previous: V }
const story = (options: StoryOptions = {}): Story => new Story({ catalog, aliases: [al], ...options })

const UNAVAILABLE = { kind: 'rejected', status: 503, reason: 'model_unavailable', retryAfter_s: undefined }

describe('resolution', () => {
  it('AL1 a routable desired build gets all of 50 requests; the previous one none, though it is idle', () => {
    const told = story()
    const desired = told.given({ models: [D] })
    told.given({ models: [V] })
    for (let request = 0; request < 50; request++) {
      const { id, door, provider } = told.when({ model: 'al' })
      expect(door.build).toBe(D)
      expect(provider).toBe(desired)
      told.serves(id)
    }
    expect(told.rowsOf('dispatched')).toHaveLength(50)
  })

  it('AL2 when only the previous build is routable it is served', () => {
    const told = story()
    const previous = told.given({ models: [V] })
    const { door, provider } = told.when({ model: 'al' })
    expect(door.build).toBe(V)
    expect(provider).toBe(previous)
  })

  it('AL3 when neither is routable the request stands for the desired build', () => {
    const told = story()
    const { door, answer } = told.when({ model: 'al' })
    expect(door).toMatchObject({ build: D, candidates: 0 })
    expect(answer).toMatchObject({ status: 503, reason: 'no_provider' })
  })

  it('AL4 an alias without a desired build is unavailable', () => {
    const told = story({ aliases: [{ name: 'al', desired: '', previous: V }] })
    told.given({ models: [V] })
    expect(told.when({ model: 'al' })).toMatchObject({ door: { build: '' }, answer: UNAVAILABLE })
  })

  it('AL5 self-route takes the build that the account owns a machine for', () => {
    const told = story()
    told.given({ models: [D] })
    const own = told.given({ models: [V], account: 'ann' })
    const { door, provider } = told.when({ model: 'al', route: 'self', account: 'ann' })
    expect(door.build).toBe(V)
    expect(provider).toBe(own)
  })

  it('AL5 prefer-owner takes the owned previous build before the public desired one', () => {
    const told = story()
    const shared = told.given({ models: [D] })
    const own = told.given({ models: [V], account: 'ann' })
    const owned = told.when({ model: 'al', route: 'prefer_owner', account: 'ann' })
    expect(owned.door.build).toBe(V)
    expect(owned.provider).toBe(own)
    const stranger = told.when({ model: 'al', route: 'prefer_owner', account: 'bob' })
    expect(stranger.door.build).toBe(D)
    expect(stranger.provider).toBe(shared)
  })

  it('AL5 a hard constraint that nobody meets is unavailable: never a fallback to others', () => {
    const told = story()
    told.given({ models: [D, V] })
    expect(told.when({ model: 'al', route: 'self', account: 'ann' }).answer).toEqual(UNAVAILABLE)
    expect(told.when({ model: 'al', serials: ['nobody'] }).answer).toEqual(UNAVAILABLE)
  })

  it('AL6 a desired build whose own slot has crashed, or whose machine has not answered a challenge, is not routable', () => {
    const crashed = { slots: [{ model: D, state: 'crashed' as const }] }
    for (const trouble of [crashed, 'stale' as const]) {
      const told = story()
      const desired = told.given({ models: [D], ...(trouble === 'stale' ? {} : trouble) })
      if (trouble === 'stale') told.deaf.add(desired)
      told.pass(20 * 60)
      const previous = told.given({ models: [V] })
      expect(told.when({ model: 'al' })).toMatchObject({ door: { build: V }, provider: previous })
    }
    const told = story()
    // Trouble of another build does not count.
    const desired = told.given({ models: [D, V], slots: [{ model: D }, { model: V, state: 'crashed' }] })
    expect(told.when({ model: 'al' })).toMatchObject({ door: { build: D }, provider: desired })
  })
})

const entries = (told: Story, provider: ProviderId) =>
  told.messagesTo(provider, 'desired_models').flatMap((each) => (each.kind === 'desired_models' ? each.entries : []))

describe('desired models', () => {
  it('AL7 a machine that advertises the previous build is told the desired one; an unrelated machine nothing', () => {
    const told = story()
    const converging = told.given({ models: [V], reports: 'unheard' })
    const unrelated = told.given({ models: [A], reports: 'unheard' })
    expect(entries(told, converging)).toEqual([{ alias: 'al', desired: D, previous: V }])
    expect(entries(told, unrelated)).toEqual([])
  })

  it('AL7 a machine that never registered, or has left, is told nothing', () => {
    const told = story()
    const gone = told.given({ models: [V] })
    told.coordinator.disconnected(gone)
    const before = told.sent.length
    told.coordinator.setAlias({ name: 'al', desired: A, previous: V, retired: [] })
    expect(told.sent).toHaveLength(before)
  })

  it('AL7 a member that only holds a retired build is told the desired one, without a previous', () => {
    const told = story({ aliases: [{ name: 'al', desired: D, retired: [R] }] })
    const late = told.given({ models: [R] })
    expect(entries(told, late)).toEqual([{ alias: 'al', desired: D, previous: undefined }])
  })
})

const serves = (told: Story, ...builds: readonly BuildId[]): boolean[] =>
  builds.map((model) => told.when({ model }).preflight[0] === 1)

describe('models_update', () => {
  const pinned = [{ ...entry(D), weightHash: 'right' }, entry(V), entry(A), entry(B)]
  /** A machine that holds the previous build tells of others. */
  const converging = (models: readonly AdvertisedModel[], options: StoryOptions = {}): Story => {
    const told = story({ catalog: pinned, ...options })
    const mac = told.given({ models: [V], slots: [] })
    told.say(mac, { kind: 'models_update', models })
    return told
  }
  it('AL8 a pinned build whose weights differ, or are unknown, is rejected and the previous build kept', () => {
    for (const more of [{ weightHash: 'wrong' }, { weightHash: '' }, {}]) {
      expect(serves(converging([onDisk(D, more)]), D, V)).toEqual([false, true])
    }
  })

  it('AL8 an accepted desired build drops that alias’s previous build', () => {
    expect(serves(converging([onDisk(D, { weightHash: 'right' })]), D, V)).toEqual([true, false])
  })

  it('AL8 it drops no other alias’s previous build', () => {
    const aliases = [al, { name: 'other', desired: B, previous: A }]
    const told = story({ catalog: pinned, aliases })
    const mac = told.given({ models: [V, A], slots: [] })
    told.say(mac, { kind: 'models_update', models: [onDisk(D, { weightHash: 'right' })] })
    expect(serves(told, D, V, A, B)).toEqual([true, false, true, false])
  })

  it('AL8 a shared build, desired here and previous there, does not drop the desired build there', () => {
    const aliases = [
      { name: 'here', desired: A, previous: B },
      { name: 'there', desired: V, previous: A },
    ]
    expect(serves(converging([onDisk(A)], { aliases }), A, V)).toEqual([true, true])
  })

  it('AL8 a build outside the catalog is rejected', () => {
    const told = converging([onDisk(R)])
    expect(told.when({ model: R }).answer).toMatchObject({ status: 404, reason: 'model_not_found' })
    expect(serves(told, V)).toEqual([true])
  })
})
