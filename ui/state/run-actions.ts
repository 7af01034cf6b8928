/** Running: an experiment from the draft, or one more run whose trace somebody wants to look into. */
import { formatProblem } from '../../sim/base/result.ts'
import type { LabEvent } from '../worker/protocol.ts'
import { traceName } from '../worker/protocol.ts'
import type { RunningExperiment } from '../worker/lab-client.ts'
import { type Dataset, type LoadedRun, NOTHING_SELECTED, runId } from './dashboard.ts'
import { changeDraft } from './draft-actions.ts'
import { fail, notify, setPlayback } from './selection-actions.ts'
import { lab, useDashboard } from './store.ts'

const { getState, setState } = useDashboard

let current: RunningExperiment | undefined

function changeDataset(change: (dataset: Dataset) => Dataset): void {
  setState(({ dataset }) => (dataset === undefined ? {} : { dataset: change(dataset) }))
}

/** Replaces the run of this id, or adds it. */
function putRun(run: LoadedRun): void {
  changeDataset((dataset) => {
    const known = dataset.runs.some(({ id }) => id === run.id)
    const runs = known ? dataset.runs.map((each) => (each.id === run.id ? run : each)) : [...dataset.runs, run]
    return { ...dataset, runs }
  })
}

function hear(event: LabEvent): void {
  if (event.kind === 'progress') {
    const { policy, seed, share, total, series } = event.progress
    setState({ running: { share: total, label: `${policy}, seed ${seed}` } })
    const trace = 'loading'
    putRun({
      id: runId(policy, seed),
      policy,
      seed,
      series,
      share,
      trace,
      result: undefined,
      names: undefined,
      digest: undefined,
    })
    return
  }
  const { policy, seed, result, series, names, hasTrace } = event.run
  const trace = hasTrace ? 'ready' : 'on_demand'
  putRun({ id: runId(policy, seed), policy, seed, result, series, names, digest: result.digest, share: 1, trace })
}

export async function runDraft(): Promise<void> {
  const { draft } = getState()
  if (draft === undefined || draft.facts === undefined || current !== undefined) return
  const { path, text, policies, seeds, facts } = draft
  setState({
    dataset: { kind: 'simulated', scenario: facts.name, path, runs: [], compare: undefined },
    selection: NOTHING_SELECTED,
    running: { share: 0, label: 'starting' },
    notice: undefined,
  })
  setPlayback({ at_s: 0, playing: false })
  const request = { path, policies, seeds: undefined, settings: [] }
  current = lab.experiment(
    { op: 'experiment', request, texts: { [path]: text }, seedList: seeds, traces: 'first-seed' },
    hear,
  )
  try {
    const answer = await current.finished
    if (answer.kind === 'done') changeDataset((dataset) => ({ ...dataset, compare: answer.compare }))
    if (answer.kind === 'bad_input') {
      changeDraft({ problems: answer.problems })
      notify({ tone: 'error', text: answer.problems.map(formatProblem).join('\n') })
    }
    if (answer.kind === 'cancelled') {
      // A half-run's figures would be taken for a run's.
      changeDataset((dataset) => ({ ...dataset, runs: dataset.runs.filter((run) => run.share === 1) }))
      notify({ tone: 'info', text: 'Cancelled. Finished runs are kept.' })
    }
  } catch (error) {
    fail(error)
  } finally {
    current = undefined
    setState({ running: undefined })
  }
}

export const cancelRun = (): void => current?.cancel()

/** Runs one run of the dataset again to have its trace; the same bytes, or a notice that they differ. */
export async function bringTrace(run: LoadedRun): Promise<void> {
  const { dataset, draft } = getState()
  if (run.trace !== 'on_demand' || current !== undefined || dataset?.path === undefined) return
  const { path } = dataset
  putRun({ ...run, trace: 'loading' })
  setState({ running: { share: 0, label: `trace of ${run.policy}, seed ${run.seed}` } })
  const texts = draft?.path === path && dataset.kind === 'simulated' ? { [path]: draft.text } : {}
  const request = { path, policies: [run.policy], seeds: [run.seed], settings: [] }
  let brought: LoadedRun = { ...run, trace: 'on_demand' }
  current = lab.experiment({ op: 'experiment', request, texts, seedList: '', traces: 'all' }, (event) => {
    if (event.kind === 'progress')
      setState({ running: { share: event.progress.share, label: `trace of ${run.policy}, seed ${run.seed}` } })
    else {
      const { result, series, names } = event.run
      brought = { ...run, result, series, names, digest: traceName(result.digest), trace: 'ready' }
      if (run.digest !== undefined && run.digest !== result.digest)
        notify({
          tone: 'info',
          text: 'This run was made by another version of the simulator; its trace is of today’s.',
        })
    }
  })
  try {
    const answer = await current.finished
    if (answer.kind === 'bad_input') notify({ tone: 'error', text: answer.problems.map(formatProblem).join('\n') })
  } catch (error) {
    fail(error)
  } finally {
    current = undefined
    putRun(brought)
    setState({ running: undefined })
  }
}
