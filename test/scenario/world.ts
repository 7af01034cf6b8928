/** A small good scenario and a file system of a few texts, for tests of loading. */
import type { Files, LoadedScenario } from '../../sim/scenario/index.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { formatProblem } from '../../sim/base/result.ts'

export const TRACE = 'arrival_s,prompt_tokens,output_tokens\n0.000000,100,10\n1.500000,200,20\n3.000000,300,30\n'

export const GOOD = `name: small
duration: 10m
warmup: 1m
models: [gpt-oss-20b, gemma-4-26b-qat-4bit]
aliases:
  gemma: {desired: gemma-4-26b-qat-4bit}
fleet:
  - count: 2
    machine: {chip: M4 Max 40c, memory: 64GB}
    advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]
demand:
  - arrivals: {poisson: 6/s}
    mix: {gpt-oss-20b: 80%, gemma: 20%}
    lengths: {prompt: 500, output: 100}
`

/** Files of a flat folder; paths resolve as on a disk that has no other folders. */
export function files(texts: { readonly [path: string]: string }): Files {
  return {
    read: async (path) => texts[path],
    resolve: (_, relative) => relative.replace(/^\.\//, ''),
  }
}

const load = (text: string, more: { readonly [path: string]: string } = {}) =>
  loadScenario('s.yaml', files({ 's.yaml': text, 't.csv': TRACE, ...more }))

export async function loaded(text: string, more: { readonly [path: string]: string } = {}): Promise<LoadedScenario> {
  const result = await load(text, more)
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'))
  return result.value
}

/** The messages of a bad scenario, as a user sees them. */
export async function problems(
  text: string,
  more: { readonly [path: string]: string } = {},
): Promise<readonly string[]> {
  const result = await load(text, more)
  return result.ok ? [] : result.error.map(formatProblem)
}
