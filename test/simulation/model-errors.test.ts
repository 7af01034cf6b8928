/** Macs that are not what the model takes them for: drawn by seed and class, the same for every arm, in every layer of a Mac. */
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { CALIBRATED_ERRORS, MODEL_ERRORS } from '../../sim/catalog/model-error.ts'
import { runCompare } from '../../sim/lab/compare/experiment.ts'
import { serialRunner } from '../../sim/lab/runs/serial-runner.ts'
import { findPolicy } from '../../sim/policy/index.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { loadedFrom, runOf, SMALL } from './world.ts'

const ERRORS = { physics: { error: 'calibrated' } }
const TWO_CLASSES = [
  SMALL.fleet[0]!,
  { ...SMALL.fleet[0]!, count: 1, machine: { chip: 'M4 Max 40c', memory: '128GB' } },
  { ...SMALL.fleet[0]!, count: 2 },
]

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** When what began and ended, and how far off its only class of Macs was taken to be. */
async function spans(document: object, seed: number) {
  const at = new Map<string, number>()
  const rows = (row: TraceRow): void => {
    if (row.kind === 'load_started' || row.kind === 'load_ended' || row.kind === 'first_token') at.set(row.kind, row.at)
  }
  const { result } = await runOf(await loadedFrom(document), 'open', { seed, rows })
  return { at, error: Object.values(result.meta.model_error ?? {})[0] }
}

async function drawn(document: object, seed = 1, policy = 'open') {
  const { result } = await runOf(await loadedFrom(document), policy, { seed })
  return result.meta.model_error
}

describe('errors of the model', () => {
  it('are drawn by class, chip and memory, one of the residuals each', async () => {
    const errors = (await drawn({ ...SMALL, ...ERRORS, duration: '5s', fleet: TWO_CLASSES }))!
    expect(Object.keys(errors)).toEqual(['M4 Max 40c 64GB', 'M4 Max 40c 128GB'])
    for (const each of Object.values(errors)) {
      for (const error of MODEL_ERRORS) expect(CALIBRATED_ERRORS[error]).toContain(each[error])
    }
    expect(errors['M4 Max 40c 64GB']).not.toEqual(errors['M4 Max 40c 128GB'])
  })

  it('are the same whatever the policy, its slots, the demand and the other classes of the fleet', async () => {
    const document = { ...SMALL, ...ERRORS, duration: '10s' }
    const base = await drawn(document, 3)
    expect(await drawn(document, 3, 'pools-afe8135')).toEqual(base)
    expect(await drawn({ ...document, fleet: SMALL.fleet.map((mac) => ({ ...mac, max_model_slots: 1 })) }, 3)).toEqual(
      base,
    )
    expect(await drawn({ ...document, duration: '2s' }, 3)).toEqual(base)
    const more = await drawn({ ...document, fleet: TWO_CLASSES.toReversed() }, 3)
    expect(more!['M4 Max 40c 64GB']).toEqual(base!['M4 Max 40c 64GB'])
  })

  it('differ from seed to seed, over time as often as the residuals have them', async () => {
    const short = await loadedFrom({ ...SMALL, ...ERRORS, duration: '1s' })
    const seeds = Array.from({ length: 60 }, (_, seed) => seed)
    const all = await Promise.all(seeds.map(async (seed) => (await runOf(short, 'open', { seed })).result))
    const decode = all.map(({ meta }) => Object.values(meta.model_error!)[0]!.decode)
    expect(new Set(decode).size).toBeGreaterThan(25)
    expect(Math.abs(mean(decode) - mean(CALIBRATED_ERRORS.decode))).toBeLessThan(0.05)
  })

  it('change nothing when there are none: no draw, no factor, the same digest', async () => {
    const short = { ...SMALL, duration: '1m' }
    const plain = await runOf(await loadedFrom(short))
    const none = await runOf(await loadedFrom({ ...short, physics: { error: 'none' } }))
    expect(none.result.digest).toBe(plain.result.digest)
    expect('model_error' in none.result.meta).toBe(false)
    const errors = await runOf(await loadedFrom({ ...SMALL, ...ERRORS, duration: '1m' }))
    expect(errors.result.digest).not.toBe(plain.result.digest)
    expect((await runOf(await loadedFrom({ ...SMALL, ...ERRORS, duration: '1m' }))).result.digest).toBe(
      errors.result.digest,
    )
  })

  it('slow a Mac’s loads by the factor of its class and its decoding by that', async () => {
    const alone = {
      ...SMALL,
      duration: '2m',
      fleet: [{ ...SMALL.fleet[0]!, count: 1 }],
      demand: [{ requests: [{ at: '1s', model: 'gpt-oss-20b', prompt: 200, output: 400 }] }],
    }
    const seed = 5
    const plain = await spans(alone, seed)
    const off = await spans({ ...alone, ...ERRORS }, seed)
    const span = ({ at }: typeof plain, from: string, to: string): number => at.get(to)! - at.get(from)!
    expect([...plain.at.keys()].length).toBeGreaterThanOrEqual(3)
    const load = span(off, 'load_started', 'load_ended') / span(plain, 'load_started', 'load_ended')
    expect(Math.abs(load / off.error!.load - 1)).toBeLessThan(0.01)
  })
})

async function compared(document: object, metric: string) {
  const files = { read: async () => stringify(document), resolve: (_from: string, relative: string) => relative }
  const shown: string[] = []
  const request = {
    scenario: 'small.yaml',
    settings: [],
    policies: undefined,
    seeds: [1, 2, 3, 4, 5],
    verify: false,
    baseline: undefined,
  }
  const ports = {
    files,
    runner: serialRunner(files, async () => {}),
    resolvePolicy: async (name: string) =>
      ({ ok: true, value: { kind: 'builtin', name: findPolicy(name)!.name } }) as const,
  }
  const result = await runCompare(request, ports, {
    signal: new AbortController().signal,
    onProgress: () => {},
    onDone: (job, { result: { digest, meta } }) =>
      shown.push(`${job.policyName} ${job.seed} ${digest.slice(0, 8)} ${JSON.stringify(meta.model_error)}`),
  })
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  const { differences, model_error } = result.value
  return {
    shown: shown.toSorted(),
    difference: differences['one-slot']![metric]!,
    part: model_error?.['one-slot']?.[metric],
  }
}

describe('a comparison with errors', () => {
  const ARMS = { duration: '40s', policies: ['open', { policy: 'open', set: { max_model_slots: 1 }, as: 'one-slot' }] }
  const METRIC = 'models["gpt-oss-20b"].goodput'

  it('plays every seed without them as well, which nobody is shown, and splits every difference', async () => {
    const plain = await compared({ ...SMALL, ...ARMS }, METRIC)
    const split = await compared({ ...SMALL, ...ARMS, ...ERRORS }, METRIC)
    expect(plain.part).toBe(undefined)
    expect(split.part!.seeds).toEqual({
      mean: plain.difference.mean,
      ci95: plain.difference.ci95,
      n: 5,
    })
    expect(split.part!.model.mean).toBeCloseTo(split.difference.mean! - plain.difference.mean!, 6)
    expect(split.part!.model.mean).not.toBe(0)
    expect(split.shown.length).toBe(10)
    // Arms on a seed share their draw.
    const drawsOf = (arm: string) =>
      split.shown.filter((line) => line.startsWith(`${arm} `)).map((line) => line.slice(line.indexOf('{')))
    expect(drawsOf('open')).toEqual(drawsOf('one-slot'))
    expect(new Set(drawsOf('open')).size).toBe(5)
  })
})
