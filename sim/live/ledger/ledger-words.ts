/** What a row of the coordinator's ledger says, in the words of the trace: its statuses, its states, its prices. */
import type { ProviderId } from '../../base/ids.ts'
import type { RejectReason, SlotState } from '../../protocol/index.ts'
import type { AttemptEndedRow, DecisionRow, PricedRow } from '../../trace/row.ts'
import { wordsOf } from '../../trace/schema.ts'
import type { ExportedRow } from './exported-table.ts'

/** Less is the time that it took to look into an empty queue. */
const WAITED_MS = 1
const REASONS: ReadonlySet<string> = new Set(wordsOf('ended', 'reason'))
const SLOT_STATES: ReadonlySet<string> = new Set(wordsOf('dispatched', 'slotState'))
const ERROR_TEXTS: ReadonlySet<string> = new Set(wordsOf('attempt_ended', 'text'))

const PRICE = {
  cost_ms: 'cost_ms',
  state_ms: 'state_ms',
  queue_ms: 'queue_ms',
  pending_ms: 'pending_ms',
  backlog_ms: 'backlog_ms',
  thisRequest_ms: 'this_req_ms',
  health_ms: 'health_ms',
  ttft_ms: 'ttft_ms',
  effectiveQueue: 'effective_queue',
  effectiveTps: 'effective_tps',
  staticTps: 'static_tps',
} as const satisfies Partial<Record<keyof PricedRow, string>>

/** By the ledger's final status. */
export const ENDINGS: { readonly [status: string]: AttemptEndedRow['outcome'] } = {
  success: 'success',
  // Text had come before it broke.
  partial_success: 'error',
  cancelled: 'cancelled',
  error: 'error',
  timeout: 'timeout',
}

export const isSlotState = (text: string | undefined): text is SlotState => text !== undefined && SLOT_STATES.has(text)
export const isErrorText = (text: string): text is AttemptEndedRow['text'] => ERROR_TEXTS.has(text)
export const isReason = (text: string | undefined): text is RejectReason =>
  text !== undefined && text !== '' && REASONS.has(text)

/** `isBackup`: beside another attempt, as Macs of ours saw it; undefined: the ledger says only that the request had one. */
export function phaseOf(row: ExportedRow, attempt: number, isBackup: boolean | undefined): DecisionRow['phase'] {
  if (attempt > 0) return (isBackup ?? row.flag('used_backup') === true) ? 'backup' : 'retry'
  return (row.number('queue_wait_ms') ?? 0) >= WAITED_MS ? 'queue_drain' : 'select'
}

export function outcomeOf(row: ExportedRow, attempt: number, provider: ProviderId | undefined): DecisionRow['outcome'] {
  if (provider !== undefined) return 'selected'
  if (row.text('outcome') === 'queued') return 'queued'
  return attempt === 0 ? 'rejected' : 'none'
}

/** All of it or nothing: a term that is missing would be taken for one that cost nothing. */
export function priceOf(
  row: ExportedRow,
): Omit<PricedRow, 'kind' | 'at' | 'request' | 'attempt' | 'provider'> | undefined {
  const price: { [name: string]: number } = {}
  for (const [name, column] of Object.entries(PRICE)) {
    const value = row.number(column)
    if (value === undefined) return undefined
    price[name] = value
  }
  return price as { readonly [name in keyof typeof PRICE]: number }
}
