/** The fleet in transition, counted: Macs that hold each build, labels and assignments that changed, what a planner wants. */
import { machineSpans } from '../../fleet/residency.ts'
import { derive, lowerBound, type TraceIndex } from '../trace-index.ts'
import { endOf, type TimeGrid } from './time-grid.ts'

export interface FleetSteps {
  readonly builds: readonly string[]
  /** Macs that hold the build when the interval ends, `held[build * buckets + b]`. */
  readonly held: Uint16Array
  readonly surfaces: readonly string[]
  /** Labels that changed, by where the coordinator had asked, `relabels[surface * buckets + b]`. */
  readonly relabels: Uint32Array
  readonly states: readonly string[]
  /** Assignments that came into a state, `assigned[state * buckets + b]`. */
  readonly assigned: Uint32Array
  /** Macs that offer the build to the public in its pool, as the capacity endpoint says; NaN before it said so. */
  readonly offered: Float64Array
  /** Builds of which a planner said how many Macs it has and wants; NaN before it said so. */
  readonly planned: readonly string[]
  readonly planHas: Float64Array
  readonly planWants: Float64Array
  /** The coordinator's own gauges of its pools: Macs that hold a build of it, and that have a request of it under way. */
  readonly gauged: readonly string[]
  readonly warm: Float64Array
  readonly serving: Float64Array
}

interface Edges {
  readonly at: Float64Array
  /** Build, times two, plus one for a Mac that begins to hold it. */
  readonly change: Uint16Array
}

const heldEdges = (index: TraceIndex): Edges =>
  derive(index, 'trace/held', () => {
    const edges: { readonly at: number; readonly change: number }[] = []
    for (const { kind, build, from_us, to_us } of machineSpans(index).flat()) {
      if (kind !== 'held' || build < 0) continue
      edges.push({ at: from_us, change: build * 2 + 1 })
      if (to_us < index.end_us) edges.push({ at: to_us, change: build * 2 })
    }
    edges.sort((a, b) => a.at - b.at)
    return { at: Float64Array.from(edges, ({ at }) => at), change: Uint16Array.from(edges, ({ change }) => change) }
  })

function heldIn(index: TraceIndex, { start_us, bucket_us, buckets }: TimeGrid): Uint16Array {
  const { at, change } = heldEdges(index)
  const now = new Int32Array(index.names.builds.length)
  const held = new Uint16Array(now.length * buckets)
  let next = 0
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const end = start_us + (bucket + 1) * bucket_us
    for (; next < at.length && at[next]! < end; next += 1) now[change[next]! >> 1]! += change[next]! % 2 === 1 ? 1 : -1
    for (let build = 0; build < now.length; build += 1) held[build * buckets + bucket] = Math.max(0, now[build]!)
  }
  return held
}

type Counted = 'relabel' | 'assignment'

/** Rows by the text of a column, counted where they happened. */
function countsBy(index: TraceIndex, kind: Counted, column: 'surface' | 'state', grid: TimeGrid) {
  const { store } = index
  const at = store.column(kind, 'at')
  const texts = store.column(kind as 'relabel', column as 'surface')
  const names = derive(index, `trace/${kind}`, () => [...new Set(texts)])
  const { start_us, bucket_us, buckets } = grid
  const counts = new Uint32Array(names.length * buckets)
  const end = lowerBound(at, endOf(grid))
  for (let i = lowerBound(at, start_us); i < end; i += 1)
    counts[names.indexOf(texts[i]!) * buckets + Math.floor((at[i]! - start_us) / bucket_us)]! += 1
  return { names: names.map((text) => store.texts.text(text)), counts }
}

type Gauged = 'capacity_feed' | 'placement' | 'pool'

/** The latest row's value at the end of each interval, by the text of a column. `lasts_us`: it says nothing of later than that. */
function latestBy(
  index: TraceIndex,
  { kind, column, names, lasts_us }: { kind: Gauged; column: string; names: readonly string[]; lasts_us?: number },
  values: readonly string[],
  { start_us, bucket_us, buckets }: TimeGrid,
): readonly Float64Array[] {
  const { store } = index
  const at = store.column(kind, 'at')
  const texts = store.column(kind as 'pool', column as 'pool')
  const columns = values.map((name) => store.column(kind as 'pool', name as 'warmProviders'))
  const found = columns.map(() => new Float64Array(names.length * buckets).fill(Number.NaN))
  const placeOf = new Map(names.map((name, place) => [store.texts.list.indexOf(name), place]))
  const latest = new Int32Array(names.length).fill(-1)
  let next = 0
  for (let bucket = 0; bucket < buckets && names.length > 0; bucket += 1) {
    const end = start_us + (bucket + 1) * bucket_us
    for (; next < at.length && at[next]! < end; next += 1) {
      const place = placeOf.get(texts[next]!)
      if (place !== undefined) latest[place] = next
    }
    for (const [place, row] of latest.entries()) {
      if (row < 0) continue
      const stale = lasts_us !== undefined && end - at[row]! > lasts_us + bucket_us
      for (const [i, own] of found.entries()) own[place * buckets + bucket] = stale ? 0 : columns[i]![row]!
    }
  }
  return found
}

const textsOf = (index: TraceIndex, kind: Gauged, column: string): readonly string[] =>
  derive(index, `trace/texts/${kind}`, () =>
    [...new Set(index.store.column(kind as 'pool', column as 'pool'))].map((text) => index.store.texts.text(text)),
  )

/** Time between the coordinator's gauges; a pool without members is in none of them. */
function tickOf(index: TraceIndex): number {
  const at = index.store.column('audit', 'at')
  return at.length < 2 ? Number.POSITIVE_INFINITY : at[1]! - at[0]!
}

export function fleetSteps(index: TraceIndex, grid: TimeGrid): FleetSteps {
  const { names: surfaces, counts: relabels } = countsBy(index, 'relabel', 'surface', grid)
  const { names: states, counts: assigned } = countsBy(index, 'assignment', 'state', grid)
  const { builds } = index.names
  const planned = textsOf(index, 'placement', 'build')
  const gauged = textsOf(index, 'pool', 'pool')
  const [offered] = latestBy(index, { kind: 'capacity_feed', column: 'build', names: builds }, ['routable'], grid)
  const [planHas, planWants] = latestBy(
    index,
    { kind: 'placement', column: 'build', names: planned },
    ['current', 'desired'],
    grid,
  )
  const [warm, serving] = latestBy(
    index,
    { kind: 'pool', column: 'pool', names: gauged, lasts_us: tickOf(index) * 1.5 },
    ['warmProviders', 'servingProviders'],
    grid,
  )
  return {
    builds,
    held: heldIn(index, grid),
    offered: offered!,
    surfaces,
    relabels,
    states,
    assigned,
    planned,
    planHas: planHas!,
    planWants: planWants!,
    gauged,
    warm: warm!,
    serving: serving!,
  }
}
