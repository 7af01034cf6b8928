/**
 * Rows of requests: what an end user asked for and how it went, each attempt of the upstream router that reached us, and what the
 * coordinator decided about it.
 */
import type { ProviderId } from '../../base/ids.ts'
import { FAIL_REASONS, REJECT_REASONS, SLOT_STATES } from '../../protocol/words.ts'
import {
  buildOrNone,
  count,
  flag,
  id,
  idOrNone,
  kind,
  type Kinds,
  micros,
  nameOf,
  oneOf,
  real,
  whole,
} from '../column.ts'
import { DROPS } from '../words.ts'
import { attempt, build, ERRORS, maxTokens, model, provider, request, user } from './shared-columns.ts'

/** What every look at the fleet counts. */
const COUNTED = {
  candidates: count('machines that could take it'),
  capacityRejections: count('machines without room'),
  tooLargeRejections: count('machines too small for it at any time'),
  bestTtft_ms: real('ms', 'the best expected of all; -1: unknown'),
}
/** Why no answer came from a Mac, and why one broke. */
const REASONS = [...REJECT_REASONS, ...FAIL_REASONS, ''] as const

export const REQUEST_ROWS = {
  user_request: kind(
    "An end user's request at the upstream router. Its attributes were drawn before any policy saw it.",
    {
      user,
      model,
      promptTokens: count('', 'tokens'),
      maxTokens,
      outputTokens: count('what the model will say if nobody stops it', 'tokens'),
      stream: flag(),
      tools: flag(),
      vision: flag(),
      serial: nameOf('serial', "the Macs that may serve it; '' = any", { orNone: true, several: true }),
      patience: micros('how long the client waits for a first token; 0: for ever'),
    },
  ),
  user_ended: kind('How it went for the end user, whoever served it in the end.', {
    user,
    outcome: oneOf(
      ['served', 'failed_over', 'gave_up', 'failed', 'elsewhere'],
      'failed_over: served elsewhere after our failure; gave_up: patience ended; failed: our error reached the user; elsewhere: served by another provider, and we were never asked',
    ),
  }),
  arrived: kind('An attempt reached us. From here on `requests.arrived` counts it.', {
    request,
    user,
    model,
    estimatedPromptTokens: count('what the coordinator takes the prompt for', 'tokens'),
    maxTokens,
  }),
  preflight: kind('The quick check at the door; counts are those of the ledger. It ends a request or lets it in.', {
    request,
    build: buildOrNone('what the name was resolved to'),
    outcome: oneOf(['admitted', 'rejected']),
    ...COUNTED,
    poolRejections: whole('machines of other pools; -1: no pool was asked'),
  }),
  decision: kind('A machine was looked for; counts are those of the ledger.', {
    request,
    attempt,
    phase: oneOf(['select', 'queue_drain', 'retry', 'backup']),
    build,
    outcome: oneOf(['selected', 'queued', 'rejected', 'none']),
    provider: idOrNone<ProviderId>('that holds the request from now on; -1: none'),
    recheck: oneOf(
      ['', ...DROPS],
      "what the chosen machine failed when it was to be reserved, such as `headroom`; '' when it passed or nobody was chosen",
    ),
    ...COUNTED,
    visionRejections: count('machines whose model sees no images'),
    ttftRejections: count('machines that would be too slow'),
    nearTies: count(
      'machines among which the draw decided, the chosen one among them; 0 where one was chosen: not told, as of a real coordinator',
    ),
  }),
  priced: kind('What the machine that the decision just before it chose was taken to cost.', {
    request,
    attempt,
    provider: id<ProviderId>('chosen, also when the second look lost it'),
    cost_ms: real('ms', 'the sum of the six terms that follow'),
    state_ms: real('ms', 'for the state of its slot'),
    queue_ms: real('ms', 'for the requests it has'),
    pending_ms: real('ms', 'for those that are on the way to it'),
    backlog_ms: real('ms', 'for the tokens it still owes'),
    thisRequest_ms: real('ms', 'for this request'),
    health_ms: real('ms', 'for memory, CPU and heat'),
    ttft_ms: real('ms', 'expected'),
    effectiveQueue: real('', 'requests before it'),
    effectiveTps: real('tok/s', 'decode rate it was priced with'),
    staticTps: real('tok/s', 'what the chip is rated at'),
  }),
  queued: kind('A request joined the queue of its build.', { request, build, depth: count('after joining') }),
  dequeued: kind('A request left the queue.', {
    request,
    build,
    why: oneOf(['assigned', 'timeout', 'cancelled', 'unservable']),
    depth: count('after leaving'),
  }),
  dispatched: kind('A request was sent to a Mac.', {
    request,
    attempt,
    provider,
    build,
    slotState: oneOf([...SLOT_STATES, 'unknown'], 'the slot the view showed for the build, `unknown` when none'),
    backup: flag('a second Mac beside the first'),
  }),
  attempt_ended: kind('An attempt on a Mac ended, as the coordinator saw it.', {
    request,
    attempt,
    provider,
    outcome: oneOf(['success', 'error', 'cancelled', 'timeout', 'disconnected']),
    code: whole('HTTP-like, 200 on success'),
    text: oneOf(ERRORS, "text of the provider's error, '' otherwise"),
    promptTokens: count('', 'tokens'),
    completionTokens: count('', 'tokens'),
  }),
  first_token: kind("A request's first token was delivered to the client.", { request, attempt }),
  ended: kind(
    'The end of an attempt that reached us, seen by the client; exactly one per `arrived`, unless still in flight when the run ends.',
    {
      request,
      outcome: oneOf(['served', 'rejected', 'failed', 'cancelled']),
      status: whole('HTTP status'),
      reason: oneOf(REASONS, "'' when served or cancelled"),
      midStream: flag('it broke after its first token'),
      retryAfter_s: whole('whole seconds; -1: none was sent', 's'),
      completionTokens: count('', 'tokens'),
      attempt: whole('the attempt that won, -1 if none'),
    },
  ),
} as const satisfies Kinds
