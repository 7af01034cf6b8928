/** One policy's board: a lane per Mac on a canvas, with a tooltip that tells all about the Mac under the pointer. */
import { type ReactNode, useEffect, useMemo, useRef } from 'react'
import type { Lanes } from '../../../data/fleet/lanes.ts'
import type { LaneSize, LaneTrack, LoadedRun } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { useThemeName } from '../../../shell/theme.ts'
import { plotWidth, type TraceAxis, xOf } from '../axis.ts'
import type { Camera } from '../camera.ts'
import type { WindowTiles } from '../window-tiles.ts'
import type { BoardPainter } from './board-painter.ts'
import { paletteOf } from './lane-colours.ts'
import { layoutOf } from './lane-layout.ts'
import { useBoardParts } from './use-board-parts.ts'
import { useWay } from './use-way.ts'
import { LaneTooltip } from './lane-tooltip.tsx'

export interface LaneBoardProps {
  readonly run: LoadedRun
  readonly camera: Camera
  readonly axis: TraceAxis
  readonly order: readonly number[]
  readonly track: LaneTrack
  readonly size: LaneSize
  /** Scroll of all boards, kept in step. */
  readonly scrolls: Set<HTMLElement>
  onTiles(run: string, tiles: WindowTiles<Lanes>, painter: BoardPainter): void
}

const HEIGHT_MIN_PX = 44
/** Of the browser's window, at most. */
const HEIGHT_SHARE = 0.5
const LANE_MAX_PX = 44

export function LaneBoard({ run, camera, axis, order, track, size, scrolls, onTiles }: LaneBoardProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const outer = useRef<HTMLDivElement>(null)
  const { width } = axis
  const way = useWay(run)
  const theme = useThemeName()
  const chosen = useDashboard((state) => state.selection.machine)
  const { parts, focus, version } = useBoardParts({ run, camera, canvas, box, scrolls, onTiles })
  const machines = run.names?.machines ?? []
  const tallest = machines.length * LANE_MAX_PX
  const height = Math.max(HEIGHT_MIN_PX, Math.min(Math.round(innerHeight * HEIGHT_SHARE), tallest))
  const layout = useMemo(() => layoutOf(axis, height, order.length, size), [axis, height, order.length, size])
  useEffect(() => parts?.painter.renew(false), [parts, theme])
  useEffect(() => parts?.painter.renew(true), [parts, order])
  // A run under way has more rows at every report of its progress.
  const share = run.live?.share
  useEffect(() => {
    if (share !== undefined) parts?.tiles.refresh(camera.window, plotWidth(axis))
  }, [share])
  useEffect(() => {
    if (parts === undefined || box.current === null) return
    const palette = paletteOf(box.current, run.names, parts.tiles.whole?.pools ?? [])
    parts.painter.scene = { layout, machines, order, track, palette, chosen, way }
    parts.painter.settle()
    camera.invalidate()
  }, [parts, layout, machines, order, track, theme, chosen, way, camera, version])

  const left = focus === undefined ? 0 : xOf(layout, camera.window, focus.at_s)
  const top = focus === undefined ? 0 : focus.lane * layout.lane_px - (parts?.painter.scroll_px ?? 0)
  const machine = focus === undefined ? undefined : order[focus.lane]
  return (
    <div ref={outer} className="lane-board" style={{ height }}>
      {/* One element that takes keys and reads itself: the canvas cannot. */}
      <div
        ref={box}
        className="lanes"
        tabIndex={0}
        role="group"
        aria-label={`Lanes of ${run.policy}: ${order.length} Macs. Left and right pan, plus and minus zoom, up and down choose a Mac, Enter opens it, space plays, comma and full stop move the playhead, Escape shows all.`}
        style={{ height }}
        onScroll={(event) => {
          if (parts === undefined) return
          const { scrollTop } = event.currentTarget
          parts.painter.scroll_px = scrollTop
          for (const other of scrolls)
            if (other !== event.currentTarget && other.scrollTop !== scrollTop) other.scrollTop = scrollTop
          camera.invalidate()
        }}
        onPointerDown={(event) => {
          event.stopPropagation()
          parts?.input.down(event)
        }}
        onPointerMove={(event) => {
          event.stopPropagation()
          parts?.input.move(event)
        }}
        onPointerUp={(event) => parts?.input.up(event)}
        onPointerLeave={() => parts?.input.leave()}
        onDoubleClick={() => camera.move(0, camera.duration_s)}
        onKeyDown={(event) => {
          if (parts?.input.key(event) !== true) return
          event.preventDefault()
          event.stopPropagation()
        }}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <div style={{ height: Math.max(0, order.length * layout.lane_px - height) }} />
      </div>
      {order.length === 0 && <p className="muted lanes-empty">No Mac has that name.</p>}
      {focus !== undefined && machine !== undefined && parts !== undefined && (
        <>
          <div className="cross-lane" style={{ left: layout.gutter_px, top, height: Math.max(3, layout.lane_px) }} />
          <LaneTooltip
            run={run}
            tiles={parts.tiles}
            machine={machine}
            at_s={focus.at_s}
            left={left}
            width={width}
            board={outer.current}
          />
        </>
      )}
    </div>
  )
}
