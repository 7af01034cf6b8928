/** The head of a track: its name, what its layers are, and what they say at the cursor. */
import type { ReactNode } from 'react'
import { useCursor } from '../../../charts/time/cursor.ts'
import { bucketAt } from '../../../data/trace/tracks/time-grid.ts'
import {
  type Layer,
  nameOfLayer,
  type TrackName,
  TRACKS,
  type TrackScene,
} from '../../../data/trace/tracks/track-scenes.ts'
import { P95_MIN } from '../../../data/trace/tracks/ttft-heat.ts'
import { resolved } from '../../../parts/colours.ts'
import { useDashboard } from '../../../state/store.ts'
import { draw } from '../../../state/trace-state.ts'
import { type LayerLook, layerLook } from './layer-look.ts'
import { SaveTrack } from './save-track.tsx'
import { textureUrl } from './textures.ts'
import { composed, type Drawn } from './track-painter.ts'
import { differenceText, valueText } from './track-scale.ts'
import type { TrackPartProps } from './track-side.ts'

/** More names have no room beside a track; the table has them all. */
const NAMES_MAX = 4

/** A layer's name with its values at the cursor, a run each. */
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

export function TrackHead(props: TrackPartProps): ReactNode {
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
