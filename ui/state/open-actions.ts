/** Opening: the first visit, results that `fleetlab view` was given, and files that are dropped or chosen. */
import type { CompareResult } from '../../sim/lab/compare.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import { openFile, type OpenedFile } from '../data/open-file.ts'
import { seriesOfResult } from '../data/result-series.ts'
import type { ShippedScenario } from '../data/shipped-scenario.ts'
import type { Summary } from '../data/summary.ts'
import type { OpenedTrace } from '../worker/protocol.ts'
import headlineUrl from '../assets/headline.json?url'
import { parseAddress } from './address.ts'
import { type Dataset, type LoadedRun, NOTHING_SELECTED, runId } from './dashboard.ts'
import { openDraft, setDraft } from './draft-actions.ts'
import { fail, go, notify } from './selection-actions.ts'
import { lab, useDashboard } from './store.ts'

const { getState, setState } = useDashboard

const fetchJson = async (path: string): Promise<unknown> => {
  const response = await fetch(new URL(path, document.baseURI))
  if (!response.ok) throw new Error(`${path} is not there (${response.status})`)
  return response.json()
}

function datasetOfSummary({ compare, path, runs }: Summary): Dataset {
  return {
    kind: 'summary',
    scenario: compare.scenario.name,
    path,
    compare,
    runs: runs.map(({ policy, seed, result, series }) => ({
      id: runId(policy, seed),
      policy,
      seed,
      result,
      series,
      names: undefined,
      digest: result.digest,
      trace: 'on_demand',
      share: 1,
    })),
  }
}

function runOfResult(result: RunResult): LoadedRun {
  const { policy, seed, digest } = result
  const id = runId(policy.name, seed)
  const series = seriesOfResult(result)
  return { id, policy: policy.name, seed, result, series, names: undefined, digest, trace: 'none', share: 1 }
}

function runOfTrace(opened: OpenedTrace): LoadedRun {
  const { policy, seed, names, series, digest } = opened
  return { id: runId(policy, seed), policy, seed, result: undefined, series, names, digest, trace: 'ready', share: 1 }
}

/** A result and a trace of the same digest are one run. */
function merged(runs: readonly LoadedRun[]): LoadedRun[] {
  const byKey = new Map<string, LoadedRun>()
  for (const run of runs) {
    const known = byKey.get(run.id)
    if (known === undefined) byKey.set(run.id, run)
    else {
      const [traced, other] = run.trace === 'ready' ? [run, known] : [known, run]
      const same = traced.digest === other.digest
      byKey.set(run.id, same ? { ...traced, result: other.result ?? traced.result } : run)
    }
  }
  return [...byKey.values()]
}

interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Fetched when it is needed: a first visit compares nothing. */
async function comparisonOf(runs: readonly LoadedRun[]): Promise<CompareResult | undefined> {
  const results = runs.flatMap((run) => run.result ?? [])
  if (results.length < 2) return undefined
  const { compareOfResults } = await import('../data/compare-of-results.ts')
  return compareOfResults(results)
}

/** Everything opened in one go is looked at together; a scenario goes to the editor. */
async function openAll(files: readonly NamedBytes[]): Promise<void> {
  const runs: LoadedRun[] = []
  const problems: string[] = []
  let compare: CompareResult | undefined
  for (const { name, bytes } of files) {
    const opened = openFile(name, bytes)
    if (!opened.ok) problems.push(opened.error)
    else {
      try {
        const found = await take(name, opened.value)
        runs.push(...found.runs)
        compare ??= found.compare
      } catch (error) {
        problems.push(`${name}: ${(error as Error).message}`)
      }
    }
  }
  if (runs.length > 0 || compare !== undefined) {
    const scenario = compare?.scenario.name ?? runs.find((run) => run.result)?.result?.scenario.name ?? files[0]!.name
    compare ??= await comparisonOf(runs)
    const dataset: Dataset = { kind: 'files', scenario, path: undefined, runs: merged(runs), compare }
    setState({ dataset, selection: NOTHING_SELECTED, view: runs.length > 0 ? 'overview' : 'compare' })
  }
  notify(problems.length > 0 ? { tone: 'error', text: problems.join('\n') } : undefined)
}

interface Taken {
  readonly runs: readonly LoadedRun[]
  readonly compare: CompareResult | undefined
}

async function take(name: string, file: OpenedFile): Promise<Taken> {
  switch (file.kind) {
    case 'result':
      return { runs: [runOfResult(file.result)], compare: undefined }
    case 'compare':
      return { runs: [], compare: file.compare }
    case 'summary':
      return datasetOfSummary(file.summary)
    case 'trace': {
      const opened = await lab.call<'open_trace'>({ op: 'open_trace', bytes: file.bytes }, [file.bytes.buffer])
      return { runs: [runOfTrace(opened)], compare: undefined }
    }
    case 'scenario':
      go('run')
      await setDraft(name, file.text, true)
      return { runs: [], compare: undefined }
  }
}

export async function openFiles(files: readonly File[]): Promise<void> {
  try {
    await openAll(
      await Promise.all(
        files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
      ),
    )
  } catch (error) {
    fail(error)
  }
}

/** Results that the server of this page was started with; none on a static host. */
async function servedResults(): Promise<readonly NamedBytes[]> {
  const meta = document.querySelector('meta[name="fleetlab-results"]')?.getAttribute('content')
  const names = meta === null || meta === undefined || meta === '' ? [] : (JSON.parse(meta) as readonly string[])
  return Promise.all(
    names.map(async (name, i) => {
      const response = await fetch(new URL(`results/${i}`, document.baseURI))
      return { name, bytes: new Uint8Array(await response.arrayBuffer()) }
    }),
  )
}

async function openSummary(): Promise<void> {
  const summary = (await fetchJson(headlineUrl)) as Summary
  // Somebody may have been faster than the network.
  if (getState().dataset === undefined) setState({ dataset: datasetOfSummary(summary) })
}

/** The first visit. */
export async function start(): Promise<void> {
  const { source, view } = parseAddress(location.hash)
  if (source !== undefined) void openDraft(source)
  if (source !== undefined && view !== 'run')
    notify({
      tone: 'info',
      text: `The link is to runs of ${source}, which its sender made. Run makes the same ones here.`,
    })
  try {
    const results = await servedResults()
    if (results.length > 0) await openAll(results)
    else await openSummary()
  } catch (error) {
    fail(error)
  }
  try {
    const scenarios = (await fetchJson('scenarios/index.json')) as readonly ShippedScenario[]
    setState({ scenarios })
  } catch (error) {
    fail(error)
  }
}
