/**
 * What each Mac held before anything was loaded there. No row says so; it follows from what comes before a load of the
 * build ends: a heartbeat that shows it running or idle, work on it, its unloading.
 */
import { derive, type TraceIndex } from '../trace/trace-index.ts'

type Evidence = readonly [at: ArrayLike<number>, machine: ArrayLike<number>, build: ArrayLike<number>]

/** By machine: builds, as texts of the dictionary. */
export const initialResidents = (index: TraceIndex): readonly ReadonlySet<number>[] =>
  derive(index, 'residents/initial', () => {
    const machines = index.names.machines.length
    const evidence = [heartbeats(index), work(index), rowsOf(index, 'unloaded')]
    const seen = firstOf(machines, evidence)
    const loaded = firstOf(machines, [rowsOf(index, 'load_ended')])
    return seen.map(
      (builds, machine) =>
        new Set(
          [...builds].filter(([build, at]) => at < (loaded[machine]!.get(build) ?? Infinity)).map(([build]) => build),
        ),
    )
  })

/** The earliest time of each build, by machine; times below 0 are none. */
function firstOf(machines: number, evidence: readonly Evidence[]): readonly ReadonlyMap<number, number>[] {
  const first = Array.from({ length: machines }, () => new Map<number, number>())
  for (const [at, machine, build] of evidence) {
    for (let i = 0; i < at.length; i += 1) {
      const known = at[i]! < 0 ? undefined : first[machine[i]!]
      if (known !== undefined && at[i]! < (known.get(build[i]!) ?? Infinity)) known.set(build[i]!, at[i]!)
    }
  }
  return first
}

const rowsOf = ({ store }: TraceIndex, kind: 'unloaded' | 'load_ended'): Evidence => [
  store.column(kind, 'at'),
  store.column(kind, 'machine'),
  store.column(kind, 'build'),
]

function heartbeats({ store, machineOf }: TraceIndex): Evidence {
  const resident = new Set(['running', 'idle'].map((text) => store.texts.list.indexOf(text)))
  const at = store.column('slot', 'at')
  const provider = store.column('slot', 'provider')
  const state = store.column('slot', 'state')
  return [
    Float64Array.from(at, (time, i) => (resident.has(state[i]!) ? time : -1)),
    Int32Array.from(provider, (each) => machineOf[each] ?? -1),
    store.column('slot', 'build'),
  ]
}

const work = ({ store }: TraceIndex): Evidence => [
  store.column('work', 'admittedAt'),
  store.column('work', 'machine'),
  store.column('work', 'build'),
]
