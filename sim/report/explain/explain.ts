/** The story of one request: every decision on it, machine by machine, in the coordinator's own words and numbers. */
import type { Explanation } from '../../lab/runs/ports.ts'
import type { ExplainedRequest } from '../../lab/story/find-request.ts'
import { macText } from './explain-mac.ts'
import { countLines, type DecisionNote, drawLines, type NotedVerdict, verdictLines } from './explain-table.ts'
import { type Paint, plainPaint, type Tone } from '../form/paint.ts'
import { formatNumber } from '../form/unit.ts'
import { wrap } from '../form/wrap.ts'

type Note = Explanation[number]

const MICROS = 1_000_000
const secondsText = (micros: number): string => `${formatNumber(micros / MICROS, 3)} s`

/** Columns of a terminal. Reasons and prose keep to it; a table of figures may be a little wider. */
const WIDTH = 118
/** Where the text after the time begins, and where tables do. */
const TEXT_AT = 13
const TABLE_AT = 2
/** Names in a count; the rest are counted. */
const NAMES_MAX = 10

const PHASES: { readonly [phase in DecisionNote['phase']]: string } = {
  preflight: 'preflight',
  select: 'selection',
  queue_drain: 'queue drain',
  retry: 'retry',
  backup: 'backup',
}

const TEXT_INDENT = ' '.repeat(TEXT_AT)
const TABLE_INDENT = ' '.repeat(TABLE_AT)

const prose = (text: string): readonly string[] => wrap(text, WIDTH - TEXT_AT).map((line) => TEXT_INDENT + line)

const table = (verdicts: readonly NotedVerdict[], { secondLook }: DecisionNote, paint: Paint): readonly string[] =>
  verdictLines(verdicts, secondLook, WIDTH - TABLE_AT, paint).map((line) => TABLE_INDENT + line)

const counted = (verdicts: readonly NotedVerdict[], namesMax?: number): readonly string[] =>
  countLines(verdicts, WIDTH - TEXT_AT, namesMax).map((line) => TEXT_INDENT + line)

/** What the machines of one build met. */
function linesOf(verdicts: readonly NotedVerdict[], note: DecisionNote, paint: Paint): readonly string[] {
  // The selection looks at those that are admitted here once more, and its table would repeat this one.
  if (note.phase === 'preflight' && note.outcome === 'admitted') return counted(verdicts, NAMES_MAX)
  // A request may have tried sixty machines: their lines would say the same sixty times in each later table.
  const tried = verdicts.filter((verdict) => verdict.kind === 'dropped' && verdict.drop === 'excluded')
  if (tried.length <= 3) return table(verdicts, note, paint)
  const others = verdicts.filter((verdict) => !tried.includes(verdict))
  return [...counted(tried), ...(others.length === 0 ? [] : table(others, note, paint))]
}

function verdictsOf(note: DecisionNote, paint: Paint): readonly string[] {
  const lines: string[] = []
  const builds = new Set(note.verdicts.map(({ build }) => build))
  for (const build of builds) {
    if (builds.size > 1) lines.push(`${TEXT_INDENT}${build}:`)
    const own = note.verdicts.filter((verdict) => verdict.build === build)
    lines.push(...linesOf(own, note, paint))
  }
  return lines
}

/** Of one look at the machines; the first line has no indent. */
export function decisionLines(note: DecisionNote, paint: Paint): readonly string[] {
  const build = note.build === '' ? '' : ` of ${note.build}`
  return [
    `${PHASES[note.phase]}${build}: ${paint('strong', note.outcome)}`,
    ...prose(note.why),
    ...drawLines(note).flatMap(prose),
    ...verdictsOf(note, paint),
  ]
}

function resolvedText({ name, build, choice }: Extract<Note, { kind: 'resolved' }>): string {
  switch (choice) {
    case 'direct':
      return `${name} is a build by its own name`
    case 'desired':
      return `alias ${name}: its desired build ${build} is routable`
    case 'previous':
      return `alias ${name}: the desired build is routable nowhere, the previous one ${build} is`
    case 'waiting':
      return `alias ${name}: nobody could serve it now, so it waits for its desired build ${build}`
    case 'unavailable':
      return `alias ${name}: no build of it is available to this request`
  }
}

function answerText(answer: Extract<Note, { kind: 'answer' }>['answer']): string {
  switch (answer.kind) {
    case 'first_token':
      return 'the client has its first token'
    case 'completed':
      return `answered completely: ${formatNumber(answer.completionTokens, 0)} tokens`
    case 'rejected': {
      const later = answer.retryAfter_s === undefined ? '' : `, Retry-After ${answer.retryAfter_s} s`
      return `answered ${answer.status} ${answer.reason}${later}`
    }
    case 'failed':
      return `answered ${answer.status} ${answer.reason}${answer.midStream ? ', in the middle of the answer' : ''}`
  }
}

/** Serials of the providers that any decision of the request looked at. */
function serialsOf(notes: Explanation): ReadonlyMap<number, string> {
  const serials = new Map<number, string>()
  for (const note of notes) {
    if (note.kind === 'decision') for (const { provider, serial } of note.verdicts) serials.set(provider, serial)
  }
  return serials
}

/** Everything but decisions fits into a sentence. */
function noteText(note: Exclude<Note, DecisionNote>, nameOf: (provider: number) => string): string {
  switch (note.kind) {
    case 'resolved':
      return resolvedText(note)
    case 'fallback':
      return `falls back from ${note.from} to ${note.to}: ${note.why}`
    case 'relabel': {
      const from = note.from === '' ? 'no pool' : note.from
      const to = note.to === '' ? 'no pool' : note.to
      return `${note.serial} moves from ${from} to ${to}, asked by ${note.surface}`
    }
    case 'queued':
      return `queued for ${note.build}, ${note.depth} in the queue`
    case 'dequeued':
      return `left the queue for ${note.build} after ${secondsText(note.waited)}: ${note.why}`
    case 'dispatched':
      return `${note.backup ? 'backup' : 'attempt'} ${note.attempt} sent to ${nameOf(note.provider)} for ${note.build}`
    case 'accepted':
      return `attempt ${note.attempt}: ${nameOf(note.provider)} accepted it`
    case 'preamble':
      return `attempt ${note.attempt}: ${nameOf(note.provider)} opened the stream`
    case 'first_content':
      return `attempt ${note.attempt}: first text from ${nameOf(note.provider)}`
    case 'attempt_ended': {
      const text = note.text === '' ? '' : `, "${note.text}"`
      return `attempt ${note.attempt} on ${nameOf(note.provider)} ended: ${note.outcome} ${note.code}${text}`
    }
    case 'answer':
      return answerText(note.answer)
    case 'cancelled':
      return 'the client went away'
  }
}

interface Entry {
  readonly at: number
  readonly lines: readonly string[]
}

/** What the coordinator did and what the Macs did, in the order of time; at the same moment the Mac comes first. */
function entriesOf({ arrived, notes, macs }: ExplainedRequest, paint: Paint): readonly Entry[] {
  const serials = serialsOf(notes)
  const nameOf = (provider: number): string => serials.get(provider) ?? `provider ${provider}`
  const inTone = (tone: Tone, text: string): readonly string[] =>
    wrap(text, WIDTH - TEXT_AT).map((line, index) => (index === 0 ? '' : TEXT_INDENT) + paint(tone, line))
  const entries: Entry[] = macs.map((event) => ({
    at: event.row.at,
    lines: inTone('dim', macText(event, arrived.at)),
  }))
  for (const note of notes) {
    const tone = note.kind === 'answer' ? 'strong' : 'plain'
    const lines = note.kind === 'decision' ? decisionLines(note, paint) : inTone(tone, noteText(note, nameOf))
    entries.push({ at: note.at, lines })
  }
  // Stable: what happened in the same microsecond stays in its order.
  return entries.sort((a, b) => a.at - b.at)
}

export function formatExplanation(explained: ExplainedRequest, paint: Paint = plainPaint): string {
  const { arrived } = explained
  const limit = arrived.maxTokens <= 0 ? 'no max_tokens' : `max_tokens ${formatNumber(arrived.maxTokens, 0)}`
  const first = `Request ${arrived.request} for ${arrived.model}, arrived at ${secondsText(arrived.at)}`
  const second = `Prompt estimated at ${formatNumber(arrived.estimatedPromptTokens, 0)} tokens, ${limit}. Costs and TTFT in seconds.`
  const lines = [paint('strong', first), second]
  for (const entry of entriesOf(explained, paint)) {
    const time = `+${secondsText(entry.at - arrived.at)}`.padStart(TEXT_AT - 2)
    lines.push(`${paint('dim', time)}  ${entry.lines[0] ?? ''}`, ...entry.lines.slice(1))
  }
  return lines.join('\n')
}
