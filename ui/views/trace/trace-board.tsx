/** The board: one axis, tracks for requests and fleet, a lane per Mac below; playhead and cursor cut through all of it. */
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { useCursor } from '../../charts/time/cursor.ts'
import { formatTime } from '../../charts/time/time-format.ts'
import { useWidth } from '../../charts/use-size.ts'
import { TRACK_NAMES, TRACKS, type TrackName } from '../../data/trace/tracks/track-scenes.ts'
import { isTrackUnseen, unseenWords } from '../../data/trace/tracks/unseen-tracks.ts'
import { armColour, resolved } from '../../parts/colours.ts'
import { useThemeName } from '../../shell/theme.ts'
import { armsOf } from '../../state/dashboard.ts'
import { draw } from '../../state/trace-state.ts'
import { axisOf, plotWidth, type TraceAxis, xOf } from './axis.ts'
import { AXIS_PX, AxisPainter } from './axis-painter.ts'
import type { Camera } from './camera.ts'
import { sceneOf } from './tracks/track-painter.ts'
import { TrackRow } from './tracks/track-row.tsx'
import type { Side } from './tracks/track-side.ts'
import { type Brush, TraceInput } from './trace-input.ts'
import { useSide } from './use-sides.ts'
import { useDashboard } from '../../state/store.ts'
import type { TraceRuns } from './use-trace-runs.ts'

export interface TraceBoardProps {
  readonly runs: TraceRuns
  readonly camera: Camera
  readonly signed: boolean
  onInput(input: TraceInput | undefined): void
  /** Lanes, which stand on the same axis. */
  lanes(axis: TraceAxis): ReactNode
}

const CSS = ['line', 'text', 'muted', 'panel', 'bad', 'sunken'] as const

/** Whose the columns of values are, and of which moment: of the pointer's, else the playhead's. */
function ValueArms({ sides }: { readonly sides: readonly Side[] }): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const pointer_s = useCursor((state) => state.at_s)
  const playhead_s = useDashboard((state) => (state.playback.playing ? undefined : state.playback.at_s))
  const at_s = pointer_s ?? playhead_s
  const arms = dataset === undefined ? [] : armsOf(dataset)
  return (
    <div className="value-arms" aria-hidden="true">
      <span className="when">{at_s === undefined ? '' : `values at ${formatTime(at_s)}`}</span>
      {sides.map(({ run: { id, policy } }) => (
        <span key={id} className="whose" title={policy} style={{ ['--arm' as string]: armColour(policy, arms) }}>
          {policy}
        </span>
      ))}
    </div>
  )
}

function Axis({
  camera,
  axis,
  side,
  sides,
}: {
  readonly sides: readonly Side[]
  readonly camera: Camera
  readonly axis: TraceAxis
  readonly side: Side | undefined
}): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useThemeName()
  const [painter, setPainter] = useState<AxisPainter | undefined>()
  const moments = side?.moments
  useEffect(() => {
    if (canvas.current === null) return undefined
    const made = new AxisPainter(canvas.current, camera)
    setPainter(made)
    return camera.join(made)
  }, [camera])
  useEffect(() => {
    if (painter === undefined || canvas.current === null) return
    const element = canvas.current
    const css = Object.fromEntries(CSS.map((name) => [name, resolved(element, `var(--${name})`)])) as never
    painter.input = { axis, moments, warmup_s: moments?.warmup_s, css }
    camera.invalidate()
  }, [painter, axis, moments, theme, camera])
  return (
    <div className="trace-axis" data-axis="" style={{ height: AXIS_PX }}>
      <canvas ref={canvas} aria-hidden="true" />
      {!axis.narrow && <ValueArms sides={sides} />}
    </div>
  )
}

/** Lines through everything, moved without drawing anything. */
function Hairlines({ camera, axis }: { readonly camera: Camera; readonly axis: TraceAxis }): ReactNode {
  const playhead = useRef<HTMLDivElement>(null)
  const cursor = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const put = (line: HTMLDivElement | null, at_s: number | undefined): void => {
      if (line === null) return
      const { from_s, to_s } = camera.window
      const hidden = at_s === undefined || at_s < from_s || at_s > to_s
      line.style.visibility = hidden ? 'hidden' : 'visible'
      if (!hidden) line.style.transform = `translateX(${xOf(axis, camera.window, at_s)}px)`
    }
    const paint = (): void => {
      put(playhead.current, camera.at_s)
      put(cursor.current, useCursor.getState().at_s)
    }
    const leave = camera.join({ paint, settle() {} })
    const stop = useCursor.subscribe(() => put(cursor.current, useCursor.getState().at_s))
    paint()
    return () => {
      leave()
      stop()
    }
  }, [camera, axis])
  return (
    <div className="hairlines" aria-hidden="true">
      <div ref={cursor} className="cursor-line" />
      <div ref={playhead} className="playhead-line" />
    </div>
  )
}

const hasSome = ({ tiles: { whole } }: Side, name: TrackName): boolean =>
  whole !== undefined && sceneOf(whole, name).layers.length > 0

/** Tracks that some run of the pair has something for, with the runs in which somebody saw it. */
function shownTracks(sides: readonly Side[]): readonly { readonly name: TrackName; readonly seen: readonly Side[] }[] {
  return TRACK_NAMES.filter((name) => TRACKS[name].optional !== true || sides.some((side) => hasSome(side, name)))
    .map((name) => ({ name, seen: sides.filter((side) => !isTrackUnseen(name, side.run, !hasSome(side, name))) }))
    .filter(({ seen }) => seen.length > 0)
}

function Unseen({ sides }: { readonly sides: readonly Side[] }): ReactNode {
  const words = sides.flatMap((side) => {
    const names = TRACK_NAMES.filter((name) => isTrackUnseen(name, side.run, !hasSome(side, name)))
    return unseenWords(side.run.policy, names) ?? []
  })
  return words.length === 0 ? undefined : <p className="muted unseen-tracks">{words.join(' ')}</p>
}

export function TraceBoard({ runs, camera, signed, onInput, lanes }: TraceBoardProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const axis = useMemo(() => axisOf(width), [width])
  const latest = useRef(axis)
  latest.current = axis
  const theme = useThemeName()
  const model = useDashboard((state) => state.selection.requests.model)
  const chosen = useSide(runs.chosen, camera, plotWidth(axis), model)
  const base = useSide(runs.base, camera, plotWidth(axis), model)
  const sides = useMemo(() => [base, chosen].filter((side) => side !== undefined), [base, chosen])
  const [brush, setBrush] = useState<Brush | undefined>()
  const [input, setInput] = useState<TraceInput | undefined>()
  useEffect(() => {
    const board = box.current
    if (board === null) return undefined
    const made = new TraceInput(camera, board, {
      axis: () => latest.current,
      onBrush: setBrush,
      onRegion: (plot, region) => draw({ kind: 'region', run: plot.run, region }),
    })
    // React's own listener would be passive, and the page would zoom along.
    board.addEventListener('wheel', made.wheel, { passive: false })
    setInput(made)
    onInput(made)
    return () => {
      board.removeEventListener('wheel', made.wheel)
      onInput(undefined)
    }
  }, [camera, onInput])
  return (
    <div
      ref={box}
      className="trace-board"
      style={{ ['--gutter' as string]: `${axis.gutter_px}px` }}
      tabIndex={0}
      role="group"
      aria-label="Tracks. Left and right pan, plus and minus zoom, comma and full stop move the playhead, space plays, Escape shows all."
      onPointerDown={(event) => input?.down(event)}
      onPointerMove={(event) => input?.move(event)}
      onPointerUp={(event) => input?.up(event)}
      onPointerCancel={() => input?.cancel()}
      onPointerLeave={() => input?.leave()}
      onDoubleClick={(event) => {
        if (event.target instanceof Element && event.target.closest('[data-track], [data-axis]') !== null)
          camera.move(0, camera.duration_s)
      }}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget && input?.key(event) === true) event.preventDefault()
      }}
    >
      <Axis
        camera={camera}
        axis={axis}
        side={chosen ?? base}
        sides={signed && sides.length === 2 ? sides.slice(-1) : sides}
      />
      {sides.length > 0 &&
        shownTracks(sides).map(({ name, seen }) => (
          <TrackRow
            key={name}
            name={name}
            camera={camera}
            axis={axis}
            sides={seen}
            signed={signed && seen.length === 2}
            theme={theme}
            model={model}
          />
        ))}
      <Unseen sides={sides} />
      {lanes(axis)}
      <Hairlines camera={camera} axis={axis} />
      {brush !== undefined && <BrushBox brush={brush} board={box.current} />}
    </div>
  )
}

function BrushBox({ brush, board }: { readonly brush: Brush; readonly board: HTMLElement | null }): ReactNode {
  if (board === null) return null
  const [outer, inner] = [board.getBoundingClientRect(), brush.plot.element.getBoundingClientRect()]
  return (
    <div
      className="brush-box"
      aria-hidden="true"
      style={{
        left: inner.left - outer.left + brush.left,
        top: inner.top - outer.top + brush.top,
        width: brush.width,
        height: brush.height,
      }}
    />
  )
}
