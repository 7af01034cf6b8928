/** Where things stand on a board: the gutter with names, the axis above, lanes below, and the tracks within a lane. */
import type { TimeWindow } from '../../state/dashboard.ts'
import { TRACKS, type TrackName } from './lane-colours.ts'

export const AXIS_PX = 20
/** Pool and state at the playhead, left of every lane. */
export const STRIPE_PX = 6
/** From here on a lane has its name, and from here on all its tracks. */
const NAMED_PX = 11
const STACKED_PX = 30
const NAME_GUTTER_PX = 92
const STACKED_GUTTER_PX = 124
const SMALL_TRACK_PX = 4

export const LANE_SIZES = ['fit', 'names', 'tracks'] as const
export type LaneSize = (typeof LANE_SIZES)[number]

export interface BoardLayout {
  readonly width: number
  /** Of what is seen, axis included. */
  readonly height: number
  readonly lanes: number
  readonly lane_px: number
  readonly gutter_px: number
  readonly named: boolean
  /** All tracks under one another in each lane. */
  readonly stacked: boolean
}

export function layoutOf(width: number, height: number, lanes: number, size: LaneSize): BoardLayout {
  const fitting = Math.max(1, Math.min(44, Math.floor((height - AXIS_PX) / Math.max(1, lanes))))
  const lane_px = size === 'fit' ? fitting : size === 'names' ? 14 : 44
  const [named, stacked] = [lane_px >= NAMED_PX, lane_px >= STACKED_PX]
  const narrow = width < 480
  const words = stacked ? STACKED_GUTTER_PX : named ? NAME_GUTTER_PX : 0
  const gutter_px = 2 * STRIPE_PX + 4 + (narrow ? Math.min(words, 72) : words)
  return { width, height, lanes, lane_px, gutter_px, named, stacked }
}

export interface TrackBand {
  readonly track: TrackName
  /** From the lane's top. */
  readonly top_px: number
  readonly height_px: number
}

export function bandsOf({ lane_px, stacked }: BoardLayout, track: TrackName): readonly TrackBand[] {
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

export const plotWidth = ({ width, gutter_px }: BoardLayout): number => Math.max(1, width - gutter_px)

export const xOf = (layout: BoardLayout, window: TimeWindow, at_s: number): number =>
  layout.gutter_px + ((at_s - window.from_s) / (window.to_s - window.from_s)) * plotWidth(layout)

export const timeAt = (layout: BoardLayout, window: TimeWindow, x: number): number => {
  const share = Math.min(1, Math.max(0, (x - layout.gutter_px) / plotWidth(layout)))
  return window.from_s + share * (window.to_s - window.from_s)
}

/** undefined: above or below all lanes. */
export function laneAt(layout: BoardLayout, scroll_px: number, y: number): number | undefined {
  if (y < AXIS_PX) return undefined
  const lane = Math.floor((y - AXIS_PX + scroll_px) / layout.lane_px)
  return lane >= 0 && lane < layout.lanes ? lane : undefined
}
