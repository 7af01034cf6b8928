/**
 * For `--explain`: everything that happened to the requests somebody asked about, in order. The coordinator works the
 * same with or without; verdicts per provider are only built for wanted requests.
 */
import type { BuildId, ModelName, ProviderId, RequestId } from '../../../base/ids.ts'
import type { Micros } from '../../../base/time.ts'
import type { Surface } from '../../../plug/index.ts'
import type { Answer } from '../../../protocol/index.ts'
import type { AttemptEndedRow, DecisionPhase, DecisionRow, DequeuedRow, PreflightRow } from '../../../trace/row.ts'
import type { CostBreakdown, Drop, ProviderVerdict } from '../decision.ts'

interface Note {
  readonly at: Micros
  readonly request: RequestId
}

export type ExplainNote = Note &
  (
    | {
        readonly kind: 'decision'
        readonly phase: DecisionPhase
        readonly build: BuildId | ''
        readonly outcome: DecisionRow['outcome'] | PreflightRow['outcome']
        readonly provider: ProviderId | -1
        readonly breakdown: CostBreakdown | undefined
        /** Of selections: the number in [0, 1) that decides among equals. */
        readonly draw?: number
        /** Of selections that chose somebody: what the second look found when it was to be reserved. */
        readonly secondLook?: 'passed' | Drop
        /** What the machine holds for the request from now on. */
        readonly reserved?: { readonly promptTokens: number; readonly maxTokens: number }
        /** One sentence: the rule that decided, with its numbers. */
        readonly why: string
        /** One per provider in order of registration. */
        readonly verdicts: readonly ProviderVerdict[]
      }
    | {
        readonly kind: 'resolved'
        readonly name: ModelName
        readonly build: BuildId | ''
        /** `direct`: asked for by its own name; `waiting`: nobody can serve it now, it stands for the desired build. */
        readonly choice: 'direct' | 'desired' | 'previous' | 'waiting' | 'unavailable'
      }
    | { readonly kind: 'fallback'; readonly from: BuildId; readonly to: BuildId; readonly why: string }
    /** A question on behalf of the request moved a machine's label. */
    | {
        readonly kind: 'relabel'
        readonly provider: ProviderId
        readonly serial: string
        readonly from: string
        readonly to: string
        readonly surface: Surface
      }
    | { readonly kind: 'queued'; readonly build: BuildId; readonly depth: number }
    | { readonly kind: 'dequeued'; readonly build: BuildId; readonly why: DequeuedRow['why']; readonly waited: Micros }
    | {
        readonly kind: 'dispatched'
        readonly attempt: number
        readonly provider: ProviderId
        readonly build: BuildId
        readonly backup: boolean
      }
    | {
        readonly kind: 'accepted' | 'preamble' | 'first_content'
        readonly attempt: number
        readonly provider: ProviderId
      }
    | {
        readonly kind: 'attempt_ended'
        readonly attempt: number
        readonly provider: ProviderId
        readonly outcome: AttemptEndedRow['outcome']
        readonly code: number
        readonly text: string
      }
    | { readonly kind: 'answer'; readonly answer: Answer }
    | { readonly kind: 'cancelled' }
  )

export interface ExplainSink {
  wants(request: RequestId): boolean
  note(event: ExplainNote): void
}
