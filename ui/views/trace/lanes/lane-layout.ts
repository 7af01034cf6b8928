/** Where things stand on a board of lanes: names in the trace's gutter, lanes right of it, tracks within a lane. */
import type { LaneSize, LaneTrack } from '../../../state/dashboard.ts'
import type { TraceAxis } from '../axis.ts'
import { TRACKS } from './lane-colours.ts'

/** Pool and state at the playhead, left of every lane. */
export const STRIPE_PX = 6
/** From here on a lane has its name, and from here on all its tracks. */
const NAMED_PX = 11
const STACKED_PX = 30
const SMALL_TRACK_PX = 4

export interface BoardLayout {
  readonly width: number
  /** Of what is seen. */
  readonly height: number
  readonly lanes: number
  readonly lane_px: number
  readonly gutter_px: number
  readonly named: boolean
  /** All tracks under one another in each lane. */
  readonly stacked: boolean
}

export function layoutOf({ width, gutter_px }: TraceAxis, height: number, lanes: number, size: LaneSize): BoardLayout {
  const fitting = Math.max(1, Math.min(44, Math.floor(height / Math.max(1, lanes))))
  const lane_px = size === 'fit' ? fitting : size === 'names' ? 14 : 44
  const [named, stacked] = [lane_px >= NAMED_PX, lane_px >= STACKED_PX]
  return { width, height, lanes, lane_px, gutter_px, named, stacked }
}

export interface TrackBand {
  readonly track: LaneTrack
  /** From the lane's top. */
  readonly top_px: number
  readonly height_px: number
}

export function bandsOf({ lane_px, stacked }: BoardLayout, track: LaneTrack): readonly TrackBand[] {
  const gap = lane_px >= 6 ? 1 : 0
  if (!stacked) return [{ track, top_px: 0, height_px: lane_px - gap }]
  const small = TRACKS.slice(1)
  const first = lane_px - 4 - small.length * (SMALL_TRACK_PX + 1)
  return [
    { track: 'state', top_px: 1, height_px: first },
    ...small.map((each, i) => ({
      track: each,
      top_px: 2 + first + i * (SMALL_TRACK_PX + 1),
      height_px: SMALL_TRACK_PX,
    })),
  ]
}

/** undefined: above or below all lanes. */
export function laneAt(layout: BoardLayout, scroll_px: number, y: number): number | undefined {
  if (y < 0) return undefined
  const lane = Math.floor((y + scroll_px) / layout.lane_px)
  return lane >= 0 && lane < layout.lanes ? lane : undefined
}
