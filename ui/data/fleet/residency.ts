/**
 * Which builds each Mac held, loaded, fetched and gave up, as spans of time: the truth of the Macs.
 */
import { initialResidents } from './initial-residents.ts'
import { derive, type TraceIndex } from '../trace/trace-index.ts'

type SpanKind = 'held' | 'loading' | 'fetching' | 'draining'

export interface Span {
  readonly kind: SpanKind
  /** Place in the run's builds. */
  readonly build: number
  readonly from_us: number
  readonly to_us: number
  /** How it began and ended, in the words of the trace; '' when the trace does not say. */
  readonly why: string
}

export interface MachineSpans {
  readonly machine: number
  readonly spans: readonly Span[]
}

export interface ResidencyQuery {
  readonly kind: 'residency'
  readonly from_us: number
  readonly to_us: number
  /** Absent: by number of the machine. */
  readonly order?: 'machine' | 'most_changed'
  readonly offset?: number
  readonly limit?: number
}

export interface Residency {
  /** Macs whose builds changed within the window, those of this page only. */
  readonly machines: readonly MachineSpans[]
  /** All that changed. */
  readonly changed: number
}

const LIMIT = 24

type Open = { -readonly [K in keyof Span]: Span[K] }

/** Spans of all Macs, in order of their beginning. */
class SpanBook {
  readonly lanes: Span[][]
  private readonly open = new Map<string, Open>()

  constructor(
    machines: number,
    private readonly end_us: number,
  ) {
    this.lanes = Array.from({ length: machines }, () => [])
  }

  begin(machine: number, span: Omit<Span, 'to_us'>): void {
    const key = keyOf(machine, span.kind, span.build)
    if (this.open.has(key) || this.lanes[machine] === undefined) return
    const fresh = { ...span, to_us: this.end_us }
    this.open.set(key, fresh)
    this.lanes[machine].push(fresh)
  }

  end(machine: number, kind: SpanKind, build: number, at_us: number, why = ''): void {
    const key = keyOf(machine, kind, build)
    const span = this.open.get(key)
    if (span === undefined) return
    span.to_us = at_us
    if (why !== '') span.why = span.why === '' ? why : `${span.why}; ${why}`
    this.open.delete(key)
  }
}

const keyOf = (machine: number, kind: SpanKind, build: number): string => `${machine} ${kind} ${build}`

/** Place of each text of the dictionary among the run's builds; -1: no build. */
function placesOfTexts({ store, names }: TraceIndex): Int32Array {
  return Int32Array.from(store.texts.list, (text) => names.builds.indexOf(text))
}

interface Event {
  readonly at: number
  apply(): void
}

function eventsOf(index: TraceIndex, book: SpanBook, places: Int32Array): Event[] {
  const { store, machineOf, names } = index
  const events: Event[] = []
  const text = (number: number): string => store.texts.text(number)
  const each = (
    kind: 'load_started' | 'load_ended' | 'unloaded' | 'download',
    column: 'cause' | 'ok' | 'why' | 'what',
    visit: (machine: number, build: number, at: number, value: number) => void,
  ): void => {
    const at = store.column(kind, 'at')
    const machine = store.column(kind as 'load_started', 'machine')
    const build = store.column(kind as 'load_started', 'build')
    const values = store.column(kind as 'load_started', column as 'cause')
    for (let i = 0; i < at.length; i += 1)
      events.push({ at: at[i]!, apply: () => visit(machine[i]!, places[build[i]!]!, at[i]!, values[i]!) })
  }
  each('load_started', 'cause', (machine, build, at, cause) =>
    book.begin(machine, { kind: 'loading', build, from_us: at, why: `for ${text(cause)}` }),
  )
  each('load_ended', 'ok', (machine, build, at, ok) => {
    book.end(machine, 'loading', build, at, ok === 0 ? 'failed' : '')
    if (ok !== 0) book.begin(machine, { kind: 'held', build, from_us: at, why: '' })
  })
  each('unloaded', 'why', (machine, build, at, why) => book.end(machine, 'held', build, at, text(why)))
  each('download', 'what', (machine, build, at, what) => {
    if (text(what) === 'started') book.begin(machine, { kind: 'fetching', build, from_us: at, why: '' })
    else book.end(machine, 'fetching', build, at, text(what))
  })
  const at = store.column('assignment', 'at')
  const provider = store.column('assignment', 'provider')
  const build = store.column('assignment', 'build')
  const state = store.column('assignment', 'state')
  for (let i = 0; i < at.length; i += 1) {
    const machine = machineOf[provider[i]!] ?? -1
    const place = places[build[i]!]!
    const draining = text(state[i]!) === 'draining'
    if (machine < 0) continue
    events.push({
      at: at[i]!,
      apply() {
        // A Mac has one assignment: a new one ends what came before.
        for (const other of names.builds.keys())
          if (!draining || other !== place) book.end(machine, 'draining', other, at[i]!)
        if (draining) book.begin(machine, { kind: 'draining', build: place, from_us: at[i]!, why: 'to make room' })
      },
    })
  }
  return events
}

function beginWithResidents(index: TraceIndex, book: SpanBook, places: Int32Array): void {
  for (const [machine, builds] of initialResidents(index).entries())
    for (const build of builds)
      book.begin(machine, { kind: 'held', build: places[build]!, from_us: 0, why: 'from the start' })
}

/** By machine. */
export const machineSpans = (index: TraceIndex): readonly (readonly Span[])[] =>
  derive(index, 'residency/spans', () => {
    const places = placesOfTexts(index)
    const book = new SpanBook(index.names.machines.length, index.end_us)
    beginWithResidents(index, book, places)
    const events = eventsOf(index, book, places).filter(({ at }) => at >= 0)
    events.sort((a, b) => a.at - b.at)
    for (const event of events) event.apply()
    return book.lanes
  })

export function residency(index: TraceIndex, query: ResidencyQuery): Residency {
  const { from_us, to_us, offset = 0, limit = LIMIT } = query
  const within = (at: number): boolean => at > from_us && at < to_us
  const changes = machineSpans(index).map((spans, machine) => ({
    machine,
    count: spans.filter((span) => within(span.from_us) || within(span.to_us)).length,
  }))
  const changed = changes.filter(({ count }) => count > 0)
  if (query.order === 'most_changed') changed.sort((a, b) => b.count - a.count || a.machine - b.machine)
  return {
    changed: changed.length,
    machines: changed.slice(offset, offset + limit).map(({ machine }) => ({
      machine,
      spans: machineSpans(index)[machine]!.filter((span) => span.from_us < to_us && span.to_us > from_us),
    })),
  }
}
