/** Results that were opened as files are a comparison, if they are of one scenario and share seeds; of one policy: its figures. */
import { type CompareResult, compareArms } from '../../../sim/lab/compare/compare.ts'
import { type Deltas, DELTAS } from '../../../sim/lab/estimates/verdict.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'

/** undefined: they share no seed. The baseline is the first policy, if none is named; seeds that one of them lacks are left out. */
export function compareOfResults(
  results: readonly RunResult[],
  baseline?: string,
  deltas: Deltas = DELTAS,
): CompareResult | undefined {
  const [first] = results
  if (first === undefined) return undefined
  // By name: an arm with settings of its own has another digest.
  const same = results.filter((result) => result.scenario.name === first.scenario.name)
  const names = [...new Set(same.map((result) => result.policy.name))]
  const arms = names.map((name) => ({
    name,
    of: new Map(same.filter((result) => result.policy.name === name).map((run) => [run.seed, run])),
  }))
  const seeds = [...new Set(same.map((result) => result.seed))]
    .filter((seed) => arms.every((arm) => arm.of.has(seed)))
    .sort((a, b) => a - b)
  if (seeds.length === 0) return undefined
  const done = arms.map(({ name, of }) => ({
    name,
    runs: seeds.map((seed) => ({
      kind: 'done' as const,
      result: of.get(seed)!,
      samples: undefined,
      rowCounts: [],
      explanation: undefined,
    })),
  }))
  // Which requests both served, a result does not say.
  const isMixed = ({ of }: (typeof arms)[number]): boolean =>
    new Set([...of.values()].map(({ scenario }) => scenario.digest)).size > 1
  const aside = arms
    .filter(isMixed)
    .map(({ name }) => `runs of ${name} are of different scenarios of one name, so its seeds are not of one arm`)
  return { ...compareArms(done, baseline ?? first.policy.name, seeds, aside, { deltas, looks: 1 }), both_served: {} }
}
