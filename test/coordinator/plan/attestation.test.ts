/** Challenges and trust: coordinator-routing §2, §3 G5, G7, G10, §8 Q4, §15.3 S20. */
import { expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { A, slot, World, type WorldOptions } from '../world.ts'

/** One machine that answers no challenge; it beats on, so nobody evicts it. */
function deaf(settings: WorldOptions['settings'] = {}) {
  const world = new World({ settings: { WARM_POOL_ENABLED: false, ...settings }, explain: [1] })
  const mac = world.mac()
  world.deaf.add(mac)
  return { world, mac }
}
const challenges = (world: World, mac: ProviderId) =>
  world.sent.filter(({ provider, message }) => provider === mac && message.kind === 'challenge')
const served = (world: World): boolean => world.dispatches(world.asked()).length > 0

it('a provider is challenged every 5 min, each time with another nonce, as long as it is connected', () => {
  const { world, mac } = deaf()
  world.pass(1_000)
  expect(challenges(world, mac)).toMatchObject([
    { at: 300e6, message: { nonce: 1 } },
    { at: 600e6, message: { nonce: 2 } },
    { at: 900e6, message: { nonce: 3 } },
  ])
  world.coordinator.disconnected(mac)
  world.pass(1_000)
  expect(challenges(world, mac)).toHaveLength(3)
})

it('nothing is routed to a provider that missed three challenges in a row, each given 30 s', () => {
  const { world } = deaf()
  world.pass(15 * 60 + 29.9)
  expect(served(world)).toBe(true)
  world.pass(0.1)
  expect(served(world)).toBe(false)
})

it('nothing is routed to a provider whose last answer is older than 16 min, however many it may miss (G10)', () => {
  const { world } = deaf({ CHALLENGE_FAILURES: 100 })
  world.pass(16 * 60 - 0.1)
  expect(served(world)).toBe(true)
  world.pass(0.1)
  expect(served(world)).toBe(false)
  expect(JSON.stringify(world.notes)).toContain('It answered no challenge within the last 16 min.')
})

it('how long an answer counts is a setting', () => {
  const { world } = deaf({ CHALLENGE_FRESH: '1m' })
  world.pass(61)
  expect(served(world)).toBe(false)
})

it('one answer in time makes up for two misses', () => {
  const { world, mac } = deaf()
  world.pass(900)
  world.say(mac, { kind: 'challenge_answer', nonce: 3 })
  world.pass(15 * 60 + 20)
  expect(served(world)).toBe(true)
})

it.each([
  ['30 s later', 31, 1],
  ['for another challenge', 1, 7],
])('an answer %s counts for nothing', (_, after, nonce) => {
  const { world, mac } = deaf({ CHALLENGE_FAILURES: 1 })
  world.pass(300 + after)
  world.say(mac, { kind: 'challenge_answer', nonce })
  world.pass(30)
  expect(served(world)).toBe(false)
})

it('Q4: an answer drains the queues of what the provider offers', () => {
  const { world, mac } = deaf({ CHALLENGE_FAILURES: 1, CHALLENGE_INTERVAL: '1m' })
  // Somebody who could serve but has no room: the request queues.
  const full = world.mac({ slots: [slot(A, { running: 1, maxConcurrency: 1 })] })
  world.pass(95)
  const ask = world.asked()
  expect(world.rowsOf('queued')).toHaveLength(1)
  world.pass(25)
  expect(world.dispatches(ask)).toEqual([])
  world.say(mac, { kind: 'challenge_answer', nonce: 2 })
  expect(world.dispatches(ask)).toEqual([mac])
  expect(full).not.toBe(mac)
})

it('a provider that could not answer when it registered is routed to after its first answer', () => {
  const world = new World()
  const mac = world.mac({ trust: { challenge: 'lapsed' } })
  expect(served(world)).toBe(false)
  world.deaf.add(mac)
  world.pass(300)
  world.beat(mac, { slots: [slot(A)] })
  world.say(mac, { kind: 'challenge_answer', nonce: 1 })
  expect(served(world)).toBe(true)
})

it('nobody asks a provider any more that is untrusted', () => {
  const { world, mac } = deaf()
  world.pass(301)
  world.coordinator.setTrust(`mac-${mac}`, 'untrusted')
  world.pass(1_000)
  expect(challenges(world, mac)).toHaveLength(1)
})

it('trust that is lost takes effect at once, and so does trust that comes back', () => {
  const world = new World()
  world.mac({ serial: 'mac-a' })
  world.coordinator.setTrust('mac-a', 'self_signed')
  expect(served(world)).toBe(false)
  world.coordinator.setTrust('mac-b', 'hardware')
  expect(served(world)).toBe(false)
  world.coordinator.setTrust('mac-a', 'hardware')
  expect(served(world)).toBe(true)
})

it('S20: untrusted stays untrusted over heartbeats, finished requests and regained trust, until the connection ends', () => {
  const world = new World()
  const mac = world.mac({ serial: 'mac-a' })
  const ask = world.asked()
  world.coordinator.setTrust('mac-a', 'untrusted')
  world.completes(mac, ask)
  world.beat(mac, { slots: [slot(A)], status: 'serving' })
  world.coordinator.setTrust('mac-a', 'hardware')
  world.pass(301)
  world.beat(mac, { slots: [slot(A)] })
  expect(served(world)).toBe(false)
  world.coordinator.disconnected(mac)
  world.mac({ serial: 'mac-a' })
  expect(served(world)).toBe(true)
})
