/** The same requests out of every log: times, lengths, endings, and nothing of any prompt. */
import { describe, expect, it } from 'vitest'
import { loaded as loadedFiles } from '../scenario/world.ts'
import { runOf } from '../simulation/world.ts'
import { NOON, REQUESTS, type Logged, SAMPLES, type SampleLog } from './samples.ts'
import { imported, refusal, summaryOf, utc, zone } from './world.ts'

/** What the log can tell of a request. */
function expected(log: SampleLog, requests: readonly Logged[] = REQUESTS) {
  const told = requests.filter(({ ending }) => log.name !== 'guidellm' || ending !== 'refused')
  const zero = log.calendar ? 0 : told[0]!.at
  return told.map(({ at, prompt, output, ending }) => ({
    at: Math.round((at - zero) / log.resolution_us) * log.resolution_us,
    prompt,
    output,
    ending: log.says === 'unknown' ? 'unknown' : log.endings.includes(ending) ? ending : 'served',
  }))
}

describe.each(SAMPLES)('a log of $name', (log) => {
  it('is told by its content and read exactly', async () => {
    const made = await imported(log.write(REQUESTS))
    expect(made.report.files[0]!.format).toBe(log.name)
    const rows = summaryOf(made)
    const wanted = expected(log)
    expect(rows.map(([at]) => at)).toEqual(wanted.map(({ at }) => at))
    for (const [i, [, prompt, output, ending]] of rows.entries()) {
      expect(ending).toBe(wanted[i]!.ending)
      const isWhole = ending === 'served' || ending === 'unknown'
      // A failure may have no count of its prompt, and has no answer: those are drawn.
      if (isWhole) expect([prompt, output]).toEqual([wanted[i]!.prompt, wanted[i]!.output])
      else expect(Math.min(prompt, output)).toBeGreaterThan(0)
    }
    expect(made.report.left_out).toEqual([])
  })

  it('gives nothing of a prompt away', async () => {
    const { files, report } = await imported(log.write(REQUESTS))
    for (const text of [...Object.values(files), JSON.stringify(report)]) expect(text).not.toContain('CANARY')
  })

  it('is read the same when it is named', async () => {
    const text = log.write(REQUESTS)
    expect((await imported(text, { as: log.name })).files['trace.csv']).toBe((await imported(text)).files['trace.csv'])
  })

  it('keeps the first token’s time where it is told', async () => {
    const { ttft_ms } = (await imported(log.write(REQUESTS))).report
    if (['fleetlab', 'azure', 'burstgpt', 'mooncake', 'qwen'].includes(log.name)) expect(ttft_ms.known).toBe(0)
    else expect([ttft_ms.p50, ttft_ms.max]).toEqual([250, 250])
  })
})

const spend = (rows: readonly string[]): string =>
  ['request_id,startTime,model,prompt_tokens,completion_tokens,status', ...rows].join('\n')

describe('what a log does not say', () => {
  it('is asked for: the zone of dates', async () => {
    const text = spend([
      '1,2026-06-21 12:00:00.5,gpt-oss-20b,100,20,success',
      '2,2026-06-21 12:00:09,gpt-oss-20b,1,2,success',
    ])
    expect(await refusal(text)).toMatch(/times have no zone; say which one with --zone/)
    expect(summaryOf(await imported(text, { time: { zone: utc } }))[0]![0]).toBe(NOON + 500_000)
    const berlin = await imported(text, { time: { zone: zone('+02:00') } })
    expect(summaryOf(berlin)[0]![0]).toBe(NOON + 500_000 - 2 * 3_600_000_000)
  })

  it('is asked for: the unit of numbers', async () => {
    const text = [
      '{"timestamp":0,"input_length":40,"output_length":4,"hash_ids":[1,2,3],"chat_id":1}',
      '{"timestamp":61,"input_length":40,"output_length":4,"hash_ids":[1,2,3],"chat_id":2}',
    ].join('\n')
    expect(await refusal(text)).toMatch(/unit cannot be told; say it with --unit/)
    expect(summaryOf(await imported(text, { time: { unit: 's' } }))[1]![0]).toBe(61_000_000)
  })

  it('is asked for: the clock of several files that count from a start of their own', async () => {
    const text = 'arrival_s,prompt_tokens,output_tokens\n0,1,2\n5,1,2\n'
    expect(await refusal({ a: text, b: text })).toMatch(/--clock relative/)
    const { rows } = await imported({ a: text, b: text }, { time: { clock: 'relative' } })
    expect(rows.map((row) => row['arrival_s'])).toEqual(['0.000000', '0.000000', '5.000000', '5.000000'])
  })

  it('is refused where the content says otherwise: a unit that puts the day into another age', async () => {
    const text = 'ts,in,out\n1782043200,10,20\n1782043205,10,20\n'
    const map = new Map([
      ['arrival' as const, 'ts'],
      ['prompt_tokens' as const, 'in'],
      ['output_tokens' as const, 'out'],
    ])
    expect(await refusal(text, { map, time: { unit: 'ms', clock: 'epoch' } })).toMatch(
      /another age; they may be --unit s/,
    )
    expect(summaryOf(await imported(text, { map }))[0]![0]).toBe(NOON)
  })

  it('tells null from 0, and 0 from a failure', async () => {
    const { rows, report } = await imported(
      spend([
        '1,2026-06-21T12:00:00Z,gpt-oss-20b,100,0,success',
        '2,2026-06-21T12:00:01Z,gpt-oss-20b,100,,success',
        '3,2026-06-21T12:00:02Z,gpt-oss-20b,0,0,failure',
        '4,2026-06-21T12:00:03Z,gpt-oss-20b,300,30,success',
      ]),
    )
    expect(rows.map((row) => row['recorded'])).toEqual(['served', 'served', 'failed', 'served'])
    expect(rows[0]!['output_tokens']).toBe('1')
    expect(report.drawn).toMatchObject({ zeros: 1, outputs: 2, prompts: 1 })
    expect(report.prompt_tokens.known).toBe(3)
    expect(report.output_tokens.known).toBe(2)
  })

  it('leaves out what the proxy answered itself, counted', async () => {
    const text = spend(['1,2026-06-21T12:00:00Z,m,100,20,success'])
      .replace('status\n', 'status,cache_hit\n')
      .replace('success', 'success,True')
    const more = `${text}\n2,2026-06-21T12:00:01Z,m,100,20,success,False\n`
    const { report } = await imported(more)
    expect(report.left_out).toEqual([{ reason: 'proxy_cache', rows: 1, first: { file: 'log', line: 2 } }])
    expect(report.arrivals.requests).toBe(1)
    expect(await refusal(more, { strict: true })).toBe(
      "log:2 1 row answered from the proxy's own cache, which no machine saw; --strict leaves nothing out",
    )
  })
})

describe('names', () => {
  it('are mapped by --model, and one that the log does not have is refused', async () => {
    const text = SAMPLES.find(({ name }) => name === 'openrouter')!.write(REQUESTS)
    expect((await imported(text)).report.missing[0]).toMatch(/openai\/gpt-oss-20b is no model of the catalog/)
    const { files, report } = await imported(text, { models: { 'openai/gpt-oss-20b': 'gpt-oss-20b' } })
    expect(report.models).toEqual([{ name: 'gpt-oss-20b', requests: 6, inCatalog: true }])
    expect(files['demand.yaml']).toContain('models: [gpt-oss-20b]')
    expect(await refusal(text, { models: { gpt: 'gpt-oss-20b' } })).toMatch(
      /--model gpt=gpt-oss-20b: the log names no such model/,
    )
  })
})

describe('a demand', () => {
  it('is every request once, as the log has it', async () => {
    const count = 200
    const rows = Array.from({ length: count }, (_, i) => ({ ...REQUESTS[0]!, at: NOON + i * 400_000, prompt: 50 + i }))
    for (const name of ['azure', 'mooncake', 'openrouter']) {
      const text = SAMPLES.find((log) => log.name === name)!.write(rows)
      const { files } = await imported(
        text,
        name === 'openrouter' ? { models: { 'openai/gpt-oss-20b': 'gpt-oss-20b' } } : {},
      )
      const scenario = await loadedFiles(
        'extends: demand.yaml\nfleet:\n  - {count: 9, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}\n',
        files,
      )
      const prompts: number[] = []
      await runOf(scenario, 'open', {
        rows: (row) => {
          if (row.kind === 'user_request') prompts.push(row.promptTokens)
        },
      })
      expect(prompts).toEqual(rows.map(({ prompt }) => prompt))
    }
  })
})

describe('requests without a name among others', () => {
  it('are taken as for the most common model, and said', async () => {
    const { files, report } = await imported(
      spend([
        '1,2026-06-21T12:00:00Z,gpt-oss-20b,100,10,success',
        '2,2026-06-21T12:00:01Z,,100,10,success',
        '3,2026-06-21T12:00:02Z,gpt-oss-20b,300,30,success',
      ]),
    )
    expect(report.assumed.join('\n')).toMatch(/1 request has no model: taken as for gpt-oss-20b/)
    const text =
      'extends: demand.yaml\nfleet:\n  - {count: 1, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}\n'
    const { scenario } = await loadedFiles(text, files)
    const [stream] = scenario.demand
    expect('requests' in stream! && stream.requests.map(({ model }) => model)).toEqual(Array(3).fill('gpt-oss-20b'))
  })
})

describe('what is no log of requests', () => {
  it('is refused with what it is', async () => {
    expect(await refusal('# TYPE vllm:time_to_first_token_seconds histogram\nvllm:x_bucket{le="0.1"} 3\n')).toMatch(
      /metrics/,
    )
    expect(await refusal('model_list:\n  - model_name: gpt\n')).toMatch(/configuration of LiteLLM/)
    expect(await refusal('OLLAMA_KEEP_ALIVE=5m\n')).toMatch(/settings of an environment/)
    expect(await refusal('{"completed": 3, "request_throughput": 2.5, "input_lens": [1], "output_lens": [2]}')).toMatch(
      /--save-detailed/,
    )
    expect(await refusal('{"completed": 3, "request_throughput": 2.5}')).toMatch(/--save-detailed/)
    expect(await refusal('a,b\n1,2\n')).toMatch(/its columns are a, b.*--as.*--map a=arrival/)
    expect(await refusal('')).toBe('log is empty')
    expect(await refusal('{"a": [1, 2\n"CANARY')).toBe('log is no whole JSON document: cut off, or broken')
  })
})

describe('prefix hashes', () => {
  it('become hits: leading blocks that were there before', async () => {
    const { report } = await imported(
      [
        { timestamp: 0, input_length: 1_024, output_length: 5, hash_ids: [1, 2] },
        { timestamp: 10, input_length: 1_400, output_length: 5, hash_ids: [1, 2, 3] },
        { timestamp: 20, input_length: 600, output_length: 5, hash_ids: [9, 2] },
        { timestamp: 30, input_length: 700, output_length: 5, hash_ids: [1, 4] },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    )
    expect(report.prefix).toEqual({ hit_rate: 0.5, shared: (1_024 / 1_400 + 512 / 700) / 2 })
  })
})
