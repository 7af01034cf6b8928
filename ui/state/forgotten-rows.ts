/** Runs whose rows the worker let go: they can be brought again where a scenario makes them, in every dataset they are part of. */
import { traceName } from '../worker/protocol.ts'
import type { Dataset, LoadedRun } from './dashboard.ts'
import { lab, useDashboard } from './store.ts'

const forgotten = new Set<string>()

const isGone = ({ trace, digest }: LoadedRun): boolean =>
  trace === 'ready' && digest !== undefined && forgotten.has(traceName(digest))

/** What was said of a dataset before, as it is now. */
export function withoutForgotten(dataset: Dataset): Dataset {
  if (!dataset.runs.some(isGone)) return dataset
  const trace = dataset.path === undefined ? 'none' : 'on_demand'
  return { ...dataset, runs: dataset.runs.map((run) => (isGone(run) ? { ...run, trace } : run)) }
}

/** They are here again. */
export const remember = (digest: string): void => void forgotten.delete(traceName(digest))

export function followForgotten(): void {
  lab.onForgot = (runs) => {
    for (const run of runs) forgotten.add(run)
    useDashboard.setState(({ dataset }) => (dataset === undefined ? {} : { dataset: withoutForgotten(dataset) }))
  }
}
