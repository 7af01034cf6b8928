/**
 * LiteLLM's spend logs. The first token's time is a difference of two timestamps; what the proxy answered from its own
 * cache never reached a machine. Prompts, answers and keys stay in the file.
 */
import { timestampOf } from '../../base/cell.ts'
import { hasAll, type LogFormat, shareOf } from '../reading/log-format.ts'
import { countAt, type LogRow, spanAt, textAt, truthAt } from '../reading/row.ts'

/** Microseconds from one timestamp to another of the same row. */
function between(row: LogRow, from: string, to: string): number | null | undefined {
  const [start, end] = [row.cell(from), row.cell(to)]
  if (end === undefined || start === undefined) return undefined
  if (typeof start !== 'string' || typeof end !== 'string') return null
  const [a, b] = [timestampOf(start), timestampOf(end)]
  if (a === undefined || b === undefined || a.ahead !== b.ahead) return null
  return b.local >= a.local ? b.local - a.local : null
}

export const liteLlm: LogFormat = {
  name: 'litellm',
  title: 'LiteLLM spend logs',
  sniff: (sample) =>
    hasAll(sample, 'startTime', 'prompt_tokens', 'completion_tokens')
      ? 0.7 + 0.3 * shareOf(sample, ['endTime', 'completionStartTime', 'model_group', 'spend', 'cache_hit'])
      : 0,
  open: (sample, notes) => {
    if (!sample.fields.has('status'))
      notes.assume('there is no `status`: every row is taken as a request that was served')
    return {
      time: { unit: 'tell', clock: 'epoch' },
      read(row) {
        if (truthAt(row, 'cache_hit') === true) return 'proxy_cache'
        const status = textAt(row, 'status')
        const failed = status !== undefined && status !== null && !/^success/i.test(status)
        const prompt = countAt(row, 'prompt_tokens')
        const output = countAt(row, 'completion_tokens')
        return {
          time: row.cell('startTime'),
          model: textAt(row, 'model_group', 'model'),
          // A failure is written with zeros: nothing was counted.
          promptTokens: failed && prompt === 0 ? null : prompt,
          outputTokens: failed && output === 0 ? null : output,
          session: textAt(row, 'session_id'),
          ttft_us: between(row, 'startTime', 'completionStartTime'),
          duration_us: spanAt(row, 'ms', 'request_duration_ms') ?? between(row, 'startTime', 'endTime'),
          ending: failed ? 'failed' : 'served',
        }
      },
    }
  },
}
