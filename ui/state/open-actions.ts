/** Opening: the first visit, results that `fleetlab view` was given, and files that are dropped or chosen. */
import { formatProblem } from '../../sim/base/result.ts'
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import { openFile, type OpenedFile } from '../data/answer/open-file.ts'
import { seriesOfResult } from '../data/answer/result-series.ts'
import type { ShippedScenario } from '../data/answer/shipped-scenario.ts'
import type { Summary } from '../data/answer/summary.ts'
import type { NamedBytes, OpenedTrace, Texts } from '../worker/protocol.ts'
import headlineUrl from '../assets/headline.json?url'
import { type Address, edited, parseAddress } from './address.ts'
import { compared } from './compared.ts'
import { type Dataset, type LoadedRun, nextDatasetId, NOTHING_SELECTED, runId } from './dashboard.ts'
import {
  acceptPolicies,
  addPolicy,
  changeDraft,
  checkDraft,
  isDraftUnsaved,
  openDraft,
  openOwnDraft,
} from './draft-actions.ts'
import { unpacked } from './link-pack.ts'
import { importLogs } from './import-actions.ts'
import { runDraft, stopRun } from './run-actions.ts'
import { fail, go, notify } from './selection-actions.ts'
import { lab, useDashboard } from './store.ts'

const { getState, setState } = useDashboard

const fetchJson = async (path: string): Promise<unknown> => {
  const response = await fetch(new URL(path, document.baseURI))
  if (!response.ok) throw new Error(`${path} is not there (${response.status})`)
  return response.json()
}

function datasetOfSummary({ compare, path, runs, arms, facts, source }: Summary): Dataset {
  return {
    id: nextDatasetId(),
    kind: 'summary',
    scenario: compare.scenario.name,
    path: path === '' ? undefined : path,
    compare,
    ...(arms === undefined ? {} : { arms }),
    ...(facts === undefined ? {} : { facts }),
    ...(source === undefined ? {} : { source }),
    runs: runs.map(({ policy, seed, result, series }) => ({
      id: runId(policy, seed),
      policy,
      seed,
      result,
      series,
      names: undefined,
      digest: result.digest,
      trace: path === '' ? 'none' : 'on_demand',
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

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/** Everything opened in one go is looked at together; a scenario goes to the editor. */
async function openAll(files: readonly NamedBytes[]): Promise<void> {
  await stopRun()
  const all: Taken[] = []
  const problems: string[] = []
  const logs: NamedBytes[] = []
  for (const { name, bytes } of files) {
    const opened = openFile(name, bytes)
    if (!opened.ok) problems.push(opened.error)
    else if (opened.value.kind === 'log') logs.push({ name, bytes })
    else {
      // Each file is a task of its own: fifty results read in one would freeze the page.
      await nextTask()
      // A day of a large fleet takes seconds to unpack.
      if (opened.value.kind === 'trace') notify({ tone: 'info', text: `Reading ${name}` })
      try {
        all.push(await take(name, opened.value))
      } catch (error) {
        problems.push(`${name}: ${(error as Error).message}`)
      }
    }
  }
  // The tables of a ledger belong together.
  const refused = logs.length === 0 ? undefined : await importLogs(logs)
  if (refused !== undefined) problems.push(refused)
  const isWhole = originOf(all).path !== undefined
  const runs = merged(all.flatMap((taken) => taken.runs)).map((run) =>
    run.trace === 'on_demand' && !isWhole ? { ...run, trace: 'none' as const } : run,
  )
  const compare =
    all.find((taken) => taken.compare)?.compare ?? (await compared(runs.flatMap((run) => run.result ?? [])))
  if (runs.length > 0 || compare !== undefined) {
    const scenario = all.find((taken) => taken.scenario)?.scenario ?? files[0]!.name
    const dataset: Dataset = { ...originOf(all), id: nextDatasetId(), kind: 'files', scenario, runs, compare }
    const { view } = getState()
    setState({ dataset, selection: NOTHING_SELECTED, view: runs.length === 0 || view === 'run' ? 'answer' : view })
  }
  if (problems.length > 0) notify({ tone: 'error', text: problems.join('\n') })
  else if (logs.length === 0) notify(undefined)
}

interface Taken extends Partial<Pick<Dataset, 'path' | 'facts' | 'source' | 'arms'>> {
  readonly scenario?: string
  readonly runs: readonly LoadedRun[]
  readonly compare?: CompareResult | undefined
}

/** What more of the same runs could be made of: one file of a scenario says it, several together have no one scenario. */
function originOf(all: readonly Taken[]): Pick<Dataset, 'path' | 'facts' | 'source' | 'arms'> {
  const [only] = all
  if (all.length !== 1 || only?.path === undefined) return { path: undefined }
  const { path, facts, source, arms } = only
  return {
    path,
    ...(facts === undefined ? {} : { facts }),
    ...(source === undefined ? {} : { source }),
    ...(arms === undefined ? {} : { arms }),
  }
}

async function take(name: string, file: Exclude<OpenedFile, { kind: 'log' }>): Promise<Taken> {
  switch (file.kind) {
    case 'result':
      return { scenario: file.result.scenario.name, runs: [runOfResult(file.result)] }
    case 'compare':
      return { scenario: file.compare.scenario.name, runs: [], compare: file.compare }
    case 'summary':
      return datasetOfSummary(file.summary)
    case 'trace':
      return takeTrace(name, file.bytes)
    case 'policy':
      go('run')
      if (getState().draft === undefined) await openDraft(getState().dataset?.path ?? FIRST_SCENARIO)
      await addPolicy(name, file.text)
      return { runs: [] }
    case 'link':
      await followFile(file.address)
      return { runs: [] }
    case 'scenario':
      go('run')
      await openOwnDraft(name, file.text)
      return { runs: [] }
  }
}

async function followFile(text: string): Promise<void> {
  const address = parseAddress(text)
  if (address.source === undefined && address.pack === undefined) throw new Error('it is no link to a scenario')
  setState({ view: address.view, selection: address.selection })
  await follow(address)
}

/** A day of a large fleet takes seconds to unpack. */
async function takeTrace(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Taken> {
  const tell = (share: number): void => setState({ running: { share, label: `opening ${name}`, cancellable: false } })
  try {
    const opened = await lab.long<'open_trace'>(
      { op: 'open_trace', bytes },
      (event) => event.kind === 'share' && tell(event.share),
      [bytes.buffer],
    ).finished
    return { scenario: opened.scenario, runs: [runOfTrace(opened)] }
  } finally {
    setState({ running: undefined })
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

/** Runs that were kept. */
export function openSummaryOf(summary: Summary): void {
  setState({ dataset: datasetOfSummary(summary), selection: NOTHING_SELECTED, view: 'answer', notice: undefined })
}

async function openSummary(): Promise<void> {
  const summary = (await fetchJson(headlineUrl)) as Summary
  // Somebody may have been faster than the network.
  if (getState().dataset === undefined) setState({ dataset: datasetOfSummary(summary) })
}

/** What a link says was changed in the source's text. */
async function applyEdit(edit: string | undefined): Promise<void> {
  const { draft } = getState()
  if (edit === undefined || draft === undefined) return
  const text = edited(draft.original, edit)
  if (text === undefined) notify({ tone: 'error', text: 'The link’s edit is of another version of the scenario.' })
  else {
    changeDraft({ text, edited: true })
    await checkDraft()
  }
}

interface LinkedDraft {
  /** In the editor now; undefined: it could not be brought. */
  readonly path: string | undefined
  readonly policies: Texts
}

/** Brings the scenario of a link into the editor. Policies that came along stay texts: nothing of them is evaluated. */
async function openLinked({ source, pack, edit, policies, seeds }: Address): Promise<LinkedDraft> {
  const brought = pack === undefined ? undefined : await unpacked(pack)
  if (brought !== undefined && !brought.ok) {
    notify({ tone: 'error', text: `The link cannot be followed: ${brought.error}.` })
    return { path: undefined, policies: {} }
  }
  const { scenario, beside = {}, own = {}, edit: packedEdit } = brought?.value ?? {}
  if (scenario !== undefined) await openOwnDraft(scenario.path, scenario.text, beside)
  else if (source !== undefined) await openDraft(source)
  const path = scenario?.path ?? source
  // Whoever keeps an edited draft has it untouched.
  if (getState().draft?.path !== path) return { path: undefined, policies: {} }
  await applyEdit(edit ?? packedEdit)
  if (Object.keys(beside).length > 0 && scenario === undefined) changeDraft({ beside })
  changeDraft({ policies, seeds })
  return { path, policies: own }
}

/** Whoever opens a link reads the code in it first; only a press of theirs lets it be evaluated. */
function offer(texts: Texts, then: () => Promise<void>): void {
  const accept = async (): Promise<void> => {
    setState({ offered: undefined, notice: undefined })
    await acceptPolicies(texts)
    await then()
  }
  setState({ offered: { texts, accept }, view: 'run' })
}

/** Makes the runs that a link is about, and keeps what the link selects in them. */
async function followLink(address: Address): Promise<void> {
  if (address.source === undefined && address.pack === undefined) return
  await stopRun()
  setState({ offered: undefined })
  const { path, policies } = await openLinked(address)
  const run = async (): Promise<void> => {
    const { draft } = getState()
    if (draft === undefined || draft.path !== path) return openSummary()
    if (draft.facts !== undefined) {
      setState({ view: address.view })
      return runDraft(address.selection, address.at_s)
    }
    notify({ tone: 'error', text: draft.problems.map(formatProblem).join('\n') })
    // Under the message something to look at, as on a first visit.
    return openSummary()
  }
  if (Object.keys(policies).length > 0) offer(policies, run)
  else await run()
}

/** Into the editor, and no further. */
async function followDraft(address: Address): Promise<void> {
  setState({ offered: undefined })
  const { policies } = await openLinked(address)
  if (Object.keys(policies).length > 0) offer(policies, async () => {})
}

/** A link that came as a file, or with an address. */
export const follow = (address: Address): Promise<void> =>
  address.view === 'run' ? followDraft(address) : followLink(address)

/** The browser asks before a page with edits is closed. */
function guardEdits(): void {
  addEventListener('beforeunload', (event) => {
    if (isDraftUnsaved(getState())) event.preventDefault()
  })
}

/** Where nobody chose another. */
export const FIRST_SCENARIO = 'scenarios/headline/gpt-oss-vs-gemma.yaml'

/** The first visit. */
export async function start(): Promise<void> {
  guardEdits()
  const address = parseAddress(location.hash)
  const isLink = address.source !== undefined || address.pack !== undefined
  const linked = isLink && address.view !== 'run'
  if (isLink) follow(address).catch(fail)
  try {
    const results = await servedResults()
    if (results.length > 0) await openAll(results)
    else if (!linked) await openSummary()
  } catch (error) {
    fail(error)
  }
  try {
    const scenarios = (await fetchJson('scenarios/index.json')) as readonly ShippedScenario[]
    setState({ scenarios })
  } catch (error) {
    fail(error)
  }
  // Once the answer stands.
  setTimeout(() => lab.warm(), WARM_AFTER_MS)
}

const WARM_AFTER_MS = 300
