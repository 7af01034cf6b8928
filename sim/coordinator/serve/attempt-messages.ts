/** What a provider says about an attempt goes to whoever conducts it, if anybody still does. */
import { assertNever } from '../../base/assert.ts'
import type { ProviderId } from '../../base/ids.ts'
import type { FromProvider } from '../../protocol/index.ts'
import type { Dispatcher } from './dispatch.ts'
import { type OpenRequests, racerOn } from '../view/open-request.ts'

type AttemptMessage = Extract<
  FromProvider,
  { kind: 'accepted' | 'preamble' | 'first_content' | 'complete' | 'inference_error' }
>

export function onAttempt(
  dispatcher: Dispatcher,
  open: OpenRequests,
  provider: ProviderId,
  message: AttemptMessage,
): void {
  const racer = racerOn(open.get(message.request), provider, message.attempt)
  // We gave this attempt up, and its provider has not heard of it yet.
  if (racer === undefined) return
  switch (message.kind) {
    case 'accepted':
      dispatcher.accepted(racer)
      return
    case 'preamble':
      dispatcher.preamble(racer)
      return
    case 'first_content':
      dispatcher.firstContent(racer)
      return
    case 'complete':
      dispatcher.completed(racer, message.promptTokens, message.completionTokens)
      return
    case 'inference_error':
      dispatcher.errored(racer, message.code, message.text)
      return
    default:
      assertNever(message)
  }
}
