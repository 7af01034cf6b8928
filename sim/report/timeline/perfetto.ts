/**
 * Perfetto's own format, TracePackets of track events, as its page on synthetic traces describes them: a tree of named
 * tracks, spans on them, instants, counters, and flows, which are arrows between spans. The rules that readers rely on are
 * kept here, so that whoever fills a timeline need not know them: on one track spans nest and never cross (what overlaps gets
 * lanes of the same name, which the viewer draws as one track), every span that begins ends, packets are in the order of
 * their times, and a name is written once.
 */
import { PbfWriter } from 'pbf'
import { assert } from '../../base/assert.ts'
import { lanesOf } from './lanes.ts'

/** A number of a track; 0 is the root of all. */
export type TrackId = number
export const ROOT: TrackId = 0

/** What stands beside a span when it is selected. */
export interface SpanNotes {
  readonly [name: string]: number | string | undefined
}

/** Times are microseconds. */
export interface TimelineSpan {
  readonly from: number
  readonly to: number
  readonly name: string
  readonly notes?: SpanNotes
  /** An arrow leads here from the span before with the same number; more than 0. */
  readonly flow?: number | undefined
  /** Inside it, in order, none beginning before the one before has ended. */
  readonly parts?: readonly { readonly from: number; readonly to: number; readonly name: string }[]
  /** A mark at its end, in which the arrows of its flow end. */
  readonly ending?: { readonly name: string } | undefined
}

export interface TimelineMark {
  readonly at: number
  readonly name: string
  readonly notes?: SpanNotes
}

export interface CounterPoint {
  readonly at: number
  readonly value: number
}

/** Field numbers and constants of Perfetto's messages (protos/perfetto/trace). */
const TRACE = { packet: 1 } as const
const PACKET = {
  timestamp: 8,
  sequence: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  trackDescriptor: 60,
  firstOnSequence: 87,
} as const
const TRACK = { uuid: 1, name: 2, parent: 5, counter: 8, childOrdering: 11, rank: 12 } as const
const COUNTER = { unitName: 6 } as const
const EVENT = { notes: 4, type: 9, nameId: 10, track: 11, doubleValue: 44, flows: 47, endingFlows: 48 } as const
const INTERNED = { eventNames: 2, noteNames: 3 } as const
const NAMED = { id: 1, name: 2 } as const
const NOTE = { nameId: 1, int: 4, double: 5, string: 6 } as const
const TYPE = { begin: 1, end: 2, instant: 3, counter: 4 } as const
const BY_RANK = 3
/** 1: what was known of names before is void; 2: names are written as numbers. */
const NAMES_BEGIN = 3
const NAMES_KNOWN = 2
/** One writer, one sequence. */
const SEQUENCE = 1
const NANOS_PER_MICRO = 1_000

type EventType = (typeof TYPE)[keyof typeof TYPE]

interface Event {
  readonly at: number
  readonly track: TrackId
  readonly type: EventType
  /** Of its name; 0: none. */
  readonly name: number
  readonly value?: number
  readonly flow?: number | undefined
  readonly endingFlow?: number | undefined
  readonly notes?: SpanNotes | undefined
}

interface Track {
  readonly parent: TrackId
  readonly name: string
  readonly rank: number
  /** undefined: a track of spans. */
  readonly unit: string | undefined
}

/** Numbers from 1 on, in the order of first use. */
class Names {
  private readonly numbers = new Map<string, number>()
  numberOf(name: string): number {
    const known = this.numbers.get(name)
    if (known !== undefined) return known
    this.numbers.set(name, this.numbers.size + 1)
    return this.numbers.size
  }
  [Symbol.iterator](): IterableIterator<[string, number]> {
    return this.numbers[Symbol.iterator]()
  }
}

export class PerfettoTrace {
  private readonly tracks: Track[] = []
  private readonly events: Event[] = []
  private readonly names = new Names()
  private readonly noteNames = new Names()

  /** A heading under which tracks stand, in the order in which they are made. */
  group(parent: TrackId, name: string): TrackId {
    return this.track(parent, name)
  }

  /** Spans in any order; those that overlap stand below one another. None: no track. */
  spans(parent: TrackId, name: string, spans: readonly TimelineSpan[]): void {
    const sorted = spans.toSorted((a, b) => a.from - b.from || b.to - a.to)
    const lanes: TrackId[] = []
    for (const [place, lane] of lanesOf(sorted).entries()) {
      const span = sorted[place]!
      assert(span.from <= span.to, `a span of a timeline ends before it begins: ${name}`)
      this.span((lanes[lane] ??= this.track(parent, name)), span)
    }
  }

  marks(parent: TrackId, name: string, marks: readonly TimelineMark[]): void {
    if (marks.length === 0) return
    const track = this.track(parent, name)
    for (const { at, name: what, notes } of marks)
      this.events.push({ at, track, type: TYPE.instant, name: this.names.numberOf(what), notes })
  }

  /** In the order of time. A value holds until the next; one that is as before is not written. */
  counter(parent: TrackId, name: string, unit: string, points: readonly CounterPoint[]): void {
    if (points.length === 0) return
    const track = this.track(parent, name, unit)
    let before: number | undefined
    for (const { at, value } of points) {
      if (value !== before) this.events.push({ at, track, type: TYPE.counter, name: 0, value })
      before = value
    }
  }

  /** The whole file. */
  encode(): Uint8Array {
    const writer = new PbfWriter()
    writer.writeMessage(TRACE.packet, this.writeNames, this)
    for (const [index, track] of this.tracks.entries())
      writer.writeMessage(TRACE.packet, writeTrackPacket, { ...track, id: index + 1 })
    // Stable: what was pushed first of one instant stays first, so that a span ends before the next of its lane begins.
    for (const event of this.events.toSorted((a, b) => a.at - b.at))
      writer.writeMessage(TRACE.packet, this.writeEventPacket, event)
    return writer.finish()
  }

  private track(parent: TrackId, name: string, unit?: string): TrackId {
    return this.tracks.push({ parent, name, rank: this.tracks.length, unit })
  }

  private span(track: TrackId, { from, to, name, notes, flow, parts = [], ending }: TimelineSpan): void {
    const { events, names } = this
    events.push({ at: from, track, type: TYPE.begin, name: names.numberOf(name), flow, notes })
    let at = from
    for (const part of parts) {
      assert(at <= part.from && part.from <= part.to && part.to <= to, `a part of a span lies outside it: ${part.name}`)
      at = part.to
      if (part.from === part.to) continue
      events.push({ at: part.from, track, type: TYPE.begin, name: names.numberOf(part.name) })
      events.push({ at: part.to, track, type: TYPE.end, name: 0 })
    }
    if (ending !== undefined)
      events.push({ at: to, track, type: TYPE.instant, name: names.numberOf(ending.name), endingFlow: flow })
    events.push({ at: to, track, type: TYPE.end, name: 0 })
  }

  private readonly writeNames = (_: unknown, packet: PbfWriter): void => {
    // Every name of a note is known before the first is written.
    for (const { notes } of this.events) for (const name of Object.keys(notes ?? {})) this.noteNames.numberOf(name)
    packet.writeVarintField(PACKET.sequence, SEQUENCE)
    packet.writeVarintField(PACKET.sequenceFlags, NAMES_BEGIN)
    packet.writeBooleanField(PACKET.firstOnSequence, true)
    packet.writeMessage(
      PACKET.internedData,
      (__, data) => {
        for (const entry of this.names) data.writeMessage(INTERNED.eventNames, writeNamed, entry)
        for (const entry of this.noteNames) data.writeMessage(INTERNED.noteNames, writeNamed, entry)
      },
      undefined,
    )
  }

  private readonly writeEventPacket = (event: Event, packet: PbfWriter): void => {
    packet.writeVarintField(PACKET.timestamp, event.at * NANOS_PER_MICRO)
    packet.writeVarintField(PACKET.sequence, SEQUENCE)
    packet.writeVarintField(PACKET.sequenceFlags, NAMES_KNOWN)
    packet.writeMessage(PACKET.trackEvent, this.writeEvent, event)
  }

  private readonly writeEvent = (event: Event, out: PbfWriter): void => {
    out.writeVarintField(EVENT.type, event.type)
    out.writeVarintField(EVENT.track, event.track)
    if (event.name > 0) out.writeVarintField(EVENT.nameId, event.name)
    if (event.value !== undefined) out.writeDoubleField(EVENT.doubleValue, event.value)
    if (event.flow !== undefined) out.writeFixed64Field(EVENT.flows, event.flow)
    if (event.endingFlow !== undefined) out.writeFixed64Field(EVENT.endingFlows, event.endingFlow)
    for (const [name, value] of Object.entries(event.notes ?? {})) {
      if (value === undefined) continue
      out.writeMessage(EVENT.notes, writeNote, { name: this.noteNames.numberOf(name), value })
    }
  }
}

function writeNamed([name, id]: readonly [string, number], out: PbfWriter): void {
  out.writeVarintField(NAMED.id, id)
  out.writeStringField(NAMED.name, name)
}

function writeNote({ name, value }: { readonly name: number; readonly value: number | string }, out: PbfWriter): void {
  out.writeVarintField(NOTE.nameId, name)
  if (typeof value === 'string') out.writeStringField(NOTE.string, value)
  else if (Number.isSafeInteger(value)) out.writeVarintField(NOTE.int, value)
  else out.writeDoubleField(NOTE.double, value)
}

function writeTrackPacket(track: Track & { readonly id: TrackId }, packet: PbfWriter): void {
  packet.writeVarintField(PACKET.sequence, SEQUENCE)
  packet.writeMessage(PACKET.trackDescriptor, writeTrack, track)
}

function writeTrack({ id, parent, name, rank, unit }: Track & { readonly id: TrackId }, out: PbfWriter): void {
  out.writeVarintField(TRACK.uuid, id)
  if (parent !== ROOT) out.writeVarintField(TRACK.parent, parent)
  out.writeStringField(TRACK.name, name)
  if (unit !== undefined)
    out.writeMessage(TRACK.counter, (unitName, counter) => counter.writeStringField(COUNTER.unitName, unitName), unit)
  else out.writeVarintField(TRACK.childOrdering, BY_RANK)
  out.writeVarintField(TRACK.rank, rank)
}
