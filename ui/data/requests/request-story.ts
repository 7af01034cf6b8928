/**
 * One request's life as a picture and as sentences: spans by lane (the coordinator, then each attempt on its Mac), and
 * what happened, in order. Times are microseconds since its arrival. Pure.
 */
import type { TraceRow } from '../../../sim/trace/row.ts'
import { formatNumber } from '../../../sim/report/form/unit.ts'
import type { RequestLife } from './request-life.ts'

const SPAN_KINDS = ['deciding', 'queued', 'on the wire', 'waiting on the Mac', 'prefill', 'decode'] as const
export type SpanKind = (typeof SPAN_KINDS)[number]

export interface StorySpan {
  readonly kind: SpanKind
  readonly from_us: number
  readonly to_us: number
}

export interface StoryLane {
  readonly name: string
  readonly spans: readonly StorySpan[]
}

export interface StoryMark {
  readonly at_us: number
  readonly name: string
}

export interface StoryEvent {
  readonly at_us: number
  readonly what: string
  readonly detail: string
}

export interface RequestStory {
  readonly lanes: readonly StoryLane[]
  readonly marks: readonly StoryMark[]
  readonly events: readonly StoryEvent[]
  readonly from_us: number
  readonly to_us: number
}

type RowOf<K extends TraceRow['kind']> = Extract<TraceRow, { readonly kind: K }>

const ofKind = <K extends TraceRow['kind']>(rows: readonly TraceRow[], kind: K): readonly RowOf<K>[] =>
  rows.filter((row): row is RowOf<K> => row.kind === kind)

export function requestStory({ summary, rows, serials }: RequestLife): RequestStory {
  const zero = summary.arrived_us
  const last = Math.max(...rows.map((row) => row.at))
  const lanes = [coordinatorLane(rows, last), ...attemptLanes(rows, serials, last)]
  const ended = ofKind(rows, 'ended')[0]
  const marks: StoryMark[] = [
    { at_us: 0, name: 'arrived' },
    ...ofKind(rows, 'first_token').map(({ at }) => ({ at_us: at - zero, name: 'first token' })),
    ...(ended === undefined ? [] : [{ at_us: ended.at - zero, name: ended.outcome }]),
  ]
  const shifted = lanes
    .filter((lane) => lane.spans.length > 0)
    .map(({ name, spans }) => ({
      name,
      spans: spans.map(({ kind, from_us, to_us }) => ({ kind, from_us: from_us - zero, to_us: to_us - zero })),
    }))
  const events = eventsOf(rows, serials).map((event) => ({ ...event, at_us: event.at_us - zero }))
  return { lanes: shifted, marks, events, from_us: Math.min(0, rows[0]!.at - zero), to_us: last - zero }
}

function coordinatorLane(rows: readonly TraceRow[], last: number): StoryLane {
  const spans: StorySpan[] = []
  const arrived = ofKind(rows, 'arrived')[0]
  const left = rows.find((row) => row.kind === 'queued' || row.kind === 'dispatched' || row.kind === 'ended')
  if (arrived !== undefined) spans.push({ kind: 'deciding', from_us: arrived.at, to_us: left?.at ?? last })
  const dequeued = ofKind(rows, 'dequeued')
  for (const [i, { at }] of ofKind(rows, 'queued').entries())
    spans.push({ kind: 'queued', from_us: at, to_us: dequeued[i]?.at ?? last })
  return { name: 'coordinator', spans }
}

function attemptLanes(rows: readonly TraceRow[], serials: RequestLife['serials'], last: number): StoryLane[] {
  const works = ofKind(rows, 'work')
  const ends = ofKind(rows, 'attempt_ended')
  return ofKind(rows, 'dispatched').map(({ at, attempt, provider, backup }) => {
    const work = works.find((row) => row.attempt === attempt)
    const end = ends.find((row) => row.attempt === attempt)?.at ?? last
    const name = `${backup ? 'backup' : 'attempt'} ${attempt} · ${serials[provider] ?? provider}`
    // A Mac that never told of the attempt: all that is known is how long it was out.
    if (work === undefined) return { name, spans: [{ kind: 'on the wire', from_us: at, to_us: end }] }
    const stops = [at, work.receivedAt, work.admittedAt, work.firstTokenAt]
    const kinds: readonly SpanKind[] = ['on the wire', 'waiting on the Mac', 'prefill', 'decode']
    const spans = kinds.flatMap((kind, i): StorySpan[] => {
      const [from, to] = [stops[i]!, i + 1 < stops.length ? stops[i + 1]! : work.at]
      if (from < 0) return []
      return [{ kind, from_us: from, to_us: to < 0 ? work.at : to }]
    })
    return { name, spans }
  })
}

/** How long the request spent in each kind of span of its winning attempt and before it. */
export function timeByKind({ lanes }: RequestStory): readonly { readonly kind: SpanKind; readonly us: number }[] {
  return SPAN_KINDS.flatMap((kind) => {
    const spans = lanes.flatMap((lane) => lane.spans.filter((span) => span.kind === kind))
    return spans.length === 0 ? [] : [{ kind, us: spans.reduce((sum, { from_us, to_us }) => sum + to_us - from_us, 0) }]
  })
}

const seconds = (nanoOrMicro: number, per: number): string => `${formatNumber(nanoOrMicro / per, 3)} s`
const tokens = (count: number): string => `${formatNumber(count, 0)} tokens`
const some = (parts: readonly (string | false)[]): string => parts.filter((part) => part !== false).join(', ')

function eventsOf(rows: readonly TraceRow[], serials: RequestLife['serials']): readonly StoryEvent[] {
  const resolved = ofKind(rows, 'preflight').find((row) => row.build !== '')
  const model = ofKind(rows, 'arrived')[0]?.model ?? ''
  return rows.flatMap((row): StoryEvent[] => {
    const [what, detail] = wordsOf(row, (provider) => serials[provider] ?? `provider ${provider}`)
    const own = { at_us: row.at, what, detail }
    if (row !== resolved) return [own]
    const to = `${model}${row.build === model ? ' is a build by its own name' : ` → ${row.build}`}`
    return [{ at_us: row.at, what: 'resolved', detail: to }, own]
  })
}

/** Rows of kinds that no request has keep their name. */
function wordsOf(row: TraceRow, nameOf: (provider: number) => string): readonly [what: string, detail: string] {
  switch (row.kind) {
    case 'user_request':
      return [
        'user asks',
        some([
          `prompt ${tokens(row.promptTokens)}`,
          `will read ${tokens(row.outputTokens)}`,
          row.patience > 0 && `waits ${seconds(row.patience, 1e6)} for a first token`,
        ]),
      ]
    case 'arrived':
      return [
        'arrived',
        `prompt estimated at ${tokens(row.estimatedPromptTokens)}, max_tokens ${formatNumber(row.maxTokens, 0)}`,
      ]
    case 'preflight':
      return [`preflight: ${row.outcome}`, preflightWords(row)]
    case 'decision':
      return [`${row.phase.replace('_', ' ')}: ${row.outcome}`, decisionWords(row, nameOf)]
    case 'priced':
      return [
        'priced',
        `${nameOf(row.provider)} at ${seconds(row.cost_ms, 1e3)}, TTFT expected ${seconds(row.ttft_ms, 1e3)}`,
      ]
    case 'queued':
      return ['queued', `for ${row.build}, ${row.depth} in the queue`]
    case 'dequeued':
      return [`left the queue: ${row.why}`, `for ${row.build}, ${row.depth} still in it`]
    case 'dispatched':
      return [
        `${row.backup ? 'backup' : 'attempt'} ${row.attempt} dispatched`,
        `to ${nameOf(row.provider)} for ${row.build}, slot ${row.slotState}`,
      ]
    case 'relabel':
      return [
        'machine changes pool',
        `${nameOf(row.provider)} from ${row.from || 'no pool'} to ${row.to || 'no pool'}, by ${row.surface}`,
      ]
    case 'first_token':
      return ['first token', `of attempt ${row.attempt}`]
    case 'attempt_ended':
      return [
        `attempt ${row.attempt} ended: ${row.outcome}`,
        some([
          `${row.code} from ${nameOf(row.provider)}`,
          row.text !== '' && `“${row.text}”`,
          row.completionTokens > 0 && tokens(row.completionTokens),
        ]),
      ]
    case 'ended':
      return [
        row.outcome,
        some([
          String(row.status),
          row.reason !== '' && row.reason,
          row.retryAfter_s >= 0 && `Retry-After ${row.retryAfter_s} s`,
          row.midStream && 'in the middle of the answer',
          row.completionTokens > 0 && tokens(row.completionTokens),
        ]),
      ]
    case 'user_ended':
      return [`for the user: ${row.outcome.replace('_', ' ')}`, '']
    case 'work':
      return [
        `work of attempt ${row.attempt}: ${row.outcome}`,
        `${tokens(row.prefilledTokens)} prefilled, ${formatNumber(row.decodedTokens, 0)} decoded${row.solo_ns > 0 ? `; alone it would have taken ${seconds(row.solo_ns, 1e9)}` : ''}`,
      ]
    case 'delay':
      return [
        `attempt ${row.attempt} delayed by ${row.culprit === 'none' ? 'no other work' : row.culprit}`,
        delayWords(row),
      ]
    default:
      return [row.kind, '']
  }
}

type Counted = Pick<RowOf<'decision'>, 'candidates' | 'capacityRejections' | 'tooLargeRejections'>
const countWords = (row: Counted): readonly (string | false)[] => [
  `${row.candidates} ${row.candidates === 1 ? 'candidate' : 'candidates'}`,
  row.capacityRejections > 0 && `${row.capacityRejections} without room`,
  row.tooLargeRejections > 0 && `${row.tooLargeRejections} too small`,
]

const preflightWords = (row: RowOf<'preflight'>): string =>
  some([
    row.build !== '' && row.build,
    ...countWords(row),
    row.poolRejections > 0 && `${row.poolRejections} of other pools`,
  ])

const decisionWords = (row: RowOf<'decision'>, nameOf: (provider: number) => string): string =>
  some([
    row.build,
    row.provider >= 0 && `chose ${nameOf(row.provider)}`,
    ...countWords(row),
    row.visionRejections > 0 && `${row.visionRejections} without vision`,
    row.ttftRejections > 0 && `${row.ttftRejections} too slow`,
    row.recheck !== '' && `failed ${row.recheck}`,
  ])

const delayWords = (row: RowOf<'delay'>): string =>
  some(
    (['gpu', 'memory', 'thermal', 'load', 'queue'] as const).map(
      (cause) => row[`${cause}_ns`] !== 0 && `${cause === 'gpu' ? 'GPU' : cause} ${seconds(row[`${cause}_ns`], 1e9)}`,
    ),
  )
