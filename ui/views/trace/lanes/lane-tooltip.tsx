/** All about one Mac at one moment: at once what the lane holds, and the rest as soon as the worker has read it. */
import { type ReactNode, useEffect, useState } from 'react'
import { formatTime } from '../../../charts/time/time-format.ts'
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import type { MachineMoment } from '../../../data/fleet/machine-moment.ts'
import { type LoadedRun, rowsOf } from '../../../state/dashboard.ts'
import { lab } from '../../../state/store.ts'
import { gibibytes } from '../gibibytes.ts'
import type { Lanes } from '../../../data/fleet/lanes.ts'
import type { WindowTiles } from '../window-tiles.ts'
import { stateAt } from './tile-moment.ts'

export interface LaneTooltipProps {
  readonly run: LoadedRun
  readonly tiles: WindowTiles<Lanes>
  readonly machine: number
  readonly at_s: number
  readonly left: number
  readonly width: number
  /** Not to be covered: the reading stands below it, or above where there is no room. */
  readonly board: HTMLElement | null
}

const GAP = 12
/** That it takes. */
const ROOM_PX = 210
const REQUESTS_SHOWN = 6
/** The worker is asked when the pointer rests this long: a sweep over 500 lanes asks about the last. */
const REST_MS = 30
const HELD = LANE_STATES.indexOf('idle')

function useMoment(run: LoadedRun, machine: number, at_s: number): MachineMoment | undefined {
  const [moment, setMoment] = useState<MachineMoment | undefined>()
  useEffect(() => {
    const rows = rowsOf(run)
    if (rows === undefined) return undefined
    let wanted = true
    const timer = setTimeout(() => {
      lab.query(rows, { kind: 'machine_moment', machine, at_us: Math.round(at_s * 1e6) }).then(
        (answer) => wanted && setMoment(answer),
        () => {},
      )
    }, REST_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [rowsOf(run), machine, at_s])
  return moment?.machine === machine ? moment : undefined
}

export function LaneTooltip(props: LaneTooltipProps): ReactNode {
  const { run, tiles, machine, at_s, left, width, board } = props
  const moment = useMoment(run, machine, at_s)
  const name = run.names?.machines[machine]
  const tile = tiles.at(at_s)
  if (name === undefined || tile === undefined) return null
  // Once the worker has answered, all of it is of the very moment: a Mac that runs something is not idle.
  const now = moment?.lane ?? stateAt(tile, machine, at_s)
  const { state } = moment ?? {}
  const across = left > width / 2 ? { right: width - left + GAP } : { left: left + GAP }
  const room = innerHeight - (board?.getBoundingClientRect().bottom ?? 0)
  const down = room > ROOM_PX ? { top: '100%' } : { bottom: '100%' }
  return (
    <div className="tooltip lane-tooltip" style={{ ...across, ...down }}>
      <strong>{name.serial}</strong> <span className="muted">{formatTime(at_s, 0.1)}</span>
      <div className="muted">
        {name.chip} · {gibibytes(name.memoryBytes)} · {name.chassis}
      </div>
      <table>
        <tbody>
          <Line head="state">
            {LANE_STATES[now.state]}
            {now.build > 0 && (
              <span className="muted">
                {' '}
                {now.state === HELD ? 'holding' : 'of'} {tile.builds[now.build - 1]}
              </span>
            )}
          </Line>
          <Line head="pool">{(moment === undefined ? tile.pools[now.pool - 1] : moment.pool) || 'none'}</Line>
          <Line head="heat">
            {now.heat_pct === 0 ? 'full speed' : `${now.heat_pct} % of the speed lost`}
            {state === undefined ? '' : ` · ${state.thermalState}`}
          </Line>
          <Line head="memory">
            {now.memory_pct} % used
            {state === undefined ? '' : ` · weights ${gibibytes(state.weightsBytes)} · KV ${gibibytes(state.kvBytes)}`}
          </Line>
          <Line head="queue">{now.waiting === 0 ? 'nobody waits' : `${now.waiting} wait`}</Line>
          {moment?.slots.map((slot) => (
            <Line key={slot.build} head={slot.build}>
              {slot.state}
              {slot.rows > 0 ? ` · ${slot.rows} running` : ''}
            </Line>
          ))}
          {moment?.requests.slice(0, REQUESTS_SHOWN).map((each) => (
            <Line key={each.request} head={`request ${each.request}`}>
              {each.phase} for {formatTime(at_s - each.since_us / 1e6, 0.1)}
            </Line>
          ))}
        </tbody>
      </table>
      {moment !== undefined && moment.requests.length > REQUESTS_SHOWN && (
        <div className="muted">and {moment.requests.length - REQUESTS_SHOWN} more</div>
      )}
    </div>
  )
}

function Line({ head, children }: { readonly head: string; readonly children: ReactNode }): ReactNode {
  return (
    <tr>
      <td className="muted">{head}</td>
      <td>{children}</td>
    </tr>
  )
}
