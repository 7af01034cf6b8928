/** Another baseline for what is shown: one of its own arms, or an arm of runs that the history kept, such as before an edit. */
import type { RunResult } from '../../sim/metrics/result.ts'
import { seriesOfResult } from '../data/answer/result-series.ts'
import { compared } from './compared.ts'
import { armsOf, type Dataset, type LoadedRun, nextDatasetId, runId, selectedRun } from './dashboard.ts'
import { type KeptHead, keptRuns } from './run-history.ts'
import { fail, notify } from './selection-actions.ts'
import { lab, useDashboard } from './store.ts'

const { getState, setState } = useDashboard

const resultsOf = (runs: readonly LoadedRun[]): readonly RunResult[] => runs.flatMap(({ result }) => result ?? [])

export async function chooseBaseline(arm: string): Promise<void> {
  const { dataset } = getState()
  if (dataset?.compare === undefined || dataset.compare.baseline === arm) return
  const { warnings } = dataset.compare
  try {
    const compare = await compared(resultsOf(dataset.runs), arm, dataset.facts?.deltas)
    if (compare !== undefined && getState().dataset?.id === dataset.id)
      setState({ dataset: { ...dataset, compare: { ...compare, warnings } } })
  } catch (error) {
    fail(error)
  }
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `2026-11-30 18:04`, where the browser is. */
export function whenText(at: number): string {
  const date = new Date(at)
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

async function differencesOf(before: Dataset['source'], after: Dataset['source']): Promise<readonly string[]> {
  if (before === undefined || after === undefined)
    return ['the text of one of them is not here, so nobody can say in what']
  if (before.text === after.text) return []
  return lab.call<'differences'>({ op: 'differences', before: before.text, after: after.text })
}

function asArm(result: RunResult, name: string, scenario: string): RunResult {
  return {
    ...result,
    scenario: { ...result.scenario, name: scenario },
    policy: { ...result.policy, name },
  }
}

/** Holds what is shown against an arm of kept runs: the arm that is chosen, if they have it. */
export async function compareWithKept(head: KeptHead): Promise<void> {
  const state = getState()
  const { dataset } = state
  if (dataset === undefined) return
  try {
    const kept = await keptRuns(head.id)
    if (kept === undefined) return notify({ tone: 'error', text: `${head.name} is not kept any more.` })
    const wanted = selectedRun(state)?.policy
    const arm = head.arms.find((each) => each === wanted) ?? kept.compare.baseline
    const name = `${arm} of ${whenText(head.at)}`
    const older = kept.runs
      .filter(({ policy }) => policy === arm)
      .map(({ seed, result: before, series }): LoadedRun => {
        const result = asArm(before, name, dataset.scenario)
        const known = { policy: name, seed, result, series: series ?? seriesOfResult(result), digest: before.digest }
        return { id: runId(name, seed), ...known, names: undefined, trace: 'none', share: 1 }
      })
    const newer = dataset.runs.filter(({ policy }) => policy !== name)
    const compare = await compared(resultsOf([...newer, ...older]), name, dataset.facts?.deltas)
    if (compare === undefined)
      return notify({ tone: 'error', text: `${head.name} and what is shown share no seed: nothing to compare.` })
    const differences = await differencesOf(kept.source, dataset.source)
    const warning = `the scenarios differ in more than the arm: ${differences.join('; ')}`
    const warnings = differences.length === 0 ? compare.warnings : [warning, ...compare.warnings]
    setState({
      dataset: {
        ...dataset,
        id: nextDatasetId(),
        arms: [...armsOf(dataset).filter((each) => each !== name), name],
        runs: [...newer, ...older],
        compare: { ...compare, warnings },
      },
      notice: differences.length === 0 ? undefined : { tone: 'info', text: warning },
    })
  } catch (error) {
    fail(error)
  }
}
