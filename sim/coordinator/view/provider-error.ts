/**
 * What a provider's error means to the coordinator. Its errors are texts, and the real coordinator sorts them by what
 * they contain: a capacity-class text (token budget, KV headroom, memory, draining, queue full, all slots busy) says
 * "not now, not here" and becomes a 429 when nobody else could serve either; anything else is the machine's fault and
 * stays a 5xx (coordinator-routing §6, last paragraph). The texts are a closed union here, so the sorting is a table
 * instead of substrings.
 *
 * What stands behind "model load failed:" is for the trace: on the wire it is a generic text without any of those words
 * (provider-runtime §4 step 6), so a load that fails after `accepted` is a fault and starts the load cooldown, also when the
 * reason was room (coordinator-routing H4). Only the check before `accepted` says in words that memory is short. A
 * `load_model` that failed is read by its reason.
 */
import type { ProviderErrorText } from '../../protocol/index.ts'

interface Meaning {
  /** Never a fault for the breakers, relabelled 429 when the attempts are exhausted. */
  readonly capacityClass: boolean
  /** No machine could ever serve it: the request is longer than the model's context. */
  readonly overflow: boolean
  /** Arms the (provider, build) dispatch-load cooldown (H4). */
  readonly loadCooldown: boolean
  /**
   * How load_model failure is remembered (L5): draining and generic back off 30 s, an absent model keeps the full
   * reservation.
   */
  readonly loadFailure: 'draining' | 'absent' | 'other'
}

const fault: Meaning = { capacityClass: false, overflow: false, loadCooldown: false, loadFailure: 'other' }
const capacity: Meaning = { ...fault, capacityClass: true }
const outOfMemory: Meaning = { ...capacity, loadCooldown: true }
const overflow: Meaning = { ...capacity, overflow: true }
const leaving: Meaning = { ...capacity, loadFailure: 'draining' }
const loadFailed: Meaning = { ...fault, loadCooldown: true }
const absent: Meaning = { ...loadFailed, loadFailure: 'absent' }

const MEANINGS: { readonly [text in ProviderErrorText]: Meaning } = {
  'insufficient memory to load model': outOfMemory,
  'all slots busy: assigned to another model': capacity,
  'model load failed: insufficient memory': loadFailed,
  'model load failed: slots active': loadFailed,
  'model load failed: insufficient KV headroom': loadFailed,
  'model load failed: not found': absent,
  'model load failed: not advertised': absent,
  'model load failed: other': loadFailed,
  'token_budget_exhausted: insufficient available tokens': capacity,
  'token_budget_exhausted: insufficient global KV cache headroom': capacity,
  'token_budget_exhausted: request queue full': capacity,
  'model does not support image or video input': fault,
  'insufficient global kv cache headroom for vision request': capacity,
  'token_budget_exhausted: request exceeds batch token budget': overflow,
  'request timed out waiting for capacity': capacity,
  'request cancelled': fault,
  // Contains none of the capacity words, so the real sorting takes a closing Mac for a faulty one.
  'provider is shutting down': fault,
  'provider draining for update': leaving,
  'All requests aborted': fault,
  'request stream closed by engine teardown': fault,
}

export const meaningOf = (text: ProviderErrorText): Meaning => MEANINGS[text]
