/**
 * How a load fails, with the code that decides whether the coordinator tries elsewhere: room is 503, a build that is
 * not there 404, anything else 500 (provider-runtime.md §3.1). "Insufficient memory" is said even on an empty machine.
 */
import type { ProviderErrorText } from '../../protocol/index.ts'

export interface LoadFailure {
  readonly code: number
  readonly text: ProviderErrorText
}

export const LOAD_FAILURES = {
  notFound: { code: 404, text: 'model load failed: not found' },
  notAdvertised: { code: 404, text: 'model load failed: not advertised' },
  slotsActive: { code: 503, text: 'model load failed: slots active' },
  noMemory: { code: 503, text: 'model load failed: insufficient memory' },
  /** Anything else: unreadable weights, a refused configuration. */
  other: { code: 500, text: 'model load failed: other' },
  noKvRoom: { code: 503, text: 'model load failed: insufficient KV headroom' },
  /** The process ended; only the trace hears of it. */
  switchedOff: { code: 503, text: 'provider is shutting down' },
} as const satisfies Record<string, LoadFailure>
