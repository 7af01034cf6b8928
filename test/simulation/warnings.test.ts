/** Warnings of whole runs: each fires where it should, and a healthy fleet has none of Macs and refusals. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../sim/base/result.ts'
import { nodeFiles } from '../../sim/cli/files/files.ts'
import type { RunWarning } from '../../sim/metrics/result.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { loadedFrom, ROOT, runOf, SMALL } from './world.ts'

const OSS = ['gpt-oss-20b']
const max = { chip: 'M4 Max 40c', memory: '64GB' }
const [stream] = SMALL.demand
const asking = (model: string, arrivals: object = { poisson: '1/s' }) => [
  { ...stream, arrivals, mix: { [model]: '100%' } },
]
/** One model, resident everywhere, and what a test is about. */
const scenario = (more: object) => ({
  ...SMALL,
  duration: '2m',
  models: OSS,
  aliases: {},
  fleet: [{ count: 4, machine: max, advertises: OSS, resident: OSS }],
  demand: asking('gpt-oss-20b'),
  ...more,
})

async function warned(document: object, policy = 'open'): Promise<readonly RunWarning[]> {
  const { result } = await runOf(await loadedFrom(document), policy)
  expect(result.warnings).toEqual(result.warned.map(({ text }) => text))
  return result.warned
}
const textsOf = async (document: object, policy?: string): Promise<readonly string[]> =>
  (await warned(document, policy)).map(({ text }) => text)

describe('a run', () => {
  it('of a healthy fleet warns of nothing', async () => {
    expect(await warned(scenario({}))).toEqual([])
  })

  it('says that the decode floor shuts out slow Macs, which get their share without it', async () => {
    const slow = {
      count: 8,
      machine: { chip: 'M4 10c', memory: '32GB', os_memory: '5GB' },
      advertises: OSS,
      resident: OSS,
    }
    const quick = { count: 4, machine: { chip: 'M3 Ultra 80c', memory: '256GB' }, advertises: OSS, resident: OSS }
    const floor = (MIN_DECODE_TPS: number) =>
      scenario({
        fleet: [quick, slow],
        coordinator: { MIN_DECODE_TPS },
        demand: asking('gpt-oss-20b', { poisson: '3/s' }),
      })
    const [warning, ...others] = await warned(floor(15))
    expect(warning).toMatchObject({
      code: 'macs_without_requests',
      about: 'decode_floor gpt-oss-20b',
      look: 'coordinator.MIN_DECODE_TPS',
    })
    expect(warning?.text).toMatch(
      /^8 of 12 Macs never got a request \(mac-5, mac-6, mac-7 and 5 more\): for gpt-oss-20b they/,
    )
    expect(others).toEqual([])
    expect((await warned(floor(0))).map(({ about }) => about)).not.toContain('decode_floor gpt-oss-20b')
  })

  it('says whom trust keeps from every request', async () => {
    const fleet = [
      { count: 2, machine: max, advertises: OSS, resident: OSS },
      { id: 'doubtful', machine: max, advertises: OSS, trust: 'self_signed' },
    ]
    const texts = await textsOf(scenario({ fleet, demand: asking('gpt-oss-20b', { poisson: '0.5/s' }) }))
    expect(texts).toContainEqual(
      expect.stringMatching(/\(doubtful\): for gpt-oss-20b public requests need hardware trust; look at fleet trust/),
    )
  })

  it('says that a preset refuses everything on this hardware, and by which of its settings', async () => {
    const both = [...OSS, 'gemma-4-26b-qat-4bit']
    const shared = (preset: string) =>
      scenario({
        models: both,
        fleet: [{ count: 3, machine: max, advertises: both, resident: OSS }],
        demand: asking('gemma-4-26b-qat-4bit'),
        coordinator: { preset },
      })
    const [first, second] = await warned(shared('2026-08'))
    expect(first).toMatchObject({ code: 'everything_refused' })
    expect(first?.text).toContain('with coordinator.preset 2026-08')
    expect(second).toMatchObject({ code: 'model_always_refused', about: 'gemma-4-26b-qat-4bit' })
    expect(second?.look).toContain('coordinator.DEDICATED_MODELS (set by coordinator.preset 2026-08)')
    expect((await warned(shared('2026-06-20'))).map(({ code }) => code)).not.toContain('model_always_refused')
  })

  it('says that one model is always refused while another is served', async () => {
    const half = [{ ...stream, mix: { 'gpt-oss-20b': '50%', 'gemma-4-26b-qat-4bit': '50%' } }]
    const document = scenario({
      models: [...OSS, 'gemma-4-26b-qat-4bit'],
      demand: half,
      coordinator: { REJECT_MODELS: ['gemma-4-26b-qat-4bit'] },
    })
    const warnings = await warned(document)
    expect(warnings.map(({ code, about }) => [code, about])).toEqual([['model_always_refused', 'gemma-4-26b-qat-4bit']])
    expect(warnings[0]?.text).toMatch(/model_shed 100 %; .*; look at coordinator.REJECT_MODELS$/)
  })

  it('longer than its trace says that the trace wraps; one as long, or cut to it, does not', async () => {
    const trace = { trace: '../traces/azure_conv_2023.csv', load: 0.01 }
    const wraps = async (duration: string, more: object = {}, stretched: object = {}) =>
      (
        await textsOf(
          scenario({ duration, demand: [{ ...asking('gpt-oss-20b', { ...trace, ...stretched })[0], ...more }] }),
        )
      ).filter((text) => text.includes('wraps'))
    expect(await wraps('1h')).toEqual([
      'demand[0] replays azure_conv_2023.csv (58.4 min) for 60 min: the trace wraps and the same arrivals come again; ' +
        'look at duration, demand[0].until or demand[0].arrivals.trace',
    ])
    expect(await wraps('58m')).toEqual([])
    expect(await wraps('1h', { from: '5m', until: '1h' })).toEqual([])
    expect(await wraps('1h', {}, { stretch: true })).toEqual([])
  })

  it('shorter than a load says so', async () => {
    const cold = { fleet: [{ count: 1, machine: max, advertises: OSS }], mac: { load: { fixed: '40s' } } }
    const ask = (duration: string, warmup: string) => textsOf(scenario({ ...cold, duration, warmup }))
    expect((await ask('30s', '0s')).filter((text) => text.includes('shorter'))).toEqual([
      expect.stringMatching(
        /^the run \(30 s\) is shorter than a load: gpt-oss-20b .* look at duration or fleet resident$/,
      ),
    ])
    expect((await ask('5m', '10s')).filter((text) => text.includes('shorter'))).toEqual([
      expect.stringMatching(
        /^the warm-up \(10 s\) is shorter than a load: gpt-oss-20b took 4\d(\.\d)? s on mac-1; look at warmup/,
      ),
    ])
    expect((await ask('5m', '2m')).filter((text) => text.includes('shorter'))).toEqual([])
  })

  it('says once per model which residents do not fit', async () => {
    const fleet = [
      { count: 5, machine: { chip: 'M1 8c', memory: '8GB' }, advertises: OSS, resident: OSS },
      { count: 2, machine: max, advertises: OSS, resident: OSS },
    ]
    expect((await textsOf(scenario({ fleet }))).filter((text) => text.includes('fit'))).toContainEqual(
      'gpt-oss-20b does not fit mac-1, mac-2, mac-3 and 2 more; look at fleet resident or machine.memory',
    )
  })
})

describe('a shipped scenario', () => {
  it.each(['attacks/honest.yaml', 'rollout/alias-there-and-back.yaml', 'mac/two-models-one-gpu.yaml'])(
    '%s, in which all is well, warns of no Mac and no refusal',
    async (name) => {
      const found = await loadScenario(join(ROOT, 'scenarios', name), nodeFiles)
      if (!found.ok) throw new Error(found.error.map(formatProblem).join())
      const { result } = await runOf(found.value)
      expect(result.warned.filter(({ code }) => code !== 'trace_wraps')).toEqual([])
    },
  )

  it('with a Mac that lies itself out of the traffic names it, and why', async () => {
    const found = await loadScenario(join(ROOT, 'scenarios/attacks/counted-critical.yaml'), nodeFiles)
    if (!found.ok) throw new Error(found.error.map(formatProblem).join())
    const { result } = await runOf(found.value)
    expect(result.warnings).toEqual([
      '1 of 12 Macs never got a request (suspect): for gemma-4-26b-qat-4bit and gpt-oss-20b their thermal state was critical; ' +
        'look at fleet machine.chassis, ambient_c',
    ])
  })
})
