/** For every judge a trace that is right and stays unjudged, and broken ones that are caught: a judge that cannot fail is no judge. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../sim/base/assert.ts'
import { allJudges, Judges } from '../../sim/metrics/index.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { ms, row } from '../metrics/rows.ts'

/** Nothing resident: what the weights of the default row held is free. */
const EMPTY = { weightsBytes: 0, freeBytes: 58e9 } as const

/** One served request on one Mac, from connection to end. */
const good: readonly TraceRow[] = [
  row('machine_state', 0, { residentBuilds: 0, ...EMPTY, idleCapable: 1 }),
  row('registered', 1),
  row('heartbeat', 2),
  row('slot', 2),
  row('relabel', 3),
  row('user_request', 10),
  row('arrived', 10),
  row('queued', 20, { depth: 1 }),
  row('dequeued', 30, { depth: 0 }),
  row('dispatched', 30),
  row('machine_state', 40, { residentBuilds: 0, ...EMPTY, live: 1 }),
  row('load_started', 40),
  row('machine_state', 50, { residentBuilds: 1, live: 1 }),
  row('load_ended', 50, { took: ms(10) }),
  row('first_token', 60),
  row('delay', 90, { culprit: 'oss-20b', load_ns: 10_000_000 }),
  row('work', 90, { receivedAt: ms(40), admittedAt: ms(50), firstTokenAt: ms(59), solo_ns: 40_000_000 }),
  row('gpu_busy', 90, { since: ms(50) }),
  row('machine_state', 90),
  row('attempt_ended', 91),
  row('ended', 92),
  row('user_ended', 92),
  row('unloaded', 95, { why: 'idle_timeout' }),
  row('machine_state', 95, { residentBuilds: 0, ...EMPTY }),
  row('disconnected', 96),
  row('model_books', 100, { openMicros: ms(82) }),
  row('run_ended', 100),
]

function judge(rows: readonly TraceRow[]): void {
  const judges = new Judges(allJudges())
  for (const each of rows) judges.row(each)
  judges.end()
}

/** The good trace with one row replaced, by kind; `nth` counts rows of the kind. */
function replaced(kind: TraceRow['kind'], by: readonly TraceRow[], nth = 0): TraceRow[] {
  let seen = 0
  return good.flatMap((each) => (each.kind === kind && seen++ === nth ? by : [each]))
}
const changed = (kind: TraceRow['kind'], cells: object, nth = 0): TraceRow[] => {
  const original = good.filter((each) => each.kind === kind)[nth]
  return replaced(kind, [{ ...original, ...cells } as TraceRow], nth)
}
const without = (kind: TraceRow['kind']): TraceRow[] => good.filter((each) => each.kind !== kind)
const twice = (kind: TraceRow['kind']): TraceRow[] =>
  good.flatMap((each) => (each.kind === kind ? [each, each] : [each]))
const inserted = (...rows: readonly TraceRow[]): TraceRow[] =>
  [...good, ...rows]
    .map((each, i) => [each, i] as const)
    .sort(([a, i], [b, j]) => a.at - b.at || i - j)
    .map(([each]) => each)

const broken: readonly (readonly [id: string, what: string, rows: readonly TraceRow[]])[] = [
  ['INV-1', 'a request ends twice', twice('ended')],
  ['INV-1', 'a request is lost', without('ended')],
  ['INV-1', 'the run counts others in flight', changed('run_ended', { inFlight: 1 })],
  ['INV-1', 'a request arrives twice', twice('arrived')],
  ['INV-2', 'an answered request leaves an attempt behind', without('attempt_ended')],
  ['INV-2', 'a backup outlives the answer', inserted(row('dispatched', 55, { attempt: 1, backup: true }))],
  ['INV-3', 'an attempt ends twice', twice('attempt_ended')],
  ['INV-3', 'an attempt ends elsewhere', changed('attempt_ended', { provider: 1 })],
  ['INV-3', 'attempts are numbered with a gap', changed('dispatched', { attempt: 1 })],
  ['INV-3', 'a request nobody sent is dispatched', inserted(row('dispatched', 15, { request: 7 }))],
  ['INV-3', 'an answered request is dispatched again', inserted(row('dispatched', 94, { attempt: 1 }))],
  ['INV-4', 'the depth is wrong after joining', changed('queued', { depth: 2 })],
  ['INV-4', 'the depth is wrong after leaving', changed('dequeued', { depth: 1 })],
  ['INV-4', 'somebody leaves who did not wait', without('queued')],
  ['INV-4', 'somebody joins twice', twice('queued')],
  ['INV-4', "somebody leaves another build's queue", changed('dequeued', { build: 'gemma' })],
  ['INV-5', 'a row comes from the past', changed('dequeued', { at: ms(19) })],
  ['INV-5', 'a time is no whole number', changed('heartbeat', { at: 2000.5 })],
  ['INV-5', 'something happens after the end', [...good, row('timeline', 101)]],
  ['INV-5', 'the trace has no end', without('run_ended')],
  ['INV-7', 'a user ends twice', twice('user_ended')],
  ['INV-7', 'a user comes twice', twice('user_request')],
  ['INV-7', 'an attempt comes from nobody', without('user_request')],
  ['INV-8', 'a first token comes twice', twice('first_token')],
  ['INV-8', 'a first token comes before any dispatch', changed('first_token', { attempt: 1 })],
  ['INV-8', 'a first token comes after the end', inserted(row('first_token', 93))],
  ['INV-9', 'a token is lost on the way', changed('ended', { completionTokens: 99 })],
  ['INV-9', 'nobody did the work', without('work')],
  ['INV-9', 'more was delivered than allowed', changed('arrived', { maxTokens: 99 })],
  ['INV-9', 'nothing was prefilled', changed('work', { prefilledTokens: 0 })],
  ['INV-9', 'more was prefilled than asked', changed('work', { prefilledTokens: 1001 })],
  ['INV-9', 'the first token preceded admission', changed('work', { firstTokenAt: ms(45) })],
  ['INV-10', 'weights exceed memory and nothing is compressed', changed('machine_state', { weightsBytes: 59e9 })],
  ['INV-10', 'a byte is nobody’s', changed('machine_state', { freeBytes: 58e9 - 1 })],
  ['INV-10', 'memory is compressed beside room', changed('machine_state', { osBytes: 7e9, compressedBytes: 1e9 })],
  [
    'INV-10',
    'KV is promised that does not fit beside the weights',
    changed('machine_state', { kvReservedBytes: 65e9 }),
  ],
  ['INV-10', 'an amount is negative', changed('machine_state', { kvReservedBytes: -1 })],
  ['INV-11', 'busy spans overlap', inserted(row('gpu_busy', 94, { since: ms(80) }))],
  ['INV-11', 'a busy span is empty', inserted(row('gpu_busy', 94, { since: ms(94) }))],
  ['INV-11', 'a busy span begins before the run', changed('gpu_busy', { since: -1 })],
  ['INV-12', 'two loads run at once', twice('load_started')],
  ['INV-12', 'a load ends that never began', without('load_started')],
  ['INV-12', 'another model was loaded', changed('load_ended', { build: 'gemma' })],
  ['INV-12', 'a load took longer than it lasted', changed('load_ended', { took: ms(11) })],
  ['INV-13', 'a resident build came from nowhere', changed('load_ended', { ok: false, text: 'no' })],
  ['INV-13', 'an unloaded build stays', without('unloaded')],
  ['INV-13', 'a loaded build is not in the state at the end', inserted(row('unloaded', 99, { why: 'evicted' }))],
  ['INV-14', 'a relabel starts from another label', changed('relabel', { from: 'gemma' })],
  ['INV-14', 'a relabel changes nothing', changed('relabel', { to: '' })],
  ['INV-15', 'a stranger sends a heartbeat', changed('heartbeat', { provider: 9 })],
  ['INV-15', 'somebody leaves twice', twice('disconnected')],
  ['INV-15', 'a command goes to one who left', inserted(row('load_command', 97))],
  ['INV-15', 'a provider registers twice', twice('registered')],
  ['INV-16', 'a busy Mac is called idle', changed('machine_state', { live: 1 })],
  ['INV-16', 'a Mac that is away is called idle', changed('machine_state', { online: false })],
  ['INV-16', 'a loading Mac is called idle', changed('machine_state', { loading: true })],
  ['INV-17', "a nanosecond is nobody's", changed('delay', { load_ns: 9_999_999 })],
  ['INV-17', 'a share is missing', without('delay')],
  ['INV-17', 'somebody saved time', changed('delay', { gpu_ns: -1, load_ns: 10_000_001 })],
  [
    'INV-17',
    'shares belong to another request',
    inserted(row('delay', 90, { request: 1, culprit: 'none', gpu_ns: 1 })),
  ],
  ['INV-17', 'unfinished work has shares', changed('work', { outcome: 'cancelled' })],
  ['INV-18', 'a room counted a microsecond less', changed('model_books', { openMicros: ms(82) - 1 })],
  ['INV-18', 'a room did not count a model', without('model_books')],
  ['INV-18', 'an answer took longer than the room counted', changed('ended', { at: ms(93) })],
  ['INV-18', 'a request was forgotten', without('ended')],
  ['INV-18', 'a Mac forgot that somebody had left', changed('machine_state', { live: 1 }, 3)],
  ['INV-18', 'a Mac had somebody whose work is not told', without('work')],
  ['INV-18', 'work began before the Mac counted it', changed('work', { receivedAt: ms(39) })],
  ['INV-18', 'somebody waited who is not told of', changed('machine_state', { unread: 1 })],
]

/** The work of the served request ended in another way; only finished work has shares. */
const cut = (outcome: string): TraceRow[] =>
  changed('work', { outcome, solo_ns: 0 }).filter((each) => each.kind !== 'delay')

describe('judges', () => {
  it('let a right trace pass', () => {
    expect(() => judge(good)).not.toThrow()
  })

  it.each(broken)('%s catches it when %s', (id, _what, rows) => {
    // Other judges may be first to see the same mistake; the one in question must see it alone.
    const bench = new Judges(allJudges().filter((each) => each.id === id))
    expect(() => {
      for (const each of rows) bench.row(each)
      bench.end()
    }).toThrow(new RegExp(`^${id} `))
    expect(() => judge(rows)).toThrow(InvariantError)
  })

  it('say when and where it happened', () => {
    expect(() => judge(changed('ended', { completionTokens: 99 }))).toThrow(
      /request 0 received 99 tokens, 100 were decoded \(at 92000 us, row 20: \{"kind":"ended"/,
    )
  })

  it('allow a dispatch after the client gave up, before its cancel has arrived', () => {
    const rows = [
      ...good.slice(0, 9),
      row('ended', 30, { outcome: 'cancelled', status: 499, completionTokens: 0, attempt: -1 }),
      row('user_ended', 30, { outcome: 'gave_up' }),
      row('dispatched', 30),
      row('attempt_ended', 31, { outcome: 'cancelled', code: 499 }),
      row('model_books', 100, { openMicros: ms(20) }),
      row('run_ended', 100),
    ]
    expect(() => judge(rows)).not.toThrow()
  })

  it('take work that a Mac cut short after output for an answer, and work that failed for none', () => {
    expect(() => judge(cut('cancelled'))).not.toThrow()
    expect(() => judge(cut('error'))).toThrow(/^INV-9 .* finished no work/)
  })

  it('count what is in flight at the end as the run does', () => {
    const books = row('model_books', 100, { open: 1, openMicros: ms(90) })
    const rows = [...good.slice(0, 10), books, row('run_ended', 100, { inFlight: 1 })]
    expect(() => judge(rows)).not.toThrow()
  })

  it('are one per invariant of the list, each with a broken trace here', () => {
    const listed = [
      ...readFileSync(resolve(import.meta.dirname, '../../docs/invariants.md'), 'utf8').matchAll(/^\| (INV-\d+) /gm),
    ]
    const judged = allJudges().map((each) => each.id)
    // INV-6 is checked by the digest as it writes.
    expect(new Set([...judged, 'INV-6'])).toEqual(new Set(listed.map((match) => match[1])))
    expect([...new Set(broken.map(([id]) => id))].sort()).toEqual([...judged].sort())
  })

  it('audit their books every 10,000 rows, in bounded memory', () => {
    const judges = new Judges(allJudges())
    judges.row(row('registered', 0))
    for (let i = 0; i < 30_000; i += 1) {
      const at = i * 100
      judges.row(row('user_request', at, { user: i }))
      judges.row(row('arrived', at, { user: i, request: i }))
      judges.row(row('ended', at, { request: i, outcome: 'cancelled', status: 499, completionTokens: 0, attempt: -1 }))
      judges.row(row('user_ended', at, { user: i, outcome: 'gave_up' }))
    }
    judges.row(row('run_ended', 3_000_000))
    expect(() => judges.end()).not.toThrow()
  })
})
