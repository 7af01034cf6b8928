/** What the ledger's rows are made from: a request with all that the trace said of it, and what had been heard of providers. */
import type {
  ArrivedRow,
  AttemptEndedRow,
  DecisionRow,
  DispatchedRow,
  EndedRow,
  HeartbeatRow,
  PreflightRow,
  PricedRow,
  RegisteredRow,
  SlotRow,
  UserRequestRow,
} from '../../trace/row.ts'

/** What was last decided about a request. */
export type LastDecision = PreflightRow | DecisionRow

export interface HeardProvider {
  readonly registered: RegisteredRow
  heartbeat: HeartbeatRow | undefined
  /** By place in the report. */
  readonly slots: SlotRow[]
  /** Microseconds. */
  sampledAt: number
}

/** An attempt on a Mac with what the coordinator had heard of that Mac when it decided. */
export interface Attempt {
  readonly dispatched: DispatchedRow
  readonly decision: LastDecision | undefined
  readonly priced: PricedRow | undefined
  readonly provider: HeardProvider | undefined
  readonly heartbeat: HeartbeatRow | undefined
  readonly slot: SlotRow | undefined
  ended: AttemptEndedRow | undefined
}

export interface LedgerRequest {
  /** undefined: the client was gone before anything was dispatched, and its cancel on the way. */
  readonly arrived: ArrivedRow | undefined
  readonly user: UserRequestRow | undefined
  readonly attempts: Attempt[]
  decision: LastDecision | undefined
  /** What the machine cost that the decision chose. */
  priced: PricedRow | undefined
  queuedAt: number
  queued: number
  wasQueued: boolean
  firstToken: { readonly at: number; readonly attempt: number } | undefined
  ended: EndedRow | undefined
}

/** One row of inference_routes: an attempt that ended, or the end of a request that was routed and never reached a Mac. */
export interface Route {
  readonly request: LedgerRequest
  readonly attempt: Attempt | undefined
  readonly decision: LastDecision | undefined
  readonly priced: PricedRow | undefined
  readonly startedAt: number
  readonly endedAt: number
  /** -1: none from this attempt. */
  readonly firstTokenAt: number
  readonly won: boolean
  readonly failed: boolean
}

export function routeOf(request: LedgerRequest, attempt: Attempt, end: AttemptEndedRow): Route {
  const { dispatched } = attempt
  const { arrived, ended, firstToken } = request
  const won = ended?.outcome === 'served' && ended.attempt === dispatched.attempt
  return {
    request,
    attempt,
    decision: attempt.decision,
    priced: attempt.priced,
    startedAt: arrived?.at ?? dispatched.at,
    endedAt: won ? ended.at : end.at,
    firstTokenAt: firstToken?.attempt === dispatched.attempt ? firstToken.at : -1,
    won,
    failed: end.outcome !== 'success' && end.outcome !== 'cancelled',
  }
}

export const unrouted = (request: LedgerRequest, ended: EndedRow): Route => ({
  request,
  attempt: undefined,
  decision: request.decision,
  priced: request.priced,
  startedAt: request.arrived?.at ?? ended.at,
  endedAt: ended.at,
  firstTokenAt: -1,
  won: false,
  failed: ended.outcome !== 'cancelled',
})
