/** One track: its name, what its layers are and say at the cursor, and a plot per run, or one of their difference. */
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { useCursor } from '../../../charts/cursor.ts'
import type { Moments } from '../../../data/trace/moments.ts'
import { bucketAt } from '../../../data/trace/tracks/time-grid.ts'
import { type Layer, type TrackName, TRACKS } from '../../../data/trace/tracks/track-scenes.ts'
import type { Tracks } from '../../../data/trace/tracks/tracks.ts'
import { armColour, resolved } from '../../../parts/colours.ts'
import { armsOf, type LoadedRun } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { draw } from '../../../state/trace-state.ts'
import { SCALE_PX, type TraceAxis } from '../axis.ts'
import type { Camera } from '../camera.ts'
import { type LayerLook, layerLook } from './layer-look.ts'
import { textureUrl } from './textures.ts'
import { trackColours } from './track-colours.ts'
import { composed, type Drawn, sceneOf, TrackPainter } from './track-painter.ts'
import { differenceText, valueText } from './track-scale.ts'
import type { WindowTiles } from '../window-tiles.ts'

/** One run's data, as the board holds it. */
export interface Side {
  readonly run: LoadedRun
  readonly tiles: WindowTiles<Tracks>
  readonly moments: Moments | undefined
  /** Counts answers of the worker: what React draws again for. */
  readonly version: number
}

export interface TrackRowProps {
  readonly name: TrackName
  readonly camera: Camera
  readonly axis: TraceAxis
  /** The baseline's first. */
  readonly sides: readonly Side[]
  readonly signed: boolean
  readonly theme: string
  readonly model: string | undefined
}

/** Beside a key that is dashed itself, the word needs no room. */
const DASHED = ' (dashed)'
const PLOT_PX = 64
const ALONE_PX = 76
const HEAT_PX = 90
/** More names have no room beside a track; the table has them all. */
const NAMES_MAX = 4

const heightOf = (name: TrackName, alone: boolean): number => (name === 'ttft' ? HEAT_PX : alone ? ALONE_PX : PLOT_PX)

interface PlotProps extends Omit<TrackRowProps, 'sides'> {
  readonly side: Side
  readonly other: Side | undefined
  readonly height: number
}

function TrackPlot(props: PlotProps): ReactNode {
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

/** What stands in the head: names of layers with their values at the cursor. */
function Reading({
  look,
  names,
  values,
}: {
  readonly look: LayerLook
  readonly names: string
  readonly values: readonly string[]
}): ReactNode {
  const colour = resolved(document.documentElement, look.colour)
  const line = look.dash.length > 0
  return (
    <tr>
      <td>
        <span
          className="key"
          style={
            line
              ? { background: `repeating-linear-gradient(90deg, ${colour} 0 4px, transparent 4px 6px)`, height: 3 }
              : {
                  backgroundColor: look.texture === 'plain' ? colour : undefined,
                  backgroundImage: look.texture === 'plain' ? undefined : textureUrl(colour, look.texture),
                }
          }
        />
        <span className="name" title={names}>
          {names.replace(DASHED, '')}
        </span>
      </td>
      {values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a value per run, in the order of the runs
        <td key={i}>{value}</td>
      ))}
    </tr>
  )
}

const textAt = (
  drawn: Drawn | undefined,
  key: string,
  at_s: number | undefined,
  unit: (typeof TRACKS)[TrackName]['unit'],
): string => {
  if (drawn === undefined || at_s === undefined) return ''
  const layer = drawn.scene.layers.find((each) => keyOf(each) === key)
  const bucket = bucketAt(drawn.scene.grid, at_s * 1e6)
  if (bucket < 0) return ''
  const value = layer?.values[bucket] ?? (drawn.scene.shape === 'stack' ? 0 : Number.NaN)
  if (!Number.isFinite(value)) return '–'
  return drawn.scale.signed ? differenceText(unit, value) : valueText(unit, value)
}

const keyOf = ({ name, dashed }: Pick<Layer, 'name' | 'dashed'>): string => `${name}${dashed === true ? DASHED : ''}`

interface HeadProps {
  readonly name: TrackName
  readonly camera: Camera
  readonly sides: readonly Side[]
  readonly signed: boolean
}

function TrackHead({ name, camera, sides, signed }: HeadProps): ReactNode {
  const at_s = useCursor((state) => state.at_s)
  const playhead_s = useDashboard((state) => (state.playback.playing ? undefined : state.playback.at_s))
  const { title, about, unit } = TRACKS[name]
  const drawn = (signed ? sides.slice(-1) : sides).map((side) => {
    const tile = side.tiles.over(camera.window)
    const beside = sides.find((each) => each !== side)?.tiles.over(camera.window)
    return tile === undefined ? undefined : composed(name, tile, beside, signed)
  })
  const layers = new Map<string, Layer>()
  for (const each of drawn) for (const layer of each?.scene.layers ?? []) layers.set(keyOf(layer), layer)
  const shown = [...layers].slice(0, NAMES_MAX)
  const names = sides.at(-1)?.run.names
  const at = at_s ?? playhead_s
  return (
    <div className="track-head">
      <div className="track-title">
        <strong title={about}>{title}</strong>
        <button
          type="button"
          className="plain"
          aria-label={`Table of ${title}`}
          title="Its values as a table"
          onClick={() => draw({ kind: 'table', track: name })}
        >
          ≡
        </button>
      </div>
      <table className="readings">
        <tbody>
          {shown.map(([key, layer]) => (
            <Reading
              key={key}
              look={layerLook(layer, names)}
              names={key}
              values={drawn.map((each) => textAt(each, key, at, unit))}
            />
          ))}
          {layers.size > NAMES_MAX && (
            <tr>
              <td className="muted">and {layers.size - NAMES_MAX} more</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  )
}

export function TrackRow(props: TrackRowProps): ReactNode {
  const { name, camera, sides, signed } = props
  const dataset = useDashboard((state) => state.dataset)
  const { title, about } = TRACKS[name]
  const wholes = sides.map(({ tiles }) => tiles.whole)
  const parted = signed && wholes[0] !== undefined && wholes[1] !== undefined
  const empty =
    wholes.every((whole) => whole !== undefined && sceneOf(whole, name).layers.length === 0) ||
    (parted && composed(name, wholes[1]!, wholes[0], true)?.scene.layers.length === 0)
  const alone = sides.length === 1 || signed
  const height = heightOf(name, alone)
  const arms = dataset === undefined ? [] : armsOf(dataset)
  if (empty)
    return (
      <section className="track-row none" aria-label={title} data-name={name}>
        <div className="track-head">
          <strong title={about}>{title}</strong>
        </div>
        <p className="muted">{signed ? 'nothing to compare' : 'none'}</p>
      </section>
    )
  const drawnSides = signed ? sides.slice(-1) : sides
  return (
    <section className="track-row" aria-label={title} data-name={name}>
      <TrackHead name={name} camera={camera} sides={sides} signed={signed} />
      <div className="track-plots">
        {drawnSides.map((side) => (
          <div
            key={side.run.id}
            className="track-side"
            style={{ ['--arm' as string]: armColour(side.run.policy, arms) }}
          >
            <TrackPlot
              {...props}
              side={side}
              other={signed ? sides[0] : sides.find((each) => each !== side)}
              height={height}
            />
          </div>
        ))}
      </div>
      <span className="visually-hidden">{about}</span>
    </section>
  )
}
