/** What every part of a track is given: the runs beside each other with their data, and where and how it is drawn. */
import type { Moments } from '../../../data/trace/moments.ts'
import type { TrackName } from '../../../data/trace/tracks/track-scenes.ts'
import type { Tracks } from '../../../data/trace/tracks/tracks.ts'
import type { LoadedRun } from '../../../state/dashboard.ts'
import type { TraceAxis } from '../axis.ts'
import type { Camera } from '../camera.ts'
import type { WindowTiles } from '../window-tiles.ts'

/** One run's data, as the board holds it. */
export interface Side {
  readonly run: LoadedRun
  readonly tiles: WindowTiles<Tracks>
  readonly moments: Moments | undefined
  /** Counts answers of the worker: what React draws again for. */
  readonly version: number
}

export interface TrackRowProps {
  readonly name: TrackName
  readonly camera: Camera
  readonly axis: TraceAxis
  /** The baseline's first. */
  readonly sides: readonly Side[]
  readonly signed: boolean
  readonly theme: string
  readonly model: string | undefined
}

export interface TrackPartProps extends TrackRowProps {
  /** Of a plot. */
  readonly height: number
}
