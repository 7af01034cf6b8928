/** What a lane shows beside its Mac's state, each a step function of bytes: pool, heat, memory, requests that wait. */
import { laneSteps } from './lane-steps.ts'
import { derive, groupRows, type TraceIndex } from '../trace/trace-index.ts'

export interface Track {
  readonly starts: Float64Array
  readonly values: Uint8Array
}

const BYTE_MAX = 255

/** Percent of the cool Mac's speed that heat takes, and percent of memory in use (files aside; above 100: compressed). */
interface Physical {
  readonly starts: Float64Array
  readonly heat_pct: Uint8Array
  readonly memory_pct: Uint8Array
}

export const machineStatePlaces = (index: TraceIndex) =>
  derive(index, 'machine_states/by-machine', () =>
    groupRows(index.store.column('machine_state', 'machine'), index.names.machines.length),
  )

const physical = (index: TraceIndex): readonly Physical[] =>
  derive(index, 'lanes/physical', () => {
    const { store } = index
    const at = store.column('machine_state', 'at')
    const speed = store.column('machine_state', 'speed_pct')
    const memory = store.column('machine_state', 'memoryBytes')
    const free = store.column('machine_state', 'freeBytes')
    const file = store.column('machine_state', 'fileBytes')
    const compressed = store.column('machine_state', 'compressedBytes')
    const { starts, places } = machineStatePlaces(index)
    const used = (i: number): number =>
      Math.min(BYTE_MAX, Math.round(((memory[i]! + compressed[i]! - free[i]! - file[i]!) / memory[i]!) * 100))
    return index.names.machines.map((_, machine) => {
      const own = places.subarray(starts[machine], starts[machine + 1])
      return {
        starts: Float64Array.from(own, (i) => at[i]!),
        heat_pct: Uint8Array.from(own, (i) => Math.max(0, 100 - speed[i]!)),
        memory_pct: Uint8Array.from(own, used),
      }
    })
  })

export interface PoolTracks {
  /** Value p of a track stands for `names[p - 1]`; 0 for no pool. */
  readonly names: readonly string[]
  readonly tracks: readonly Track[]
}

/**
 * A Mac's pool is the label the coordinator gave it. Policies that give none are shown by the pools of the builds the
 * Mac holds, as the coordinator's metrics tick saw them.
 */
export const poolTracks = (index: TraceIndex): PoolTracks =>
  derive(index, 'lanes/pools', () => {
    const { store, machineOf } = index
    const relabels = store.column('relabel', 'provider')
    const assigned = store.column('provider_pools', 'assigned')
    const none = store.texts.list.indexOf('')
    // Ticks call pools by their display name, and later than they changed: only where no label was written.
    const seen =
      relabels.length > 0
        ? undefined
        : assigned.some((text) => text !== none)
          ? assigned
          : store.column('provider_pools', 'active')
    // The scenario's own names first: under every policy a pool keeps its place, and so its colour.
    const names = [...new Set([...index.names.builds, ...index.names.models])]
    const changes: { readonly at: number; readonly value: number }[][] = index.names.machines.map(() => [])
    const valueOf = (text: number): number => {
      const name = store.texts.text(text)
      if (name === '') return 0
      if (!names.includes(name)) names.push(name)
      return Math.min(BYTE_MAX, names.indexOf(name) + 1)
    }
    const add = (provider: number, at: number, value: number): void =>
      void changes[machineOf[provider] ?? -1]?.push({ at, value })
    const came = store.column('registered', 'at')
    // A provider that connects again starts without a label.
    store.column('registered', 'provider').forEach((provider, i) => add(provider, came[i]!, 0))
    const relabelledAt = store.column('relabel', 'at')
    const to = store.column('relabel', 'to')
    relabels.forEach((provider, i) => add(provider, relabelledAt[i]!, valueOf(to[i]!)))
    const tickAt = store.column('provider_pools', 'at')
    if (seen !== undefined)
      store.column('provider_pools', 'provider').forEach((provider, i) => add(provider, tickAt[i]!, valueOf(seen[i]!)))
    const tracks = changes.map((list) => {
      list.sort((a, b) => a.at - b.at)
      const kept = list.filter(({ value }, i) => i === 0 || value !== list[i - 1]!.value)
      return { starts: Float64Array.from(kept, ({ at }) => at), values: Uint8Array.from(kept, ({ value }) => value) }
    })
    return { names, tracks }
  })

export interface MachineTracks {
  readonly pool: Track
  readonly heat: Track
  readonly memory: Track
  readonly queue: Track
}

export function machineTracks(index: TraceIndex, machine: number): MachineTracks {
  const { starts, heat_pct, memory_pct } = physical(index)[machine]!
  const steps = laneSteps(index)[machine]!
  return {
    pool: poolTracks(index).tracks[machine]!,
    heat: { starts, values: heat_pct },
    memory: { starts, values: memory_pct },
    queue: { starts: steps.starts, values: steps.waiting },
  }
}
