/**
 * The queue in harder conditions: every command that takes one, a server that keeps its data and one that does not, TLS, two
 * producers, workers that are told to stop.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACTIVE, holds, QueueBench, WAITING } from '../cli/queue/bench.ts'

let bench: QueueBench

const LOAD = 'demand[0].arrivals.load'
const COMMANDS: readonly (readonly string[])[] = [
  ['sweep', 'small.yaml', '--vary', `${LOAD}=0.5,1.5`, '--vary', 'demand[0].arrivals.trace=day.csv,other.csv'],
  ['compare', 'small.yaml', '--seeds', '1-6'],
  ['cliff', 'small.yaml', '--vary', `${LOAD}=0.5..8`, '--runs', '24', '--policies', 'open'],
  ['capacity', 'small.yaml', '--slo', 'goodput >= 90%', '--vary', `${LOAD}=0.5..8`, '--max-seeds', '5'],
  ['tune', './tuned.mjs', '--scenario', 'small.yaml', '--objective', 'goodput', '--runs', '24', '--held-back', '5'],
]
const SWEEP = ['sweep', 'small.yaml', '--vary', `${LOAD}=0.5,1.5`, '--seeds', '1-12']

/** All but what may differ between identical runs. */
const answer = (json: string): unknown => ({ ...(JSON.parse(json) as object), meta: undefined })

async function outcome(words: readonly string[]): Promise<unknown> {
  const { code, out, err } = await bench.start([...words, '--json']).ended
  expect(err).not.toContain('error')
  expect(code).toBe(0)
  return answer(out)
}

beforeAll(async () => {
  bench = await QueueBench.set('slow-queue')
})
afterAll(() => bench?.clear())

describe('a queue', () => {
  it.each(COMMANDS)('gives %s the answer of worker threads', async (...words) => {
    const redis = await bench.server()
    const workers = [bench.worker(redis, 2), bench.worker(redis)]
    expect(await outcome([...words, '--queue', redis.address])).toEqual(await outcome(words))
    for (const { child } of workers) child.kill('SIGTERM')
    await Promise.all(workers.map(({ ended }) => ended))
    expect(await redis.keys('fleetlab:result:*')).toEqual([])
    expect(await redis.keys(WAITING)).toEqual([])
  })

  it.each([
    ['keeps what it was told', ['--appendonly', 'yes', '--appendfsync', 'always']],
    ['forgets everything', []],
  ])('outlives two restarts of a server that %s', async (_, words) => {
    const redis = await bench.server(words)
    const workers = [bench.worker(redis), bench.worker(redis)]
    const producer = bench.start([...SWEEP, '--queue', redis.address, '--json'])
    for (let restart = 0; restart < 2; restart++) {
      await holds(redis, ACTIVE)
      await redis.down()
      await Promise.all([producer, ...workers].map((each) => each.says('the server is away')))
      await redis.up()
    }
    const { code, out, err } = await producer.ended
    expect(code).toBe(0)
    expect(err).toContain('the server is back')
    expect(answer(out)).toEqual(await outcome(SWEEP))
  })

  it('serves two producers at once by TLS, behind a password that nobody prints', async () => {
    const certificate = join(bench.folder, 'server.pem')
    const key = join(bench.folder, 'key.pem')
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', ...subject],
      { stdio: 'ignore' },
    )
    const tls = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate]
    const plain = await bench.server([], 'open-sesame')
    const encrypted = plain.port + 1
    await plain.down()
    const redis = await bench.server(
      [...tls, '--tls-auth-clients', 'no', '--tls-port', String(encrypted)],
      'open-sesame',
    )
    const address = `rediss://:open-sesame@localhost:${encrypted}`
    const environment = { NODE_EXTRA_CA_CERTS: certificate }

    const mistrusting = await bench.start(['worker', '--queue', address]).ended
    expect(mistrusting).toMatchObject({ code: 2, err: expect.stringContaining('TLS fails: self-signed certificate') })
    const both = ['one', 'two'].map(() => bench.start([...SWEEP, '--queue', address, '--json'], { environment }))
    const helper = bench.start(['worker', '--queue', address, '--concurrency', '2'], { environment })
    const ends = await Promise.all(both.map(({ ended }) => ended))
    const alone = await outcome(SWEEP)
    expect(ends.map(({ code, out }) => [code, answer(out)])).toEqual([
      [0, alone],
      [0, alone],
    ])
    helper.child.kill('SIGINT')
    for (const { out, err } of [mistrusting, ...ends, await helper.ended]) expect(out + err).not.toContain('sesame')
    expect(await redis.keys('fleetlab:result:*')).toEqual([])
  })

  it('hands a run on at once when its worker is told to stop', async () => {
    const redis = await bench.server()
    const first = bench.worker(redis)
    const producer = bench.start([...SWEEP, '--queue', redis.address, '--json'])
    await holds(redis, ACTIVE)
    first.child.kill('SIGTERM')
    const { code, err } = await first.ended
    expect(code).toBe(130)
    expect(err).toMatch(/interrupted; (?:1 run given back to the queue|nothing was left undone)\n$/)
    bench.worker(redis)
    const done = await producer.ended
    expect(done.code).toBe(0)
    expect(done.err).not.toContain('lost')
    expect(answer(done.out)).toEqual(await outcome(SWEEP))
  })
})
