/**
 * What a client is told when nobody is left to try (facts: coordinator-routing §7 D3, D9, D11): a chat request hears of full
 * machines as 429 whatever their code was, a completions request hears its one provider's own code.
 */
import type { FailReason, RejectReason } from '../../protocol/index.ts'
import { LOST, TIMED_OUT } from './attempts.ts'
import type { LastError, OpenRequest } from '../view/open-request.ts'

export type FinalAnswer =
  | { readonly kind: 'rejected'; readonly status: number; readonly reason: RejectReason }
  | { readonly kind: 'failed'; readonly status: number; readonly reason: FailReason }

const BUSY: FinalAnswer = { kind: 'rejected', status: 429, reason: 'capacity_exhausted' }
const OVERSIZED: FinalAnswer = { kind: 'rejected', status: 429, reason: 'oversized_request' }
const NOBODY: FinalAnswer = { kind: 'rejected', status: 503, reason: 'no_provider' }

const failed = (status: number, reason: FailReason): FinalAnswer => ({ kind: 'failed', status, reason })

interface Circumstances {
  /** Asked only when no error was remembered: full machines make it a 429, the lack of machines a 503. */
  hasCapacityRejections(): boolean
  /** It was not tried further, because it found no room too often (§17). */
  readonly isOversized: boolean
}

export function finalAnswer(request: OpenRequest, { hasCapacityRejections, isOversized }: Circumstances): FinalAnswer {
  const error = request.lastError
  if (error === undefined) return hasCapacityRejections() ? BUSY : NOBODY
  switch (error.kind) {
    case 'ttft_timeout':
      return failed(TIMED_OUT, 'ttft_timeout')
    case 'accepted_timeout':
      return failed(TIMED_OUT, 'inference_timeout')
    case 'disconnected':
      return failed(LOST, 'provider_disconnected')
    case 'provider':
      if (request.view.endpoint === 'completions') return ofProvider(error, false)
      return isOversized ? OVERSIZED : ofProvider(error, true)
  }
}

function ofProvider({ code, capacityClass }: Extract<LastError, { kind: 'provider' }>, isChat: boolean): FinalAnswer {
  if (code === 429 || (isChat && code >= 500 && capacityClass)) return BUSY
  return failed(code === 0 ? LOST : code, 'provider_error')
}
