/**
 * What Macs did for one request, from the trace: the truth behind the coordinator's story, which knows only what it was
 * told. Loads of the build and faults count while an attempt is under way there.
 */
import type {
  DelayRow,
  DispatchedRow,
  FaultRow,
  LoadEndedRow,
  LoadStartedRow,
  TraceRow,
  WorkRow,
} from '../../trace/row.ts'

export type MacRow = LoadStartedRow | LoadEndedRow | WorkRow | DelayRow | FaultRow

export interface MacEvent {
  readonly serial: string
  readonly row: MacRow
}

export interface MacStory {
  observe(row: TraceRow): void
  /** In the order of time. */
  readonly events: readonly MacEvent[]
}

export function macStory(request: number): MacStory {
  const machineOf = new Map<number, number>()
  const serialOf = new Map<number, string>()
  const attempts: DispatchedRow[] = []
  const events: MacEvent[] = []

  const add = (row: MacRow): void => void events.push({ serial: serialOf.get(row.machine) ?? '', row: { ...row } })
  const isWaitedFor = (machine: number, build?: string): boolean =>
    attempts.some((each) => machineOf.get(each.provider) === machine && (build === undefined || each.build === build))

  return {
    events,
    observe(row) {
      switch (row.kind) {
        case 'registered':
          machineOf.set(row.provider, row.machine)
          serialOf.set(row.machine, row.serial)
          return
        case 'dispatched':
          if (row.request === request) attempts.push({ ...row })
          return
        case 'attempt_ended': {
          const place = row.request === request ? attempts.findIndex((each) => each.attempt === row.attempt) : -1
          if (place !== -1) attempts.splice(place, 1)
          return
        }
        case 'load_started':
        case 'load_ended':
          if (isWaitedFor(row.machine, row.build)) add(row)
          return
        case 'fault':
          if (isWaitedFor(row.machine)) add(row)
          return
        case 'work':
        case 'delay':
          if (row.request === request) add(row)
          return
        default:
      }
    },
  }
}
