/**
 * OpenRouter's generations. Tokens are the model's own (`native_tokens_*`), not those of the router's tokenizer. What
 * `latency` measures is not agreed: where it is never below `generation_time` it is the whole request, and the first
 * token came before the generating began; where it is below it can only be the time to the first token.
 */
import { hasAll, type LogFormat, type Sample } from '../reading/log-format.ts'
import type { Ending } from '../reading/request.ts'
import { countAt, type LogRow, spanAt, textAt, truthAt } from '../reading/row.ts'

const latencyOf = (row: LogRow): number | null | undefined => spanAt(row, 'ms', 'latency')
const generationOf = (row: LogRow): number | null | undefined => spanAt(row, 'ms', 'generation_time')

function latencyIsWhole(sample: Sample): boolean {
  const both = sample.rows.flatMap((row) => {
    const [latency, generation] = [latencyOf(row), generationOf(row)]
    return typeof latency === 'number' && typeof generation === 'number' ? [latency >= generation] : []
  })
  return both.length > 0 && both.every(Boolean)
}

/** Statuses of the providers that were tried, in order. */
function statusesOf(row: LogRow): readonly number[] {
  const cell = row.cell('provider_responses')
  const list = typeof cell === 'string' ? parsed(cell) : cell
  if (!Array.isArray(list)) return []
  return list.flatMap((each: unknown) => {
    const status = (each as { readonly status?: unknown } | null)?.status
    return typeof status === 'number' ? [status] : []
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function endingOf(row: LogRow): Ending {
  if (truthAt(row, 'cancelled') === true) return 'cancelled'
  const last = statusesOf(row).at(-1)
  if (textAt(row, 'finish_reason') === 'error' || (last !== undefined && last >= 400))
    return last === 429 ? 'refused' : 'failed'
  return 'served'
}

export const openRouter: LogFormat = {
  name: 'openrouter',
  title: 'OpenRouter generations',
  sniff: (sample) =>
    hasAll(sample, 'created_at') &&
    ['native_tokens_prompt', 'tokens_prompt', 'provider_name', 'generation_time'].filter((name) =>
      sample.fields.has(name),
    ).length >= 2
      ? 1
      : 0,
  rowsOf: (document) => {
    const data = (document as { readonly data?: unknown } | null)?.data
    if (Array.isArray(data)) return data
    return typeof data === 'object' && data !== null ? [data] : undefined
  },
  open(sample, notes) {
    const isWhole = latencyIsWhole(sample)
    notes.assume(
      isWhole
        ? '`latency` is never below `generation_time`: it is taken as the whole request, and the first token as latency - generation_time'
        : '`latency` is taken as the time to the first token: it is below `generation_time`, or stands alone',
    )
    notes.assume('`created_at` is taken as the arrival')
    return {
      time: { unit: 'tell', clock: 'epoch' },
      read(row) {
        const [latency, generation] = [latencyOf(row), generationOf(row)]
        const first =
          isWhole && typeof latency === 'number' && typeof generation === 'number' ? latency - generation : latency
        return {
          time: row.cell('created_at'),
          model: textAt(row, 'model'),
          promptTokens: countAt(row, 'native_tokens_prompt', 'tokens_prompt'),
          outputTokens: countAt(row, 'native_tokens_completion', 'tokens_completion'),
          cachedTokens: countAt(row, 'native_tokens_cached'),
          stream: truthAt(row, 'streamed'),
          ttft_us: first,
          duration_us: isWhole ? latency : undefined,
          ending: endingOf(row),
        }
      },
    }
  },
}
