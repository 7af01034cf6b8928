/**
 * Makes the summary a first visit shows: the headline comparison, every arm and seed of its scenario. Run it again when
 * a change of the simulator changes digests; the dashboard says so when a re-run of one of these runs disagrees.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { BadInputError } from '../../sim/base/result.ts'
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import type { JudgedDifference } from '../../sim/lab/estimates/verdict.ts'
import { runExperiment } from '../worker/experiment.ts'
import type { Summary, SummaryRun } from '../data/answer/summary.ts'

const SCENARIO = 'scenarios/headline/gpt-oss-vs-gemma.yaml'
const TARGET = 'ui/assets/headline.json'
/** Seeds whose series are kept; the rest count in the comparison. */
const SEEDS_WITH_SERIES = 3

const files = {
  read: async (path: string) => readFileSync(path, 'utf8'),
  resolve: (from: string, relative: string) => join(dirname(from), relative),
}

/** In how many seeds an arm was higher is told of goodput; of a hundred figures more it would be a twentieth of the file. */
function short([path, difference]: [string, JudgedDifference]): [string, JudgedDifference] {
  if (path.endsWith('.goodput')) return [path, difference]
  const { seeds: _, ...rest } = difference
  return [path, rest]
}

const signsOfGoodput = ({ differences }: CompareResult): CompareResult['differences'] =>
  Object.fromEntries(
    Object.entries(differences).map(([arm, figures]) => [arm, Object.fromEntries(Object.entries(figures).map(short))]),
  )

const runs: SummaryRun[] = []
const outcome = await runExperiment({ path: SCENARIO, policies: undefined, seeds: undefined, settings: [] }, files, {
  signal: new AbortController().signal,
  pause: async () => await setImmediate(),
  keepTrace: () => false,
  onProgress: ({ policy, seed, share }) =>
    void process.stderr.write(`\r${policy} seed ${seed} ${Math.round(share * 100)} %   `),
  onRun: ({ policy, seed, result, series }) => {
    // The richer series stand beside the result, whose own would double the size.
    const own = { ...result, series: { interval_s: result.series.interval_s } }
    runs.push({ policy, seed, result: own, series })
  },
})
if (!outcome.ok) throw new BadInputError(outcome.error)
const kept = new Set(outcome.value.compare.seeds.slice(0, SEEDS_WITH_SERIES))
const summary: Summary = {
  format: 'fleetlab.summary/1',
  path: SCENARIO,
  compare: { ...outcome.value.compare, differences: signsOfGoodput(outcome.value.compare) },
  runs: runs.map((run) => (kept.has(run.seed) ? run : { ...run, series: undefined })),
}
mkdirSync(dirname(TARGET), { recursive: true })
/** Six figures: far more than any chart or card shows. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value
writeFileSync(TARGET, `${JSON.stringify(summary, rounded)}\n`)
process.stderr.write(`\n${TARGET}: ${runs.length} runs\n`)
