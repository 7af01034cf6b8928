/** What the study keeps of one run: the figures that its tables are made of, and the digests that say which run it was. */
import { must } from '../../../sim/base/assert.ts'
import { BadInputError, type Result } from '../../../sim/base/result.ts'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { loadWithSettings } from '../../../sim/lab/runs/job.ts'
import type { CollapseOutcome } from '../../../sim/metrics/index.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import { canonicalDigest } from '../../../sim/scenario/reading/digest.ts'
import type { LoadedScenario } from '../../../sim/scenario/index.ts'
import { simulate } from '../../../sim/simulation.ts'
import { forgetting } from '../forgetting.ts'
import type { Cell } from './pools-design.ts'

/** GPT-OSS before Gemma: the order in which everybody speaks of them. */
export const MODELS = ['gpt-oss-20b', 'gemma-4-26b'] as const
export type Model = (typeof MODELS)[number]

export interface ModelRecord {
  readonly outcome: CollapseOutcome
  readonly onset_s: number | null
  readonly arrived: number
  readonly goodput: number
  readonly rate_429: number
  readonly uptime: number | null
  readonly decode_tps: number | null
  readonly ttft_p95_ms: number | null
  readonly retries: number
  readonly failed_over: number
  readonly lost_users: number
  readonly refused_beside_idle: number
  readonly waited_beside_idle_s: number
  readonly idle_capable_s: number
}

export interface RunRecord {
  readonly key: string
  readonly seed: number
  /** Of the scenario with the cell's settings, as far as runs depend on it. */
  readonly scenario: string
  /** Of the run's event stream. */
  readonly digest: string
  readonly loads: number
  readonly pool_moves: number
  readonly busy_share: number
  readonly models: { readonly [model in Model]: ModelRecord }
}

function got<T>(result: Result<T>): T {
  if (!result.ok) throw new BadInputError(result.error)
  return result.value
}

export const loadCell = async (cell: Cell): Promise<LoadedScenario> =>
  got(await loadWithSettings(cell.scenario, cell.settings, nodeFiles))

/** Of all that a run depends on: not of a scenario's words, its bounds, its arms and their seeds. */
export const digestOfCell = ({ scenario }: LoadedScenario): string =>
  canonicalDigest(
    { ...scenario, name: '', about: '', assumed: [], seed: 0, seeds: [], policies: [], expect: [] },
    new Map(),
  )

/** Six digits are more than any table shows. */
const short = (value: number): number => Number(value.toPrecision(6))
const shortOrNull = (value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : short(value)

function modelRecord(result: RunResult, model: Model): ModelRecord {
  const figures = must(result.models[model], `${model} is not in the run`)
  const upstream = must(result.upstream[model], `${model} is not upstream`)
  const collapse = must(result.collapse?.[model], `${model} has no outcome`)
  const fragmentation = must(result.fragmentation[model], `${model} has no fragmentation`)
  return {
    outcome: collapse.outcome,
    onset_s: collapse.onset_s,
    arrived: figures.requests.arrived,
    goodput: short(must(figures.goodput, 'nobody asked')),
    rate_429: short(must(figures.rate_429, 'nobody asked')),
    uptime: shortOrNull(upstream.uptime),
    decode_tps: shortOrNull(figures.decode_tps?.p50),
    ttft_p95_ms: shortOrNull(figures.ttft_ms?.p95),
    retries: upstream.retries,
    failed_over: upstream.failed_over,
    lost_users: upstream.lost,
    refused_beside_idle: fragmentation.rejected_while_idle,
    waited_beside_idle_s: short(fragmentation.waited_while_idle_s),
    idle_capable_s: short(fragmentation.idle_capable_s),
  }
}

export async function runCell(cell: Cell, seed: number, scenario: LoadedScenario): Promise<RunRecord> {
  const policy = must(findPolicy(cell.policy), `no policy ${cell.policy}`)
  const { result } = await simulate({
    scenario,
    policy: cell.forgets ? forgetting(policy) : policy,
    policyName: cell.policy,
    seed,
  })
  return {
    key: cell.key,
    seed,
    scenario: digestOfCell(scenario),
    digest: result.digest,
    loads: result.loads.count,
    pool_moves: result.pool_moves,
    busy_share: short(result.providers.busy_share),
    models: { 'gpt-oss-20b': modelRecord(result, MODELS[0]), 'gemma-4-26b': modelRecord(result, MODELS[1]) },
  }
}
