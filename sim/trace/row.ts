/** Short names of rows, for whoever writes or reads one kind, and where rows are written. schema.ts declares them. */
import type { RowOf, TraceRow, TraceRowKind } from './schema.ts'

export type { TraceRow, TraceRowKind } from './schema.ts'

export type ArrivedRow = RowOf<'arrived'>
export type AttemptEndedRow = RowOf<'attempt_ended'>
export type CapacityFeedRow = RowOf<'capacity_feed'>
export type DecisionRow = RowOf<'decision'>
export type DelayRow = RowOf<'delay'>
export type DequeuedRow = RowOf<'dequeued'>
export type DisconnectedRow = RowOf<'disconnected'>
export type DispatchedRow = RowOf<'dispatched'>
export type DownloadRow = RowOf<'download'>
export type EndedRow = RowOf<'ended'>
export type FaultRow = RowOf<'fault'>
export type HeartbeatRow = RowOf<'heartbeat'>
export type LoadCommandRow = RowOf<'load_command'>
export type LoadEndedRow = RowOf<'load_ended'>
export type LoadStartedRow = RowOf<'load_started'>
export type MachineStateRow = RowOf<'machine_state'>
export type ModelsChangedRow = RowOf<'models_changed'>
export type PoolRow = RowOf<'pool'>
export type PreflightRow = RowOf<'preflight'>
export type PricedRow = RowOf<'priced'>
export type ProviderPoolsRow = RowOf<'provider_pools'>
export type RegisteredRow = RowOf<'registered'>
export type SlotRow = RowOf<'slot'>
export type UnloadedRow = RowOf<'unloaded'>
export type UserEndedRow = RowOf<'user_ended'>
export type UserRequestRow = RowOf<'user_request'>
export type WorkRow = RowOf<'work'>

export type DecisionPhase = 'preflight' | DecisionRow['phase']

/** Where rooms write. Rows come in the order of simulated time. */
export interface TraceSink {
  emit(row: TraceRow): void
  /** Whether anybody wants rows of a kind; absent: of every kind. What happens does not depend on it. */
  wants?(kind: TraceRowKind): boolean
}

/** For whoever has to look around for a row: nobody need. */
export const isWritten = (trace: TraceSink, kind: TraceRowKind): boolean => trace.wants?.(kind) ?? true
