/** The fleet at the playhead, counted: Macs by state and by pool. Follows the playback a few times a second. */
import { type ReactNode, useEffect, useState } from 'react'
import type { FleetMoment } from '../../../data/fleet/fleet-moment.ts'
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import { type LoadedRun, rowsOf } from '../../../state/dashboard.ts'
import { lab } from '../../../state/store.ts'
import type { Camera } from '../camera.ts'
import { layerLook } from '../tracks/layer-look.ts'

export interface FleetNowProps {
  readonly camera: Camera
  readonly run: LoadedRun
  /** Counts answers of the worker: a run under way has more to say. */
  readonly version: number
}

/** Nobody reads faster. */
const EVERY_MS = 120

function useMoment({ camera, run, version }: FleetNowProps): FleetMoment | undefined {
  const [now, setNow] = useState<FleetMoment | undefined>()
  const rows = rowsOf(run)
  useEffect(() => {
    if (rows === undefined) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let [wanted, asked] = [true, -1]
    const ask = (): void => {
      timer = undefined
      const { at_s } = camera
      if (at_s === asked) return
      asked = at_s
      lab.query(rows, { kind: 'fleet_moment', at_us: Math.round(at_s * 1e6) }).then(
        (answer) => wanted && setNow(answer),
        () => {},
      )
    }
    const leave = camera.join({ paint: () => void (timer ??= setTimeout(ask, EVERY_MS)), settle() {} })
    return () => {
      wanted = false
      leave()
      clearTimeout(timer)
    }
  }, [camera, rows, version])
  return now
}

export function FleetNow(props: FleetNowProps): ReactNode {
  const now = useMoment(props)
  if (now === undefined) return <div className="legend">Reading the lanes</div>
  const { names } = props.run
  return (
    <>
      <div className="legend" role="group" aria-label="Macs by state now">
        {LANE_STATES.map((state, i) => (
          <span key={state}>
            {now.states[i]} {state}
          </span>
        ))}
        <span>{now.waiting} requests wait at Macs</span>
        {now.hot > 0 && <span>{now.hot} Macs slowed by heat</span>}
      </div>
      {now.pools.length > 0 && (
        <div className="legend" role="group" aria-label="Macs by pool now">
          {now.pools.map(({ pool, macs }) => (
            <span key={pool}>
              <span className="key" style={{ background: layerLook({ name: pool, of: 'pool' }, names).colour }} />
              {macs} {pool}
            </span>
          ))}
          {now.withoutPool > 0 && <span>{now.withoutPool} without a pool</span>}
        </div>
      )}
    </>
  )
}
