/**
 * What a decision is: the provider chosen, what it cost term by term, how many were passed over for which reason, and
 * (only when somebody asks) one sentence per provider. The ledger's counters and `--explain` read the same object.
 */
import type { BuildId, ProviderId } from '../../base/ids.ts'
import type { DROPS } from '../../trace/words.ts'
import type { Offer } from '../view/provider-record.ts'

/** The six terms of §4.7 in milliseconds, and what they were computed from. */
export interface CostBreakdown {
  readonly state_ms: number
  readonly queue_ms: number
  readonly pending_ms: number
  readonly backlog_ms: number
  readonly thisRequest_ms: number
  readonly health_ms: number
  /** Exactly the sum of the six, added in this order. */
  readonly cost_ms: number
  readonly ttft_ms: number
  readonly effectiveQueue: number
  readonly effectiveTps: number
  readonly staticTps: number
}

/** Why a provider was passed over. */
export type Drop = (typeof DROPS)[number]

export interface Counters {
  readonly candidates: number
  readonly capacity: number
  readonly tooLarge: number
  readonly vision: number
  readonly ttft: number
  readonly breakerRejected: number
}

export interface Decision extends Counters {
  /** undefined: nobody. */
  readonly winner: Offer | undefined
  readonly breakdown: CostBreakdown | undefined
  /** -1: unknown. */
  readonly bestTtft_ms: number
  /** Candidates within the tie window of the cheapest. */
  readonly nearTies: number
  /** The winner was found only by ignoring the breakers. */
  readonly failOpen: boolean
}

export interface Preflight {
  readonly candidates: number
  readonly capacity: number
  readonly tooLarge: number
  /** -1: unknown, because nobody is a candidate or one of them reports no capacity. */
  readonly bestTtft_ms: number
}

interface Considered {
  readonly provider: ProviderId
  readonly serial: string
  readonly build: BuildId
  /** Requests of the build that its last report shows at work there; the batch. */
  readonly running: number
  /** A whole sentence with its numbers. */
  readonly why: string
}

/** One line of an explanation. */
export type ProviderVerdict = Considered &
  (
    | { readonly kind: 'dropped'; readonly drop: Drop }
    | {
        readonly kind: 'candidate'
        readonly breakdown: CostBreakdown
        /** Requests in flight there, of all builds (S6). */
        readonly pending: number
        /** What it would decode at with this request (S4). */
        readonly projectedTps: number
        /** Taken off its cost because it holds the conversation's cache (S1); 0: it does not. */
        readonly affinity_ms: number
        /** 'winner', or the selection step that passed it over. */
        readonly fate: CandidateFate
        /** `near`: its cost counts as equal to the cheapest (S5); `equal`: the draw was among it and its like (S7). */
        readonly tie: 'none' | 'near' | 'equal'
      }
  )

export type CandidateFate =
  | 'winner'
  | 'admitted'
  | 'not_owned'
  | 'avoided_version'
  | 'decode_floor'
  | 'dearer'
  | 'lost_tie'
  | 'not_picked'

/** Filled with one verdict per provider in order of registration; a decision without one does not build any. */
export type ProviderVerdicts = ProviderVerdict[]
