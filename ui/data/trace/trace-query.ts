/**
 * Every question a screen may ask of a trace, and its answer. To add one: a pure function in a file of its own, a line
 * in `TraceQueries` and a line in `HANDLERS`.
 */
import { fleetChanges, type FleetChanges, type FleetChangesQuery } from '../fleet/fleet-changes.ts'
import { type FleetMoment, fleetMoment, type FleetMomentQuery } from '../fleet/fleet-moment.ts'
import {
  interferenceCell,
  type InterferenceCell,
  type InterferenceCellQuery,
} from '../interference/interference-cell.ts'
import {
  interference,
  type InterferenceAnswer,
  type InterferenceQuery,
  interferenceSeries,
  type InterferenceSeries,
  type InterferenceSeriesQuery,
} from '../interference/interference-window.ts'
import { type LabelMove, labelMoves, type LabelMovesQuery } from '../fleet/label-moves.ts'
import {
  lanes,
  type Lanes,
  laneShares,
  type LaneShares,
  type LaneSharesQuery,
  type LanesQuery,
} from '../fleet/lanes.ts'
import { machineLabels, type MachineLabelsQuery } from '../fleet/machine-labels.ts'
import { machineMoment, type MachineMoment, type MachineMomentQuery } from '../fleet/machine-moment.ts'
import { machineSlots, type MachineSlotsQuery, type SlotLane } from '../fleet/machine-slots.ts'
import { machineStates, type MachineStatesQuery } from '../fleet/machine-states.ts'
import { requestFacets, type RequestFacets, type RequestFacetsQuery } from '../requests/request-facets.ts'
import { requestLife, type RequestLife, type RequestLifeQuery } from '../requests/request-life.ts'
import { requests, type RequestsAnswer, type RequestsQuery } from '../requests/requests.ts'
import { residency, type Residency, type ResidencyQuery } from '../fleet/residency.ts'
import { ttftCurves, type TtftCurves, type TtftCurvesQuery } from '../answer/ttft-curves.ts'
import { type Moments, moments, type MomentsQuery } from './moments.ts'
import {
  type Population,
  population,
  type PopulationQuery,
  regionRequests,
  type RegionRequests,
  type RegionRequestsQuery,
} from './populations/population.ts'
import { type Tracks, tracks, type TracksQuery } from './tracks/tracks.ts'
import type { TraceIndex } from './trace-index.ts'
import { rowsOf, type RowsAnswer, type RowsQuery } from './trace-rows.ts'

interface TraceQueries {
  lanes: readonly [LanesQuery, Lanes]
  lane_shares: readonly [LaneSharesQuery, LaneShares]
  requests: readonly [RequestsQuery, RequestsAnswer]
  request_facets: readonly [RequestFacetsQuery, RequestFacets]
  request_life: readonly [RequestLifeQuery, RequestLife | undefined]
  rows: readonly [RowsQuery, RowsAnswer]
  interference: readonly [InterferenceQuery, InterferenceAnswer]
  interference_series: readonly [InterferenceSeriesQuery, InterferenceSeries]
  interference_cell: readonly [InterferenceCellQuery, InterferenceCell]
  label_moves: readonly [LabelMovesQuery, readonly LabelMove[]]
  residency: readonly [ResidencyQuery, Residency]
  fleet_changes: readonly [FleetChangesQuery, FleetChanges]
  fleet_moment: readonly [FleetMomentQuery, FleetMoment]
  machine_states: readonly [MachineStatesQuery, ReturnType<typeof machineStates>]
  machine_moment: readonly [MachineMomentQuery, MachineMoment]
  machine_slots: readonly [MachineSlotsQuery, readonly SlotLane[]]
  machine_labels: readonly [MachineLabelsQuery, ReturnType<typeof machineLabels>]
  ttft_curves: readonly [TtftCurvesQuery, TtftCurves]
  tracks: readonly [TracksQuery, Tracks]
  moments: readonly [MomentsQuery, Moments]
  population: readonly [PopulationQuery, Population]
  region_requests: readonly [RegionRequestsQuery, RegionRequests]
}

type Kind = keyof TraceQueries
export type TraceQuery = TraceQueries[Kind][0]
export type TraceAnswer<Q extends TraceQuery> = TraceQueries[Q['kind']][1]

const HANDLERS: { readonly [K in Kind]: (index: TraceIndex, query: TraceQueries[K][0]) => TraceQueries[K][1] } = {
  lanes,
  lane_shares: laneShares,
  requests,
  request_facets: requestFacets,
  request_life: requestLife,
  rows: rowsOf,
  interference,
  interference_series: interferenceSeries,
  interference_cell: interferenceCell,
  label_moves: labelMoves,
  residency,
  fleet_changes: fleetChanges,
  fleet_moment: fleetMoment,
  machine_states: machineStates,
  machine_moment: machineMoment,
  machine_slots: machineSlots,
  machine_labels: machineLabels,
  ttft_curves: ttftCurves,
  tracks,
  moments,
  population,
  region_requests: regionRequests,
}

export function answer<Q extends TraceQuery>(index: TraceIndex, query: Q): TraceAnswer<Q> {
  const handler = HANDLERS[query.kind] as (index: TraceIndex, query: TraceQuery) => unknown
  return handler(index, query) as TraceAnswer<Q>
}

const isColumn = (value: unknown): value is ArrayBufferView => ArrayBuffer.isView(value)

/** Buffers of an answer, to be moved instead of copied: those of its own typed arrays, and of its parts'. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((each: unknown) => {
    if (isColumn(each)) return [each.buffer as ArrayBuffer]
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return []
    return Object.values(each).flatMap((own: unknown) => (isColumn(own) ? [own.buffer as ArrayBuffer] : []))
  })
}
