/**
 * OpenTelemetry spans of generative models, one a line or an OTLP export. The conventions are not stable, so former names
 * are read too. Other spans of a trace are no requests. Messages in attributes and events stay in the file.
 */
import { hasAll, type LogFormat } from '../reading/log-format.ts'
import type { LogCell, Ending } from '../reading/request.ts'
import { BAD_COUNT, type LogRow, spanOf, valueAt } from '../reading/row.ts'

const LOG_NAMES = ['gen_ai.request.model', 'gen_ai.response.model', 'gen_ai.usage.input_tokens'] as const
/** Operations that generate text; a span that names none is taken by its tokens. */
const GENERATING = /^(?:chat|text_completion|generate_content|completion|completions)$/

type Attributes = (name: string) => LogCell

/** A map, or OTLP's list of keys and typed values. */
function attributesOf(row: LogRow): Attributes {
  const cell = row.cell('attributes')
  if (!Array.isArray(cell)) return (name) => valueAt(cell, name)
  const found = new Map<string, LogCell>()
  for (const each of cell as readonly unknown[]) {
    const key = valueAt(each, 'key')
    const value = valueAt(each, 'value')
    if (typeof key === 'string') found.set(key, typeof value === 'object' ? typedValue(value) : value)
  }
  return (name) => found.get(name)
}

const typedValue = (value: object | null): LogCell =>
  value === null
    ? null
    : (valueAt(value, 'stringValue') ??
      valueAt(value, 'intValue') ??
      valueAt(value, 'doubleValue') ??
      valueAt(value, 'boolValue'))

function first(attributes: Attributes, names: readonly string[]): LogCell {
  for (const name of names) {
    const cell = attributes(name)
    if (cell !== undefined && cell !== null) return cell
  }
  return undefined
}

/** OTLP writes whole numbers as text. */
function count(cell: LogCell): number | undefined {
  if (cell === undefined || cell === null) return undefined
  const value = typeof cell === 'string' ? Number(cell) : cell
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 1e9 ? value : BAD_COUNT
}

const text = (cell: LogCell): string | undefined => (typeof cell === 'string' && cell !== '' ? cell : undefined)

const STATUS_ERROR: ReadonlySet<unknown> = new Set([2, '2', 'STATUS_CODE_ERROR', 'ERROR', 'Error'])
const STARTS = ['startTimeUnixNano', 'start_time_unix_nano', 'start_time', 'startTime'] as const
const ENDS = ['endTimeUnixNano', 'end_time_unix_nano', 'end_time', 'endTime'] as const

function cellOf(row: LogRow, names: readonly string[]): LogCell {
  for (const name of names) {
    const cell = row.cell(name)
    if (cell !== undefined && cell !== null) return cell
  }
  return undefined
}

function nanoSpan(row: LogRow): number | undefined {
  const [start, end] = [cellOf(row, STARTS), cellOf(row, ENDS)].map((cell) => spanOf(cell, 'ns'))
  return typeof start === 'number' && typeof end === 'number' && end >= start && start > 0 ? end - start : undefined
}

function endingOf(row: LogRow, attributes: Attributes): Ending {
  const type = text(attributes('error.type'))
  if (type !== undefined && /cancel|abort/i.test(type)) return 'cancelled'
  if (type === '429' || (type !== undefined && /rate_?limit/i.test(type))) return 'refused'
  const status = row.cell('status.code') ?? row.cell('status.status_code') ?? row.cell('status_code')
  return type !== undefined || STATUS_ERROR.has(status) ? 'failed' : 'served'
}

const isSpan = (row: LogRow): boolean => cellOf(row, STARTS) !== undefined && row.cell('attributes') !== undefined

/** Spans of an OTLP document, batch by batch. */
function spansOf(document: unknown): readonly unknown[] | undefined {
  const batches = valueAt(document, 'resourceSpans')
  if (!Array.isArray(batches)) return undefined
  return listsIn(batches, 'scopeSpans').flatMap((scope) => listsIn([scope], 'spans'))
}

const listsIn = (values: readonly unknown[], name: string): readonly unknown[] =>
  values.flatMap((value) => {
    const list = valueAt(value, name)
    return Array.isArray(list) ? (list as readonly unknown[]) : []
  })

export const otel: LogFormat = {
  name: 'otel',
  title: 'OpenTelemetry spans of generative models',
  sniff(sample) {
    const isGenerating = sample.rows.some((row) => {
      const attributes = attributesOf(row)
      return isSpan(row) && LOG_NAMES.some((name) => attributes(name) !== undefined)
    })
    if (isGenerating) return 1
    return hasAll(sample, 'attributes') && sample.rows.some(isSpan) ? 0.3 : 0
  },
  rowsOf: spansOf,
  open: () => ({
    time: { unit: 'ns', clock: 'epoch' },
    read(row) {
      const attributes = attributesOf(row)
      const operation = text(attributes('gen_ai.operation.name'))
      const model = text(first(attributes, ['gen_ai.request.model', 'gen_ai.response.model']))
      const prompt = count(first(attributes, ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens']))
      if (operation !== undefined ? !GENERATING.test(operation) : model === undefined && prompt === undefined)
        return 'not_a_request'
      const output = count(first(attributes, ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens']))
      const ttft = first(attributes, [
        'gen_ai.response.time_to_first_chunk',
        'gen_ai.server.time_to_first_token',
        'gen_ai.server.ttft',
      ])
      return {
        time: cellOf(row, STARTS),
        model: model ?? null,
        promptTokens: prompt ?? null,
        outputTokens: output ?? null,
        maxTokens: count(attributes('gen_ai.request.max_tokens')) ?? null,
        stream: attributes('gen_ai.request.stream') === true ? true : undefined,
        session: text(attributes('gen_ai.conversation.id')),
        cachedTokens: count(attributes('gen_ai.usage.cache_read.input_tokens')),
        ttft_us: ttft === undefined ? undefined : spanOf(ttft, 's'),
        duration_us: nanoSpan(row),
        ending: endingOf(row, attributes),
      }
    },
  }),
}
