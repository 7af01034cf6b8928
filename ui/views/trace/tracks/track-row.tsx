/** One track: its name, what its layers are and say at the cursor, and a plot per run, or one of their difference. */
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { ChartDownloads } from '../../../charts/files/chart-downloads.tsx'
import { useCursor } from '../../../charts/time/cursor.ts'
import type { Moments } from '../../../data/trace/moments.ts'
import { bucketAt } from '../../../data/trace/tracks/time-grid.ts'
import {
  type Layer,
  nameOfLayer,
  type TrackName,
  TRACKS,
  type TrackScene,
} from '../../../data/trace/tracks/track-scenes.ts'
import { P95_MIN } from '../../../data/trace/tracks/ttft-heat.ts'
import type { Tracks } from '../../../data/trace/tracks/tracks.ts'
import { armColour, resolved } from '../../../parts/colours.ts'
import { armsOf, type LoadedRun } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { fail } from '../../../state/selection-actions.ts'
import { draw } from '../../../state/trace-state.ts'
import { plotWidth, SCALE_PX, type TraceAxis } from '../axis.ts'
import type { Camera } from '../camera.ts'
import { type LayerLook, layerLook } from './layer-look.ts'
import { textureUrl } from './textures.ts'
import { trackColours } from './track-colours.ts'
import { trackCsv } from './track-csv.ts'
import { composed, type Drawn, sceneOf, TrackPainter } from './track-painter.ts'
import type { PicturedRun } from './track-picture.ts'
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
  name,
  full,
  values,
}: {
  readonly look: LayerLook
  readonly name: string
  /** With what its line means. */
  readonly full: string
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
        <span className="name" title={full}>
          {name}
        </span>
      </td>
      {values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a value per run, in the order of the runs
        <td key={i} title={value === FEW ? FEW_WORDS : undefined}>
          {value}
        </td>
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
  if (!Number.isFinite(value)) return isTooFew(drawn.scene, key, bucket) ? FEW : '–'
  return drawn.scale.signed ? differenceText(unit, value) : valueText(unit, value)
}

const keyOf = ({ name, dashed }: Pick<Layer, 'name' | 'dashed'>): string => `${name}/${dashed === true}`

/** Of so few requests a p95 would be the largest of them. */
const FEW = 'few'
const FEW_WORDS = `fewer than ${P95_MIN} requests were served in this interval`

const isTooFew = ({ layers }: TrackScene, key: string, bucket: number): boolean =>
  key === keyOf({ name: 'p95' }) &&
  Number.isFinite(layers.find(({ name }) => name === 'p50')?.values[bucket] ?? Number.NaN)

interface HeadProps extends TrackRowProps {
  /** Of a plot. */
  readonly height: number
}

/** What is on the board of one track, with all it takes to draw it elsewhere. */
function picturedRuns(props: Omit<TrackRowProps, 'axis' | 'theme'>): readonly PicturedRun[] {
  const { name, camera, sides, signed } = props
  const { dataset } = useDashboard.getState()
  const arms = dataset === undefined ? [] : armsOf(dataset)
  return (signed ? sides.slice(-1) : sides).flatMap((side): PicturedRun[] => {
    const other = sides.find((each) => each !== side)
    const tile = side.tiles.over(camera.window)
    const drawn = tile === undefined ? undefined : composed(name, tile, other?.tiles.over(camera.window), signed)
    if (drawn === undefined) return []
    const { run, tiles, moments } = side
    return [
      {
        run,
        drawn,
        side: { tiles, moments, warmup_s: moments?.warmup_s },
        colour: armColour(run.policy, arms),
        name: signed ? `${run.policy} minus ${other?.run.policy ?? ''}` : run.policy,
      },
    ]
  })
}

/** Its plots as files. They come into sight with the pointer or the keys: a row of buttons per track would be louder than the tracks. */
function SaveTrack(props: HeadProps): ReactNode {
  const { name, camera, axis, sides, model, height } = props
  const { scenario = '' } = useDashboard.getState().dataset ?? {}
  const { title } = TRACKS[name]
  return (
    <ChartDownloads
      name={`${scenario} ${title} ${sides.map(({ run }) => run.policy).join(' ')} seed ${sides.at(-1)?.run.seed}`}
      title={title}
      svg={async () => {
        const { trackSvg } = await import('./track-picture.ts')
        const { window, duration_s } = camera
        const runs = picturedRuns(props)
        const width = plotWidth(axis)
        return runs.length === 0
          ? undefined
          : trackSvg({ name, runs, window, duration_s, width, height, model, scenario })
      }}
      csv={() =>
        trackCsv(
          name,
          picturedRuns(props).map(({ run: { seed }, name: whose, drawn: { scene } }) => ({
            run: `${whose} seed ${seed}`,
            scene,
          })),
          camera.window,
        )
      }
      onError={fail}
    />
  )
}

function TrackHead(props: HeadProps): ReactNode {
  const { name, camera, sides, signed } = props
  const at_s = useCursor((state) => state.at_s)
  const playhead_s = useDashboard((state) => (state.playback.playing ? undefined : state.playback.at_s))
  const kind = TRACKS[name]
  const { title, about, unit, lines } = kind
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
        <SaveTrack {...props} />
        {lines !== undefined && (
          <span className="line-words muted">
            <span className="solid">
              <svg width={14} height={4} aria-hidden="true">
                <line x2={14} y1={2} y2={2} stroke="currentColor" strokeWidth={1.5} />
              </svg>
              {lines.solid}{' '}
            </span>
            <svg width={14} height={4} aria-hidden="true">
              <line x2={14} y1={2} y2={2} stroke="currentColor" strokeWidth={1.5} strokeDasharray="4 2" />
            </svg>
            {lines.dashed}
          </span>
        )}
      </div>
      <table className="readings">
        <tbody>
          {shown.map(([key, layer]) => (
            <Reading
              key={key}
              look={layerLook(layer, names)}
              name={layer.name}
              full={nameOfLayer(layer, kind)}
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
  const { name, sides, signed } = props
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
      <TrackHead {...props} height={height} />
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
