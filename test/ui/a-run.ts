/** A scenario run in Node as the page's worker runs it, for tests of what screens ask of a trace. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { traceIndex, type TraceIndex } from '../../ui/data/trace/trace-index.ts'
import { type FinishedRun, runExperiment } from '../../ui/worker/experiment.ts'

const ROOT = join(import.meta.dirname, '../..')

export interface ARun extends FinishedRun {
  readonly index: TraceIndex
}

export async function aRun(scenario: string, policy: string, settings: readonly string[] = []): Promise<ARun> {
  const files = {
    read: async (path: string) => readFileSync(path, 'utf8'),
    resolve: (from: string, to: string) => join(from, '..', to),
  }
  const request = { path: join(ROOT, scenario), policies: [policy], seeds: [1], settings }
  const runs: FinishedRun[] = []
  const outcome = await runExperiment(request, files, {
    signal: new AbortController().signal,
    pause: async () => {},
    keepTrace: () => true,
    onProgress() {},
    onRun: (run) => void runs.push(run),
  })
  if (!outcome.ok) throw new Error(`${scenario} does not run`)
  const run = runs[0]
  return { ...run, index: traceIndex(run.trace!, run.names, run.facts) }
}
