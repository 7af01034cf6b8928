/** What a track draws, interval by interval of a window: for its table, and as a file with the runs below one another. */
import { formatCsv } from '../../../../sim/report/form/csv.ts'
import { HEAT_BINS } from '../../../data/trace/tracks/ttft-heat.ts'
import { nameOfLayer, type TrackName, TRACKS, type TrackScene } from '../../../data/trace/tracks/track-scenes.ts'
import type { TimeWindow } from '../../../state/dashboard.ts'

export interface TrackInterval {
  readonly bucket: number
  readonly at_us: number
}

export const intervalsIn = ({ grid }: TrackScene, { from_s, to_s }: TimeWindow): readonly TrackInterval[] =>
  Array.from({ length: grid.buckets }, (_, bucket) => ({
    bucket,
    at_us: grid.start_us + bucket * grid.bucket_us,
  })).filter(({ at_us }) => at_us + grid.bucket_us > from_s * 1e6 && at_us < to_s * 1e6)

/** Of a heat map, beside its lines: how many requests stand in the interval. */
export function requestsIn({ heat, heatGrid, grid }: TrackScene, bucket: number): number | undefined {
  if (heat === undefined || heatGrid === undefined) return undefined
  const from = grid.start_us + bucket * grid.bucket_us
  let sum = 0
  for (let i = 0; i < heatGrid.buckets; i += 1) {
    const at = heatGrid.start_us + i * heatGrid.bucket_us
    if (at < from || at >= from + grid.bucket_us) continue
    for (let bin = 0; bin < HEAT_BINS; bin += 1) sum += heat[i * HEAT_BINS + bin]!
  }
  return sum
}

export interface TrackOfRun {
  /** Whose it is: `pools seed 1`, or of a difference both. */
  readonly run: string
  readonly scene: TrackScene
}

export function trackCsv(name: TrackName, runs: readonly TrackOfRun[], window: TimeWindow): string {
  const kind = TRACKS[name]
  const columns = [...new Set(runs.flatMap(({ scene }) => scene.layers.map((layer) => nameOfLayer(layer, kind))))]
  const isHeat = runs.some(({ scene }) => scene.heat !== undefined)
  return formatCsv(
    ['run', 'from_s', 'interval_s', ...(isHeat ? ['served'] : []), ...columns],
    runs.flatMap(({ run, scene }) => {
      const byName = new Map(scene.layers.map((layer) => [nameOfLayer(layer, kind), layer]))
      return intervalsIn(scene, window).map(({ bucket, at_us }) => [
        run,
        at_us / 1e6,
        scene.grid.bucket_us / 1e6,
        ...(isHeat ? [requestsIn(scene, bucket)] : []),
        ...columns.map((column) => {
          const value = byName.get(column)?.values[bucket]
          return value !== undefined && Number.isFinite(value) ? value : undefined
        }),
      ])
    }),
  )
}
