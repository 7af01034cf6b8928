/** A track as a file: all that is on the board of it, drawn and written elsewhere. */
import type { ReactNode } from 'react'
import { ChartDownloads } from '../../../charts/files/chart-downloads.tsx'
import { TRACKS } from '../../../data/trace/tracks/track-scenes.ts'
import { armColour } from '../../../parts/colours.ts'
import { armsOf } from '../../../state/dashboard.ts'
import { fail } from '../../../state/selection-actions.ts'
import { useDashboard } from '../../../state/store.ts'
import { plotWidth } from '../axis.ts'
import { trackCsv } from './track-csv.ts'
import { composed } from './track-painter.ts'
import type { PicturedRun } from './track-picture.ts'
import type { TrackPartProps, TrackRowProps } from './track-side.ts'

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
export function SaveTrack(props: TrackPartProps): ReactNode {
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
