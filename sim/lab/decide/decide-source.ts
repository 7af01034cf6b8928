/**
 * Written states from a text: one JSON document, or one on each line. Whatever is wrong with one is said with its file and line,
 * the first mistake alone: the rest often follows from it.
 */
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { coordinatorSettingsSchema, type CoordinatorSettings } from '../../coordinator/config.ts'
import { type DecideDocument, decideDocumentSchema, settingsWritten } from '../../coordinator/document/format.ts'
import { type Complaint, complaintsOf } from '../../scenario/reading/complaint.ts'
import { formatPath, type Path } from '../../scenario/reading/path.ts'
import { applySetting, parseSetting, settingPlace } from '../../scenario/reading/setting.ts'
import { isPlainMap, SourceFile, Sources } from '../../scenario/reading/source.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'
import { unreadableIn } from '../../scenario/reading/well-formed.ts'
import { wording } from '../../scenario/reading/wording.ts'

/** One state and where it stands. */
export interface WrittenState {
  readonly document: DecideDocument
  readonly settings: CoordinatorSettings
  readonly file: string
  /** 1-based, of its first character. */
  readonly line: number
}

/** `name` is the file as the user named it. `settings`: `path=value`, over the state's own. */
export function readStates(
  name: string,
  text: string,
  settings: readonly string[] = [],
): Result<readonly WrittenState[]> {
  const states: WrittenState[] = []
  for (const { line, text: each } of documentsIn(name, text.replace(/^\uFEFF/, ''))) {
    const state = readState({ file: name, line, text: each }, settings)
    if (!state.ok) return state
    states.push(state.value)
  }
  if (states.length > 0) return ok(states)
  return fail([{ file: name, line: 1, message: 'is empty; it must hold states of format fleetlab.decide/1' }])
}

interface Piece {
  readonly line: number
  readonly text: string
}

/** A name that ends in .jsonl holds lines; so does any other whose first line is a whole value. */
function documentsIn(name: string, text: string): readonly Piece[] {
  const lines = text
    .split('\n')
    .flatMap((each, index): Piece[] => (each.trim() === '' ? [] : [{ line: index + 1, text: each }]))
  const isLines = /\.jsonl(?:\.gz)?$/i.test(name) || isJson(lines[0]?.text)
  return isLines || lines.length === 0 ? lines : [{ line: 1, text }]
}

function isJson(text: string | undefined): boolean {
  try {
    JSON.parse(text ?? '')
    return true
  } catch {
    return false
  }
}

interface Place extends Piece {
  readonly file: string
}

function readState(place: Place, settings: readonly string[]): Result<WrittenState> {
  let raw: unknown
  try {
    raw = JSON.parse(place.text)
  } catch {
    return fail([notJson(place)])
  }
  const parsed = decideDocumentSchema.safeParse(raw, { error: wording })
  if (!parsed.success) return fail([located(place, complaintsOf(parsed.error, raw, decideDocumentSchema)[0]!)])
  const document = parsed.data
  const complaint = unreadableText(raw, []) ?? meaningOf(document)
  if (complaint !== undefined) return fail([located(place, complaint)])
  const changed = settingsOf(place, document, settings)
  return changed.ok ? ok({ document, settings: changed.value, file: place.file, line: place.line }) : changed
}

/** Nothing that a state may hold lies deeper. */
const DEPTH_MAX = 16
/** Every text of a state is a name, which stands in tables and on terminals. */
const NO_NAME = /[\p{Cc}\p{Cs}]/u

function unreadableText(value: unknown, path: Path): Complaint | undefined {
  if (typeof value === 'string') {
    const message = unreadableIn(value, NO_NAME)
    return message === undefined ? undefined : { path, message }
  }
  if (typeof value !== 'object' || value === null || path.length > DEPTH_MAX) return undefined
  const isList = Array.isArray(value)
  for (const [key, below] of Object.entries(value)) {
    const message = isList ? undefined : unreadableIn(key, NO_NAME)
    const found =
      message === undefined ? unreadableText(below, [...path, isList ? Number(key) : key]) : { path, message }
    if (found !== undefined) return found
  }
  return undefined
}

function notJson({ file, line, text }: Place): Problem {
  const end = text.trimEnd().length
  const at = Math.min(end, stopOf(text))
  const before = text.slice(0, at).split('\n')
  const shown = text.slice(at, at + 20).split('\n')[0]!
  const what = shown === '' ? 'a line break' : `\`${shown}\``
  const where = at === end ? 'it ends in the middle of a value' : `${what} cannot stand here`
  const column = before.at(-1)!.length + 1
  return { file, line: line + before.length - 1, column, message: `is not valid JSON: ${where}` }
}

/** Where a text stops being the beginning of a JSON value. The engine does not always say; halving finds it. */
function stopOf(text: string): number {
  let good = 0
  let bad = text.length + 1
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (beginsJson(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return good
}

/** A whole value, or one that the engine finds wrong no earlier than at its end. */
function beginsJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const { message } = error as Error
    return /end of JSON/.test(message) || Number(/position (\d+)/.exec(message)?.[1] ?? -1) >= text.length
  }
}

/** JSON is YAML, whose parser knows where things stand. */
function located({ file, line, text }: Place, { path, message, atKey }: Complaint): Problem {
  const source = SourceFile.parse(file, text)
  if (!source.ok) return { file, line, path: formatPath(path), message }
  const problem = new Sources([source.value]).problem(path, message, atKey)
  return { ...problem, line: line + problem.line! - 1 }
}

/** The settings in force: the document's over the preset of the format, and then those of the command line. */
function settingsOf(place: Place, document: DecideDocument, texts: readonly string[]): Result<CoordinatorSettings> {
  const own = parseSettings(document.settings)
  if (!own.ok) return fail([located(place, own.error)])
  let written: { readonly [key: string]: unknown } = { coordinator: document.settings }
  for (const text of texts) {
    const setting = parseSetting(text, written)
    if (!setting.ok) return setting
    const outside = setting.value.paths.find(([key]) => key !== 'coordinator')
    if (outside !== undefined) {
      const message = 'leads outside the coordinator, which is all that a state has settings of'
      return fail([{ file: settingPlace(text), path: formatPath(outside), message }])
    }
    const changed = applySetting(written, setting.value)
    if (!changed.ok) return changed
    written = changed.value
    const judged = parseSettings(written['coordinator'])
    if (!judged.ok) {
      const path = formatPath(['coordinator', ...judged.error.path.slice(1)])
      return fail([{ file: settingPlace(text), path, message: judged.error.message }])
    }
  }
  const all = parseSettings(written['coordinator'])
  return all.ok ? all : fail([located(place, all.error)])
}

function parseSettings(settings: unknown): Result<CoordinatorSettings, Complaint> {
  if (!isPlainMap(settings)) return fail({ path: ['settings'], message: 'must be a map' })
  const written = settingsWritten({ settings })
  const parsed = coordinatorSettingsSchema.safeParse(written, { error: wording })
  if (parsed.success) return ok(parsed.data)
  const complaint = complaintsOf(parsed.error, written, coordinatorSettingsSchema)[0]!
  return fail({ ...complaint, path: ['settings', ...complaint.path] })
}

/** What a document says of itself must hold: machines and builds that it names exist. */
function meaningOf(document: DecideDocument): Complaint | undefined {
  return (
    repeatedSerial(document) ??
    wrongMachine(document) ??
    wrongBuild(document) ??
    wrongEvent(document) ??
    wrongAnswers(document)
  )
}

/** Requests name machines by serial, so no two may share one. */
function repeatedSerial({ machines }: DecideDocument): Complaint | undefined {
  const place = new Map<string, number>()
  for (const [index, { serial }] of machines.entries()) {
    const first = place.get(serial)
    if (first !== undefined)
      return { path: ['machines', index, 'serial'], message: `is \`${serial}\`, which machine ${first} has already` }
    place.set(serial, index)
  }
  return undefined
}

function wrongMachine({ machines, requests }: DecideDocument): Complaint | undefined {
  const named = requests.flatMap(({ excluded, affinity, reserved }, index): [Path, number | null | undefined][] => [
    ...excluded.map((machine, place): [Path, number] => [['requests', index, 'excluded', place], machine]),
    [['requests', index, 'affinity'], affinity],
    [['requests', index, 'reserved'], reserved],
  ])
  const wrong = named.find(([, machine]) => machine !== null && machine !== undefined && machine >= machines.length)
  if (wrong === undefined) return undefined
  const range = machines.length === 0 ? 'there are no machines' : `machines count from 0 to ${machines.length - 1}`
  return { path: wrong[0], message: `must be a machine of the state, not ${wrong[1]}; ${range}` }
}

function wrongBuild({ answers, catalog, aliases, machines, requests, events }: DecideDocument): Complaint | undefined {
  // Without a catalogue every name may be a build; that such a request was answered says that it was meant.
  if (catalog === null && answers !== undefined) return undefined
  const known = new Set([
    ...(catalog ?? []).map(({ build }) => build),
    ...aliases.flatMap(({ desired, previous, retired }) => [desired, previous, ...retired]),
    ...machines.flatMap(({ models }) => models.map(({ build }) => build)),
  ])
  const named: [Path, string | null][] = [
    ...machines.flatMap((machine, index): [Path, string | null][] => [
      ...machine.pending.map(({ build }, place): [Path, string] => [
        ['machines', index, 'pending', place, 'build'],
        build,
      ]),
      ...machine.load_cooldown.map((build, place): [Path, string] => [
        ['machines', index, 'load_cooldown', place],
        build,
      ]),
      ...machine.error_cooldown.map(({ build }, place): [Path, string] => [
        ['machines', index, 'error_cooldown', place, 'build'],
        build,
      ]),
      [['machines', index, 'pending_load'], machine.pending_load],
    ]),
    ...requests.map(({ build }, index): [Path, string] => [['requests', index, 'build'], build]),
    ...events.map(({ build }, index): [Path, string | null] => [['events', index, 'build'], build]),
  ]
  const wrong = named.find(([, build]) => build !== null && !known.has(build))
  if (wrong === undefined) return undefined
  const [path, build] = wrong
  const names = [...known].filter((name) => name !== null)
  const alias = aliases.find(({ name }) => name === build)
  if (alias !== undefined) {
    const meant = [alias.desired, alias.previous].filter((name) => name !== null).map((name) => `\`${name}\``)
    const whose = meant.length === 0 ? 'of nothing' : `of ${meant.join(' and ')}`
    return { path, message: `is \`${build}\`, an alias ${whose}; a state asks for builds` }
  }
  return {
    path,
    message: `is \`${build}\`, which no machine has and neither catalogue nor aliases name; ${suggestion(build!, names, 'builds of this state')}`,
  }
}

function wrongEvent({ events }: DecideDocument): Complaint | undefined {
  for (const [index, { at_s }] of events.entries()) {
    const before = events[index - 1]
    if (before !== undefined && at_s < before.at_s) {
      return { path: ['events', index, 'at_s'], message: `must not be before the event above it, at ${before.at_s}` }
    }
  }
  return undefined
}

function wrongAnswers({ answers, requests, machines }: DecideDocument): Complaint | undefined {
  if (answers === undefined) return undefined
  if (answers.length !== requests.length) {
    return { path: ['answers'], message: `must be one per request: ${requests.length}, not ${answers.length}` }
  }
  const wrong = answers.findIndex((answer) => answer.machines.length !== machines.length)
  if (wrong === -1) return undefined
  const { length } = answers[wrong]!.machines
  return { path: ['answers', wrong, 'machines'], message: `must be one per machine: ${machines.length}, not ${length}` }
}
