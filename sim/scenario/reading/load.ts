/**
 * Loading: text to a resolved scenario with its traces, or every problem with file, line and column. Files come
 * through a port, so the same code serves the command line, the browser and tests.
 */
import type { AssumedInput } from '../../base/assumed.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { type MakeSha256, portableSha256 } from '../../base/sha256.ts'
import { extentText, startOffset } from '../../demand/recorded/recording-clock.ts'
import { parseTraceFile, type TraceFile } from '../../demand/recorded/trace-file.ts'
import type { RecordedRequest } from '../../demand/recorded/recorded-requests.ts'
import type { Day } from '../../metrics/figures/day.ts'
import { policyNames } from '../../policy/index.ts'
import { assumedComplaints, assumedInputs } from './assumed.ts'
import type { Complaint } from './complaint.ts'
import { canonicalDigest, digestOf } from './digest.ts'
import { blocked, type Files, readMerged, readText, withPaths } from './extend.ts'
import { buildOf } from '../format/model-entry.ts'
import { formatPath, type Path } from './path.ts'
import { keyOf, readDay, readRecorded, type Recorded, recordedStreams, withRecorded } from '../format/recorded.ts'
import { resolveScenario, type Scenario } from '../format/resolved.ts'
import type { ScenarioDocument } from '../format/schema.ts'
import type { Parsed } from '../format/parsed.ts'
import type { KnownNames } from '../checks/semantics.ts'
import { REQUESTS_MAX } from '../checks/size-check.ts'
import { labelComplaints } from './trace-labels.ts'
import { applySetting, parseSetting, type Setting, settingPlace, spelledTwice } from './setting.ts'
import type { RawMap, Sources } from './source.ts'
import { validate, withSettingsOfPreset } from './validate.ts'

export interface LoadedScenario {
  readonly scenario: Scenario
  /** SHA-256 of the resolved scenario, traces included. */
  readonly digest: string
  /** Inputs that nobody published, with the values they have here. */
  readonly assumed: readonly AssumedInput[]
  /** By path, as the scenario's streams name them. */
  readonly traces: ReadonlyMap<string, TraceFile>
  /** Requests that streams take from a file. */
  readonly recorded: Recorded
  /** The day that is replayed. */
  readonly recordedDay: Day | undefined
  /** The scenario's file, and those it extends. */
  readonly files: readonly string[]
  readonly origin: Origin
}

/** What a change of settings starts from. */
export interface Origin {
  readonly raw: RawMap
  readonly sources: Sources
  readonly sha256: MakeSha256
  readonly names: KnownNames
  /** SHA-256 by path of a trace. */
  readonly traceDigests: ReadonlyMap<string, string>
  /** What `raw` differs by from the files. */
  readonly settings: readonly Setting[]
  /** Files that settings name, as they write them, and as `traces` knows them. */
  readonly named?: ReadonlyMap<string, string>
}

/** Where in its file, or in which setting, a value of the scenario stands, and what is wrong with it. */
export const problemAt = ({ settings, sources }: Origin, complaint: Complaint): Problem =>
  blamed(complaint, settings, sources)

export async function loadScenario(
  path: string,
  files: Files,
  names: KnownNames = { policies: policyNames },
): Promise<Result<LoadedScenario>> {
  const merged = await readMerged(path, files)
  if (!merged.ok) return merged
  const { raw, sources, problems: unread } = merged.value
  const { document, parsed, complaints } = validate(raw, names)
  const reading = await readTraces(parsed, files)
  const problems = [...complaints, ...reading.complaints].map((complaint) => located(complaint, sources))
  problems.push(...unread, ...reading.problems)
  if (document === undefined || problems.length > 0) return fail(inReadingOrder(problems, sources))
  const late = [
    ...replayComplaints(document, reading.traces),
    // A setting may replace what is marked, so this is asked of files alone.
    ...assumedComplaints(document.assumed ?? [], withSettingsOfPreset(raw)),
  ]
  if (late.length > 0) return fail(late.map((complaint) => located(complaint, sources)))
  const whole = withRecorded(document, reading.recorded, knownNames(document))
  if (!whole.ok) return fail(whole.error.map((complaint) => located(complaint, sources)))
  const { sha256 = portableSha256 } = files
  const origin: Origin = { raw, sources, sha256, names, traceDigests: reading.digests, settings: [] }
  const loaded = assemble(resolveScenario(whole.value, reading.traces), origin, reading)
  const armProblems = checkArmSettings(loaded)
  return armProblems.length > 0 ? fail(armProblems) : ok(loaded)
}

/** The scenario with `path=value` settings made, one after the other. Files that only they name are read by `withFilesOf`. */
export function withSettings(loaded: LoadedScenario, texts: readonly string[]): Result<LoadedScenario> {
  const { origin, traces, recorded } = loaded
  const applied = settingsMade(origin, texts)
  if (!applied.ok) return applied
  const { settings } = applied.value
  const raw = withPaths(applied.value.raw, (path) => origin.named?.get(path) ?? path)
  const { document, parsed, complaints } = validate(raw, origin.names)
  const unread = tracePaths(parsed)
    .filter(({ file }) => !traces.has(file) && !origin.traceDigests.has(file))
    .map(({ path }): Complaint => ({ path, message: 'must be a trace that the scenario file names itself' }))
  const replayed = document === undefined || unread.length > 0 ? [] : replayComplaints(document, traces)
  const problems = [...complaints, ...unread, ...replayed].map((complaint) =>
    blamed(complaint, [...origin.settings, ...settings], origin.sources),
  )
  if (document === undefined || problems.length > 0) return fail(problems)
  const whole = withRecorded(document, recorded, knownNames(document))
  if (!whole.ok)
    return fail(whole.error.map((complaint) => blamed(complaint, [...origin.settings, ...settings], origin.sources)))
  const made = [...origin.settings, ...settings]
  return ok(assemble(resolveScenario(whole.value, traces), { ...origin, raw, settings: made }, loaded))
}

interface Changed {
  readonly raw: RawMap
  readonly settings: readonly Setting[]
}

function settingsMade({ raw: before }: Origin, texts: readonly string[]): Result<Changed> {
  let raw = before
  const settings: Setting[] = []
  for (const text of texts) {
    const setting = parseSetting(text, raw)
    if (!setting.ok) return setting
    const twice = spelledTwice(setting.value, settings)
    if (twice !== undefined) return fail([twice])
    const changed = applySetting(raw, setting.value)
    if (!changed.ok) return changed
    raw = changed.value
    settings.push(setting.value)
  }
  return ok({ raw, settings })
}

/**
 * The scenario, knowing the trace files too that the settings name and it does not. As in the file, a path is relative to
 * the file; one that the scenario knows by now is that.
 */
export async function withFilesOf(
  loaded: LoadedScenario,
  texts: readonly string[],
  files: Files,
): Promise<Result<LoadedScenario>> {
  const { origin } = loaded
  const changed = settingsMade(origin, texts)
  if (!changed.ok) return changed
  const named = new Map<string, string>()
  const [home] = loaded.files
  withPaths(changed.value.raw, (path) => {
    if (!origin.traceDigests.has(path)) named.set(path, files.resolve(home!, path))
    return path
  })
  if (named.size === 0) return ok(loaded)
  const { parsed } = validate(
    withPaths(changed.value.raw, (path) => named.get(path) ?? path),
    origin.names,
  )
  const reading = await readTraces({ demand: parsed.demand }, files, origin.traceDigests)
  if (reading.problems.length > 0) return fail(reading.problems)
  if (reading.complaints.length > 0) {
    const hint = `; a path in a setting is relative to ${home}`
    return fail(
      reading.complaints.map(({ path, message }) =>
        blamed({ path, message: message + hint }, changed.value.settings, origin.sources),
      ),
    )
  }
  return ok(
    assemble(
      loaded.scenario,
      { ...origin, named, traceDigests: new Map([...origin.traceDigests, ...reading.digests]) },
      {
        traces: new Map([...loaded.traces, ...reading.traces]),
        recorded: new Map([...loaded.recorded, ...reading.recorded]),
        recordedDay: loaded.recordedDay,
      },
    ),
  )
}

/** What a replay would make of its recording, beyond what the run and the clock can take, or what it does not find there. */
function replayComplaints(document: ScenarioDocument, traces: ReadonlyMap<string, TraceFile>): readonly Complaint[] {
  const { demand, duration } = document
  return demand.flatMap((stream, i): readonly Complaint[] => {
    if ('requests' in stream || !('trace' in stream.arrivals)) return []
    const { trace: file, load, stretch, start = 'rotate' } = stream.arrivals
    const trace = traces.get(file)
    if (trace === undefined) return []
    const span = trace.arrivals.at(-1)!
    const path: Path = ['demand', i, 'arrivals', 'load']
    if (stretch && span / load > STRETCHED_MAX) return [{ path, message: 'stretches the recording to over 100 years' }]
    const expected = Math.round((trace.arrivals.length * load * Math.min(duration, stream.until ?? duration)) / span)
    if (expected > REQUESTS_MAX)
      return [{ path, message: `makes ${expected} requests in all; a run has at most ${REQUESTS_MAX}` }]
    const labels = labelComplaints(stream.mix, trace, document, ['demand', i, 'mix'])
    if (start === 'rotate' || startOffset(trace, start) !== undefined) return labels
    const outside: Complaint = {
      path: ['demand', i, 'arrivals', 'start'],
      message: `lies outside the recording, which ${extentText(trace)}`,
    }
    return labels.toSpliced(0, 0, outside)
  })
}

/** 100 years in microseconds, with room below the end of the clock. */
const STRETCHED_MAX = 36_525 * 86_400 * 1_000_000

type FilesRead = Pick<LoadedScenario, 'traces' | 'recorded' | 'recordedDay'>

function assemble(scenario: Scenario, origin: Origin, { traces, recorded, recordedDay }: FilesRead): LoadedScenario {
  const standsFor = new Map(origin.traceDigests)
  for (const arm of scenario.policies) standsFor.set(arm.policy, arm.as)
  let digest: string | undefined
  return {
    scenario,
    // Only results ask for it, and a large fleet is a long text.
    get digest() {
      digest ??= canonicalDigest(scenario, standsFor, origin.sha256())
      return digest
    },
    assumed: assumedInputs(scenario.assumed ?? [], withSettingsOfPreset(origin.raw), [...traces.keys()]),
    traces,
    recorded,
    recordedDay,
    files: origin.sources.files.map((file) => file.path),
    origin,
  }
}

/** By file (the scenario's first, traces last), line and column. */
function inReadingOrder(problems: readonly Problem[], sources: Sources): readonly Problem[] {
  const rank = ({ file }: Problem): number => {
    const place = sources.files.findIndex((source) => source.path === file)
    return place < 0 ? sources.files.length : place
  }
  return problems.toSorted(
    (a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
}

const located = ({ path, message, atKey }: Complaint, sources: Sources): Problem =>
  sources.problem(path, message, atKey)

const leadsThrough = (outer: Path, inner: Path): boolean => outer.every((step, i) => inner[i] === step)

/** A complaint about something a setting said belongs to the setting; any other to the file. */
function blamed(complaint: Complaint, settings: readonly Setting[], sources: Sources): Problem {
  const setting = settings.findLast(({ paths }) =>
    paths.some(
      (path) =>
        leadsThrough(path, complaint.path) ||
        // A key that nothing knows and no file has was made by the setting that leads through it.
        (complaint.atKey === true && leadsThrough(complaint.path, path) && !sources.has(complaint.path)),
    ),
  )
  if (setting === undefined) return located(complaint, sources)
  return { file: settingPlace(setting.text), path: formatPath(complaint.path), message: complaint.message }
}

/** An arm whose settings do not fit would fail only when its turn comes, minutes later. */
function checkArmSettings(loaded: LoadedScenario): readonly Problem[] {
  const { sources } = loaded.origin
  return loaded.scenario.policies.flatMap((arm, i) => {
    const result = arm.settings.length === 0 ? undefined : withSettings(loaded, arm.settings)
    if (result === undefined || result.ok) return []
    return result.error.map((problem) => {
      const at: Path = ['policies', i, saidInRegime(loaded.origin.raw, i, problem) ? 'coordinator' : 'set']
      return sources.problem(at, [problem.path, problem.message].filter(Boolean).join(' '))
    })
  })
}

/** Whether it is the arm's `coordinator:` that a problem is about, and not its `set:`. */
function saidInRegime(raw: RawMap, arm: number, { file }: Problem): boolean {
  const { coordinator, set } = ((raw['policies'] as readonly unknown[] | undefined)?.[arm] ?? {}) as RawMap
  const [name] = file?.slice(settingPlace('').length).split('=') ?? []
  const said = Object.keys(coordinator ?? {}).some((key) => `coordinator.${key}` === name)
  return said && !Object.hasOwn(set ?? {}, name ?? '')
}

function tracePaths({ demand = [] }: Parsed): readonly { readonly path: Path; readonly file: string }[] {
  return demand.flatMap((stream, i) => {
    if ('requests' in stream) {
      return stream.recorded === undefined
        ? []
        : [{ path: ['demand', i, 'recorded', 'trace'], file: stream.recorded.trace }]
    }
    const { arrivals, lengths } = stream
    return [
      ...('trace' in arrivals ? [{ path: ['demand', i, 'arrivals', 'trace'], file: arrivals.trace }] : []),
      ...('from' in lengths && lengths.file !== undefined
        ? [{ path: ['demand', i, 'lengths', 'file'], file: lengths.file }]
        : []),
    ]
  })
}

async function readTraces(parsed: Parsed, files: Files, known: ReadonlyMap<string, string> = new Map()) {
  const traces = new Map<string, TraceFile>()
  const recorded = new Map<string, readonly RecordedRequest[]>()
  const digests = new Map<string, string>()
  const complaints: Complaint[] = []
  const problems: Problem[] = []
  const streams = recordedStreams(parsed.demand ?? [])
  for (const { path, file } of tracePaths(parsed)) {
    if (digests.has(file) || known.has(file)) continue
    const text = await readText(file, files)
    if (!text.ok) {
      complaints.push({ path, message: blocked(file, text.error) })
      continue
    }
    digests.set(file, `sha256:${digestOf(text.value)}`)
    for (const stream of streams.filter(({ trace }) => trace === file)) {
      const requests = readRecorded(stream, text.value)
      if (requests.ok) recorded.set(keyOf(stream), requests.value)
      else problems.push(...requests.error)
    }
    if (path[2] === 'recorded') continue
    const trace = parseTraceFile(file, text.value)
    if (trace.ok) traces.set(file, trace.value)
    else problems.push(...trace.error)
  }
  const day = await readRecordedDay(parsed.recorded_day, files)
  if (!day.ok) problems.push(...day.error)
  return { traces, recorded, recordedDay: day.ok ? day.value : undefined, digests, complaints, problems }
}

async function readRecordedDay(file: string | undefined, files: Files): Promise<Result<Day | undefined>> {
  if (file === undefined) return ok(undefined)
  const text = await readText(file, files)
  if (!text.ok) return fail([{ file, message: text.error[0]?.message ?? 'cannot be read' }])
  return readDay(file, text.value)
}

/** What requests may ask for. */
const knownNames = ({ models, aliases, timeline }: ScenarioDocument): readonly string[] => [
  ...Object.keys(aliases),
  ...timeline.flatMap(({ action }) => (action.kind === 'set_alias' ? Object.keys(action.aliases) : [])),
  ...models.map(buildOf),
]
