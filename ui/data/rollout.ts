/**
 * A fleet in transition, over time: how many Macs offer and hold each build, the coordinator's pools, the planner's
 * targets, labels changed by surface, assignments by state, and what the operator did. Values stand at the middle of even
 * intervals, so that they lie under the other charts of the run.
 */
import { machineSpans } from './residency.ts'
import type { TraceIndex } from './trace-index.ts'

export interface RolloutQuery {
  readonly kind: 'rollout'
  readonly interval_us: number
  readonly points: number
  /** Of the counts of labels and assignments. */
  readonly count_interval_us: number
}

/** null: nothing is known yet. */
type Values = readonly (number | null)[]

export interface Rollout {
  readonly builds: readonly { readonly build: string; readonly offered: Values; readonly held: Values }[]
  readonly pools: readonly {
    readonly pool: string
    readonly assigned: Values
    readonly warm: Values
    readonly serving: Values
  }[]
  /** Machines that a planning policy counts and wants; none plans: empty. */
  readonly plan: readonly { readonly build: string; readonly current: Values; readonly desired: Values }[]
  /** Labels changed, by the surface that changed them. */
  readonly relabels: readonly { readonly surface: string; readonly counts: Values }[]
  /** From → to, over the whole run. */
  readonly moves: readonly {
    readonly from: string
    readonly to: string
    readonly surface: string
    readonly count: number
  }[]
  readonly assignments: readonly { readonly state: string; readonly counts: Values }[]
  readonly timeline: readonly { readonly at_us: number; readonly what: string }[]
}

type KindWithText = 'capacity_feed' | 'pool' | 'placement' | 'relabel' | 'assignment'

/** Places of rows by the text of one of their columns, by name. */
function rowsByText(index: TraceIndex, kind: KindWithText, column: string): [string, number[]][] {
  const { store } = index
  const values = store.column(kind as 'pool', column as 'pool')
  const byText = new Map<number, number[]>()
  for (let i = 0; i < values.length; i += 1) {
    const places = byText.get(values[i]!)
    if (places === undefined) byText.set(values[i]!, [i])
    else places.push(i)
  }
  return [...byText]
    .map(([text, places]): [string, number[]] => [store.texts.text(text), places])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

class Sampler {
  constructor(
    private readonly index: TraceIndex,
    private readonly query: RolloutQuery,
  ) {}

  /** The latest row's value at the middle of each interval. `lasts_us`: a row says nothing of what comes later than that. */
  latest(kind: KindWithText, column: string, places: readonly number[], lasts_us = Number.POSITIVE_INFINITY): Values {
    const at = this.index.store.column(kind, 'at')
    const values = this.index.store.column(kind as 'pool', column as 'warmProviders')
    const { interval_us, points } = this.query
    let next = 0
    return Array.from({ length: points }, (_, i) => {
      const middle = (i + 0.5) * interval_us
      while (next < places.length && at[places[next]!]! <= middle) next += 1
      const place = places[next - 1]
      if (place === undefined) return null
      return middle - at[place]! > lasts_us ? 0 : values[place]!
    })
  }

  counts(kind: KindWithText, places: readonly number[]): Values {
    const at = this.index.store.column(kind, 'at')
    const { interval_us, points, count_interval_us } = this.query
    const counts = Array.from({ length: Math.ceil((points * interval_us) / count_interval_us) }, () => 0)
    for (const place of places) {
      const interval = Math.floor(at[place]! / count_interval_us)
      if (interval < counts.length) counts[interval]! += 1
    }
    return counts
  }

  /** Macs that hold each build, at the middle of each interval. */
  held(): number[][] {
    const { interval_us, points } = this.query
    const changes = this.index.names.builds.map(() => new Int32Array(points + 1))
    const placeOf = (at_us: number): number => Math.min(points, Math.max(0, Math.ceil(at_us / interval_us - 0.5)))
    for (const { kind, build, from_us, to_us } of machineSpans(this.index).flat()) {
      const own = kind === 'held' ? changes[build] : undefined
      if (own === undefined) continue
      own[placeOf(from_us)]! += 1
      if (to_us < this.index.end_us) own[placeOf(to_us)]! -= 1
    }
    return changes.map((own) => {
      let sum = 0
      return Array.from(own.subarray(0, points), (change) => (sum += change))
    })
  }
}

function movesOf(index: TraceIndex): Rollout['moves'] {
  const table = index.store.table('relabel')
  const found = new Map<string, { from: string; to: string; surface: string; count: number }>()
  for (let i = 0; i < table.length; i += 1) {
    const row = table.read(i, index.store.texts)
    if (row.kind !== 'relabel') continue
    const key = JSON.stringify([row.from, row.to, row.surface])
    const move = found.get(key) ?? { from: row.from, to: row.to, surface: row.surface, count: 0 }
    found.set(key, move)
    move.count += 1
  }
  return [...found.values()].sort((a, b) => b.count - a.count)
}

function timelineOf(index: TraceIndex): Rollout['timeline'] {
  const { store } = index
  const what = store.column('timeline', 'what')
  return Array.from(store.column('timeline', 'at'), (at_us, i) => ({ at_us, what: store.texts.text(what[i]!) }))
}

/** Time between the coordinator's gauges; a pool without members is in none. */
function tickOf(index: TraceIndex): number {
  const at = index.store.column('audit', 'at')
  return at.length < 2 ? Number.POSITIVE_INFINITY : at[1]! - at[0]!
}

export function rollout(index: TraceIndex, query: RolloutQuery): Rollout {
  const sampler = new Sampler(index, query)
  const held = sampler.held()
  const offered = new Map(rowsByText(index, 'capacity_feed', 'build'))
  const tick_us = tickOf(index) * 1.5
  return {
    builds: index.names.builds.map((build, i) => ({
      build,
      held: held[i]!,
      offered: sampler.latest('capacity_feed', 'routable', offered.get(build) ?? []),
    })),
    pools: rowsByText(index, 'pool', 'pool').map(([pool, places]) => ({
      pool,
      assigned: sampler.latest('pool', 'assignedProviders', places, tick_us),
      warm: sampler.latest('pool', 'warmProviders', places, tick_us),
      serving: sampler.latest('pool', 'servingProviders', places, tick_us),
    })),
    plan: rowsByText(index, 'placement', 'build').map(([build, places]) => ({
      build,
      current: sampler.latest('placement', 'current', places),
      desired: sampler.latest('placement', 'desired', places),
    })),
    relabels: rowsByText(index, 'relabel', 'surface').map(([surface, places]) => ({
      surface,
      counts: sampler.counts('relabel', places),
    })),
    moves: movesOf(index),
    assignments: rowsByText(index, 'assignment', 'state').map(([state, places]) => ({
      state,
      counts: sampler.counts('assignment', places),
    })),
    timeline: timelineOf(index),
  }
}
