/**
 * The whole run in a strip, and the window that charts are zoomed to: drag to choose one, drag it to move it, its edges
 * to widen it. The same by keys.
 */
import { scaleLinear } from 'd3'
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react'
import type { TimeWindow } from '../state/dashboard.ts'
import type { Values } from './chart-line.ts'
import { moved, type BrushPart, partAt } from './brush-move.ts'
import { formatTime, timeTicks } from './time-format.ts'
import { useWidth } from './use-size.ts'

export interface TimeBrushProps {
  readonly label: string
  /** Drawn as context. */
  readonly values: Values
  readonly interval_s: number
  readonly duration_s: number
  readonly window: TimeWindow | undefined
  onZoom(window: TimeWindow | undefined): void
}

const HEIGHT = 46
const AXIS = 14
const GRIP_PX = 6

interface Drag {
  readonly part: BrushPart
  readonly start_s: number
  readonly at_s: number
}

export function TimeBrush({ label, values, interval_s, duration_s, window, onZoom }: TimeBrushProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const [drag, setDrag] = useState<Drag | undefined>()
  const x = scaleLinear([0, duration_s], [0, Math.max(1, width)])
  const peak = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0) || 1
  const y = scaleLinear([0, peak], [HEIGHT - AXIS, 3])
  const shown = drag === undefined ? window : moved(window, drag.part, drag.start_s, drag.at_s, duration_s)
  const timeAt = (event: PointerEvent): number => {
    const left = box.current?.getBoundingClientRect().left ?? 0
    return Math.min(duration_s, Math.max(0, x.invert(event.clientX - left)))
  }
  const grip_s = (GRIP_PX / Math.max(1, width)) * duration_s
  const handleKey = (event: KeyboardEvent): void => {
    const { from_s, to_s } = window ?? { from_s: 0, to_s: duration_s }
    const step = (to_s - from_s) / 10
    const by = (start: number, end: number): void => {
      const next = { from_s: Math.max(0, from_s + start), to_s: Math.min(duration_s, to_s + end) }
      onZoom(next.from_s <= 0 && next.to_s >= duration_s ? undefined : next)
    }
    if (event.key === 'ArrowRight') by(Math.min(step, duration_s - to_s), step)
    else if (event.key === 'ArrowLeft') by(-step, -Math.min(step, from_s))
    else if (event.key === '+') by((to_s - from_s) / 4, -(to_s - from_s) / 4)
    else if (event.key === '-') by(-(to_s - from_s) / 2, (to_s - from_s) / 2)
    else if (event.key === 'Escape') onZoom(undefined)
    else return
    event.preventDefault()
  }
  const area = values
    .map(
      (value, i) =>
        `L${x(i * interval_s)},${y(value ?? 0)}L${x(Math.min(duration_s, (i + 1) * interval_s))},${y(value ?? 0)}`,
    )
    .join('')
  const { step_s, ticks } = timeTicks(0, duration_s, Math.max(2, Math.floor(width / 80)))
  return (
    <div
      ref={box}
      className="time-brush"
      style={{ height: HEIGHT }}
      role="group"
      tabIndex={0}
      aria-label={`${label}. Arrow keys move the window, plus and minus zoom, Escape shows all.`}
      onKeyDown={handleKey}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        const at_s = timeAt(event)
        setDrag({ part: partAt(window, at_s, grip_s), start_s: at_s, at_s })
      }}
      onPointerMove={(event) => {
        if (drag === undefined) {
          const part = partAt(window, timeAt(event), grip_s)
          event.currentTarget.style.cursor = CURSORS[part]
        } else setDrag({ ...drag, at_s: timeAt(event) })
      }}
      onPointerUp={() => {
        // Shorter drags are clicks.
        if (drag !== undefined && Math.abs(drag.at_s - drag.start_s) > grip_s / 2) onZoom(shown)
        setDrag(undefined)
      }}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => onZoom(undefined)}
    >
      <svg width={width} height={HEIGHT} aria-hidden="true">
        <path d={`M0,${y(0)}${area}L${x(duration_s)},${y(0)}Z`} className="area" />
        {shown !== undefined && (
          <g>
            <rect className="outside" width={x(shown.from_s)} height={HEIGHT - AXIS} />
            <rect
              className="outside"
              x={x(shown.to_s)}
              width={Math.max(0, width - x(shown.to_s))}
              height={HEIGHT - AXIS}
            />
            <rect
              className="window"
              x={x(shown.from_s)}
              width={Math.max(1, x(shown.to_s) - x(shown.from_s))}
              height={HEIGHT - AXIS}
            />
            {[shown.from_s, shown.to_s].map((at_s, i) => (
              <rect key={i} className="grip" x={x(at_s) - 1.5} width={3} y={8} height={HEIGHT - AXIS - 16} rx={1.5} />
            ))}
          </g>
        )}
        {ticks.map((at_s) => (
          <text
            key={at_s}
            x={x(at_s)}
            y={HEIGHT - 2}
            textAnchor={x(at_s) < 15 ? 'start' : x(at_s) > width - 20 ? 'end' : 'middle'}
          >
            {formatTime(at_s, step_s)}
          </text>
        ))}
      </svg>
    </div>
  )
}

const CURSORS: { readonly [part in BrushPart]: string } = {
  new: 'crosshair',
  whole: 'grab',
  from: 'ew-resize',
  to: 'ew-resize',
}
