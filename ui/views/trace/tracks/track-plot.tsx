/** One plot of a track: a canvas, and the painter that keeps it as the camera moves, while it is in sight. */
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { TRACKS } from '../../../data/trace/tracks/track-scenes.ts'
import { SCALE_PX } from '../axis.ts'
import { trackColours } from './track-colours.ts'
import { TrackPainter } from './track-painter.ts'
import type { Side, TrackPartProps } from './track-side.ts'

export interface TrackPlotProps extends Omit<TrackPartProps, 'sides'> {
  readonly side: Side
  readonly other: Side | undefined
}

export function TrackPlot(props: TrackPlotProps): ReactNode {
  const { name, camera, axis, side, other, signed, theme, model, height } = props
  const canvas = useRef<HTMLCanvasElement>(null)
  const [painter, setPainter] = useState<TrackPainter | undefined>()
  const { names } = side.run
  useEffect(() => {
    const element = canvas.current
    if (element === null) return undefined
    const made = new TrackPainter(element, camera)
    const leave = camera.join(made)
    const observer = new IntersectionObserver(([entry]) => {
      made.inSight = entry?.isIntersecting ?? true
      if (made.inSight) camera.invalidate()
    })
    observer.observe(element)
    setPainter(made)
    return () => {
      leave()
      observer.disconnect()
    }
  }, [camera])
  const colours = useMemo(
    () => (canvas.current === null ? undefined : trackColours(canvas.current, names, model)),
    [names, model, theme, painter],
  )
  useEffect(() => {
    if (painter === undefined || colours === undefined) return
    const sideOf = ({ tiles, moments }: Side) => ({ tiles, moments, warmup_s: moments?.warmup_s })
    painter.input = {
      name,
      axis,
      height,
      side: sideOf(side),
      other: other === undefined ? undefined : sideOf(other),
      signed,
      colours,
    }
    camera.invalidate()
  }, [painter, colours, name, axis, height, side, other, signed, camera])
  const { title } = TRACKS[name]
  const of = signed ? `${side.run.policy} minus ${other?.run.policy ?? ''}` : side.run.policy
  return (
    <div className="track-plot" style={{ height }} data-track={signed ? undefined : name} data-run={side.run.id}>
      <canvas
        ref={canvas}
        style={{ marginLeft: -SCALE_PX }}
        role="img"
        aria-label={`${title} of ${of} over time; its table holds the values`}
      />
    </div>
  )
}
