/** AL8: what a models_update may change (coordinator-routing §15.4, §8 Q4). */
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { A, B, build, entry, slot, World, type WorldOptions } from '../world.ts'

const C = build('model-c')
const PINNED = { ...entry(B), weightHash: 'right' }

const alias = (name: string, desired = B, previous = A) => ({ name, desired, previous, retired: [] })

/** A machine with A; B is desired in its place. */
function rollout(options: WorldOptions & { readonly models?: readonly (typeof A)[] } = {}) {
  const world = new World({
    settings: { WARM_POOL_ENABLED: false, COLD_DISPATCH: true },
    catalog: [entry(A), PINNED, entry(C)],
    aliases: [alias('al')],
    ...options,
  })
  const mac = world.mac({ models: options.models ?? [A], slots: [slot(A)] })
  return { world, mac }
}
const tell = (world: World, mac: ProviderId, name: typeof A, weightHash?: string) =>
  world.say(mac, {
    kind: 'models_update',
    models: [
      { build: name, isVision: false, templateRenderOk: true, ...(weightHash === undefined ? {} : { weightHash }) },
    ],
  })
const changes = (world: World) => world.rowsOf('models_changed').map(({ build: name, change }) => [name, change])
const serves = (world: World, name: string): boolean => world.dispatches(world.asked({ model: name })).length > 0

describe('a desired build', () => {
  it('of the right weights takes the place of its predecessor', () => {
    const { world, mac } = rollout()
    tell(world, mac, B, 'right')
    expect(changes(world)).toEqual([
      [B, 'added'],
      [A, 'dropped'],
    ])
    expect([serves(world, A), serves(world, B)]).toEqual([false, true])
  })

  it.each([
    ['other', 'wrong'],
    ['unknown', undefined],
    ['empty', ''],
  ])('of %s weights is rejected, and its predecessor kept', (_, weightHash) => {
    const { world, mac } = rollout()
    tell(world, mac, B, weightHash)
    expect(changes(world)).toEqual([[B, 'rejected']])
    expect([serves(world, A), serves(world, B)]).toEqual([true, false])
  })

  it('whose weights the catalog does not pin may be of any', () => {
    const { world, mac } = rollout({ catalog: [entry(A), entry(B)] })
    tell(world, mac, B)
    expect(changes(world)[0]).toEqual([B, 'added'])
  })

  it('drops nothing but the previous build of its own alias', () => {
    const other = alias('other', A, C)
    const { world, mac } = rollout({ aliases: [alias('al', B, C), other], models: [A, C] })
    tell(world, mac, B, 'right')
    expect(changes(world)).toEqual([
      [B, 'added'],
      [C, 'dropped'],
    ])
  })

  it('shared with an alias that has it as its previous build does not drop what that one desires', () => {
    const { world, mac } = rollout({ aliases: [alias('al'), alias('other', C, B)], models: [A, C] })
    tell(world, mac, B, 'right')
    expect(changes(world)).toEqual([
      [B, 'added'],
      [A, 'dropped'],
    ])
  })

  it('stays beside a previous build that the same message names', () => {
    const { world, mac } = rollout()
    const models = [
      { build: B, isVision: false, templateRenderOk: true, weightHash: 'right' },
      { build: A, isVision: false, templateRenderOk: true },
    ]
    world.say(mac, { kind: 'models_update', models })
    expect(changes(world)).toEqual([[B, 'added']])
  })
})

it('a build outside the catalog is rejected', () => {
  const { world, mac } = rollout()
  tell(world, mac, build('unheard-of'))
  expect(changes(world)).toEqual([['unheard-of', 'rejected']])
})

it.each([
  ['unknown', undefined, true],
  ['right', 'right', true],
  ['other', 'wrong', false],
])('a build of %s weights at registration is offered: %s, %s', (_, weightHash, offered) => {
  const { world } = rollout({ aliases: [] })
  world.mac({ models: [B], slots: [slot(B)], weightHash })
  expect(serves(world, B)).toBe(offered)
})

it('Q4: waiters for the build that is new are served', () => {
  const { world, mac } = rollout({ aliases: [] })
  // B is known and full, so a request for it waits.
  world.mac({ models: [B], slots: [slot(B, { running: 1, maxConcurrency: 1 })] })
  const ask = world.asked({ model: B })
  expect(world.rowsOf('queued')).toHaveLength(1)
  tell(world, mac, B, 'right')
  expect(world.dispatches(ask)).toEqual([mac])
})

it('Q6: waiters for a build that nobody offers any more fail at once', () => {
  const { world, mac } = rollout()
  world.beat(mac, { slots: [slot(A, { running: 1, maxConcurrency: 1 })] })
  const ask = world.asked({ model: A })
  expect(world.rowsOf('queued')).toHaveLength(1)
  tell(world, mac, B, 'right')
  expect(world.ending(ask)).toMatchObject({ status: 429, reason: 'queue_timeout' })
})
