/**
 * What really happened, replayed: ledgers that our own simulator wrote, under settings that the importer is not told. What
 * the ledger holds comes back exactly; the replay under the same settings is as near to the day as another seed is; a wrong
 * setting is found by the score.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { SimulatedDay } from '../../sim/lab/story/recorded-day.ts'
import { candidatesHead } from '../../sim/report/ledger/candidates.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { files } from '../scenario/world.ts'
import { loadedFrom, runOf } from '../simulation/world.ts'
import { DAY, distanceOf, HIDDEN, ofKind, replayOf, settingsOf, write, type Written } from './hidden-day.ts'
import { type Imported, imported, rowsOf } from './world.ts'

const lines = (text: string): string[] => text.trimEnd().split('\n')

const asDocuments = (text: string): string =>
  `${rowsOf(text)
    .map((row) => JSON.stringify(Object.fromEntries(Object.entries(row).map(([k, v]) => [k, v === '' ? null : v]))))
    .join('\n')}\n`

const scoreOf = async (
  day: Imported,
  settings: { readonly [name: string]: unknown },
  policy = 'open',
): Promise<number> => (await distanceOf(await replayOf(day, settingsOf(settings)), 1, policy)).score

describe('a ledger that the simulator wrote', () => {
  let written: Written
  let day: Imported
  beforeAll(async () => {
    written = await write(await loadedFrom(DAY))
    day = await imported(written.tables)
  })

  it('gives every arrival back to the microsecond, with its model, estimate, limit and traits', () => {
    const users = new Map(ofKind(written.rows, 'user_request').map((row) => [row.user, row]))
    const arrived = ofKind(written.rows, 'arrived')
    expect(day.rows).toHaveLength(arrived.length)
    expect(arrived.length).toBeGreaterThan(600)
    for (const [i, row] of arrived.entries()) {
      const own = day.rows[i]!
      const { tools, vision } = users.get(row.user)!
      expect([
        Math.round((Number(own['arrival_s']) - 1_782_000_000) * 1e6),
        own['model'],
        own['estimated_prompt_tokens'],
        own['max_tokens'],
        own['tools'],
        own['vision'],
      ]).toEqual([
        row.at,
        row.model,
        String(row.estimatedPromptTokens),
        row.maxTokens === 0 ? '' : String(row.maxTokens),
        String(Number(tools)),
        String(Number(vision)),
      ])
    }
  })

  it('gives lengths back where they were recorded, draws the others and says how many', () => {
    const users = new Map(ofKind(written.rows, 'user_request').map((row) => [row.user, row]))
    const ended = new Map(ofKind(written.rows, 'ended').map((row) => [row.request, row]))
    let served = 0
    for (const [i, row] of ofKind(written.rows, 'arrived').entries()) {
      const own = day.rows[i]!
      const end = ended.get(row.request)!
      if (end.outcome !== 'served') continue
      served += 1
      expect(own['recorded']).toBe('served')
      expect(Number(own['prompt_tokens'])).toBe(users.get(row.user)!.promptTokens)
      expect(Number(own['output_tokens'])).toBe(end.completionTokens)
    }
    expect(day.report.endings.served).toBe(served)
    expect(day.report.drawn.outputs).toBe(day.rows.length - served)
    expect(day.report.assumed.join('\n')).toMatch(`${day.rows.length - served} requests have no answer`)
  })

  it('tells whether an answer streamed where the ledger shows it', () => {
    const users = new Map(ofKind(written.rows, 'user_request').map((row) => [row.user, row]))
    const refused = new Set(
      ofKind(written.rows, 'ended')
        .filter(({ outcome }) => outcome === 'rejected')
        .map(({ request }) => request),
    )
    const served = new Map(
      ofKind(written.rows, 'ended')
        .filter((row) => row.outcome === 'served' && row.completionTokens > 1)
        .map((row) => [row.request, row]),
    )
    for (const [i, row] of ofKind(written.rows, 'arrived').entries()) {
      if (refused.has(row.request) || served.has(row.request))
        expect(day.rows[i]!['stream']).toBe(String(Number(users.get(row.user)!.stream)))
    }
  })

  it('gives the Macs back with their hardware, and what was in memory at the start', async () => {
    const { scenario } = await replayOf(day, [])
    const original = (await loadedFrom(DAY)).scenario
    const about = ({ machines }: typeof scenario) =>
      machines.map(({ serial, chip, memoryBytes, resident, advertises }) => [
        serial,
        chip.name,
        memoryBytes,
        resident,
        advertises.map(({ build }) => build),
      ])
    expect(about(scenario)).toEqual(about(original))
    expect(scenario.aliases).toEqual(original.aliases)
    expect(scenario.duration).toBe(original.duration)
  })

  it('has the recorded figures of the day: outcomes, and times by hour and tier', async () => {
    const { recordedDay } = await replayOf(day, [])
    const ended = ofKind(written.rows, 'ended')
    const counts = new Map<string, number>()
    for (const { outcome, reason } of ended) {
      const name = outcome === 'rejected' ? reason : outcome
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    expect(new Map(recordedDay!.outcomes.map(({ outcome, requests }) => [outcome, requests]))).toEqual(counts)
    expect(counts.size).toBeGreaterThan(2)
    const tiers = new Set(recordedDay!.measures.map(({ tier }) => tier))
    expect([...tiers].toSorted()).toEqual(['Max', 'Ultra'])
  })

  it('is not moved by what stands beside it, nor by its order or its form', async () => {
    const turned = Object.fromEntries(
      Object.entries(written.tables).map(([name, text]) => {
        const [head, ...rows] = lines(text)
        return [name, [head, ...rows.toReversed()].join('\n')]
      }),
    )
    const documents = Object.fromEntries(
      Object.entries(written.tables).map(([name, text]) => [name, asDocuments(text)]),
    )
    for (const other of [turned, documents, { ...written.tables, 'candidates.csv': candidatesHead() }])
      expect((await imported(other)).files['day.json']).toBe(day.files['day.json'])
  })

  it('has a twin that runs on the same Macs, and is no replay', async () => {
    const twin = await loadScenario('twin.yaml', files(day.files))
    if (!twin.ok) throw new Error(JSON.stringify(twin.error))
    expect(twin.value.recordedDay).toBeUndefined()
    expect(twin.value.scenario.machines).toHaveLength(6)
    expect(twin.value.scenario.publicModels.toSorted()).toEqual(['gemma-4-26b', 'gpt-oss-20b'])
  })

  it('leaves out, counted, who was refused for a name that nothing stands for', async () => {
    const rejections = written.tables['request_rejections.csv']!
    const [head, first] = lines(rejections)
    const columns = head!.split(',')
    const cells = first!.split(',')
    cells[columns.indexOf('request_id')] = 'nobody'
    cells[columns.indexOf('requested_model')] = 'gpt-9'
    cells[columns.indexOf('resolved_model')] = ''
    cells[columns.indexOf('reason_code')] = 'model_not_found'
    const made = await imported({ ...written.tables, 'request_rejections.csv': `${rejections}${cells.join(',')}\n` })
    expect(made.report.left_out).toEqual([
      expect.objectContaining({
        reason: 'unknown_model',
        rows: 1,
        first: { file: 'request_rejections.csv', line: lines(rejections).length + 1 },
      }),
    ])
    for (const name of ['trace.csv', 'scenario.yaml', 'day.json']) expect(made.files[name]).toBe(day.files[name])
  })

  it('says what is missing when a table is', async () => {
    const { 'inference_routes.csv': routes } = written.tables
    const { report } = await imported({ 'inference_routes.csv': routes! })
    expect(report.assumed.join('\n')).toMatch(/request_rejections is not among the files/)
    expect(report.assumed.join('\n')).toMatch(/provider_capacity_samples is not among the files/)
    expect(report.arrivals.requests).toBeLessThan(day.report.arrivals.requests)
  })

  // Ten seeds, more settings and another world: test/slow/import.test.ts.
  it('replayed under the settings of the day is as near to it as one seed is to another', async () => {
    const replay = await replayOf(day, settingsOf(HIDDEN))
    const { score } = await distanceOf(replay, 2)
    const other = new SimulatedDay(replay.recordedDay!)
    await runOf(await loadedFrom(DAY), 'open', { seed: 2, rows: other.row })
    // Another seed brings other requests as well; the replay brings the same.
    expect(score).toBeLessThan(1.5 * other.distance().score)
  })

  it('finds a wrong setting by the score', async () => {
    const right = await scoreOf(day, HIDDEN)
    expect(await scoreOf(day, { ...HIDDEN, TTFT_HARD_REJECT: false })).toBeGreaterThan(2 * right)
    expect(await scoreOf(day, HIDDEN, 'pools-afe8135')).toBeGreaterThan(2 * right)
  })
})

describe('a recorded stream', () => {
  it('is the same whatever the seed', async () => {
    const text = 'arrival_s,prompt_tokens,output_tokens,model\n5,100,10,gpt-oss-20b\n7.5,200,20,gpt-oss-20b\n'
    const scenario = stringify({ ...DAY, demand: [{ recorded: { trace: 't.csv', time_zero: '4s' } }], coordinator: {} })
    const result = await loadScenario('s.yaml', files({ 's.yaml': scenario, 't.csv': text }))
    if (!result.ok) throw new Error(JSON.stringify(result.error))
    for (const seed of [1, 2]) {
      const rows: TraceRow[] = []
      await runOf(result.value, 'open', { seed, rows: (row) => void rows.push(row) })
      expect(
        ofKind(rows, 'user_request').map(({ at, promptTokens, outputTokens }) => [at, promptTokens, outputTokens]),
      ).toEqual([
        [1_000_000, 100, 10],
        [3_500_000, 200, 20],
      ])
    }
  })

  it('is refused with its place when it begins before time zero, or asks for what is not there', async () => {
    const text = 'arrival_s,prompt_tokens,output_tokens,model\n5,100,10,gpt-oss-20b\n7.5,200,20,gpt\n'
    const scenario = stringify({ ...DAY, demand: [{ recorded: { trace: 't.csv', time_zero: '6s' } }], coordinator: {} })
    const result = await loadScenario('s.yaml', files({ 's.yaml': scenario, 't.csv': text }))
    expect(result.ok ? [] : result.error.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'demand[0].recorded.time_zero: is later than 1 of the 2 requests of the trace',
      expect.stringMatching(/^demand\[0\]\.recorded\.trace: names `gpt`, which is no alias and no model/),
    ])
  })
})

describe('a ledger without its warm-up', () => {
  it('is read back as the requests that arrived after it, on Macs that are warm', async () => {
    const warmup = 120_000_000
    const { tables, rows } = await write(await loadedFrom({ ...DAY, duration: '5m', warmup: '2m' }), 1, warmup)
    const day = await imported(tables)
    const late = ofKind(rows, 'arrived').filter(({ at }) => at >= warmup)
    expect(day.rows.map((own) => Math.round((Number(own['arrival_s']) - 1_782_000_000) * 1e6))).toEqual(
      late.map(({ at }) => at),
    )
    expect(day.report.left_out).toEqual([])
    expect(day.files['scenario.yaml']).toMatch(/resident: \[.*gpt-oss-20b/)
    const replayed = await distanceOf(await replayOf(day, settingsOf(HIDDEN)), 1)
    expect(replayed.score).toBeLessThan(0.25)
  })
})
