/**
 * `vllm bench serve --save-detailed`: one document of parallel lists. Times are seconds of a clock that counts from
 * nothing in particular; which requests succeeded is told by their errors alone.
 */
import type { LogFormat } from '../reading/log-format.ts'
import { countAt, spanAt, textAt, valueAt } from '../reading/row.ts'

const listAt = (document: unknown, name: string): readonly unknown[] | undefined => {
  const list = valueAt(document, name)
  return Array.isArray(list) ? list : undefined
}

const sumOf = (values: readonly unknown[]): number =>
  values.reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : 0), 0)

/** Rows made of what stands at one place of each list. Texts that were generated are not among them. */
export function detailedRows(document: unknown): readonly unknown[] | undefined {
  const prompts = listAt(document, 'input_lens')
  if (prompts === undefined) return undefined
  const [starts, outputs, ttfts, itls, errors] = ['start_times', 'output_lens', 'ttfts', 'itls', 'errors'].map((name) =>
    listAt(document, name),
  )
  const model = valueAt(document, 'model_id')
  return prompts.map((input, i) => {
    const gaps = itls?.[i]
    const ttft = ttfts?.[i]
    return {
      bench_start_s: starts?.[i],
      bench_input: input,
      bench_output: outputs?.[i],
      bench_ttft_s: ttft,
      bench_e2e_s: typeof ttft === 'number' && Array.isArray(gaps) ? ttft + sumOf(gaps) : undefined,
      bench_error: typeof errors?.[i] === 'string' && errors[i] !== '',
      bench_model: model,
    }
  })
}

export const vllm: LogFormat = {
  name: 'vllm',
  title: 'vLLM benchmark result',
  sniff: (sample) => (sample.fields.has('bench_input') ? 1 : 0),
  rowsOf: detailedRows,
  withoutTimes:
    'has no `start_times`: without them nobody knows when a request came; they are written with --save-detailed',
  open: (_, notes) => {
    notes.assume('requests were offered by a benchmark: its arrivals are not those of users')
    return {
      time: { unit: 's', clock: 'relative' },
      read(row) {
        const failed = row.cell('bench_error') === true
        const output = countAt(row, 'bench_output')
        return {
          time: row.cell('bench_start_s'),
          model: textAt(row, 'bench_model'),
          promptTokens: countAt(row, 'bench_input'),
          outputTokens: failed ? null : output,
          ttft_us: failed ? null : spanAt(row, 's', 'bench_ttft_s'),
          duration_us: failed ? null : spanAt(row, 's', 'bench_e2e_s'),
          ending: failed ? 'failed' : 'served',
        }
      },
    }
  },
}
