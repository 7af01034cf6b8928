/**
 * Experiments whose runs are done elsewhere, against a real Redis server: whatever is lost on the way, the answer is byte
 * for byte the one that this machine gives by itself. More of it in test/slow/queue.test.ts.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fleetlab } from '../in-process.ts'
import { ACTIVE, holds, QueueBench, WAITING } from './bench.ts'
import type { RedisServer } from './redis-server.ts'

const EXPERIMENT = ['--vary', 'demand[0].arrivals.load=0.5,1.5', '--seeds', '1-2']

let bench: QueueBench
let local = ''

/** To the file of that name, which is what is compared. */
const sweep = (redis: RedisServer, csv: string) =>
  bench.start(['sweep', 'small.yaml', ...EXPERIMENT, '--queue', redis.address, '--csv', csv])

beforeAll(async () => {
  bench = await QueueBench.set('queue')
  const [scenario, csv] = ['small.yaml', 'local.csv'].map((name) => join(bench.folder, name))
  const alone = await fleetlab(['sweep', scenario!, ...EXPERIMENT, '--csv', csv!])
  expect(alone).toMatchObject({ code: 0, err: '' })
  local = bench.read('local.csv')
  expect(local.split('\n').length).toBeGreaterThan(100)
})

afterAll(() => bench?.clear())

describe('a queue', () => {
  it.concurrent('gives the local result though a worker is killed in a run and the server forgets everything', async () => {
    const redis = await bench.server()
    const doomed = bench.worker(redis)
    const producer = sweep(redis, 'queue.csv')
    // One at a time, and never without one while the queue lasts.
    await holds(redis, ACTIVE)
    doomed.child.kill('SIGKILL')
    const others = [bench.worker(redis), bench.worker(redis)]
    await producer.says('; the run is done once more')
    await redis.restart()
    const { code, err } = await producer.ended
    expect(code).toBe(0)
    expect(bench.read('queue.csv')).toBe(local)
    expect(err).toMatch(/a worker was lost in the middle of the run of \S+ with seed \d; the run is done once more/)
    for (const { child } of others) child.kill('SIGTERM')
    const ends = await Promise.all(others.map(({ ended }) => ended))
    expect(ends.map((end) => end.code)).toEqual([130, 130])
  })

  it.concurrent('refuses a worker of another version, says that none listens, and takes its runs back when stopped', async () => {
    const redis = await bench.server()
    const producer = sweep(redis, 'stopped.csv')
    await holds(redis, WAITING)
    await producer.says('no worker listens; waiting for `fleetlab worker --queue redis://127.0.0.1')
    const other = bench.fleetlab.otherVersion('9.9.9')
    const stranger = await bench.start(['worker', '--queue', redis.address], { of: other }).ended
    expect(stranger.code).toBe(2)
    expect(stranger.err).toMatch(
      /^error: .*this worker is version 9\.9\.9\+\w+, and what waits there is of version 0\.\d+\.\d+\+\w+;.*\n$/,
    )
    producer.child.kill('SIGINT')
    expect(await producer.ended).toMatchObject({ code: 130, out: '' })
    expect(producer.err).toContain('interrupted; nothing was written')
    expect(await redis.keys(WAITING)).toEqual([])
    expect(await redis.keys('fleetlab:producers')).toEqual([])
  })
})
