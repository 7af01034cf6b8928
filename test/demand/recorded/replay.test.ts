/** What a replay keeps of its recording: ties, where it begins, whose model a row is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { arrivalsSchema, type TraceArrivals } from '../../../sim/demand/config.ts'
import { Recordings } from '../../../sim/demand/recorded/recordings.ts'
import { resolutionOf } from '../../../sim/demand/recorded/resolution.ts'
import { parseTraceFile, type TraceFile } from '../../../sim/demand/recorded/trace-file.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { loadWithSettings } from '../../../sim/lab/runs/job.ts'
import { runOf } from '../../simulation/world.ts'
import { aTrace, runDemand, SECOND } from '../world.ts'

const shipped = (name: string): TraceFile => {
  const text = readFileSync(new URL(`../../../scenarios/traces/${name}.csv`, import.meta.url), 'utf8')
  const parsed = parseTraceFile(name, text)
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return parsed.value
}

/** [time, row] of the arrivals before `seconds`. */
function replayed(
  trace: TraceFile,
  settings: object,
  seconds: number,
  seed = 1,
): readonly (readonly [number, number])[] {
  const recordings = new Recordings(new Map([['t.csv', trace]]))
  const arrivals = arrivalsSchema.parse({ trace: 't.csv', ...settings }) as TraceArrivals
  const replay = recordings.replay(arrivals, new RandomStreams(seed), 'a')
  const found: (readonly [number, number])[] = []
  for (let at = replay.next(); at < seconds * SECOND; at = replay.next()) found.push([at, replay.mark])
  return found
}
const timesOf = (found: readonly (readonly [number, number])[]): readonly number[] => found.map(([at]) => at)

const goodput = async (name: string): Promise<number> => {
  // Steps of these bursts take about a tenth of a second: 12 tok/s parts the requests of a burst, the default would refuse nearly all.
  const loaded = await loadWithSettings(join(import.meta.dirname, 'ties', name), ['slo.decode_tps=12'], nodeFiles)
  if (!loaded.ok) throw new Error(loaded.error[0]?.message)
  return (await runOf(loaded.value)).result.models['gpt-oss-20b']!.goodput!
}

describe('ties', () => {
  it('spread within a second of a recording to the second, and bursts stay bursts', async () => {
    const [fine, seconds] = [await goodput('fine.yaml'), await goodput('seconds.yaml')]
    expect(fine).toBeCloseTo(0.45, 1)
    expect(Math.abs(seconds - fine)).toBeLessThan(0.05)
  }, 30_000)

  it('of equal microseconds stay together', () => {
    const trace = aTrace([
      ['0.000001', 1, 1],
      ['5.000000', 2, 1],
      ['5.000000', 3, 1],
      ['9.000000', 4, 1],
    ])
    expect(timesOf(replayed(trace, { start: 0 }, 10))).toEqual([0, 4_999_999, 4_999_999, 8_999_999])
  })

  test.prop([fc.integer({ min: 0, max: 6 }), fc.array(fc.nat(50), { minLength: 3, maxLength: 40 }), fc.nat()])(
    'go no further than the decimals of the recording leave open, and no further than the next row',
    (decimals, steps, seed) => {
      const unit = 10 ** (6 - decimals)
      let at = 1
      const ticks = steps.map((step) => (at += step % 3 === 0 ? 0 : step))
      ticks.push(at + 1)
      const trace = aTrace(ticks.map((tick) => [((tick * unit) / 1e6).toFixed(decimals), 1, 1] as const))
      const first = ticks[0]! * unit
      const found = replayed(trace, { start: 0 }, (ticks.at(-1)! * unit) / 1e6 + 1, seed).slice(0, ticks.length)
      for (const [time, row] of found) {
        const recorded = ticks[row]! * unit - first
        expect(time).toBeGreaterThanOrEqual(recorded)
        // Ten ticks of a clock can look like a coarser one's; never finer.
        expect(time - recorded).toBeLessThan(resolutionOf(trace))
      }
      expect(timesOf(found)).toEqual(timesOf(found).toSorted((a, b) => a - b))
    },
  )

  it('of the Mooncake recording spread over its 3 s ticks, and come about as a Poisson process would', () => {
    const trace = shipped('mooncake_conversation')
    expect(resolutionOf(trace)).toBe(3_000_000)
    const times = timesOf(replayed(trace, {}, 3_000))
    const gaps = times.slice(1).map((at, i) => at - times[i]!)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) * (gap - mean), 0) / gaps.length
    expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1)
  })

  it('are told by decimals alone where ticks are not those of a clock: batches on a timetable, and longer ticks', () => {
    expect(resolutionOf(shipped('azure_conv_2023'))).toBe(1)
    const batches = aTrace(Array.from({ length: 4_000 }, (_, i) => [5 * Math.floor(i / 20), 1, 1] as const))
    expect(resolutionOf(batches)).toBe(SECOND)
    const minutes = aTrace(Array.from({ length: 4_000 }, (_, i) => [60 * Math.floor(Math.sqrt(i) * 4), 1, 1] as const))
    expect(resolutionOf(minutes)).toBe(SECOND)
  })

  it('spread over the resolution that the scenario names', () => {
    const trace = aTrace(Array.from({ length: 600 }, (_, i) => [60 * Math.floor(i / 20), 1, 1] as const))
    const times = timesOf(replayed(trace, { start: 0, resolution: '1m' }, 1_800))
    const within = times.map((at) => at % (60 * SECOND))
    // Uniform over a minute: mean 30 s, sd 17.3 s, standard error 0.7 s.
    expect(Math.abs(within.reduce((sum, x) => sum + x, 0) / within.length / SECOND - 30)).toBeLessThan(3)
    expect(Math.max(...within)).toBeGreaterThan(55 * SECOND)
  })
})

/** A clock that shows 12:00:00 at the first request; one each 10 minutes, with a prompt that names its minute. */
const noon = aTrace(Array.from({ length: 30 }, (_, i) => [43_200 + 600 * i, i + 1, 1] as const))

const first = (start: unknown, seed = 1) => replayed(noon, { start }, 3_600, seed)[0]

describe('a start', () => {
  it('of 0 is the first request, for every seed', () => {
    for (const seed of [1, 2, 3]) expect(first(0, seed)).toEqual([0, 0])
  })

  it('may be a time after it, or a time of the recording’s own clock', () => {
    expect(first('30m')).toEqual([0, 3])
    expect(first('1m')).toEqual([540 * SECOND, 1])
    expect(first('12:30:00')).toEqual([0, 3])
    expect(first('12:29:00.5')).toEqual([59.5 * SECOND, 3])
  })

  it('reads seconds since 1970 as a clock in UTC', () => {
    // 2026-06-17 12:00:00 UTC.
    const trace = aTrace([
      [1_781_697_600, 1, 1],
      [1_781_699_400, 2, 1],
      [1_781_701_200, 3, 1],
    ])
    expect(replayed(trace, { start: '12:30:00' }, 60)[0]).toEqual([0, 1])
  })

  it('comes before the timeline of the run: what was recorded 20 minutes later comes 20 minutes later', () => {
    expect(replayed(noon, { start: '12:30:00' }, 3_600)).toEqual(
      Array.from({ length: 6 }, (_, i) => [600 * SECOND * i, i + 3]),
    )
  })

  it('keeps the incident where it is under a higher load, and doubles no instant', () => {
    const burst = aTrace(Array.from({ length: 500 }, (_, i) => [i < 400 ? i : 400 + (i - 400) / 10, 1, 1] as const))
    const times = timesOf(replayed(burst, { start: 0, load: 3 }, 410))
    const inBurst = times.filter((at) => at >= 400 * SECOND).length
    expect(inBurst).toBeGreaterThan(290)
    expect(times.filter((at, i) => at === times[i - 1]).length).toBeLessThan(5)
  })

  it('is part of the recording under stretched time', () => {
    expect(replayed(noon, { start: '1h', stretch: true, load: 2 }, 3_600)[0]).toEqual([0, 6])
  })
})

const stream = { mix: { m: '100%' }, lengths: { from: 'trace', rows: 'own' } }

describe('streams of one trace', () => {
  it('begin at the same point of it', () => {
    for (const seed of [1, 2, 3]) {
      const run = runDemand({
        streams: [
          { ...stream, arrivals: { trace: 't.csv' } },
          { ...stream, arrivals: { trace: 't.csv' } },
          { ...stream, arrivals: { trace: 't.csv', load: 2 } },
        ],
        trace: noon,
        seconds: 3_600,
        seed,
      })
      const rows = run.of('user_request').map(({ at, promptTokens }) => `${at} ${promptTokens}`)
      const together = rows.filter((row) => rows.filter((other) => other === row).length === 3)
      // Six of each plain stream in an hour, and as many of the third's first copy; its second is elsewhere.
      expect(together.length).toBeGreaterThanOrEqual(15)
      expect(rows.length - together.length).toBeLessThanOrEqual(7)
    }
  })

  it('spread the same ties alike', () => {
    const ticks = aTrace(Array.from({ length: 300 }, (_, i) => [Math.floor(i / 3), i + 1, 1] as const))
    const run = runDemand({
      streams: [
        { ...stream, arrivals: { trace: 't.csv' } },
        { ...stream, arrivals: { trace: 't.csv' } },
      ],
      trace: ticks,
      seconds: 90,
    })
    const rows = run.of('user_request')
    expect(rows.length % 2).toBe(0)
    for (let i = 0; i < rows.length; i += 2) {
      expect([rows[i]!.at, rows[i]!.promptTokens]).toEqual([rows[i + 1]!.at, rows[i + 1]!.promptTokens])
    }
  })
})

/** Three models in turn; prompts tell the rows apart. */
const labelled = aTrace(
  Array.from({ length: 300 }, (_, i) => [i / 10, i + 1, 2 * (i + 1), ['a', 'b', 'c'][i % 3]!] as const),
)

const requests = (mix: unknown, more: object = {}, seed = 1) =>
  runDemand({
    streams: [{ arrivals: { trace: 't.csv', ...more }, mix, lengths: { from: 'trace' } }],
    trace: labelled,
    seconds: 29,
    seed,
  }).of('user_request')

describe('a mix from the trace', () => {
  it('gives each request its row’s model and its row’s lengths', () => {
    for (const seed of [1, 2]) {
      const rows = requests('from trace', {}, seed)
      expect(rows.length).toBeGreaterThan(280)
      for (const { model, promptTokens, outputTokens } of rows) {
        expect([model, outputTokens]).toEqual([['a', 'b', 'c'][(promptTokens - 1) % 3], 2 * promptTokens])
      }
    }
  })

  it('does so under a load and a start as well', () => {
    const rows = requests('from trace', { load: 2.5, start: '5s' })
    expect(rows.length).toBeGreaterThan(600)
    for (const { model, promptTokens } of rows) expect(model).toBe(['a', 'b', 'c'][(promptTokens - 1) % 3])
    expect(rows[0]!.promptTokens).toBe(51)
  })

  it('puts our models in the place of the recording’s', () => {
    const models = new Set(requests({ from: 'trace', as: { a: 'x' }, others: 'y' }).map(({ model }) => model))
    expect([...models].toSorted()).toEqual(['x', 'y'])
  })

  it('may replay the rows of some labels only, and leaves the others to other streams', () => {
    const only = requests({ from: 'trace', only: ['b'] })
    const all = requests('from trace').filter(({ model }) => model === 'b')
    expect(only.map(({ at, promptTokens }) => [at, promptTokens])).toEqual(
      all.map(({ at, promptTokens }) => [at, promptTokens]),
    )
  })
})
