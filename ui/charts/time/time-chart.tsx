/**
 * A chart over simulated time: lines with bands, or stacked areas. Marks on canvas, axes and handles as SVG. Dragging
 * zooms every chart that shares the window; a double click or Escape shows all again; arrow keys read values.
 */
import { scaleLinear } from 'd3'
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react'
import type { TimeWindow } from '../../state/dashboard.ts'
import { ChartAxes } from './chart-axes.tsx'
import { keyMove } from './chart-keys.ts'
import { type ChartLine, peakOf, stacked } from './chart-line.ts'
import { ChartMarks } from './chart-marks.tsx'
import { ChartReadout } from './chart-readout.tsx'
import { setCursor, useCursor } from './cursor.ts'
import { formatTime } from './time-format.ts'
import { useWidth } from '../use-size.ts'

export interface TimeChartProps {
  /** For screen readers, and the heading of the tooltip's values. */
  readonly label: string
  readonly lines: readonly ChartLine[]
  readonly duration_s: number
  /** Zoomed into; undefined: all. */
  readonly window: TimeWindow | undefined
  onZoom(window: TimeWindow | undefined): void
  format(value: number): string
  readonly stack?: boolean
  readonly height?: number
  /** Top of the axis, when it is given by nature, such as 1 for shares. */
  readonly top?: number
  /** Shaded: left out of every figure. */
  readonly warmup_s?: number
  readonly theme: string
}

export const MARGIN = { left: 52, right: 8, top: 8, bottom: 20 } as const
/** Shorter drags are clicks. */
const DRAG_MIN_PX = 4

export function TimeChart(props: TimeChartProps): ReactNode {
  const { lines: given, duration_s, window: zoomed, onZoom, height = 150, stack = false, theme } = props
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const at_s = useCursor((state) => state.at_s)
  const [drag, setDrag] = useState<readonly [number, number] | undefined>()
  const [inside, setInside] = useState(false)
  const shown = zoomed ?? { from_s: 0, to_s: duration_s }
  const lines = stack ? stacked(given) : given
  const inner = { width: Math.max(1, width - MARGIN.left - MARGIN.right), height: height - MARGIN.top - MARGIN.bottom }
  const x = scaleLinear([shown.from_s, shown.to_s], [0, inner.width])
  const y = scaleLinear([0, props.top ?? (peakOf(lines, shown.from_s, shown.to_s) || 1)], [inner.height, 0])
  if (props.top === undefined) y.nice(4)

  const timeAt = (event: PointerEvent): number => {
    const left = box.current?.getBoundingClientRect().left ?? 0
    return Math.min(shown.to_s, Math.max(shown.from_s, x.invert(event.clientX - left - MARGIN.left)))
  }
  const endDrag = (): void => {
    if (drag !== undefined && Math.abs(x(drag[1]) - x(drag[0])) > DRAG_MIN_PX)
      onZoom({ from_s: Math.min(...drag), to_s: Math.max(...drag) })
    setDrag(undefined)
  }
  const step_s = given[0]?.interval_s ?? duration_s / 100
  const handleKey = (event: KeyboardEvent): void => {
    const move = keyMove(event.key, { at_s, shown, duration_s, step_s })
    if (move === undefined) return
    if ('cursor_s' in move) setCursor(move.cursor_s)
    else onZoom(move.zoom)
    event.preventDefault()
  }
  const cursor = at_s !== undefined && at_s >= shown.from_s && at_s <= shown.to_s ? at_s : undefined
  return (
    <>
      <div
        ref={box}
        className="chart"
        style={{ height }}
        role="group"
        aria-label={`${props.label}. Arrow keys read values, plus and minus zoom, Escape shows all.`}
        tabIndex={0}
        onKeyDown={handleKey}
        onFocus={() => setInside(true)}
        onBlur={() => setInside(false)}
        onPointerEnter={() => setInside(true)}
        onPointerLeave={() => {
          setInside(false)
          setCursor(undefined)
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrag([timeAt(event), timeAt(event)])
        }}
        onPointerMove={(event) => {
          const at = timeAt(event)
          setCursor(at)
          if (drag !== undefined) setDrag([drag[0], at])
        }}
        onPointerUp={endDrag}
        onPointerCancel={() => setDrag(undefined)}
        onDoubleClick={() => onZoom(undefined)}
      >
        {/* Gridlines lie under the data, what the pointer does over it. */}
        <svg width={width} height={height} aria-hidden="true">
          <g transform={`translate(${MARGIN.left},${MARGIN.top})`}>
            {props.warmup_s !== undefined && props.warmup_s > shown.from_s && (
              <rect
                width={Math.min(inner.width, x(props.warmup_s))}
                height={inner.height}
                fill="var(--line)"
                opacity={0.35}
              >
                <title>warm-up, left out of every figure</title>
              </rect>
            )}
            <ChartAxes x={x} y={y} width={inner.width} height={inner.height} format={props.format} />
          </g>
        </svg>
        <ChartMarks
          {...{ lines, stack, x, y, width, height, inner }}
          margin={MARGIN}
          renewedBy={[given, shown.from_s, shown.to_s, theme, props.top]}
        />
        <svg width={width} height={height} aria-hidden="true">
          <g transform={`translate(${MARGIN.left},${MARGIN.top})`}>
            {drag !== undefined && (
              <rect
                className="brush"
                x={x(Math.min(...drag))}
                width={Math.abs(x(drag[1]) - x(drag[0]))}
                height={inner.height}
              />
            )}
            {cursor !== undefined && <line className="cursor" x1={x(cursor)} x2={x(cursor)} y2={inner.height} />}
          </g>
        </svg>
        {inside && cursor !== undefined && (
          <span className="visually-hidden" aria-live="polite">
            {formatTime(cursor)}
          </span>
        )}
      </div>
      {cursor !== undefined && inside ? (
        <ChartReadout title={formatTime(cursor)} values={valuesAt(given, cursor, props.format)} />
      ) : (
        <ChartReadout title="" values={[]} />
      )}
    </>
  )
}

/** What every line says at one moment. */
const valuesAt = (lines: readonly ChartLine[], at_s: number, format: (value: number) => string) =>
  lines.map(({ name, colour, interval_s, values, low, high }) => {
    const i = Math.floor(at_s / interval_s)
    const [value = null, from = null, to = null] = [values[i], low?.[i], high?.[i]]
    const range = from !== null && to !== null && from !== to ? ` (${format(from)} … ${format(to)})` : ''
    return { name, colour, text: value === null ? '–' : `${format(value)}${range}` }
  })
