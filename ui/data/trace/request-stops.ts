/** The stations of a request, in order: the coordinator, the queue, each attempt on its Mac. What a reader steps through. */
import type { RunNames } from '../../../sim/lab/runs/run-names.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import type { RequestLife } from '../requests/request-life.ts'

export interface RequestStop {
  readonly kind: 'coordinator' | 'queue' | 'attempt'
  readonly title: string
  readonly from_us: number
  readonly to_us: number
  /** Of an attempt; -1: of none, or a Mac that the run does not name. */
  readonly machine: number
  /** How it ended, in the words of the trace. */
  readonly end: string
}

type RowOf<K extends TraceRow['kind']> = Extract<TraceRow, { readonly kind: K }>

const ofKind = <K extends TraceRow['kind']>({ rows }: RequestLife, kind: K): readonly RowOf<K>[] =>
  rows.filter((row): row is RowOf<K> => row.kind === kind)

export function requestStops(life: RequestLife, names: RunNames | undefined): readonly RequestStop[] {
  const last = life.rows.at(-1)?.at ?? 0
  const arrived = ofKind(life, 'arrived')[0]
  const ended = ofKind(life, 'ended')[0]
  const stops: RequestStop[] = []
  if (arrived !== undefined) {
    const left = life.rows.find(({ kind }) => kind === 'queued' || kind === 'dispatched' || kind === 'ended')
    const to_us = left?.at ?? last
    const end =
      left?.kind === 'ended' ? `${left.status} ${left.reason}`.trim() : left?.kind === 'queued' ? 'queued' : 'sent'
    stops.push({ kind: 'coordinator', title: 'Coordinator', from_us: arrived.at, to_us, machine: -1, end })
  }
  const left = ofKind(life, 'dequeued')
  for (const [i, { at, build }] of ofKind(life, 'queued').entries()) {
    const end = left[i]
    stops.push({
      kind: 'queue',
      title: `Queue for ${build}`,
      from_us: at,
      to_us: end?.at ?? last,
      machine: -1,
      end: end?.why ?? 'still there at the end',
    })
  }
  const ends = ofKind(life, 'attempt_ended')
  for (const { at, attempt, provider, backup } of ofKind(life, 'dispatched')) {
    const end = ends.find((row) => row.attempt === attempt)
    const serial = life.serials[provider] ?? `provider ${provider}`
    stops.push({
      kind: 'attempt',
      title: `${backup ? 'Backup' : 'Attempt'} ${attempt} on ${serial}`,
      from_us: at,
      to_us: end?.at ?? ended?.at ?? last,
      machine: names?.machines.findIndex((each) => each.serial === serial) ?? -1,
      end: end?.outcome ?? 'in flight at the end',
    })
  }
  return stops.sort((a, b) => a.from_us - b.from_us)
}

/** Those on Macs, as lanes mark them. */
export const staysOf = (
  life: RequestLife,
  names: RunNames | undefined,
): readonly { readonly machine: number; readonly from_s: number; readonly to_s: number }[] =>
  requestStops(life, names)
    .filter(({ machine }) => machine >= 0)
    .map(({ machine, from_us, to_us }) => ({ machine, from_s: from_us / 1e6, to_s: to_us / 1e6 }))
