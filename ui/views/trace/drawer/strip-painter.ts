/** Draws one Mac over the window: a lane per slot, exact, and heat, memory and queue below, each on its own scale. */
import { prepared } from '../../../charts/canvas.ts'
import { formatTime, timeTicks } from '../../../charts/time/time-format.ts'
import type { RunNames } from '../../../../sim/lab/runs/run-names.ts'
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import type { Lanes } from '../../../data/fleet/lanes.ts'
import type { SlotLane } from '../../../data/fleet/machine-slots.ts'
import { SLOT_STATES } from '../../../data/fleet/slot-states.ts'
import { resolved } from '../../../parts/colours.ts'
import type { TimeWindow } from '../../../state/dashboard.ts'
import { cssOf, hueOf, phasesOf, SCALE_COLOURS } from '../lanes/lane-colours.ts'
import { hatch } from '../tracks/textures.ts'

export interface Strips {
  readonly window: TimeWindow
  readonly slots: readonly SlotLane[]
  readonly lanes: Lanes | undefined
  readonly at_s: number
  readonly names: RunNames | undefined
}

export const SLOT_PX = 18
export const AREA_PX = 46
const AXIS_PX = 20
const GAP_PX = 2
export const STRIP_TRACKS = ['heat', 'memory', 'queue'] as const

const stripHeight = (slots: number): number => slots * SLOT_PX + STRIP_TRACKS.length * AREA_PX + AXIS_PX

/** Top of a track's scale: percent for heat and memory, requests for the queue. */
export function topOf(lanes: Lanes | undefined, track: (typeof STRIP_TRACKS)[number]): number {
  const most = lanes === undefined ? 0 : lanes[track].reduce((max, value) => Math.max(max, value), 0)
  if (track === 'memory') return Math.max(100, most)
  return track === 'heat' ? Math.max(20, Math.ceil(most / 10) * 10) : Math.max(4, most)
}

export function drawStrips(canvas: HTMLCanvasElement, width: number, strips: Strips): void {
  const { window, slots, lanes, at_s, names } = strips
  const context = prepared(canvas, width, stripHeight(slots.length))
  if (context === undefined || width === 0) return
  const x = (at: number): number => ((at - window.from_s) / (window.to_s - window.from_s)) * width
  const css = (name: string): string => resolved(canvas, `var(--${name})`)
  for (const [row, { build, starts_us, states }] of slots.entries()) {
    const [phases, hatched] = phasesOf(hueOf(canvas, build, names), css)
    const colours = SLOT_STATES.map((state) => {
      const place = LANE_STATES.indexOf(state === 'absent' ? 'offline' : state)
      const [colour, ground] = [cssOf(phases[place]!), cssOf(hatched[place]!)]
      return colour === ground ? colour : hatch(context, colour, ground)
    })
    for (let i = 0; i < starts_us.length; i += 1) {
      const from = Math.max(0, x(starts_us[i]! / 1e6))
      const to = Math.min(width, x((starts_us[i + 1] ?? window.to_s * 1e6) / 1e6))
      if (states[i] === 0 || to <= from) continue
      context.fillStyle = colours[states[i]!]!
      context.fillRect(from, row * SLOT_PX + 1, Math.max(0.5, to - from), SLOT_PX - GAP_PX)
    }
  }
  const ground = css('sunken')
  for (const [i, track] of STRIP_TRACKS.entries()) {
    const top = slots.length * SLOT_PX + i * AREA_PX
    context.fillStyle = ground
    context.fillRect(0, top + GAP_PX, width, AREA_PX - GAP_PX)
    if (lanes === undefined) continue
    context.fillStyle = resolved(canvas, SCALE_COLOURS[track])
    const scale = (AREA_PX - GAP_PX) / topOf(lanes, track)
    const bucket_s = lanes.bucket_us / 1e6
    for (let bucket = 0; bucket < lanes.buckets; bucket += 1) {
      const from = x(lanes.start_us / 1e6 + bucket * bucket_s)
      const height = lanes[track][bucket]! * scale
      // Neighbours overlap by a hair, or the ground shines through between them.
      if (height > 0) context.fillRect(from, top + AREA_PX - height, x(bucket_s + window.from_s) + 0.5, height)
    }
  }
  context.fillStyle = css('muted')
  context.font = '10.5px system-ui, sans-serif'
  const height = stripHeight(slots.length)
  const { step_s, ticks } = timeTicks(window.from_s, window.to_s, Math.max(2, Math.floor(width / 80)))
  for (const at of ticks) {
    context.textAlign = x(at) < 20 ? 'left' : x(at) > width - 24 ? 'right' : 'center'
    context.fillText(formatTime(at, step_s), x(at), height - 5)
  }
  if (at_s < window.from_s || at_s > window.to_s) return
  context.fillStyle = css('accent')
  context.fillRect(x(at_s) - 1, 0, 2, height - AXIS_PX)
}
