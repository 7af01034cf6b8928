/** A lane per Mac under the tracks: the baseline's above the chosen arm's, in the same order, on the same axis. */
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react'
import { ChartDownloads } from '../../../charts/files/chart-downloads.tsx'
import type { Lanes } from '../../../data/fleet/lanes.ts'
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import type { Moments } from '../../../data/trace/moments.ts'
import { armColour, modelColour } from '../../../parts/colours.ts'
import {
  armsOf,
  LANE_ORDERS,
  LANE_SIZES,
  LANE_TRACKS,
  type LaneLook,
  type LaneOrder,
  type LaneSize,
  type LaneTrack,
  type LoadedRun,
} from '../../../state/dashboard.ts'
import { fail, select } from '../../../state/selection-actions.ts'
import { useDashboard } from '../../../state/store.ts'
import { draw } from '../../../state/trace-state.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import type { TraceAxis } from '../axis.ts'
import type { Camera } from '../camera.ts'
import type { WindowTiles } from '../window-tiles.ts'
import type { BoardPainter } from './board-painter.ts'
import { FleetNow } from './fleet-now.tsx'
import { LaneBoard } from './lane-board.tsx'
import { SCALE_COLOURS, TRACK_TEXTS } from './lane-colours.ts'
import { laneCsv, laneIntervals } from './lane-intervals.ts'
import { layoutOf } from './lane-layout.ts'
import { laneOrder } from './lane-order.ts'
import { stateAt } from './tile-moment.ts'

const SIZES: { readonly [S in LaneSize]: string } = { fit: 'all in view', names: 'with names', tracks: 'all tracks' }
const ORDERS: { readonly [O in LaneOrder]: string } = {
  name: 'as in the scenario',
  pool: 'pool',
  chip: 'chip',
  busy: 'busiest in window',
  queue: 'longest queue now',
}

/** Order of lanes, from what the chosen run says; both boards use it, so that lanes of one Mac compare. */
function useOrder(
  run: LoadedRun,
  camera: Camera,
  tiles: WindowTiles<Lanes> | undefined,
  look: LaneLook,
  filter: string,
): readonly number[] {
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
    const pools = now.map(({ pool }) => tile?.pools[pool - 1] ?? '')
    return laneOrder({ machines, pools, shares, waiting: now.map(({ waiting }) => waiting) }, look.order, filter)
  }, [machines, tiles, shares, look.order, filter, playing])
}

interface ControlsProps {
  readonly look: LaneLook
  readonly filter: string
  onFilter(text: string): void
}

function Controls({ look, filter, onFilter }: ControlsProps): ReactNode {
  const onLook = (change: Partial<LaneLook>): void => select({ lanes: { ...look, ...change } })
  return (
    <div className="row lanes-controls">
      <label>
        order{' '}
        <select value={look.order} onChange={(event) => onLook({ order: event.target.value as LaneOrder })}>
          {LANE_ORDERS.map((each) => (
            <option key={each} value={each}>
              {ORDERS[each]}
            </option>
          ))}
        </select>
      </label>
      <label>
        colour{' '}
        <select value={look.track} onChange={(event) => onLook({ track: event.target.value as LaneTrack })}>
          {LANE_TRACKS.map((each) => (
            <option key={each} value={each}>
              {TRACK_TEXTS[each].title}
            </option>
          ))}
        </select>
      </label>
      <label>
        lanes{' '}
        <select value={look.size} onChange={(event) => onLook({ size: event.target.value as LaneSize })}>
          {LANE_SIZES.map((each) => (
            <option key={each} value={each}>
              {SIZES[each]}
            </option>
          ))}
        </select>
      </label>
      <input
        type="search"
        placeholder="Mac, chip or pool"
        aria-label="Filter Macs"
        value={filter}
        onChange={(event) => onFilter(event.target.value)}
      />
    </div>
  )
}

const PHASES = LANE_STATES.filter((state) => state !== 'offline').toReversed()

/** What lightness and hatches mean, once for all models; scales, where a lane shows them. */
function Legend({
  run,
  track,
  stacked,
}: {
  readonly run: LoadedRun
  readonly track: LaneTrack
  readonly stacked: boolean
}): ReactNode {
  const models = run.names?.models ?? []
  const shown = (['heat', 'memory', 'queue'] as const).filter((each) => stacked || each === track)
  return (
    <div className="legend">
      {(track === 'state' || track === 'pool' || stacked) &&
        models.map((model) => (
          <span key={model}>
            <span className="key" style={{ background: modelColour(model, models) }} />
            {model}
          </span>
        ))}
      {(track === 'state' || stacked) &&
        PHASES.map((phase) => (
          <span key={phase}>
            <span className={`key phase ${phase}`} />
            {phase === 'idle' ? 'idle, holding it' : phase}
          </span>
        ))}
      {stacked && <span>Each lane, from above: model and phase, pool, heat, memory, queue.</span>}
      {shown.map((each) => (
        <span key={each}>
          {TRACK_TEXTS[each].title}: {TRACK_TEXTS[each].scale?.[0]}
          <span
            className="scale"
            style={{ background: `linear-gradient(90deg, var(--sunken), ${SCALE_COLOURS[each]})` }}
          />
          {TRACK_TEXTS[each].scale?.[1]}
        </span>
      ))}
    </div>
  )
}

export interface LanesSectionProps {
  /** The baseline's first. */
  readonly runs: readonly LoadedRun[]
  readonly camera: Camera
  readonly axis: TraceAxis
  readonly moments: Moments | undefined
}

export function LanesSection({ runs, camera, axis, moments }: LanesSectionProps): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const look = useDashboard((state) => state.selection.lanes)
  const [filter, setFilter] = useState('')
  const [tiles, setTiles] = useState<{ readonly [run: string]: WindowTiles<Lanes> }>({})
  const [versions, setVersions] = useState<{ readonly [run: string]: number }>({})
  const painters = useRef(new Map<string, BoardPainter>())
  const onTiles = useCallback((id: string, own: WindowTiles<Lanes>, painter: BoardPainter) => {
    painters.current.set(id, painter)
    setTiles((all) => (all[id] === own ? all : { ...all, [id]: own }))
    setVersions((all) => ({ ...all, [id]: (all[id] ?? 0) + 1 }))
  }, [])
  const scrolls = useMemo(() => new Set<HTMLElement>(), [])
  const leading = runs.at(-1)!
  const order = useOrder(leading, camera, tiles[leading.id], look, filter)
  const machines = leading.names?.machines.length ?? 0
  const { stacked } = layoutOf(axis, innerHeight * 0.5, order.length, look.size)
  const arms = dataset === undefined ? [] : armsOf(dataset)
  return (
    <section className="lanes-section" aria-label="Macs">
      <div className="row lanes-head">
        <h3>Macs</h3>
        <span className="muted">
          {order.length} of {machines} Macs
        </span>
        <Controls look={look} filter={filter} onFilter={setFilter} />
        <button type="button" onClick={() => draw({ kind: 'lanes', run: leading.id })}>
          Table
        </button>
        <ChartDownloads
          name={`${dataset?.scenario} Macs ${runs.map(({ policy }) => policy).join(' ')} seed ${leading.seed}`}
          title="Macs"
          svg={async () => {
            const { lanesSvg } = await import('./lanes-picture.ts')
            const boards = runs.flatMap((run) => {
              const painter = painters.current.get(run.id)
              return painter === undefined ? [] : [{ run, painter, colour: armColour(run.policy, arms) }]
            })
            const { window } = camera
            const { track } = look
            return lanesSvg({ scenario: dataset?.scenario ?? '', boards, axis, window, moments, track, stacked })
          }}
          csv={() =>
            laneCsv(
              runs.flatMap(({ id, policy, seed, names }) => {
                const tile = tiles[id]?.over(camera.window)
                const macs = names?.machines ?? []
                return tile === undefined
                  ? []
                  : [{ run: `${policy} seed ${seed}`, intervals: laneIntervals(tile, macs, order, camera.window) }]
              }),
            )
          }
          onError={fail}
        />
      </div>
      <Legend run={leading} track={look.track} stacked={stacked} />
      {axis.width > 0 &&
        runs.map((run) => (
          <div key={run.id} className="lanes-side" style={{ ['--arm' as string]: armColour(run.policy, arms) }}>
            <div className="lanes-arm">
              <strong>{run.policy}</strong>
              <FleetNow camera={camera} run={run} version={versions[run.id] ?? 0} />
            </div>
            <LaneBoard
              run={run}
              camera={camera}
              axis={axis}
              order={order}
              track={look.track}
              size={look.size}
              scrolls={scrolls}
              onTiles={onTiles}
            />
          </div>
        ))}
    </section>
  )
}
