/** One track: its head, and a plot per run, or one of their difference. */
import type { ReactNode } from 'react'
import { type TrackName, TRACKS } from '../../../data/trace/tracks/track-scenes.ts'
import { armColour } from '../../../parts/colours.ts'
import { armsOf } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { TrackHead } from './track-head.tsx'
import { composed, sceneOf } from './track-painter.ts'
import { TrackPlot } from './track-plot.tsx'
import type { TrackRowProps } from './track-side.ts'

const PLOT_PX = 64
const ALONE_PX = 76
const HEAT_PX = 90
const heightOf = (name: TrackName, alone: boolean): number => (name === 'ttft' ? HEAT_PX : alone ? ALONE_PX : PLOT_PX)

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
