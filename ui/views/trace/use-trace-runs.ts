/** Which runs the trace shows: the chosen arm's on the chosen seed, and the one it is held against on the same seed. */
import {
  type Dataset,
  type LoadedRun,
  baselineOf,
  type DashboardState,
  rowsOf,
  selectedRun,
} from '../../state/dashboard.ts'
import { useDashboard } from '../../state/store.ts'

export interface TraceRuns {
  readonly chosen: LoadedRun
  /** undefined: the chosen one is alone, or is the baseline itself. */
  readonly base: LoadedRun | undefined
}

const ofArm = (dataset: Dataset | undefined, policy: string | undefined, seed: number): LoadedRun | undefined =>
  dataset?.runs.find((run) => run.policy === policy && run.seed === seed)

/** The run under way, so that it is seen growing; else what was chosen; else the first arm beside the baseline. */
function chosenRun(state: DashboardState): LoadedRun | undefined {
  const { dataset, selection } = state
  if (dataset === undefined) return undefined
  if (selection.policy !== undefined || selection.seed !== undefined) return selectedRun(state)
  const underWay = dataset.runs.find(({ live }) => live !== undefined)
  if (underWay !== undefined) return underWay
  const base = baselineOf(dataset)
  const others = dataset.runs.filter(({ policy }) => policy !== base)
  return others.find((run) => rowsOf(run) !== undefined) ?? others[0] ?? dataset.runs[0]
}

export function traceRuns(state: DashboardState): TraceRuns | undefined {
  const chosen = chosenRun(state)
  if (chosen === undefined) return undefined
  const { dataset, selection } = state
  const beside = selection.beside ?? (dataset === undefined ? undefined : baselineOf(dataset))
  return { chosen, base: beside === chosen.policy ? undefined : ofArm(dataset, beside, chosen.seed) }
}

export function useTraceRuns(): TraceRuns | undefined {
  const chosen = useDashboard((state) => traceRuns(state)?.chosen)
  const base = useDashboard((state) => traceRuns(state)?.base)
  return chosen === undefined ? undefined : { chosen, base }
}
