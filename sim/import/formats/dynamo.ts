/** Dynamo's request trace: milliseconds since 1970, every field optional. */
import type { LogFormat } from '../reading/log-format.ts'
import { countAt, spanAt, textAt } from '../reading/row.ts'

const at = (...names: readonly string[]): readonly string[] => names.flatMap((name) => [`request.${name}`, name])

export const dynamo: LogFormat = {
  name: 'dynamo',
  title: 'Dynamo request trace',
  sniff: (sample) =>
    sample.rows.some(
      (row) =>
        row.cell('request.request_received_ms') !== undefined || row.cell('schema') === 'dynamo.request.trace.v1',
    )
      ? 1
      : 0,
  open: () => ({
    time: { unit: 'ms', clock: 'epoch' },
    read: (row) => ({
      time: row.cell('request.request_received_ms') ?? row.cell('request_received_ms'),
      model: textAt(row, ...at('model')),
      promptTokens: countAt(row, ...at('input_tokens', 'replay.input_length')),
      outputTokens: countAt(row, ...at('output_tokens')),
      cachedTokens: countAt(row, ...at('cached_tokens')),
      ttft_us: spanAt(row, 'ms', ...at('ttft_ms')),
      duration_us: spanAt(row, 'ms', ...at('total_time_ms')),
      ending: 'unknown',
    }),
  }),
}
