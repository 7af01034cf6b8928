/** The story of one request: every decision on it, machine by machine, in the coordinator's own words and numbers. */
import type { Explanation } from '../lab/ports.ts'
import type { ExplainedRequest } from '../lab/find-request.ts'
import { type Cell, cell, type Paint, plainPaint } from './paint.ts'
import { formatTable, type Table } from './table.ts'
import { formatNumber } from './unit.ts'

type Note = Explanation[number]
type DecisionNote = Extract<Note, { kind: 'decision' }>
type Verdict = DecisionNote['verdicts'][number]

const MICROS = 1_000_000
const secondsText = (micros: number): string => `${formatNumber(micros / MICROS, 3)} s`
const millisText = (millis: number): string => `${formatNumber(millis / 1_000, 1)} s`

const PHASES: { readonly [phase in DecisionNote['phase']]: string } = {
  preflight: 'preflight',
  select: 'selection',
  queue_drain: 'a place became free',
  retry: 'retry',
  backup: 'backup',
}

function verdictRow(verdict: Verdict): readonly Cell[] {
  if (verdict.kind === 'dropped') {
    return [verdict.serial, cell(verdict.drop, 'warn'), '', '', verdict.why]
  }
  const { fate, breakdown, why } = verdict
  const tone = fate === 'winner' ? 'good' : fate === 'admitted' ? 'plain' : 'dim'
  return [verdict.serial, cell(fate, tone), millisText(breakdown.cost_ms), millisText(breakdown.ttft_ms), why]
}

function verdictTable(verdicts: readonly Verdict[]): Table {
  return {
    columns: [
      { head: 'provider', align: 'left' },
      { head: 'verdict', align: 'left' },
      { head: 'cost', align: 'right' },
      { head: 'TTFT', align: 'right' },
      { head: 'because', align: 'left' },
    ],
    rows: verdicts.map(verdictRow),
  }
}

/** The six terms of the cost that won, so that the sum can be checked by eye. */
function breakdownLine(note: DecisionNote): readonly string[] {
  const { breakdown } = note
  if (breakdown === undefined) return []
  const terms = [
    ['state', breakdown.state_ms],
    ['queue', breakdown.queue_ms],
    ['pending', breakdown.pending_ms],
    ['backlog', breakdown.backlog_ms],
    ['this request', breakdown.thisRequest_ms],
    ['health', breakdown.health_ms],
  ] as const
  const sum = terms.map(([name, value]) => `${name} ${formatNumber(value, 0)}`).join(' + ')
  return [`cost in ms: ${sum} = ${formatNumber(breakdown.cost_ms, 0)}`]
}

function decisionLines(note: DecisionNote, paint: Paint): readonly string[] {
  const build = note.build === '' ? '' : ` of ${note.build}`
  return [
    `${PHASES[note.phase]}${build}: ${paint('strong', note.outcome)}. ${note.why}`,
    ...breakdownLine(note),
    ...(note.verdicts.length === 0 ? [] : formatTable(verdictTable(note.verdicts), paint).split('\n')),
  ]
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

function noteLines(note: Note, nameOf: (provider: number) => string, paint: Paint): readonly string[] {
  switch (note.kind) {
    case 'decision':
      return decisionLines(note, paint)
    case 'fallback':
      return [`falls back from ${note.from} to ${note.to}: ${note.why}`]
    case 'queued':
      return [`queued for ${note.build}, ${note.depth} in the queue`]
    case 'dequeued':
      return [`left the queue for ${note.build} after ${secondsText(note.waited)}: ${note.why}`]
    case 'dispatched':
      return [
        `${note.backup ? 'backup' : 'attempt'} ${note.attempt} sent to ${nameOf(note.provider)} for ${note.build}`,
      ]
    case 'accepted':
      return [`attempt ${note.attempt}: ${nameOf(note.provider)} accepted it`]
    case 'preamble':
      return [`attempt ${note.attempt}: ${nameOf(note.provider)} opened the stream`]
    case 'first_content':
      return [`attempt ${note.attempt}: first text from ${nameOf(note.provider)}`]
    case 'attempt_ended': {
      const text = note.text === '' ? '' : `, "${note.text}"`
      return [`attempt ${note.attempt} on ${nameOf(note.provider)} ended: ${note.outcome} ${note.code}${text}`]
    }
    case 'answer':
      return [paint('strong', answerText(note.answer))]
    case 'cancelled':
      return ['the client went away']
  }
}

const INDENT = ' '.repeat(13)

export function formatExplanation({ arrived, notes }: ExplainedRequest, paint: Paint = plainPaint): string {
  const limit = arrived.maxTokens <= 0 ? 'no max_tokens' : `max_tokens ${formatNumber(arrived.maxTokens, 0)}`
  const head = `Request ${arrived.request} for ${arrived.model}, arrived at ${secondsText(arrived.at)}; prompt estimated at ${formatNumber(arrived.estimatedPromptTokens, 0)} tokens, ${limit}`
  const serials = serialsOf(notes)
  const nameOf = (provider: number): string => serials.get(provider) ?? `provider ${provider}`
  const body = notes.flatMap((note) => {
    const [first, ...rest] = noteLines(note, nameOf, paint)
    const at = `+${secondsText(note.at - arrived.at)}`.padStart(INDENT.length - 2)
    return [`${paint('dim', at)}  ${first ?? ''}`, ...rest.map((line) => INDENT + line)]
  })
  return [paint('strong', head), ...body].join('\n')
}
