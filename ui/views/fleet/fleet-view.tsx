/** Fleet: a lane per Mac, played back; two policies in step; any Mac can be opened. */
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import { formatTime } from '../../charts/time-format.ts'
import { MissingTrace, NeedsTrace } from '../../parts/needs-trace.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { Dataset, LoadedRun } from '../../state/dashboard.ts'
import { zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { Camera } from './camera.ts'
import './fleet.css'
import { FleetControls, type LaneLook, ScaleLegend } from './fleet-controls.tsx'
import { FleetNow } from './fleet-now.tsx'
import { LaneBoard } from './lane-board.tsx'
import { layoutOf } from './lane-layout.ts'
import { laneOrder } from './lane-order.ts'
import type { LaneTiles } from './lane-tiles.ts'
import { MachinePanel } from './machine-panel.tsx'
import { PlaybackBar } from './playback-bar.tsx'
import { stateAt } from './tile-moment.ts'

function useCamera(duration_s: number): Camera | undefined {
  const [camera, setCamera] = useState<Camera | undefined>()
  useEffect(() => {
    const made = new Camera(duration_s)
    setCamera(made)
    return () => made.close()
  }, [duration_s])
  return camera
}

const runBeside = (dataset: Dataset | undefined, run: LoadedRun, beside: string | undefined): LoadedRun | undefined => {
  if (beside === undefined || beside === run.policy) return undefined
  const runs = dataset?.runs.filter((each) => each.policy === beside) ?? []
  return runs.find((each) => each.seed === run.seed) ?? runs[0]
}

/** Order of lanes, from what the first board's run says; both boards use it, so that lanes stand side by side. */
function useOrder(run: LoadedRun, camera: Camera, tiles: LaneTiles | undefined, look: LaneLook): readonly number[] {
  const window = useDashboard((state) => state.selection.window)
  const playing = useDashboard((state) => state.playback.playing)
  const { from_s, to_s } = window ?? { from_s: 0, to_s: camera.duration_s }
  const query = { kind: 'lane_shares', from_us: Math.floor(from_s * 1e6), to_us: Math.ceil(to_s * 1e6) } as const
  const { answer: shares = [] } = useTraceQuery(run, look.order === 'busy' ? query : undefined)
  const machines = run.names?.machines ?? []
  // Lanes keep their place while it plays.
  return useMemo(() => {
    const tile = tiles?.whole
    const now = tile === undefined ? [] : machines.map((_, i) => stateAt(tile, i, camera.at_s))
    const pools = now.map(({ pool }) => tile?.lanes.pools[pool - 1] ?? '')
    return laneOrder({ machines, pools, shares, waiting: now.map(({ waiting }) => waiting) }, look.order, look.filter)
  }, [machines, tiles, shares, look.order, look.filter, playing])
}

function Fleet({ run }: { readonly run: LoadedRun }): ReactNode {
  const camera = useCamera(run.series?.duration_s ?? 1)
  return camera === undefined ? null : <Boards run={run} camera={camera} />
}

const START: LaneLook = { order: 'name', filter: '', track: 'state', size: 'fit' }

function Boards({ run, camera }: { readonly run: LoadedRun; readonly camera: Camera }): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const { beside, window, machine } = useDashboard((state) => state.selection)
  const [look, setLook] = useState(START)
  const [tiles, setTiles] = useState<{ readonly [run: string]: LaneTiles }>({})
  const onTiles = useCallback((id: string, own: LaneTiles) => setTiles((all) => ({ ...all, [id]: own })), [])
  const scrolls = useMemo(() => new Set<HTMLElement>(), [])
  const second = runBeside(dataset, run, beside)
  const order = useOrder(run, camera, tiles[run.id], look)
  const machines = run.names?.machines.length ?? 0
  const { stacked } = layoutOf(1000, innerHeight * 0.6, order.length, look.size)
  const shown = window ?? { from_s: 0, to_s: camera.duration_s }
  return (
    <>
      <FleetControls policy={run.policy} look={look} onLook={(change) => setLook({ ...look, ...change })} />
      <PlaybackBar camera={camera} />
      <div className="row muted window-line">
        {formatTime(shown.from_s)} – {formatTime(shown.to_s)}
        {window === undefined ? (
          <span>The wheel zooms, a drag pans, a drag on the time axis moves the playhead.</span>
        ) : (
          <button type="button" onClick={() => zoom(undefined)}>
            Show all
          </button>
        )}
      </div>
      <ScaleLegend track={look.track} stacked={stacked} />
      <div className={second === undefined ? 'boards' : 'boards two'}>
        {[run, ...(second === undefined ? [] : [second])].map((each) => (
          <div key={each.id} className="stack">
            <Panel title={each.policy} about={`${order.length} of ${machines} Macs, seed ${each.seed}`}>
              {each.trace === 'ready' ? (
                <>
                  <FleetNow camera={camera} tiles={tiles[each.id]} machines={machines} />
                  <LaneBoard
                    run={each}
                    camera={camera}
                    order={order}
                    track={look.track}
                    size={look.size}
                    scrolls={scrolls}
                    onTiles={onTiles}
                  />
                </>
              ) : (
                <MissingTrace run={each} />
              )}
            </Panel>
            {machine !== undefined && each.trace === 'ready' && (
              <MachinePanel run={each} machine={machine} window={shown} />
            )}
          </div>
        ))}
      </div>
    </>
  )
}

export default function FleetView(): ReactNode {
  return <NeedsTrace>{(run) => <Fleet key={run.id} run={run} />}</NeedsTrace>
}
