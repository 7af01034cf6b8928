/**
 * GuideLLM's JSON report: benchmarks with lists of requests by how they ended. Units are mixed: timings are Unix seconds,
 * the first token's time is milliseconds, the whole request's is seconds.
 */
import type { LogFormat } from '../reading/log-format.ts'
import type { Ending } from '../reading/request.ts'
import { countAt, firstOf, spanAt, textAt, valueAt } from '../reading/row.ts'

const LISTS = [
  ['successful', 'served'],
  ['completed', 'served'],
  ['errored', 'failed'],
  ['incomplete', 'cancelled'],
] as const satisfies readonly (readonly [string, Ending])[]

export function requestsOf(document: unknown): readonly unknown[] | undefined {
  const benchmarks = valueAt(document, 'benchmarks')
  if (!Array.isArray(benchmarks)) return undefined
  return (benchmarks as readonly unknown[]).flatMap((benchmark) =>
    LISTS.flatMap(([name, ending]) => {
      const list = valueAt(benchmark, `requests.${name}`)
      const whole: readonly unknown[] = Array.isArray(list) ? list : []
      return whole.map((request) => ({ guide_ending: ending, guide_request: request }))
    }),
  )
}

const at = (...names: readonly string[]): readonly string[] => names.map((name) => `guide_request.${name}`)

export const guideLlm: LogFormat = {
  name: 'guidellm',
  title: 'GuideLLM report',
  sniff: (sample) => (sample.fields.has('guide_request') ? 1 : 0),
  rowsOf: requestsOf,
  open: (_, notes) => {
    notes.assume('requests were offered by a benchmark: its arrivals are not those of users')
    return {
      time: { unit: 's', clock: 'epoch' },
      read(row) {
        const ending = row.cell('guide_ending') as Ending
        const start = firstOf(row, at('info.timings.request_start', 'info.timings.resolve_start', 'start_time'))
        return {
          time: start,
          model: textAt(row, ...at('model', 'info.model')),
          promptTokens: countAt(row, ...at('prompt_tokens', 'input_metrics.text_tokens')),
          outputTokens: ending === 'failed' ? null : countAt(row, ...at('output_tokens', 'output_metrics.text_tokens')),
          ttft_us: spanAt(row, 'ms', ...at('time_to_first_token_ms')),
          duration_us: spanAt(row, 's', ...at('request_latency')),
          ending,
        }
      },
    }
  },
}
