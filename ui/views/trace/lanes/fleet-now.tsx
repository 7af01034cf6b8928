/** The fleet at the playhead, counted: Macs by state and by pool. Follows the playback a few times a second. */
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { LANE_STATES } from '../../../data/lane-states.ts'
import { modelColour } from '../../../parts/colours.ts'
import type { RunNames } from '../../../../sim/lab/run-names.ts'
import { modelBehind } from '../layer-look.ts'
import type { Lanes } from '../../../data/lanes.ts'
import type { Camera } from '../camera.ts'
import type { WindowTiles } from '../window-tiles.ts'
import { type FleetMoment, fleetAt } from './tile-moment.ts'

export interface FleetNowProps {
  readonly camera: Camera
  readonly tiles: WindowTiles<Lanes> | undefined
  readonly names: RunNames | undefined
}

/** Nobody reads faster. */
const EVERY_MS = 120

export function FleetNow({ camera, tiles, names }: FleetNowProps): ReactNode {
  const machines = names?.machines.length ?? 0
  const [now, setNow] = useState<FleetMoment | undefined>()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const count = (): void => {
      timer = undefined
      const tile = tiles?.at(camera.at_s)
      if (tile !== undefined) setNow(fleetAt(tile, machines, camera.at_s))
    }
    const leave = camera.join({ paint: () => void (timer ??= setTimeout(count, EVERY_MS)), settle() {} })
    return () => {
      leave()
      clearTimeout(timer)
    }
  }, [camera, tiles, machines])
  const whole = tiles?.whole
  const used = useMemo(() => new Set(whole?.pool), [whole])
  if (now === undefined || whole === undefined) return <div className="legend">Reading the lanes</div>
  const pools = whole.pools.map((name, i) => ({ name, place: i + 1 })).filter(({ place }) => used.has(place))
  return (
    <>
      <div className="legend" role="group" aria-label="Macs by state now">
        {LANE_STATES.map((state, i) => (
          <span key={state}>
            {now.states[i]} {state}
          </span>
        ))}
        <span>{now.waiting} requests wait at Macs</span>
        <span>{now.hot} Macs slowed by heat</span>
      </div>
      {pools.length > 0 && (
        <div className="legend" role="group" aria-label="Macs by pool now">
          {pools.map(({ name, place }) => (
            <span key={name}>
              <span className="key" style={{ background: modelColour(modelBehind(names, name).model, names?.models ?? []) }} />
              {now.pools[place] ?? 0} {name}
            </span>
          ))}
          {(now.pools[0] ?? 0) > 0 && <span>{now.pools[0]} without a pool</span>}
        </div>
      )}
    </>
  )
}
