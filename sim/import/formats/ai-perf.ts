/** AIPerf's profile_export.jsonl (GenAI-Perf's successor): nanoseconds since 1970, metrics that each name their unit. */
import type { TimeUnit } from '../../base/cell.ts'
import { hasAll, type LogFormat } from '../reading/log-format.ts'
import type { Ending } from '../reading/request.ts'
import { countAt, type LogRow, spanOf, textAt, truthAt } from '../reading/row.ts'

const UNITS: { readonly [unit: string]: TimeUnit } = {
  ns: 'ns',
  nanoseconds: 'ns',
  us: 'us',
  microseconds: 'us',
  ms: 'ms',
  milliseconds: 'ms',
  s: 's',
  sec: 's',
  seconds: 's',
}

function metric(row: LogRow, name: string): number | null | undefined {
  const value = row.cell(`metrics.${name}.value`)
  if (value === undefined || value === null) return value
  const unit = row.cell(`metrics.${name}.unit`)
  const known = typeof unit === 'string' ? UNITS[unit.toLowerCase()] : undefined
  return known === undefined ? null : spanOf(value, known)
}

function endingOf(row: LogRow): Ending {
  if (truthAt(row, 'metadata.was_cancelled', 'was_cancelled') === true) return 'cancelled'
  const error = row.cell('error')
  if (error === undefined || error === null) return 'served'
  return row.cell('error.code') === 429 ? 'refused' : 'failed'
}

export const aiPerf: LogFormat = {
  name: 'aiperf',
  title: 'AIPerf profile export',
  sniff: (sample) =>
    hasAll(sample, 'metadata', 'metrics') &&
    sample.rows.some((row) => row.cell('metadata.request_start_ns') !== undefined)
      ? 1
      : 0,
  open: (_, notes) => {
    notes.assume('requests were offered by a benchmark: its arrivals are not those of users')
    return {
      time: { unit: 'ns', clock: 'epoch' },
      read(row) {
        if (textAt(row, 'metadata.benchmark_phase') === 'warmup') return 'not_a_request'
        return {
          time: row.cell('metadata.request_start_ns'),
          promptTokens: countAt(row, 'metrics.input_sequence_length.value'),
          outputTokens: countAt(row, 'metrics.output_sequence_length.value', 'metrics.output_token_count.value'),
          session: textAt(row, 'metadata.conversation_id', 'metadata.x_correlation_id'),
          ttft_us: metric(row, 'time_to_first_token'),
          duration_us: metric(row, 'request_latency'),
          ending: endingOf(row),
        }
      },
    }
  },
}
