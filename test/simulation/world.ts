/** Runs scenarios given as text or as objects, without a disk. */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { formatProblem } from '../../sim/base/result.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import { findPolicy } from '../../sim/policy/index.ts'
import { type LoadedScenario, loadScenario } from '../../sim/scenario/index.ts'
import { type SimulateOptions, simulate, type Simulated } from '../../sim/simulation.ts'
import type { TraceRow } from '../../sim/trace/row.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

/** A small fleet under light load; tests change what they are about. */
export const SMALL = {
  name: 'small',
  duration: '5m',
  models: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
  aliases: { 'gemma-4-26b': { desired: 'gemma-4-26b-qat-4bit' } },
  fleet: [
    {
      count: 4,
      machine: { chip: 'M4 Max 40c', memory: '64GB' },
      advertises: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
    },
  ],
  demand: [
    {
      arrivals: { poisson: '1/s' },
      mix: { 'gpt-oss-20b': '83%', 'gemma-4-26b': '17%' },
      lengths: { prompt: { lognormal: { median: 500, sigma: 1 } }, output: { exponential: { mean: 100 } } },
      max_tokens: 512,
    },
  ],
}

/** Loads text; paths in it are relative to the repository's scenarios/headline. */
export async function loaded(text: string): Promise<LoadedScenario> {
  const path = join(ROOT, 'scenarios/headline/test.yaml')
  const result = await loadScenario(path, {
    read: async (file) => (file === path ? text : readFileSync(file, 'utf8')),
    resolve: (from, relative) => resolve(dirname(from), relative),
  })
  if (!result.ok) throw new Error(`${result.error.map(formatProblem).join('\n')}\n\n${text}`)
  return result.value
}

export const loadedFrom = (document: object): Promise<LoadedScenario> => loaded(stringify(document))

export async function runOf(
  scenario: LoadedScenario,
  policy = 'open',
  options: Partial<SimulateOptions> & { readonly rows?: (row: TraceRow) => void } = {},
): Promise<Simulated> {
  const { rows, ...rest } = options
  const found = findPolicy(policy)
  if (found === undefined) throw new Error(`no policy ${policy}`)
  return simulate({
    scenario,
    policy: found,
    policyName: policy,
    seed: 1,
    ...(rows === undefined ? {} : { subscribers: [rows] }),
    ...rest,
  })
}

const sum = (counts: { readonly [reason: string]: number }): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

/** Requests whose end is in the result; must equal `arrived`. */
export const accountedFor = ({ served, cancelled, in_flight, rejected, failed }: RunResult['requests']): number =>
  served + cancelled + in_flight + sum(rejected) + sum(failed)
