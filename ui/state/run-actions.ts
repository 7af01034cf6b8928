/** Running: an experiment from the draft, or one more run whose trace somebody wants to look into. */
import { formatProblem } from '../../sim/base/result.ts'
import type { ExperimentAnswer, LabEvent } from '../worker/protocol.ts'
import { traceName } from '../worker/protocol.ts'
import type { LongCall } from '../worker/lab-client.ts'
import {
  type Dataset,
  type LoadedRun,
  nextDatasetId,
  NOTHING_SELECTED,
  runId,
  type ViewSelection,
} from './dashboard.ts'
import { changeDraft } from './draft-actions.ts'
import { textsOfDraft } from './links.ts'
import { keepRuns } from './run-history.ts'
import { remember } from './forgotten-rows.ts'
import { noteSpeed } from './run-speed.ts'
import { fail, notify, setPlayback } from './selection-actions.ts'
import { lab, useDashboard } from './store.ts'

const { getState, setState } = useDashboard

let current: LongCall<ExperimentAnswer> | undefined
/** Between the press and the call: what the runs are made of is packed for their address. */
let starting = false

/** Another dataset may have been opened meanwhile: what was running does not belong to it. */
function changeDataset(id: number, change: (dataset: Dataset) => Dataset): void {
  setState(({ dataset }) => (dataset?.id === id ? { dataset: change(dataset) } : {}))
}

/** Replaces the run of this id, or adds it. */
function putRun(into: number, run: LoadedRun): void {
  changeDataset(into, (dataset) => {
    const known = dataset.runs.some(({ id }) => id === run.id)
    const runs = known ? dataset.runs.map((each) => (each.id === run.id ? run : each)) : [...dataset.runs, run]
    return { ...dataset, runs }
  })
}

function hear(into: number, event: LabEvent): void {
  if (event.kind === 'share') return
  if (event.kind === 'compare') return changeDataset(into, (dataset) => ({ ...dataset, compare: event.compare }))
  if (event.kind === 'progress') {
    const { policy, seed, share, total, series, live, names } = event.progress
    setState({ running: { share: total, label: `${policy}, seed ${seed}`, cancellable: true } })
    const trace = 'loading'
    putRun(into, {
      id: runId(policy, seed),
      policy,
      seed,
      series,
      share,
      trace,
      result: undefined,
      names,
      live: live === undefined ? undefined : { rows: live, share },
      digest: undefined,
    })
    return
  }
  const { policy, seed, result, series, names, hasTrace } = event.run
  const trace = hasTrace ? 'ready' : 'on_demand'
  if (hasTrace) remember(result.digest)
  putRun(into, { id: runId(policy, seed), policy, seed, result, series, names, digest: result.digest, share: 1, trace })
}

/** `keep`: what a link selects in the runs that are to be made. */
export async function runDraft(keep: ViewSelection = NOTHING_SELECTED, at_s = 0): Promise<void> {
  const { draft } = getState()
  if (draft === undefined || draft.facts === undefined || current !== undefined || starting) return
  const { path, text, policies, seeds, facts, edited } = draft
  const beside = { ...draft.beside, ...draft.own }
  const id = nextDatasetId()
  setState({ running: { share: 0, label: 'starting', cancellable: true }, notice: undefined })
  starting = true
  const texts = await textsOfDraft(draft, { run: true })
  starting = false
  const recipe = { policies, seeds, edited, ...texts, draft: texts.tooLong === undefined ? undefined : draft }
  // What is finished gives way only when there is something to see: a seed list or a policy may yet be refused.
  let begun = false
  const begin = (): void => {
    if (begun) return
    begun = true
    const arms = policies ?? facts.arms
    const source = { text, beside }
    const shown = { id, kind: 'simulated', scenario: facts.name, facts, source, arms, path, recipe } as const
    const view = getState().view === 'run' ? 'answer' : getState().view
    setState({ dataset: { ...shown, runs: [], compare: undefined }, selection: keep, view })
    setPlayback({ at_s, playing: false })
  }
  const request = { path, policies, seeds: undefined, settings: [] }
  current = lab.long<'experiment'>(
    { op: 'experiment', request, texts: { ...beside, [path]: text }, seedList: seeds, traces: 'first-seed' },
    (event) => {
      begin()
      hear(id, event)
    },
  )
  try {
    const answer = await current.finished
    if (answer.kind === 'done') {
      changeDataset(id, (dataset) => ({ ...dataset, compare: answer.compare }))
      const { dataset } = getState()
      if (dataset?.id === id) void keepRuns(dataset)
    }
    if (answer.kind === 'bad_input') {
      changeDraft({ problems: answer.problems })
      notify({ tone: 'error', text: answer.problems.map(formatProblem).join('\n') })
    }
    if (answer.kind === 'cancelled') {
      // A half-run's figures would be taken for a run's.
      changeDataset(id, (dataset) => ({ ...dataset, runs: dataset.runs.filter((run) => run.share === 1) }))
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

/** What is opened next must not be mixed with what still runs. */
export async function stopRun(): Promise<void> {
  current?.cancel()
  await current?.finished.catch(() => {})
}

/** One after the other: the lab has one worker. Ends with the first that is cancelled. */
export async function bringAllTraces(): Promise<void> {
  const id = getState().dataset?.id
  for (;;) {
    const { dataset } = getState()
    const next = dataset?.id === id ? dataset?.runs.find(({ trace }) => trace === 'on_demand') : undefined
    if (next === undefined) return
    await bringTrace(next)
    if (getState().dataset?.runs.find((run) => run.id === next.id)?.trace !== 'ready') return
  }
}

/** Runs one run of the dataset again to have its trace; the same bytes, or a notice that they differ. */
export async function bringTrace(run: LoadedRun): Promise<void> {
  const { dataset } = getState()
  if (run.trace !== 'on_demand' || current !== undefined || dataset?.path === undefined) return
  const { path, id } = dataset
  putRun(id, { ...run, trace: 'loading' })
  setState({ running: { share: 0, label: `trace of ${run.policy}, seed ${run.seed}`, cancellable: true } })
  const { source } = dataset
  const texts = source === undefined ? {} : { ...source.beside, [path]: source.text }
  const request = { path, policies: [run.policy], seeds: [run.seed], settings: [] }
  let brought: LoadedRun = { ...run, trace: 'on_demand' }
  const begun = performance.now()
  current = lab.long<'experiment'>({ op: 'experiment', request, texts, seedList: '', traces: 'all' }, (event) => {
    if (event.kind === 'progress') {
      const { share, live, names } = event.progress
      setState({ running: { share, label: `trace of ${run.policy}, seed ${run.seed}`, cancellable: true } })
      // Its rows are seen as they are made.
      const rows = live === undefined ? undefined : { rows: live, share }
      putRun(id, { ...run, trace: 'loading', live: rows, names: names ?? run.names })
    } else if (event.kind === 'run') {
      const { result, series, names } = event.run
      remember(result.digest)
      noteSpeed(result.events, performance.now() - begun)
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
    putRun(id, brought)
    setState({ running: undefined })
  }
}
