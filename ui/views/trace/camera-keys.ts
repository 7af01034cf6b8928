/** Keys that move what the trace shows, wherever on it the focus is: pan, zoom, the playhead, play, and everything again. */
import type { KeyboardEvent } from 'react'
import { setPlayback } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import type { Camera } from './camera.ts'

/** Of the window, per key. */
const PAN_SHARE = 0.1
const ZOOM_STEP = 0.7
/** Of the playhead, per key. */
const NUDGE_PX = 4

/** Around the playhead while it is in sight, else around the middle. */
export function zoomBy(camera: Camera, factor: number): void {
  const { from_s, to_s } = camera.window
  const inside = camera.at_s >= from_s && camera.at_s <= to_s
  camera.zoomAround(inside ? camera.at_s : (from_s + to_s) / 2, factor)
}

const pan = (camera: Camera, share: number): void => camera.move(camera.window.from_s + share * camera.span_s)

function nudge(camera: Camera, width_px: number, by: 1 | -1): void {
  const step_s = (camera.span_s / width_px) * NUDGE_PX
  setPlayback({ at_s: Math.min(camera.duration_s, Math.max(0, camera.at_s + by * step_s)) })
}

/** True when the key was one of these. `width_px`: of the plots, over which the window is spread. */
export function cameraKey(event: KeyboardEvent, camera: Camera, width_px: number): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  switch (event.key) {
    case 'ArrowLeft':
    case 'a':
      pan(camera, -PAN_SHARE)
      return true
    case 'ArrowRight':
    case 'd':
      pan(camera, PAN_SHARE)
      return true
    case '+':
    case '=':
    case 'w':
      zoomBy(camera, ZOOM_STEP)
      return true
    case '-':
    case 's':
      zoomBy(camera, 1 / ZOOM_STEP)
      return true
    case ',':
    case '.':
      nudge(camera, width_px, event.key === '.' ? 1 : -1)
      return true
    case ' ':
      setPlayback({ playing: !useDashboard.getState().playback.playing })
      return true
    case 'Escape':
      camera.move(0, camera.duration_s)
      return true
    default:
      return false
  }
}
