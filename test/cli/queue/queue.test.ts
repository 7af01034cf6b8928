/**
 * Experiments whose runs are done elsewhere, against a real Redis server: whatever is lost on the way, workers, the server
 * and all it holds, the answer is byte for byte the one that this machine gives by itself.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine, type Started } from './command.ts'
import { findRedisServer, RedisServer } from './redis-server.ts'
import { writeExperiment } from './scenario.ts'

const SWEEP = ['sweep', 'small.yaml', '--vary', 'demand[0].arrivals.load=0.5,1.5', '--seeds', '1-3']

let fleetlab: CommandLine
let folder = ''
let local = ''
const servers: RedisServer[] = []
const started: Started[] = []

async function server(...words: Parameters<typeof RedisServer.start>): Promise<RedisServer> {
  const redis = await RedisServer.start(...words)
  servers.push(redis)
  return redis
}

function start(words: readonly string[], commandLine = fleetlab): Started {
  const command = commandLine.start(words, folder)
  started.push(command)
  return command
}

const worker = (redis: RedisServer, concurrency = 1): Started =>
  start(['worker', '--queue', redis.address, '--concurrency', String(concurrency)])

/** To the file of that name, which is what is compared. */
const sweep = (redis: RedisServer, csv: string): Started => start([...SWEEP, '--queue', redis.address, '--csv', csv])

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** Until the server holds keys of the pattern, or none. */
async function holds(redis: RedisServer, pattern: string, some = true): Promise<void> {
  while ((await redis.keys(pattern)).length > 0 !== some) await new Promise((done) => setTimeout(done, 15))
}

beforeAll(async () => {
  findRedisServer()
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-queue-'))
  writeExperiment(folder)
  fleetlab = await CommandLine.build('queue')
  const alone = await start([...SWEEP, '--csv', 'local.csv']).ended
  expect(alone).toMatchObject({ code: 0, err: '' })
  local = read('local.csv')
  expect(local.split('\n').length).toBeGreaterThan(100)
})

afterAll(async () => {
  for (const { child } of started) child.kill('SIGKILL')
  await Promise.all(servers.map((redis) => redis.stop()))
  rmSync(folder, { recursive: true, force: true })
  fleetlab?.remove()
})

describe('a queue', () => {
  it.concurrent('gives the local result when a worker is killed in the middle of a run', async () => {
    const redis = await server()
    const doomed = worker(redis)
    const producer = sweep(redis, 'killed.csv')
    // One at a time, and never without one while the queue lasts.
    await holds(redis, 'fleetlab:runs-*:active')
    doomed.child.kill('SIGKILL')
    const others = [worker(redis), worker(redis)]
    expect(await producer.ended).toMatchObject({ code: 0 })
    expect(read('killed.csv')).toBe(local)
    expect(producer.err).toMatch(
      /a worker was lost in the middle of the run of \S+ with seed \d; the run is done once more/,
    )
    for (const { child } of others) child.kill('SIGTERM')
    const ends = await Promise.all(others.map(({ ended }) => ended))
    expect(ends.map(({ code }) => code)).toEqual([130, 130])
    // Each run was asked for once: 12 in all, those of the dead worker among them.
    const done = ends.map(({ err }) => Number(/(\d+) runs? done/.exec(err)?.[1]))
    expect(done.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(12)
  })

  it.concurrent('gives the local result when the server restarts and has forgotten everything', async () => {
    const redis = await server()
    const workers = [worker(redis), worker(redis)]
    const producer = sweep(redis, 'restarted.csv')
    await holds(redis, 'fleetlab:runs-*:active')
    await redis.down()
    await Promise.all([producer, ...workers].map((each) => each.says('the server is away')))
    await redis.up()
    expect(await producer.ended).toMatchObject({ code: 0 })
    expect(read('restarted.csv')).toBe(local)
    expect(producer.err).toContain('the server is back')
  })

  it.concurrent('refuses a worker of another version, says that none listens, and takes its runs back when stopped', async () => {
    const redis = await server()
    const producer = sweep(redis, 'stopped.csv')
    await holds(redis, 'fleetlab:runs-*:wait')
    const stranger = await start(['worker', '--queue', redis.address], fleetlab.otherVersion('9.9.9')).ended
    expect(stranger.code).toBe(2)
    expect(stranger.err.trim().split('\n')).toHaveLength(1)
    expect(stranger.err).toMatch(
      /this worker is version 9\.9\.9\+\w+, and what waits there is of version 0\.\d+\.\d+\+\w+/,
    )
    await producer.says('no worker listens; waiting for `fleetlab worker --queue redis://127.0.0.1')
    producer.child.kill('SIGINT')
    expect(await producer.ended).toMatchObject({ code: 130, out: '' })
    expect(producer.err).toContain('interrupted; nothing was written')
    expect(await redis.keys('fleetlab:runs-*:wait')).toEqual([])
    expect(await redis.keys('fleetlab:runs-*:small*')).toEqual([])
    expect(await redis.keys('fleetlab:producers')).toEqual([])
  })

  it.concurrent('serves two producers at once behind a password that nobody prints', async () => {
    const redis = await server([], 'open-sesame')
    const refused = await start([...SWEEP, '--queue', redis.address.replace('open-sesame', 'wrong-word')]).ended
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toBe(
      `error: --queue redis://127.0.0.1:${redis.port}: the server does not take this user and password\n`,
    )
    const both = [sweep(redis, 'one.csv'), sweep(redis, 'two.csv')]
    const helper = worker(redis, 2)
    const ends = await Promise.all(both.map(({ ended }) => ended))
    expect(ends.map(({ code }) => code)).toEqual([0, 0])
    expect([read('one.csv'), read('two.csv')]).toEqual([local, local])
    helper.child.kill('SIGINT')
    for (const { out, err } of [...ends, await helper.ended]) expect(out + err).not.toContain('open-sesame')
    expect(await redis.keys('fleetlab:result:*')).toEqual([])
  })
})
