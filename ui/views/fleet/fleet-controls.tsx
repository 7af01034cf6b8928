/** How lanes are shown: the second policy, order, filter, what colours mean, how tall lanes are. */
import type { ReactNode } from 'react'
import { policiesOf } from '../../state/dashboard.ts'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { SCALE_COLOURS, TRACK_TEXTS, type TrackName, TRACKS } from './lane-colours.ts'
import { LANE_SIZES, type LaneSize } from './lane-layout.ts'
import { LANE_ORDERS, type LaneOrder } from './lane-order.ts'

export interface LaneLook {
  readonly order: LaneOrder
  readonly filter: string
  readonly track: TrackName
  readonly size: LaneSize
}

export interface FleetControlsProps {
  readonly policy: string
  readonly look: LaneLook
  onLook(change: Partial<LaneLook>): void
}

const SIZES: { readonly [S in LaneSize]: string } = { fit: 'all in view', names: 'with names', tracks: 'all tracks' }
const ORDERS: { readonly [O in LaneOrder]: string } = {
  name: 'as in the scenario',
  pool: 'pool',
  chip: 'chip',
  busy: 'busiest in window',
  queue: 'longest queue now',
}

export function FleetControls({ policy, look, onLook }: FleetControlsProps): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const beside = useDashboard((state) => state.selection.beside)
  const others = dataset === undefined ? [] : policiesOf(dataset).filter((each) => each !== policy)
  return (
    <div className="row">
      {others.length > 0 && (
        <label className="row">
          beside
          <select
            value={beside !== undefined && others.includes(beside) ? beside : ''}
            onChange={(event) => select({ beside: event.target.value === '' ? undefined : event.target.value })}
          >
            <option value="">nothing</option>
            {others.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <label className="row">
        order
        <select value={look.order} onChange={(event) => onLook({ order: event.target.value as LaneOrder })}>
          {LANE_ORDERS.map((each) => (
            <option key={each} value={each}>
              {ORDERS[each]}
            </option>
          ))}
        </select>
      </label>
      <label className="row">
        colour
        <select value={look.track} onChange={(event) => onLook({ track: event.target.value as TrackName })}>
          {TRACKS.map((each) => (
            <option key={each} value={each}>
              {TRACK_TEXTS[each].title}
            </option>
          ))}
        </select>
      </label>
      <label className="row">
        lanes
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
        value={look.filter}
        onChange={(event) => onLook({ filter: event.target.value })}
      />
    </div>
  )
}

/** What the colours of scales mean; states and pools are named with their counts. */
export function ScaleLegend({ track, stacked }: { readonly track: TrackName; readonly stacked: boolean }): ReactNode {
  const shown = (['heat', 'memory', 'queue'] as const).filter((each) => stacked || each === track)
  if (shown.length === 0) return null
  return (
    <div className="legend">
      {stacked && <span>Each lane, from above: slots, pool, heat, memory, queue.</span>}
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
