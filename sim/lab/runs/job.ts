/**
 * One job, from plain data to plain data: load the scenario, apply the settings, find the policy, simulate. The same
 * code serves the main thread and every worker. A room keeps the scenarios it has loaded, because the many seeds of
 * one comparison share them and reading a trace takes longer than parsing all the rest.
 */
import { InvariantError } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import { BadInputError, type Result } from '../../base/result.ts'
import { loadScenario, type LoadedScenario, withFilesOf, withSettings } from '../../scenario/index.ts'
import { simulate } from '../../simulation.ts'
import type { MakeSha256 } from '../../base/sha256.ts'
import type { TraceRow } from '../../trace/row.ts'
import { policyOf } from '../policy/policy-parameters.ts'
import type { Explanation, Files, RunJob, JobOutcome, StateDocument } from './ports.ts'
import { rowCounter } from './row-count.ts'

export interface RunHooks {
  readonly subscribers?: readonly ((row: TraceRow) => void)[]
  readonly signal?: AbortSignal
  onProgress?(share: number): void
  /** Every decision about every request with its verdicts, as it is made. Changes nothing. */
  onNote?(note: Explanation[number]): void
  /** The coordinator's state at these instants, and what to do with them; none may lie after the scenario's duration. */
  readonly statesAt?: readonly Micros[]
  onStates?(states: readonly StateDocument[]): void
  /** Lets the thread attend to signals and screens now and then. */
  pause?(): Promise<void>
}

/** What a room may do with, where its host has it. */
export interface RoomOptions {
  /** See `SimulateOptions`. */
  readonly sha256?: MakeSha256
}

export interface JobRoom {
  /** Rejects only when the signal aborts. */
  run(job: RunJob, hooks: RunHooks): Promise<JobOutcome>
}

type Loaded = Result<LoadedScenario>

/** Scenarios that a room keeps: the runs of one follow each other, and a sweep has thousands. */
const KEPT = 16

/** A scenario with `path=value` settings applied. */
export async function loadWithSettings(path: string, settings: readonly string[], files: Files): Promise<Loaded> {
  const loaded = await loadScenario(path, files)
  if (!loaded.ok || settings.length === 0) return loaded
  const knowing = await withFilesOf(loaded.value, settings, files)
  return knowing.ok ? withSettings(knowing.value, settings) : knowing
}

export function jobRoom(files: Files, options: RoomOptions = {}): JobRoom {
  const scenarios = new Map<string, Promise<Loaded>>()

  function scenarioOf(job: RunJob): Promise<Loaded> {
    const key = JSON.stringify([job.scenario, job.settings])
    const known = scenarios.get(key)
    if (known !== undefined) return known
    const loading = loadWithSettings(job.scenario, job.settings, files)
    scenarios.set(key, loading)
    const [oldest] = scenarios.keys()
    if (scenarios.size > KEPT && oldest !== undefined) scenarios.delete(oldest)
    return loading
  }

  async function simulateJob(job: RunJob, hooks: RunHooks): Promise<JobOutcome> {
    const scenario = await scenarioOf(job)
    if (!scenario.ok) return { kind: 'bad_input', problems: scenario.error }
    const policy = policyOf(job.policy)
    if (!policy.ok) return { kind: 'bad_input', problems: policy.error }
    const rows = rowCounter(job.rows)
    const subscribers = [...(hooks.subscribers ?? []), ...(job.rows.length > 0 ? [rows.observe] : [])]
    const { subscribers: _, ...control } = hooks
    const { result, perRequest, explanation, states } = await simulate({
      scenario: scenario.value,
      policy: policy.value,
      policyName: job.policyName,
      seed: job.seed,
      verify: job.verify,
      subscribers,
      ...(job.explain === undefined ? {} : { explain: job.explain }),
      ...options,
      ...control,
    })
    hooks.onStates?.(states)
    return {
      kind: 'done',
      result,
      samples: job.wantsSamples ? perRequest : undefined,
      rowCounts: rows.counts(),
      explanation,
    }
  }

  return {
    async run(job, hooks) {
      try {
        return await simulateJob(job, hooks)
      } catch (error) {
        hooks.signal?.throwIfAborted()
        if (error instanceof BadInputError) return { kind: 'bad_input', problems: error.problems }
        if (error instanceof InvariantError) return { kind: 'bug', message: error.message }
        // Whatever else is thrown is a bug too; its stack is what the report needs.
        return { kind: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
      }
    },
  }
}
