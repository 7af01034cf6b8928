/**
 * What a provider's error means to the coordinator. Its errors are texts, and the real coordinator sorts them by what
 * they contain: a capacity-class text (token budget, KV headroom, memory, draining, queue full, all slots busy) says
 * "not now, not here" and becomes a 429 when nobody else could serve either; anything else is the machine's fault and
 * stays a 5xx (coordinator-routing §6, last paragraph). The texts are a closed union here, so the sorting is a table
 * instead of substrings. A load that failed for lack of room counts as capacity by the reason inside it, not as a fault
 * by the words "model load failed" around it.
 */
import type { ProviderErrorText } from '../protocol/index.ts'

interface Meaning {
  /** Never a fault for the breakers, relabelled 429 when the attempts are exhausted. */
  readonly capacityClass: boolean
  /** Arms the (provider, build) dispatch-load cooldown (H4). */
  readonly loadCooldown: boolean
  /**
   * How load_model failure is remembered (L5): draining and generic back off 30 s, an absent model keeps the full
   * reservation.
   */
  readonly loadFailure: 'draining' | 'absent' | 'other'
}

const capacity: Meaning = { capacityClass: true, loadCooldown: false, loadFailure: 'other' }
const outOfMemory: Meaning = { capacityClass: true, loadCooldown: true, loadFailure: 'other' }
const absent: Meaning = { capacityClass: false, loadCooldown: false, loadFailure: 'absent' }
const leaving: Meaning = { capacityClass: true, loadCooldown: false, loadFailure: 'draining' }
const fault: Meaning = { capacityClass: false, loadCooldown: false, loadFailure: 'other' }

const MEANINGS: { readonly [text in ProviderErrorText]: Meaning } = {
  'insufficient memory to load model': outOfMemory,
  'model load failed: insufficient memory': outOfMemory,
  'model load failed: slots active': capacity,
  'model load failed: insufficient KV headroom': capacity,
  'model load failed: not found': absent,
  'model load failed: not advertised': absent,
  'model load failed: other': fault,
  'token_budget_exhausted: insufficient available tokens': capacity,
  'token_budget_exhausted: insufficient global KV cache headroom': capacity,
  'token_budget_exhausted: request queue full': capacity,
  'model does not support image or video input': fault,
  'insufficient global kv cache headroom for vision request': capacity,
  'token_budget_exhausted: request exceeds batch token budget': capacity,
  'request timed out waiting for capacity': capacity,
  'request cancelled': fault,
  // Contains none of the capacity words, so the real sorting takes a closing Mac for a faulty one.
  'provider is shutting down': fault,
  'provider draining for update': leaving,
  'All requests aborted': fault,
  'request stream closed by engine teardown': fault,
}

export const meaningOf = (text: ProviderErrorText): Meaning => MEANINGS[text]
