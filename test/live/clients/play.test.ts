/** `fleetlab play` and `agree`: users of a scenario before a coordinator, by HTTP, and what is made of what they saw. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chanceOfOutside } from '../../../sim/lab/compare/agree.ts'
import { LiveClients } from '../../../sim/live/clients/clients.ts'
import { LiveRun } from '../../../sim/live/live-run.ts'
import type { Micros } from '../../../sim/base/time.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { simulate } from '../../../sim/simulation.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import { fleetlab } from '../../cli/in-process.ts'
import { aCoordinator, BUILD, loaded, scenarioText, startFleet } from '../a-fleet.ts'
import { TurnClock } from '../time/turn-clock.ts'

const DEMAND = `
  - arrivals: {poisson: 4/s}
    mix: {${BUILD}: 100%}
    lengths: {prompt: {lognormal: {median: 60, sigma: 0.5}}, output: 5}
    max_tokens: 64`
const SHORT = scenarioText({ demand: DEMAND }).replace('duration: 1h', 'duration: 5s\nwarmup: 0s')

interface Seen {
  readonly rows: readonly TraceRow[]
  readonly clients: LiveClients
}

/** Users against that address, until the last has ended. */
async function ask(httpUrl: string, text: string, seed = 1): Promise<Seen> {
  const rows: TraceRow[] = []
  const run = new LiveRun({
    seed,
    until: 1e12 as Micros,
    clock: new TurnClock(),
    subscribers: [(row) => rows.push(row)],
    behindMax: Infinity as Micros,
  })
  const url = new URL('/v1/chat/completions', httpUrl)
  const clients = new LiveClients({ run, loaded: await loaded(text), url, key: 'sim-key' })
  clients.start()
  await run.run()
  clients.end()
  return { rows, clients }
}

const of = <K extends TraceRow['kind']>(rows: readonly TraceRow[], kind: K) =>
  rows.filter((row): row is Extract<TraceRow, { kind: K }> => row.kind === kind)

async function simulated(text: string, seed: number): Promise<readonly TraceRow[]> {
  const rows: TraceRow[] = []
  await simulate({
    scenario: await loaded(text),
    policy: findPolicy('open')!,
    policyName: 'open',
    seed,
    subscribers: [(row) => rows.push(row)],
  })
  return rows
}

describe('users before a coordinator', () => {
  it('are those of a run with the same seed: same instants, same lengths', async () => {
    const coordinator = await aCoordinator()
    const fleet = await startFleet(coordinator.webSocketUrl, { text: SHORT })
    await coordinator.nextAttested()
    const { rows } = await ask(coordinator.httpUrl, SHORT, 7)
    await fleet.stop()
    const users = of(rows, 'user_request')
    expect(users.length).toBeGreaterThan(5)
    expect(users).toEqual(of(await simulated(SHORT, 7), 'user_request'))
  })

  it('are served as long an answer as the scenario gives them, and every one ends once', async () => {
    const coordinator = await aCoordinator()
    const fleet = await startFleet(coordinator.webSocketUrl, { text: SHORT })
    await coordinator.nextAttested()
    const { rows, clients } = await ask(coordinator.httpUrl, SHORT)
    await fleet.stop()
    const ended = of(rows, 'ended')
    expect(ended.map(({ request }) => request).toSorted((a, b) => a - b)).toEqual(
      of(rows, 'arrived').map(({ request }) => request),
    )
    expect(new Set(ended.map(({ outcome, completionTokens }) => `${outcome} ${completionTokens}`))).toEqual(
      new Set(['served 5']),
    )
    expect(of(rows, 'first_token')).toHaveLength(ended.length)
    expect(coordinator.bodies[0]).toMatchObject({ model: BUILD, stream: true, max_tokens: 64 })
    expect(clients.counts).toEqual({ asked: ended.length, hungUp: 0, unknown_reasons: {} })
  })

  it('hear a refusal with its reason and its time to wait, and come back when told to', async () => {
    const text =
      SHORT + 'upstream: {retry_elsewhere_on_429: false, retries: 1, retry_on: [rate_limited], retry_after: heard}\n'
    const coordinator = await aCoordinator({ refuse: () => ({ status: 429, code: 'queue_full', retryAfter_s: 3 }) })
    const { rows } = await ask(coordinator.httpUrl, text)
    const ended = of(rows, 'ended')
    expect(
      new Set(
        ended.map(({ outcome, status, reason, retryAfter_s }) => `${outcome} ${status} ${reason} ${retryAfter_s}`),
      ),
    ).toEqual(new Set(['rejected 429 queue_full 3']))
    const users = of(rows, 'user_request').length
    expect(ended).toHaveLength(2 * users)
    expect(of(rows, 'user_ended').map(({ outcome }) => outcome)).toEqual(Array.from({ length: users }, () => 'failed'))
  })

  it('take a reason that nobody knows for the nearest of its status, and say so', async () => {
    const coordinator = await aCoordinator({ refuse: () => ({ status: 429, code: 'full_moon' }) })
    const { rows, clients } = await ask(coordinator.httpUrl, SHORT)
    expect(of(rows, 'ended')[0]).toMatchObject({ outcome: 'rejected', status: 429, reason: 'machine_busy' })
    expect(clients.counts.unknown_reasons).toEqual({ '429 full_moon': of(rows, 'ended').length })
  })

  it('hang up when their patience ends', async () => {
    const text = scenarioText({ demand: `${DEMAND}\n    patience: {base: 300ms, per_token: 0ms}` }).replace(
      'duration: 1h',
      'duration: 5s\nwarmup: 0s',
    )
    const server = createServer((request) => request.resume())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { rows, clients } = await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, text)
      const users = of(rows, 'user_request')
      expect(clients.counts.hungUp).toBe(users.length)
      expect(of(rows, 'user_ended').map(({ outcome }) => outcome)).toEqual(users.map(() => 'gave_up'))
      const asked = new Map(users.map(({ user, at }) => [user, at]))
      for (const { user, at } of of(rows, 'user_ended')) expect(at - asked.get(user)!).toBe(300_000)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it.each([
    ['a stream that is cut after its first text', 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', true],
    [
      'a stream that is cut before any text',
      'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
      false,
    ],
    ['a stream of something else', 'data: cheese\n\n', false],
    ['an error inside the stream', 'data: {"error":{"message":"gone","code":"provider_error"}}\n\n', false],
  ])('take %s for a failure', async (_, said, isMidStream) => {
    const server = createServer((request, response) => {
      request.resume()
      request.on('end', () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(said)
        setImmediate(() => response.destroy())
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { rows } = await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, SHORT)
      for (const row of of(rows, 'ended')) {
        expect(row).toMatchObject({ outcome: 'failed', reason: 'provider_disconnected', midStream: isMidStream })
      }
      expect(of(rows, 'first_token').length > 0).toBe(isMidStream)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
})

describe('the chance that values of one distribution fall outside a range of others', () => {
  it.each([
    [20, 1, 0, 1],
    [20, 1, 1, 2 / 21],
    [9, 1, 1, 0.2],
    [20, 3, 3, 4 / 1771],
  ])('of %i and %i, at least %i: %f', (n, m, outside, chance) => {
    expect(chanceOfOutside(n, m, outside)).toBeCloseTo(chance, 12)
  })

  test.prop([fc.integer({ min: 2, max: 7 }), fc.integer({ min: 1, max: 4 })])(
    'is what counting every order gives',
    (n, m) => {
      // Which of the n + m places belong to the n.
      let orders = 0
      const byOutside = Array.from({ length: m + 1 }, () => 0)
      for (let places = 0; places < 2 ** (n + m); places += 1) {
        const isLab = Array.from({ length: n + m }, (_, place) => ((places >> place) & 1) === 1)
        if (isLab.filter(Boolean).length !== n) continue
        orders += 1
        byOutside[isLab.indexOf(true) + (n + m - 1 - isLab.lastIndexOf(true))]! += 1
      }
      for (let k = 0; k <= m; k += 1) {
        const counted = byOutside.slice(k).reduce((sum, count) => sum + count, 0) / orders
        expect(chanceOfOutside(n, m, k)).toBeCloseTo(counted, 10)
      }
    },
  )
})

describe('the commands', () => {
  let folder = ''
  let scenario = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fleetlab-play-'))
    scenario = join(folder, 's.yaml')
    // By the clock on the wall: as short as it can be.
    writeFileSync(scenario, SHORT.replace('duration: 5s', 'duration: 0.6s').replace('4/s', '20/s'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('play to a coordinator with Macs of ours, with its ledger, and are held beside the lab', async () => {
    const coordinator = await aCoordinator()
    const real = join(folder, 'real')
    const ws = coordinator.webSocketUrl
    const { httpUrl: http } = coordinator
    const keys = ['--key', 'sim-key', '--admin-key', 'sim-admin']
    const played = await fleetlab([
      'serve',
      scenario,
      '--coordinator',
      ws,
      '--play',
      http,
      ...keys,
      '--out',
      real,
      '--json',
    ])
    expect(played.err).not.toMatch(/error/)
    expect(played.code).toBe(0)
    const result = JSON.parse(readFileSync(join(real, 'result.json'), 'utf8'))
    expect(result).toMatchObject({ format: 'fleetlab.run/1', policy: { name: 'real' }, meta: { sees_macs: 1 } })
    expect(result.requests.arrived).toBeGreaterThan(0)
    expect(readFileSync(join(real, 'inference_routes.csv'), 'utf8').split('\n')[0]).toMatch(/provider_id/)
    const { meta } = result
    expect(meta.ledger_routes).toBeGreaterThan(0)
    expect(meta).toMatchObject({
      ledger_tied_by_macs: meta.ledger_routes,
      ledger_decisions: meta.ledger_routes + meta.ledger_rejections,
      ledger_untold: 0,
    })
    const lab = join(folder, 'lab')
    await fleetlab(['run', scenario, '--out', lab])
    const parted = await fleetlab(['diff', real, lab])
    expect(parted).toMatchObject({
      code: 0,
      // One Mac, which takes all: they decide alike.
      out: expect.stringMatching(/decide alike throughout: \d+ dispatches and refusals, in the order of requests/),
    })
    const agreed = await fleetlab(['agree', scenario, '--real', real, '--seeds', '1-10', '--json'])
    const document = JSON.parse(agreed.out)
    expect(document).toMatchObject({ format: 'fleetlab.agree/1', real: [real], band_covers: 9 / 11 })
    // One run alone can be told from nothing.
    expect(agreed.code).toBe(0)
    expect(document.figures.map(({ figure }: { readonly figure: string }) => figure)).toContain('TTFT p50')
  })

  it.each([
    [
      ['play', 'S', '--to', 'http://example.com', '--key', 'k'],
      /--to http:\/\/example\.com: is not an address of this machine/,
    ],
    [
      ['play', 'S', '--to', 'http://127.0.0.1:9', '--key', 'k'],
      /--to http:\/\/127\.0\.0\.1:9\/: nobody answers there; start the coordinator first/,
    ],
    [['agree', 'S'], /--real: name at least one folder/],
    [['agree', 'S', '--real', '/nowhere'], /--real \/nowhere: has no result\.json/],
    [['serve', 'S', '--coordinator', 'ws://127.0.0.1:9/ws/provider', '--key', 'k'], /belong to --play/],
  ])('%j ends with one message', async (words, message) => {
    const { code, err } = await fleetlab(words.map((word) => (word === 'S' ? scenario : word)))
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })

  it.each([
    [
      'sends elsewhere',
      (response: ServerResponse) => void response.writeHead(302, { location: 'http://example.com/' }).end(),
      /sends to another address \(302\), which is not followed/,
    ],
    ['hangs up', (response: ServerResponse) => void response.destroy(), /nobody answers there/],
    ['serves pages', (response: ServerResponse) => void response.end('<html>'), /something else than a list of models/],
    [
      'knows no such path',
      (response: ServerResponse) => void response.writeHead(404).end(),
      /answers 404 to \/v1\/models/,
    ],
  ])('a server that %s is no coordinator: one message', async (_, answer, message) => {
    const server = createServer((_request, response) => answer(response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const { code, out, err } = await fleetlab(['play', scenario, '--to', url, '--key', 'k'])
      expect({ code, out, lines: err.trimEnd().split('\n').length }).toEqual({ code: 2, out: '', lines: 1 })
      expect(err).toMatch(message)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('keeps the run of which the ledger cannot be had any more, and says so', async () => {
    const coordinator = await aCoordinator({ exportsMax: 2 })
    const out = join(folder, 'without')
    const keys = ['--key', 'sim-key', '--admin-key', 'sim-admin', '--out', out]
    const { code, err } = await fleetlab(['play', scenario, '--to', coordinator.httpUrl, ...keys])
    expect(code).toBe(0)
    expect(err).toMatch(/no decisions in the trace: --admin-key .*answers 500 to \/v1\/admin\/routes\/export/)
    expect(readdirSync(out).toSorted()).toEqual(['result.json', 'trace.fleet'])
  })

  it.each([
    ['--key', ['--key', 'wrong']],
    ['--admin-key', ['--key', 'sim-key', '--admin-key', 'sim-key']],
  ])('a wrong %s is said before a Mac connects', async (_, keys) => {
    const coordinator = await aCoordinator()
    const { webSocketUrl, httpUrl } = coordinator
    const { code, err } = await fleetlab(['serve', scenario, '--coordinator', webSocketUrl, '--play', httpUrl, ...keys])
    expect({ code, providers: coordinator.providers }).toEqual({ code: 2, providers: [] })
    expect(err).toMatch(/does not take this key/)
  })

  it('a key that the coordinator does not take is said before anything is sent', async () => {
    const coordinator = await aCoordinator()
    const { code, err } = await fleetlab(['play', scenario, '--to', coordinator.httpUrl, '--key', 'wrong'])
    expect({ code, bodies: coordinator.bodies.length }).toEqual({ code: 2, bodies: 0 })
    expect(err).toMatch(/does not take this key/)
  })
})
