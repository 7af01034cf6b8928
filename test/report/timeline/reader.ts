/**
 * Reads a Perfetto trace by its published messages, with a library that did not write it, and holds it to the rules of
 * the format: a track is declared before its events, spans of a track nest, each ends, times ascend, a counter has counter
 * events and no others, a name is known where it is used, and the arrows of a flow end once, at its last event.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import protobuf from 'protobufjs'

const schema = readFileSync(join(import.meta.dirname, 'track-event.proto'), 'utf8')
const Trace = protobuf.parse(schema, { keepCase: true }).root.lookupType('Trace')

interface Annotation {
  readonly name_iid: number
  readonly int_value?: number
  readonly double_value?: number
  readonly string_value?: string
}

interface Packet {
  readonly timestamp?: number
  readonly trusted_packet_sequence_id?: number
  readonly sequence_flags?: number
  readonly track_descriptor?: {
    readonly uuid: number
    readonly name: string
    readonly parent_uuid?: number
    readonly counter?: { readonly unit_name: string }
  }
  readonly track_event?: {
    readonly type: string
    readonly track_uuid: number
    readonly name_iid?: number
    readonly double_counter_value?: number
    readonly flow_ids?: readonly number[]
    readonly terminating_flow_ids?: readonly number[]
    readonly debug_annotations?: readonly Annotation[]
  }
  readonly interned_data?: { readonly [list: string]: readonly { readonly iid: number; readonly name: string }[] }
}

export interface ReadSpan {
  readonly name: string
  /** Nanoseconds. */
  readonly from: number
  to: number
  readonly depth: number
  readonly notes: { readonly [name: string]: number | string }
  readonly flows: readonly number[]
}

export interface ReadTrack {
  /** From the root, its own name last. */
  readonly path: readonly string[]
  readonly unit: string | undefined
  readonly spans: ReadSpan[]
  readonly marks: { readonly at: number; readonly name: string; readonly ends: readonly number[] }[]
  readonly points: { readonly at: number; readonly value: number }[]
}

export interface ReadFlow {
  /** In the order of time: where each event of it is. */
  readonly steps: { readonly track: ReadTrack; readonly at: number; readonly ends: boolean }[]
}

export interface ReadTrace {
  readonly tracks: readonly ReadTrack[]
  readonly flows: ReadonlyMap<number, ReadFlow>
}

const hold = (isKept: boolean, rule: string): void => {
  if (!isKept) throw new Error(`a rule of the format is broken: ${rule}`)
}

export function readTrace(bytes: Uint8Array): ReadTrace {
  const { packet: packets } = Trace.toObject(Trace.decode(bytes), { longs: Number, enums: String }) as {
    readonly packet: readonly Packet[]
  }
  const tracks = new Map<number, ReadTrack>()
  const open = new Map<ReadTrack, ReadSpan[]>()
  const flows = new Map<number, ReadFlow>()
  const names = new Map<number, string>()
  const noteNames = new Map<number, string>()
  let last = 0
  const nameOf = (from: ReadonlyMap<number, string>, iid: number | undefined): string => {
    const name = from.get(iid ?? 0)
    hold(name !== undefined, 'a name is known where it is used')
    return name!
  }
  const step = (id: number, track: ReadTrack, at: number, ends: boolean): void => {
    const flow = flows.get(id) ?? { steps: [] }
    flows.set(id, flow)
    hold(
      flow.steps.every((each) => !each.ends),
      'a flow ends once, at its last event',
    )
    flow.steps.push({ track, at, ends })
  }
  hold((packets[0]!.sequence_flags ?? 0) % 2 === 1, 'the first packet of a sequence voids what was known of names')
  for (const packet of packets) {
    hold(packet.trusted_packet_sequence_id === 1, 'every packet is of the sequence')
    for (const { iid, name } of packet.interned_data?.['event_names'] ?? []) names.set(iid, name)
    for (const { iid, name } of packet.interned_data?.['debug_annotation_names'] ?? []) noteNames.set(iid, name)
    const descriptor = packet.track_descriptor
    if (descriptor !== undefined) {
      const { uuid, name, parent_uuid, counter } = descriptor
      hold(uuid > 0 && !tracks.has(uuid), 'a track has a number of its own')
      const parent = parent_uuid === undefined ? undefined : tracks.get(parent_uuid)
      hold(parent_uuid === undefined || parent !== undefined, 'a parent is declared before its children')
      const path = [...(parent?.path ?? []), name]
      tracks.set(uuid, { path, unit: counter?.unit_name, spans: [], marks: [], points: [] })
    }
    const event = packet.track_event
    if (event === undefined) continue
    const at = packet.timestamp ?? -1
    hold(at >= last, 'times ascend')
    last = at
    const track = tracks.get(event.track_uuid)!
    hold(track !== undefined, 'a track is declared before its events')
    hold((event.type === 'TYPE_COUNTER') === (track.unit !== undefined), 'counters and only they have counter events')
    const stack = open.get(track) ?? []
    open.set(track, stack)
    const { flow_ids: through = [], terminating_flow_ids: ends = [] } = event
    for (const id of through) step(id, track, at, false)
    for (const id of ends) step(id, track, at, true)
    const notes = Object.fromEntries(
      (event.debug_annotations ?? []).map(({ name_iid, ...value }) => [
        nameOf(noteNames, name_iid),
        Object.values(value)[0]!,
      ]),
    )
    switch (event.type) {
      case 'TYPE_SLICE_BEGIN': {
        const span = {
          name: nameOf(names, event.name_iid),
          from: at,
          to: -1,
          depth: stack.length,
          notes,
          flows: through,
        }
        stack.push(span)
        track.spans.push(span)
        break
      }
      case 'TYPE_SLICE_END': {
        const span = stack.pop()
        hold(span !== undefined, 'what ends has begun')
        span!.to = at
        break
      }
      case 'TYPE_INSTANT':
        track.marks.push({ at, name: nameOf(names, event.name_iid), ends })
        break
      case 'TYPE_COUNTER':
        track.points.push({ at, value: event.double_counter_value! })
        break
      default:
        hold(false, `an event has a type, not ${event.type}`)
    }
  }
  hold(
    [...open.values()].every((stack) => stack.length === 0),
    'what begins ends',
  )
  return { tracks: [...tracks.values()], flows }
}
