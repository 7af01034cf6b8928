/**
 * What each track draws, from counted intervals: layers by name in one of four shapes, without a colour and without a
 * pixel. Painters, legends, tables and files all read the same scene, so they cannot disagree. To add a track: a name, its
 * entry in `TRACKS`.
 */
import { FATES } from '../request-facts.ts'
import type { TimeGrid } from './time-grid.ts'
import type { Tracks } from './tracks.ts'

export const TRACK_NAMES = [
  'arrivals',
  'refusals',
  'ttft',
  'goodput',
  'tokens',
  'loads',
  'pools',
  'builds',
  'serving',
  'labels',
  'assignments',
  'plan',
] as const
export type TrackName = (typeof TRACK_NAMES)[number]

/** What a layer's name names, and so which colour or texture it has. */
export type LayerOf = 'model' | 'build' | 'reason' | 'cause' | 'pool' | 'figure'

export interface Layer {
  readonly name: string
  readonly of: LayerOf
  /** By interval; NaN: nothing is known. */
  readonly values: ArrayLike<number>
  readonly dashed?: boolean
}

/** `stack`: areas of steps that add up; `steps`: lines; `heat`: a map of counts with lines over it, on a scale of logarithms. */
export type TrackShape = 'stack' | 'steps' | 'heat'

export interface TrackScene {
  readonly shape: TrackShape
  readonly grid: TimeGrid
  /** Nothing is known from here on. */
  readonly end_us: number
  readonly layers: readonly Layer[]
  /** Of a heat map: counts by interval of `heatGrid` and bin. */
  readonly heat?: Uint32Array
  readonly heatGrid?: TimeGrid
  /** The largest value, of a stack the largest sum; of shares 1. */
  readonly most: number
}

export interface TrackKind {
  readonly title: string
  readonly about: string
  readonly unit: 'per_second' | 'share' | 'ttft' | 'tokens' | 'loads' | 'macs' | 'changes'
  /** Left out where nothing of the kind happens: only some policies label, assign or plan. */
  readonly optional?: boolean
  scene(tracks: Tracks): TrackScene
}

const part = <C extends { subarray(from: number, to: number): C }>(column: C, place: number, buckets: number): C =>
  column.subarray(place * buckets, (place + 1) * buckets)

/** Values of a column by name as layers; names that are zero throughout are left out. */
function layersOf(
  names: readonly string[],
  of: LayerOf,
  column: Uint32Array | Uint16Array | Float64Array,
  { buckets }: TimeGrid,
  scale = 1,
): Layer[] {
  return names.flatMap((name, place): Layer[] => {
    const own = part(column as Float64Array, place, buckets)
    if (own.every((value) => value === 0 || Number.isNaN(value))) return []
    return [{ name, of, values: scale === 1 ? own : Float64Array.from(own, (value) => value * scale) }]
  })
}

/** Part of a whole by interval; NaN where the whole is none. */
const sharesOf = (parts: ArrayLike<number>, whole: ArrayLike<number>): Float64Array =>
  Float64Array.from(parts, (value, i) => value / (whole[i] || Number.NaN))

const IN_FLIGHT = FATES.indexOf('in_flight')

/**
 * Shares of arrivals by interval; NaN where nothing arrived, and in a run under way where something is still in flight: its
 * end would move the share.
 */
function sharesOfArrivals(
  parts: ArrayLike<number>,
  arrived: ArrayLike<number>,
  { shares, finished }: Tracks,
): Float64Array {
  const found = sharesOf(parts, arrived)
  const { buckets, fates } = shares
  if (!finished)
    for (let bucket = 0; bucket < buckets; bucket += 1)
      if (fates[IN_FLIGHT * buckets + bucket]! > 0) found[bucket] = Number.NaN
  return found
}

const largest = (layers: readonly Layer[]): number => {
  let most = 0
  for (const { values } of layers) for (let i = 0; i < values.length; i += 1) if (values[i]! > most) most = values[i]!
  return most
}

export const sumAt = (layers: readonly Layer[], bucket: number): number => {
  let sum = 0
  for (const { values } of layers) sum += values[bucket] ?? 0
  return sum
}

function stack(grid: TimeGrid, end_us: number, layers: readonly Layer[], most?: number): TrackScene {
  let highest = 0
  for (let bucket = 0; bucket < grid.buckets; bucket += 1) highest = Math.max(highest, sumAt(layers, bucket) || 0)
  return { shape: 'stack', grid, end_us, layers, most: most ?? highest }
}

const steps = (grid: TimeGrid, end_us: number, layers: readonly Layer[], most = largest(layers)): TrackScene => ({
  shape: 'steps',
  grid,
  end_us,
  layers,
  most,
})

const perSecond = ({ bucket_us }: TimeGrid): number => 1e6 / bucket_us

export const TRACKS: { readonly [T in TrackName]: TrackKind } = {
  arrivals: {
    title: 'Arrivals',
    about: 'requests that reached us per second, by model',
    unit: 'per_second',
    scene: (tracks) =>
      stack(tracks, tracks.end_us, layersOf(tracks.models, 'model', tracks.arrived, tracks, perSecond(tracks))),
  },
  refusals: {
    title: '429',
    about: 'share of arrivals that were refused, by reason, where each refused request arrived',
    unit: 'share',
    scene(tracks) {
      const { shares, reasons, end_us } = tracks
      const { buckets } = shares
      const arrived = Float64Array.from({ length: buckets }, (_, bucket) => {
        let sum = 0
        for (let i = bucket; i < shares.arrived.length; i += buckets) sum += shares.arrived[i]!
        return sum
      })
      const layers = layersOf(reasons, 'reason', shares.refused, shares).map((layer) => ({
        ...layer,
        values: sharesOfArrivals(layer.values, arrived, tracks),
      }))
      return stack(shares, end_us, layers)
    },
  },
  ttft: {
    title: 'TTFT',
    about: 'served requests by arrival and time to first token; over them p50, p95 and the SLO of the middle prompt',
    unit: 'ttft',
    scene(tracks) {
      const { shares } = tracks
      const layers: readonly Layer[] = [
        { name: 'SLO', of: 'figure', values: shares.slo_us, dashed: true },
        { name: 'p95', of: 'figure', values: shares.ttft_p95_us },
        { name: 'p50', of: 'figure', values: shares.ttft_p50_us },
      ]
      const { end_us, heat } = tracks
      return { shape: 'heat', grid: shares, end_us, layers, heat, heatGrid: tracks, most: 1 }
    },
  },
  goodput: {
    title: 'Goodput',
    about: 'share of arrivals that were served within the SLO, by model',
    unit: 'share',
    scene(tracks) {
      const { shares, models, end_us } = tracks
      const layers = models.flatMap((name, place): Layer[] => {
        const arrived = part(shares.arrived, place, shares.buckets)
        if (arrived.every((count) => count === 0)) return []
        const good = part(shares.good, place, shares.buckets)
        return [{ name, of: 'model', values: sharesOfArrivals(good, arrived, tracks) }]
      })
      return steps(shares, end_us, layers, 1)
    },
  },
  tokens: {
    title: 'Tokens',
    about: 'tokens per second spoken by all Macs, each answer spread over the time it took, by model',
    unit: 'tokens',
    scene: (tracks) =>
      stack(tracks, tracks.end_us, layersOf(tracks.models, 'model', tracks.tokens, tracks, perSecond(tracks))),
  },
  loads: {
    title: 'Loads',
    about: 'loads of a model that began, by who caused them',
    unit: 'loads',
    scene: (tracks) => stack(tracks, tracks.end_us, layersOf(tracks.causes, 'cause', tracks.loads, tracks)),
  },
  pools: {
    title: 'Pools',
    about: 'Macs by pool; they add up to the fleet',
    unit: 'macs',
    scene: (tracks) =>
      stack(tracks, tracks.end_us, poolsLast(layersOf(tracks.pools, 'pool', tracks.inPool, tracks)), tracks.machines),
  },
  builds: {
    title: 'Builds held',
    about: 'Macs that hold each build in memory (one may hold several), and dashed those that offer it to the public',
    unit: 'macs',
    scene: (tracks) =>
      steps(tracks, tracks.end_us, [
        ...layersOf(tracks.builds, 'build', tracks.held, tracks),
        ...layersOf(tracks.builds, 'build', tracks.offered, tracks).map((layer) => ({ ...layer, dashed: true })),
      ]),
  },
  serving: {
    title: 'Serving',
    about:
      'Macs of a pool with a request of it under way, and dashed those that hold a build of it, as the coordinator sees them',
    unit: 'macs',
    optional: true,
    scene: (tracks) =>
      steps(tracks, tracks.end_us, [
        ...layersOf(tracks.gauged, 'pool', tracks.serving, tracks),
        ...layersOf(tracks.gauged, 'pool', tracks.warm, tracks).map((layer) => ({ ...layer, dashed: true })),
      ]),
  },
  labels: {
    title: 'Labels moved',
    about: 'changes of a Mac’s label, by where the coordinator had asked the policy',
    unit: 'changes',
    optional: true,
    scene: (tracks) => stack(tracks, tracks.end_us, layersOf(tracks.surfaces, 'cause', tracks.relabels, tracks)),
  },
  assignments: {
    title: 'Assignments',
    about: 'Macs that came into a state of their assignment',
    unit: 'changes',
    optional: true,
    scene: (tracks) => stack(tracks, tracks.end_us, layersOf(tracks.states, 'cause', tracks.assigned, tracks)),
  },
  plan: {
    title: 'Plan',
    about: 'Macs that a planning policy counts for a build (solid) and wants for it (dashed)',
    unit: 'macs',
    optional: true,
    scene(tracks) {
      const { planned, buckets } = tracks
      const layers = planned.flatMap((name, place): Layer[] => [
        { name, of: 'build', values: part(tracks.planHas, place, buckets) },
        { name, of: 'build', values: part(tracks.planWants, place, buckets), dashed: true },
      ])
      return steps(tracks, tracks.end_us, layers)
    },
  },
}

/** Pools below, then Macs of none, those away on top. */
const poolsLast = (layers: readonly Layer[]): readonly Layer[] => {
  const isPool = ({ name }: Layer): boolean => name !== 'no pool' && name !== 'not connected'
  return [...layers.filter(isPool), ...layers.filter((layer) => !isPool(layer)).toReversed()]
}

/** Values of one scene at places of another of the same intervals; NaN beyond it. */
function shifted(values: ArrayLike<number>, from: TimeGrid, to: TimeGrid): Float64Array {
  const by = Math.round((to.start_us - from.start_us) / from.bucket_us)
  return Float64Array.from({ length: to.buckets }, (_, i) => values[i + by] ?? Number.NaN)
}

const keyOf = ({ name, dashed }: Layer): string => `${name} ${dashed === true}`

/**
 * How much more the second has, layer by layer; undefined while their intervals are not the same. Of a heat map: of its
 * lines, as the ratio of the times.
 */
export function differenceOf(a: TrackScene, b: TrackScene): TrackScene | undefined {
  if (a.grid.bucket_us !== b.grid.bucket_us) return undefined
  const names = new Map([...b.layers, ...a.layers].map((layer) => [keyOf(layer), layer]))
  const end_us = Math.min(a.end_us, b.end_us)
  const find = (scene: TrackScene, key: string): Layer | undefined => scene.layers.find((layer) => keyOf(layer) === key)
  const layers = [...names].flatMap(([key, layer]): Layer[] => {
    if (layer.name === 'SLO') return []
    const [first, second] = [find(a, key), find(b, key)]
    // A name that one run lacks is none of it there, but for figures, which are unknown then.
    const none = a.shape === 'stack' ? 0 : Number.NaN
    const before = first === undefined ? undefined : shifted(first.values, a.grid, b.grid)
    const values = Float64Array.from({ length: b.grid.buckets }, (_, i) => {
      const [x, y] = [before?.[i] ?? none, second?.values[i] ?? none]
      return a.shape === 'heat' ? Math.log2(y / x) : y - x
    })
    return values.some(Number.isFinite) ? [{ ...layer, values }] : []
  })
  let most = 0
  for (const { values } of layers)
    for (let i = 0; i < values.length; i += 1)
      if (Math.abs(values[i]!) > most && Math.abs(values[i]!) !== Number.POSITIVE_INFINITY) most = Math.abs(values[i]!)
  return { shape: 'steps', grid: b.grid, end_us, layers, most }
}
