/**
 * Requests as a log recorded them, one row each: when, for which model, how long, and what the coordinator saw of them. A
 * replay of what happened sends exactly these, so nothing here is drawn, rotated or moved. `fleetlab import` writes the file.
 */
import { microsOf, truthOf, wholeOf } from '../../base/cell.ts'
import { DelimitedLines, Header, separatorOf } from '../../base/delimited.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { MAX_TOKENS_MAX, type SpelledRequest, spelledRequestSchema, TOKENS_MAX } from '../config.ts'

/** A request with its time on the recording's own clock, microseconds. */
export type RecordedRequest = SpelledRequest & { readonly at: number }

const NEEDED = ['arrival_s', 'prompt_tokens', 'output_tokens'] as const
const PROBLEMS_MAX = 10

/** `model`: of rows that name none. */
export function parseRecordedRequests(
  path: string,
  text: string,
  model: string | undefined,
): Result<readonly RecordedRequest[]> {
  const lines = text.split('\n')
  const head = (lines[0] ?? '').replace(/\r$/, '')
  const records = new DelimitedLines(separatorOf(head))
  const header = new Header(records.next(head)?.cells ?? [])
  const missing = [...NEEDED, ...(model === undefined ? ['model'] : [])].filter(
    (name) => header.place(name) === undefined,
  )
  if (missing.length > 0) {
    const message = `must have the columns ${[...NEEDED, 'model'].join(', ')}; there is no ${missing.join(', ')}`
    return fail([{ file: path, line: 1, column: 1, message }])
  }
  const reader = new RowReader(header, model)
  const requests: RecordedRequest[] = []
  const problems: Problem[] = []
  for (let i = 1; i <= lines.length && problems.length < PROBLEMS_MAX; i++) {
    const record = i < lines.length ? records.next(lines[i]!) : records.end()
    if (record === undefined) continue
    const read = record.cells === undefined ? 'has quotes that do not fit' : reader.read(record.cells)
    if (typeof read === 'string') problems.push({ file: path, line: record.line, column: 1, message: read })
    else requests.push(read)
  }
  if (problems.length > 0) return fail(problems)
  if (requests.length === 0)
    return fail([{ file: path, line: 1, column: 1, message: 'must hold at least one request' }])
  return ok(requests.toSorted((a, b) => a.at - b.at))
}

/** What a request is unless its row says otherwise: the defaults of one that is spelled out. */
const PLAIN = spelledRequestSchema.parse({ at: '0s', model: 'any', prompt: 1, output: 1 })

class RowReader {
  constructor(
    private readonly header: Header,
    private readonly model: string | undefined,
  ) {}

  read(cells: readonly string[]): RecordedRequest | string {
    if (!this.header.fits(cells)) return `must have ${this.header.names.length} columns, and has ${cells.length}`
    const time = this.cell(cells, 'arrival_s')
    const at = microsOf(time, 's')
    if (at === undefined) return `arrival_s must be seconds, not \`${time.slice(0, 40)}\``
    const model = this.cell(cells, 'model') || this.model
    if (model === undefined) return 'names no model'
    const prompt = this.tokens(cells, 'prompt_tokens', 1, TOKENS_MAX)
    const output = this.tokens(cells, 'output_tokens', 0, TOKENS_MAX)
    const estimated = this.tokens(cells, 'estimated_prompt_tokens', 1, TOKENS_MAX)
    const maxTokens = this.tokens(cells, 'max_tokens', 1, MAX_TOKENS_MAX)
    for (const each of [prompt, output, estimated, maxTokens]) if (typeof each === 'string') return each
    if (prompt === undefined) return 'prompt_tokens is empty'
    if (output === undefined) return 'output_tokens is empty'
    return {
      ...PLAIN,
      at: at as SpelledRequest['at'],
      model,
      prompt: prompt as number,
      output: Math.max(1, output as number),
      estimated_prompt: estimated as number | undefined,
      max_tokens: maxTokens as number | undefined,
      cache_key: this.cell(cells, 'cache_key'),
      tools: truthOf(this.cell(cells, 'tools')) ?? PLAIN.tools,
      vision: truthOf(this.cell(cells, 'vision')) ?? PLAIN.vision,
      stream: truthOf(this.cell(cells, 'stream')) ?? PLAIN.stream,
    }
  }

  /** '' where there is no such column. */
  private cell(cells: readonly string[], name: string): string {
    const place = this.header.place(name)
    return place === undefined ? '' : cells[place]!.trim()
  }

  /** undefined: empty. A text: what is wrong. */
  private tokens(cells: readonly string[], name: string, least: number, most: number): number | undefined | string {
    const text = this.cell(cells, name)
    if (text === '') return undefined
    const value = wholeOf(text)
    return value !== undefined && value >= least && value <= most
      ? value
      : `${name} must be a whole number from ${least} to ${most}, not \`${text.slice(0, 40)}\``
  }
}
