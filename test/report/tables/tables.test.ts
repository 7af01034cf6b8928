/** A run's tables say what its JSON says: figures worked out by SQL over rows are those of the result. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunResult } from '../../../sim/metrics/result.ts'
import { scalarMetrics } from '../../../sim/metrics/index.ts'
import { TABLES, writeResultTables } from '../../../sim/report/tables/index.ts'
import { loadedFrom, SMALL } from '../../simulation/world.ts'
import { aFolder, type Asked, duckOver, folderAt, removed, writtenRun } from './written.ts'

/** More than the fleet takes: refusals, queues, retries, loads, gone clients, Macs that fail, and requests in flight at the end. */
const BUSY = {
  ...SMALL,
  name: 'busy',
  duration: '4m',
  warmup: '1m',
  fleet: [{ ...SMALL.fleet[0], count: 3 }],
  demand: [{ ...SMALL.demand[0], arrivals: { poisson: '3/s' } }],
  timeline: [{ at: '2m', disconnect: { fraction: '50%' } }],
  policies: ['open', { policy: 'open', set: { max_model_slots: 1 }, as: 'one-slot' }],
}

let folder: string
let asked: Asked
let result: RunResult

beforeAll(async () => {
  folder = aFolder()
  result = await writtenRun(await loadedFrom(BUSY), { arm: 'one-slot', seed: 3, folder: folderAt(folder) })
  asked = await duckOver(folder)
})
afterAll(() => removed(folder))

const REQUESTS = `FROM 'out/requests.parquet' WHERE after_warmup`

const summary = (column: string): string =>
  `{count: count(${column}), p50: quantile_cont(${column}, 0.5), p90: quantile_cont(${column}, 0.9),
    p95: quantile_cont(${column}, 0.95), p99: quantile_cont(${column}, 0.99), max: max(${column})} AS ${column}`

describe('requests.parquet', () => {
  it('counts what the result counts, by outcome and reason', async () => {
    const counted = await asked(`SELECT outcome, reason, count(*) AS n ${REQUESTS} GROUP BY ALL`)
    const { arrived, rejected, failed, ...rest } = result.requests
    const expected = [
      ...Object.entries(rest).map(([outcome, n]) => ({ outcome, reason: null, n })),
      ...Object.entries(rejected).map(([reason, n]) => ({ outcome: 'rejected', reason, n })),
      ...Object.entries(failed).map(([reason, n]) => ({ outcome: 'failed', reason, n })),
    ].filter(({ n }) => n > 0)
    expect(counted).toHaveLength(expected.length)
    expect(counted).toEqual(expect.arrayContaining(expected))
    expect(counted.reduce((sum, { n }) => sum + Number(n), 0)).toBe(arrived)
    expect(Object.keys(rejected).length).toBeGreaterThan(0)
  })

  it('gives goodput, the shares of refusals and every distribution to the last digit, model by model', async () => {
    const columns = ['ttft_ms', 'tpot_ms', 'e2e_ms', 'queue_ms', 'decode_tps'] as const
    const rows = await asked(
      `SELECT model, count(*) AS arrived, avg(good::INT) AS goodput,
         count_if(status = 429) / count(*) AS rate_429,
         count_if(status BETWEEN 500 AND 599) / count(*) AS rate_5xx,
         count_if(ttft_ms <= 5000) / count(*) AS within_5s,
         sum(prompt_tokens) FILTER (outcome = 'served') AS prompt,
         sum(completion_tokens) FILTER (outcome = 'served') AS completion,
         ${columns.map(summary).join(', ')}
       ${REQUESTS} GROUP BY model`,
    )
    expect(rows).toHaveLength(2)
    for (const { model, ...row } of rows) {
      const expected = result.models[String(model)]!
      expect(row['goodput']).toBe(expected.goodput)
      expect(row['rate_429']).toBe(expected.rate_429)
      expect(row['rate_5xx']).toBe(expected.rate_5xx)
      expect(row['within_5s']).toBe(expected.ttft_within['5s'])
      expect(row['arrived']).toBe(expected.requests.arrived)
      expect({ prompt: row['prompt'], completion: row['completion'] }).toEqual(expected.served_tokens)
      for (const column of columns) {
        const { mean: _, ...figures } = expected[column]
        const found = row[column] as { readonly [name: string]: unknown }
        for (const [name, value] of Object.entries(figures))
          expect(Number(found[name]), `${column}.${name}`).toBeCloseTo(value!, 9)
      }
    }
  })

  it('leaves what is not known NULL, and nothing -1', async () => {
    const [row] = await asked(
      `SELECT count(ttft_ms) FILTER (outcome != 'served') AS ttft, count(mac) FILTER (outcome = 'rejected') AS mac,
         count_if(retry_after_s < 0) AS after, count_if(first_token_at_s < arrived_at_s) AS early,
         count_if(reason = '') AS reason, count_if(ended_at_s < arrived_at_s) AS ended,
         count(*) FILTER (outcome = 'served' AND mac IS NULL) AS served_by_nobody
       FROM 'out/requests.parquet'`,
    )
    expect(row).toEqual({ ttft: 0, mac: 0, after: 0, early: 0, reason: 0, ended: 0, served_by_nobody: 0 })
  })

  it('holds the requests of the warm-up too, marked', async () => {
    const rows = await asked(
      `SELECT after_warmup, min(arrived_at_s) AS first, max(arrived_at_s) AS last FROM 'out/requests.parquet'
       GROUP BY after_warmup ORDER BY after_warmup`,
    )
    expect(rows.map(({ after_warmup }) => after_warmup)).toEqual([false, true])
    expect(rows[0]!['last']).toBeLessThan(60)
    expect(rows[1]!['first']).toBeGreaterThanOrEqual(60)
  })
})

describe('attempts.parquet and delays.parquet', () => {
  it('have an attempt for every dispatch of a request', async () => {
    const [row] = await asked(
      `SELECT (SELECT sum(dispatches) FROM 'out/requests.parquet') AS dispatches, count(*) AS attempts,
         count(DISTINCT (request, attempt)) AS distinct_attempts, count_if(outcome = 'error') > 0 AS broke,
         count_if(outcome = 'in_flight') AS in_flight
       FROM 'out/attempts.parquet'`,
    )
    expect(row!['attempts']).toBe(row!['distinct_attempts'])
    expect(row!['attempts']).toBeGreaterThanOrEqual(Number(row!['dispatches']))
    expect(row!['attempts']).toBeGreaterThan(100)
  })

  it('add up: alone on the Mac plus all delays is the stay there, to the microsecond', async () => {
    const [row] = await asked(
      `WITH late AS (SELECT request, attempt, sum(gpu_ms + memory_ms + thermal_ms + load_ms + queue_ms) AS ms
                     FROM 'out/delays.parquet' GROUP BY ALL)
       SELECT count(*) AS n,
         max(abs((mac_ended_at_s - received_at_s) * 1000 - solo_ms - coalesce(late.ms, 0))) AS off_ms
       FROM 'out/attempts.parquet' LEFT JOIN late USING (request, attempt) WHERE mac_outcome = 'finished'`,
    )
    expect(row!['n']).toBeGreaterThan(50)
    expect(row!['off_ms']).toBeLessThan(0.001)
  })

  it('agree with requests on who served', async () => {
    const [row] = await asked(
      `SELECT count(*) AS n, count_if(r.mac = a.mac AND r.completion_tokens = a.completion_tokens) AS same
       FROM 'out/requests.parquet' r JOIN 'out/attempts.parquet' a USING (request, mac)
       WHERE r.outcome = 'served' AND a.outcome = 'success'`,
    )
    expect(row!['n']).toBe(row!['same'])
    expect(row!['n']).toBeGreaterThanOrEqual(result.requests.served)
  })
})

describe('macs.parquet', () => {
  it('adds up to what the result says of the fleet', async () => {
    const [row] = await asked(
      `SELECT count(*) AS count, sum(gpu_busy_s) / sum(online_s) AS busy, sum(idle_s) / sum(online_s) AS idle,
         sum(throttled_s) / sum(online_s) AS throttled, sum(squeezed_s) / sum(online_s) AS squeezed,
         sum(loads) AS loads, sum(loads_failed) AS failed, sum(load_s) AS load_s, sum(evictions) AS evictions,
         sum(faults) AS faults
       FROM 'out/macs.parquet'`,
    )
    const { providers, loads, evictions, faults } = result
    expect(row!['count']).toBe(providers.count)
    expect(row!['busy']).toBeCloseTo(providers.busy_share, 12)
    expect(row!['idle']).toBeCloseTo(providers.idle_share, 12)
    expect(row!['throttled']).toBeCloseTo(providers.throttled_share, 12)
    expect(row!['squeezed']).toBeCloseTo(providers.squeezed_share, 12)
    expect(row!['load_s']).toBeCloseTo(loads.seconds, 9)
    expect({ loads: row!['loads'], failed: row!['failed'], evictions: row!['evictions'] }).toEqual({
      loads: loads.count,
      failed: loads.failed,
      evictions,
    })
    expect(row!['faults']).toBe(Object.values(faults).reduce((sum, n) => sum + n, 0))
    expect(loads.count).toBeGreaterThan(0)
  })
})

describe('metrics.parquet, series.parquet and runs.parquet', () => {
  it('hold every figure and point of the result, with NULL where it has null', async () => {
    const metrics = await asked(`SELECT metric, value FROM 'out/metrics.parquet'`)
    expect(metrics.map(({ metric, value }) => [metric, value])).toEqual([...scalarMetrics(result)])
    const { interval_s, ...all } = result.series
    const points = await asked(`SELECT series, at_s, value FROM 'out/series.parquet'`)
    expect(points).toEqual(
      Object.entries(all).flatMap(([series, values]) =>
        (values as readonly (number | null)[]).map((value, i) => ({ series, at_s: i * interval_s, value })),
      ),
    )
    expect(await asked(`SELECT policy, seed, digest FROM 'out/runs.parquet'`)).toEqual([
      { policy: 'one-slot', seed: 3, digest: result.digest },
    ])
  })

  it('name the model of a figure, and its unit', async () => {
    const rows = await asked(
      `SELECT model, figure, unit FROM 'out/metrics.parquet' WHERE figure IN ('models.goodput', 'models.ttft_ms.p95', 'evictions')`,
    )
    expect(rows).toEqual(
      expect.arrayContaining([
        { model: 'gemma-4-26b', figure: 'models.goodput', unit: 'share' },
        { model: 'gpt-oss-20b', figure: 'models.ttft_ms.p95', unit: 'ms' },
        { model: null, figure: 'evictions', unit: 'plain' },
      ]),
    )
  })

  it('count 0 for a reason that only another run met', async () => {
    const other = aFolder()
    const { rejected } = result.requests
    const calm: RunResult = { ...result, seed: 4, requests: { ...result.requests, rejected: {} } }
    writeResultTables(folderAt(other), [result, calm])
    const [reason, n] = Object.entries(rejected)[0]!
    const rows = await (await duckOver(other))(
      `SELECT seed, value FROM 'out/metrics.parquet' WHERE metric = 'requests.rejected.${reason}' ORDER BY seed`,
    )
    expect(rows).toEqual([
      { seed: 3, value: n },
      { seed: 4, value: 0 },
    ])
    removed(other)
  })
})

it('every column of every table stands in the dictionary, in its order, and no other', async () => {
  for (const { file, columns } of TABLES) {
    const found = await asked(`SELECT column_name FROM (DESCRIBE FROM 'out/${file}')`)
    expect(
      found.map(({ column_name }) => column_name),
      file,
    ).toEqual(columns.map(({ name }) => name))
  }
})

it('a warm-up that is detected gives the tables of the same warm-up given', async () => {
  const [auto, given] = [aFolder(), aFolder()]
  const detected = await writtenRun(await loadedFrom({ ...BUSY, duration: '2m', timeline: [], warmup: 'auto' }), {
    arm: 'open',
    seed: 1,
    folder: folderAt(auto),
  })
  const warmup = `${detected.warmup_s}s`
  await writtenRun(await loadedFrom({ ...BUSY, duration: '2m', timeline: [], warmup }), {
    arm: 'open',
    seed: 1,
    folder: folderAt(given),
  })
  const both = await duckOver(auto)
  for (const file of ['requests', 'attempts', 'delays', 'macs']) {
    const [row] = await both(
      `SELECT (SELECT count(*) FROM (FROM 'out/${file}.parquet' EXCEPT ALL FROM '${given}/${file}.parquet')) AS more,
              (SELECT count(*) FROM (FROM '${given}/${file}.parquet' EXCEPT ALL FROM 'out/${file}.parquet')) AS less`,
    )
    expect(row, file).toEqual({ more: 0, less: 0 })
  }
  for (const folderName of [auto, given]) removed(folderName)
})
