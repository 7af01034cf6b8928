/** The lab's worker: the same simulator as the command line's, and the keeper of the traces that screens ask about. */
import plug from 'virtual:fleetlab-plug'
import { formatProblem } from '../../sim/base/result.ts'
import { MICROS_PER_SECOND } from '../../sim/base/time.ts'
import { type JobRoom, jobRoom, loadWithSettings } from '../../sim/lab/runs/job.ts'
import { sloFigures } from '../../sim/metrics/index.ts'
import { seedsOf } from '../../sim/lab/compare/experiment.ts'
import { requestFinder } from '../../sim/lab/story/find-request.ts'
import { macStory } from '../../sim/lab/story/mac-story.ts'
import type { RunJob } from '../../sim/lab/runs/ports.ts'
import { builtinPolicies } from '../../sim/policy/index.ts'
import { formatExplanation } from '../../sim/report/explain/explain.ts'
import { DEFAULT_ARM, parseSeedList, scenarioJsonSchema } from '../../sim/scenario/index.ts'
import type { RequestId } from '../../sim/base/ids.ts'
import { compareOfResults } from '../data/answer/compare-of-results.ts'
import { wordsOfArm } from '../data/answer/arm-words.ts'
import { answer, buffersOf } from '../data/trace/trace-query.ts'
import { type TraceIndex, traceIndex } from '../data/trace/trace-index.ts'
import { browserFiles } from './browser-files.ts'
import { partingOfTraces } from '../data/trace/parting-of-traces.ts'
import { type RunProgress, runExperiment } from './experiment.ts'
import { importedLog } from './import-log.ts'
import { LiveIndex } from './live-index.ts'
import { openTrace } from './open-trace.ts'
import { ownPolicy, policiesOf } from './own-policy.ts'
import { savedTrace } from './save-trace.ts'
import { scenarioDifferences } from './scenario-differences.ts'
import type { Checked, FromWorker, JsonSchemaNode, LabRequest, ToWorker } from './protocol.ts'
import { ROWS_GONE } from './protocol.ts'
import { liveName, STOPPED, traceName } from './protocol.ts'

/** How often screens hear of a run, milliseconds: more than five times a second nobody sees. */
const PROGRESS_EVERY_MS = 150

interface Rerunnable {
  readonly room: JobRoom
  readonly job: RunJob
}

const traces = new Map<string, TraceIndex>()
const underWay = new Map<string, LiveIndex>()
const reruns = new Map<string, Rerunnable>()
const cancels = new Map<number, AbortController>()

// The only way to wait for a task of its own that browsers do not delay.
const channel = new MessageChannel()
let wake: (() => void) | undefined
channel.port1.addEventListener('message', () => wake?.())
channel.port1.start()
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    wake = resolve
    channel.port2.postMessage(null)
  })

const post = (message: FromWorker, moved: Transferable[] = []): void => self.postMessage(message, { transfer: moved })

/** Of calls that come too fast only some are let through. */
function atMostOften<T>(report: (value: T) => void): (value: T) => void {
  let heard = 0
  return (value) => {
    if (performance.now() - heard < PROGRESS_EVERY_MS) return
    heard = performance.now()
    report(value)
  }
}

async function check(path: string, files: ReturnType<typeof browserFiles>): Promise<Checked> {
  const loaded = await loadWithSettings(path, [], files)
  if (!loaded.ok) return { ok: false, problems: loaded.error }
  const { scenario } = loaded.value
  const facts = {
    name: scenario.name,
    about: scenario.about,
    duration_s: scenario.duration / MICROS_PER_SECOND,
    warmup_s: scenario.warmup === 'auto' ? null : scenario.warmup / MICROS_PER_SECOND,
    arms: scenario.policies.length === 0 ? [DEFAULT_ARM] : scenario.policies.map((arm) => arm.as),
    armWords: Object.fromEntries(scenario.policies.map((arm) => [arm.as, wordsOfArm(arm)])),
    slo: sloFigures(scenario.slo),
    deltas: scenario.verdict,
    named: scenario.expect.flatMap((expected) => (expected.kind === 'metric' ? [expected.metric] : [])),
    seeds: seedsOf(loaded.value),
    machines: scenario.machines.length,
    models: scenario.publicModels,
  }
  return { ok: true, facts }
}

async function experiment(id: number, call: Extract<LabRequest, { op: 'experiment' }>, base: string) {
  const files = browserFiles(call.texts, base)
  const asked = call.seedList.trim()
  const seeds = asked === '' ? call.request.seeds : parseSeedList(asked)
  if (asked !== '' && seeds === undefined)
    return { kind: 'bad_input', problems: [{ message: `seeds ${asked}: must be such as 1-10 or 1,2,5, each once` }] }
  const control = new AbortController()
  cancels.set(id, control)
  const report = atMostOften((progress: RunProgress) => {
    const { policy, seed, share, total, series } = progress
    const rows = progress.live()
    const live = rows === undefined ? undefined : liveName(progress)
    if (live !== undefined && !underWay.has(live)) {
      underWay.clear()
      underWay.set(live, new LiveIndex(progress.live))
    }
    const known = { policy, seed, share, total, series: series(), live, names: rows?.names }
    post({ kind: 'event', id, event: { kind: 'progress', progress: known } })
  })
  try {
    const outcome = await runExperiment({ ...call.request, seeds }, files, {
      signal: control.signal,
      resolvePolicy: policiesOf(call.texts, plug),
      pause,
      keepTrace: ({ seed }, firstSeed) => call.traces === 'all' || seed === firstSeed,
      onProgress: report,
      onCompare: (compare) => post({ kind: 'event', id, event: { kind: 'compare', compare } }),
      onRun({ policy, seed, result, series, names, facts, trace, job }) {
        const name = traceName(result.digest)
        underWay.clear()
        if (trace !== undefined) keep(name, traceIndex(trace, names, facts))
        reruns.set(name, { room: jobRoom(files), job })
        const run = { policy, seed, result, series, names, hasTrace: trace !== undefined }
        post({ kind: 'event', id, event: { kind: 'run', run } })
      },
    })
    return outcome.ok
      ? { kind: 'done', compare: outcome.value.compare }
      : { kind: 'bad_input', problems: outcome.error }
  } catch (error) {
    if (control.signal.aborted) return { kind: 'cancelled' }
    throw error
  } finally {
    underWay.clear()
    cancels.delete(id)
  }
}

const shareOf =
  (id: number) =>
  (share: number): void =>
    post({ kind: 'event', id, event: { kind: 'share', share } })

async function explain(id: number, run: string, request: number): Promise<{ readonly text: string }> {
  const rerun = reruns.get(run)
  if (rerun === undefined)
    throw new Error('Explaining needs the scenario: run it here, or use `fleetlab run … --explain` on the command line')
  const finder = requestFinder({ kind: 'id', id: request as RequestId })
  const story = macStory(request)
  const job = { ...rerun.job, explain: { request: request as RequestId } }
  const control = new AbortController()
  cancels.set(id, control)
  const subscribers = [finder.observe, story.observe]
  const hooks = { subscribers, pause, signal: control.signal, onProgress: atMostOften(shareOf(id)) }
  const outcome = await rerun.room
    .run(job, hooks)
    .catch((error: unknown) => {
      throw control.signal.aborted ? new Error(STOPPED) : error
    })
    .finally(() => cancels.delete(id))
  if (outcome.kind === 'bad_input') throw new Error(outcome.problems.map(formatProblem).join('\n'))
  if (outcome.kind === 'bug') throw new Error(outcome.message)
  const arrived = finder.found()
  if (arrived === undefined) throw new Error(`the run has no request ${request}`)
  return { text: formatExplanation({ arrived, notes: outcome.explanation ?? [], macs: story.events }) }
}

/** About a gigabyte: two days of 500 Macs, or fifty runs of an hour. */
const ROWS_MAX = 20_000_000

/** The oldest give way, so that a page that is left open does not grow. */
function keep(run: string, index: TraceIndex): void {
  traces.delete(run)
  traces.set(run, index)
  let rows = 0
  for (const { store } of traces.values()) rows += store.rows
  const gone: string[] = []
  for (const [name, { store }] of traces) {
    if (rows <= ROWS_MAX || name === run) break
    rows -= store.rows
    traces.delete(name)
    gone.push(name)
  }
  if (gone.length > 0) post({ kind: 'forgot', runs: gone })
}

function traceOf(run: string): TraceIndex {
  const index = traces.get(run)
  if (index === undefined) throw new Error(ROWS_GONE)
  return index
}

async function perform(id: number, request: LabRequest, base: string): Promise<unknown> {
  switch (request.op) {
    case 'catalog': {
      const policies = builtinPolicies.map(({ name, about }) => ({ name, about }))
      return { policies, schema: scenarioJsonSchema() as JsonSchemaNode }
    }
    case 'check':
      return check(request.path, browserFiles(request.texts, base))
    case 'experiment':
      return experiment(id, request, base)
    case 'open_trace': {
      const { index, opened } = await openTrace(request.bytes, { pause, onProgress: shareOf(id) })
      keep(opened.run, index)
      return opened
    }
    case 'import':
      return importedLog(request.logs, pause)
    case 'query': {
      const live = underWay.get(request.run)
      return live === undefined
        ? answer(traceOf(request.run), request.query)
        : live.ask((index) => answer(index, request.query))
    }
    case 'parting':
      return partingOfTraces(
        traceOf(request.a).store,
        traceOf(request.b).store,
        request.besideReal ? 'beside_real' : 'act_by_act',
      )
    case 'explain':
      return explain(id, request.run, request.request)
    case 'keep': {
      const kept = new Set(request.runs)
      for (const known of [traces, reruns]) for (const run of known.keys()) if (!kept.has(run)) known.delete(run)
      return undefined
    }
    case 'save_trace': {
      const index = traces.get(request.run)
      if (index === undefined) throw new Error('the rows of this run are not here; run it first')
      return savedTrace(index, request.run, request.of)
    }
    case 'check_policy': {
      const policy = ownPolicy(request.file, request.texts, plug)
      return policy.ok ? [] : policy.error
    }
    case 'compare':
      return compareOfResults(request.results, request.baseline, request.deltas)
    case 'differences':
      return scenarioDifferences(request.before, request.after)
  }
}

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'cancel') return cancels.get(data.id)?.abort()
  const { id, request, base } = data
  perform(id, request, base).then(
    (result) => post({ kind: 'answer', id, answer: result }, buffersOf(result)),
    (error: unknown) => post({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) }),
  )
})
