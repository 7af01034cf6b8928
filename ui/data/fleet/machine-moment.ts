/** Everything about one Mac at one moment: slots, requests, heat, memory. What hovering shows. */
import type { MachineStateRow } from '../../../sim/trace/row.ts'
import { type LaneMoment, laneMoment } from './fleet-moment.ts'
import { machineTracks, machineStatePlaces, poolTracks } from './lane-tracks.ts'
import { stepAt, wholeSlots, workPlaces } from './machine-slots.ts'
import { SLOT_STATES } from './slot-states.ts'
import { derive, lowerBound, type TraceIndex } from '../trace/trace-index.ts'

export interface MachineMomentQuery {
  readonly kind: 'machine_moment'
  readonly machine: number
  readonly at_us: number
}

export interface MachineMoment {
  readonly machine: number
  readonly at_us: number
  /** What its lane shows, exactly. */
  readonly lane: LaneMoment
  /** '' when it has no label. */
  readonly pool: string
  readonly slots: readonly {
    readonly build: string
    readonly state: (typeof SLOT_STATES)[number]
    readonly rows: number
  }[]
  readonly requests: readonly {
    readonly request: number
    readonly build: string
    readonly phase: 'waiting' | 'prefill' | 'decode'
    readonly since_us: number
  }[]
  /** undefined: nothing was written of it yet. */
  readonly state: MachineStateRow | undefined
}

interface Stays {
  readonly places: Uint32Array
  readonly ended: Float64Array
  readonly longest_us: number
}

const staysOf = (index: TraceIndex, machine: number): Stays =>
  derive(index, `work/stays/${machine}`, () => {
    const { starts, places } = workPlaces(index)
    const own = places.subarray(starts[machine], starts[machine + 1])
    const at = index.store.column('work', 'at')
    const received = index.store.column('work', 'receivedAt')
    let longest_us = 0
    for (const i of own) longest_us = Math.max(longest_us, at[i]! - received[i]!)
    return { places: own, ended: Float64Array.from(own, (i) => at[i]!), longest_us }
  })

function requestsAt(index: TraceIndex, machine: number, at_us: number): MachineMoment['requests'] {
  const { store } = index
  const received = store.column('work', 'receivedAt')
  const admitted = store.column('work', 'admittedAt')
  const first = store.column('work', 'firstTokenAt')
  const request = store.column('work', 'request')
  const build = store.column('work', 'build')
  const { places, ended, longest_us } = staysOf(index, machine)
  const found: MachineMoment['requests'][number][] = []
  for (let i = lowerBound(ended, at_us + 1); i < places.length && ended[i]! <= at_us + longest_us; i += 1) {
    const place = places[i]!
    if (received[place]! > at_us) continue
    const decodes = first[place]! >= 0 && first[place]! <= at_us
    const prefills = admitted[place]! >= 0 && admitted[place]! <= at_us
    const phase = decodes ? 'decode' : prefills ? 'prefill' : 'waiting'
    const since_us = decodes ? first[place]! : prefills ? admitted[place]! : received[place]!
    found.push({ request: request[place]!, build: store.texts.text(build[place]!), phase, since_us })
  }
  return found
}

export function machineMoment(index: TraceIndex, { machine, at_us }: MachineMomentQuery): MachineMoment {
  const { heat } = machineTracks(index, machine)
  const lane = laneMoment(index, machine, at_us)
  const { starts, places } = machineStatePlaces(index)
  const seen = heat.starts.length > 0 && heat.starts[0]! <= at_us
  const row = places[starts[machine]! + stepAt(heat.starts, at_us)]!
  return {
    machine,
    at_us,
    lane,
    pool: lane.pool === 0 ? '' : poolTracks(index).names[lane.pool - 1]!,
    slots: wholeSlots(index, machine).map(({ build, starts_us, states, rows }) => {
      const i = stepAt(starts_us, at_us)
      return { build, state: SLOT_STATES[states[i]!]!, rows: rows[i]! }
    }),
    requests: requestsAt(index, machine, at_us),
    state: seen ? (index.store.table('machine_state').read(row, index.store.texts) as MachineStateRow) : undefined,
  }
}
