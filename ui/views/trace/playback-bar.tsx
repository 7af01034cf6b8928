/** The playback: play and pause, speed, and a scrubber over the whole run. All boards follow the same clock. */
import { type ReactNode, useEffect } from 'react'
import { formatTime } from '../../charts/time/time-format.ts'
import { setPlayback } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import type { Camera } from './camera.ts'

/** Simulated seconds per second. */
const SPEEDS = [1, 10, 60, 300, 1800, 3600, 7200]
/** A tab that slept must not leap. */
const FRAME_MAX_S = 0.25

function useClock(camera: Camera): void {
  const playing = useDashboard((state) => state.playback.playing)
  useEffect(() => {
    if (!playing) return undefined
    let before = performance.now()
    let frame = requestAnimationFrame(function tick(now) {
      const passed_s = Math.min(FRAME_MAX_S, Math.max(0, (now - before) / 1000))
      before = now
      const { at_s, speed } = useDashboard.getState().playback
      const next = Math.min(camera.duration_s, at_s + passed_s * speed)
      setPlayback({ at_s: next, playing: next < camera.duration_s })
      // The window turns its page when the playhead leaves it.
      const { from_s, to_s } = camera.window
      if (next < from_s || (next > to_s && to_s < camera.duration_s)) camera.move(next - 0.1 * camera.span_s)
      frame = requestAnimationFrame(tick)
    })
    return () => cancelAnimationFrame(frame)
  }, [playing, camera])
  // Nothing plays on behind another view.
  useEffect(() => () => setPlayback({ playing: false }), [])
}

export function PlaybackBar({ camera }: { readonly camera: Camera }): ReactNode {
  const { at_s, playing, speed } = useDashboard((state) => state.playback)
  useClock(camera)
  const start = (): void => setPlayback({ playing: !playing, ...(at_s >= camera.duration_s ? { at_s: 0 } : {}) })
  return (
    <div className="row playback" role="group" aria-label="Playback">
      <button type="button" onClick={() => setPlayback({ at_s: 0 })}>
        To start
      </button>
      <button type="button" className="primary" aria-pressed={playing} onClick={start}>
        {playing ? 'Pause' : 'Play'}
      </button>
      <select aria-label="Speed" value={speed} onChange={(event) => setPlayback({ speed: Number(event.target.value) })}>
        {[...new Set([...SPEEDS, speed])]
          .sort((a, b) => a - b)
          .map((each) => (
            <option key={each} value={each}>
              {each}×
            </option>
          ))}
      </select>
      <input
        type="range"
        aria-label="Playhead"
        aria-valuetext={formatTime(at_s)}
        min={0}
        max={camera.duration_s}
        step="any"
        value={Math.min(at_s, camera.duration_s)}
        onChange={(event) => {
          const to = Number(event.target.value)
          setPlayback({ at_s: to })
          const { from_s, to_s } = camera.window
          if (to < from_s || to > to_s) camera.move(to - 0.5 * camera.span_s)
        }}
      />
      <output className="clock">
        {formatTime(at_s)} <span className="muted">of {formatTime(camera.duration_s)}</span>
      </output>
    </div>
  )
}
