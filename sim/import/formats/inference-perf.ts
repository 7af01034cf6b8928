/** inference-perf's requests: seconds of a clock that counts from nothing in particular; tokens as the client counted them. */
import { hasAll, type LogFormat } from '../reading/log-format.ts'
import { countAt, type LogRow, spanOf } from '../reading/row.ts'

const TIMES = ['info.response_metrics.output_token_times', 'info.output_token_times'] as const

function tokenTimes(row: LogRow): readonly unknown[] | undefined {
  for (const name of TIMES) {
    const cell = row.cell(name)
    if (Array.isArray(cell)) return cell
  }
  return undefined
}

function sinceStart(row: LogRow, moment: unknown): number | null {
  const start = spanOf(row.cell('start_time'), 's')
  const end = typeof moment === 'number' ? spanOf(moment, 's') : null
  return start === null || end === null || end < start ? null : end - start
}

export const inferencePerf: LogFormat = {
  name: 'inference-perf',
  title: 'inference-perf requests',
  sniff: (sample) => (hasAll(sample, 'start_time', 'end_time', 'info') && sample.shape !== 'table' ? 0.9 : 0),
  open: (sample, notes) => {
    const isScheduled = sample.fields.has('scheduled_time')
    if (isScheduled) notes.assume('a request arrives when it was scheduled, whenever the client got to send it')
    notes.assume("tokens are the client's count, which may differ from the server's")
    return {
      time: { unit: 's', clock: 'relative' },
      read(row) {
        const error = row.cell('error')
        const failed = error !== undefined && error !== null && error !== ''
        const times = tokenTimes(row)
        return {
          time: isScheduled ? (row.cell('scheduled_time') ?? row.cell('start_time')) : row.cell('start_time'),
          promptTokens: countAt(row, 'info.request_metrics.text.input_tokens', 'info.input_tokens'),
          outputTokens: failed
            ? null
            : (countAt(row, 'info.response_metrics.output_tokens', 'info.output_tokens') ?? times?.length),
          ttft_us: failed || times === undefined ? undefined : sinceStart(row, times[0]),
          duration_us: failed ? null : sinceStart(row, row.cell('end_time')),
          ending: failed ? 'failed' : 'served',
        }
      },
    }
  },
}
