/**
 * A recorded trace: arrival times and lengths in typed columns. Times stay exact: decimal text becomes whole microseconds
 * without passing through a floating-point number. Reads what `fleetlab import` reads of anybody's log (other separators,
 * quotes, further columns in any order, rows out of order, up to nine decimals), in the same words. Text in, Result out;
 * who reads the file is somebody else.
 */
import { microsOf, wholeOf } from '../../base/cell.ts'
import { DelimitedLines, Header, separatorOf } from '../../base/delimited.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { TOKENS_MAX } from '../config.ts'

export interface TraceFile {
  /** As the scenario loader resolved it. */
  readonly path: string
  /** Microseconds since the first request, ascending. */
  readonly arrivals: Float64Array
  readonly promptTokens: Int32Array
  readonly outputTokens: Int32Array
  /** What the recording's clock showed at the first request, microseconds: `arrival_s` as written. */
  readonly firstAt: number
  /** Models that served the requests in the recording, in order of appearance; undefined: it does not say. */
  readonly labels: readonly string[] | undefined
  /** By row, the place of its model in `labels`. */
  readonly labelOf: Int32Array
}

const COLUMNS = ['arrival_s', 'prompt_tokens', 'output_tokens'] as const
/** Label of the model that served the request in the recording; carried by some traces, used by `mix: from trace`. */
const OPTIONAL_COLUMN = 'model'
const LABEL_MAX = 200
/** Also seconds since 1970, whose microseconds a double holds. */
const SECONDS_MAX = 9_000_000_000
/** The longest recording known of has 121 days. */
const SPAN_MAX_S = 366 * 86_400
/** A file in a wrong format has a problem on every line; ten are enough to see which. */
const PROBLEMS_MAX = 10

export function parseTraceFile(path: string, text: string): Result<TraceFile> {
  const lines = text.split('\n')
  const head = (lines[0] ?? '').replace(/\r$/, '')
  const separator = separatorOf(head)
  const records = new DelimitedLines(separator)
  const header = new Header(records.next(head)?.cells ?? [])
  const places = COLUMNS.map((name) => header.place(name))
  if (places.includes(undefined)) {
    const message = `must start with a header that has \`${COLUMNS.join(',')}\`, not \`${head.replace(/^\uFEFF/, '').slice(0, 80)}\`; \`fleetlab import\` makes a trace of other logs`
    return fail([{ file: path, line: 1, column: 1, message }])
  }
  const rows = new TraceRows(header, places as readonly number[], lines.length - 1)
  const problems: Problem[] = []
  for (let i = 1; i <= lines.length && problems.length < PROBLEMS_MAX; i++) {
    const record = i < lines.length ? records.next(lines[i]!) : records.end()
    if (record === undefined) continue
    const problem = rows.read(record.cells)
    if (problem !== undefined) problems.push({ file: path, line: record.line, column: 1, ...problem })
  }
  if (problems.length > 0) return fail(problems)
  const wrong = rows.wrong()
  return wrong === undefined ? ok(rows.trace(path)) : fail([{ file: path, column: 1, ...wrong }])
}

type RowProblem = Pick<Problem, 'message'> & Partial<Pick<Problem, 'column' | 'line'>>

class TraceRows {
  private readonly arrivals: Float64Array
  private readonly promptTokens: Int32Array
  private readonly outputTokens: Int32Array
  private readonly labelOf: Int32Array
  private readonly labels = new Map<string, number>()
  private readonly labelPlace: number | undefined
  private count = 0

  constructor(
    private readonly header: Header,
    private readonly places: readonly number[],
    capacity: number,
  ) {
    this.labelPlace = header.place(OPTIONAL_COLUMN)
    this.labelOf = new Int32Array(this.labelPlace === undefined ? 0 : capacity)
    this.arrivals = new Float64Array(capacity)
    this.promptTokens = new Int32Array(capacity)
    this.outputTokens = new Int32Array(capacity)
  }

  /** Takes one row in, or says what is wrong with it. */
  read(cells: readonly string[] | undefined): RowProblem | undefined {
    if (cells === undefined) return { message: 'has quotes that do not fit' }
    if (!this.header.fits(cells)) {
      return { message: `must have ${this.header.names.length} columns, and has ${cells.length}` }
    }
    const [time, prompt, output] = this.places.map((place) => cells[place]!) as [string, string, string]
    const at = microsOf(time, 's')
    if (at === undefined || at > SECONDS_MAX * 1_000_000) {
      return {
        column: this.columnOf(0, cells),
        message: `arrival_s must be seconds, at most ${SECONDS_MAX}, not \`${time.trim().slice(0, 40)}\``,
      }
    }
    const promptTokens = wholeOf(prompt)
    const outputTokens = wholeOf(output)
    if (promptTokens === undefined || promptTokens < 1 || promptTokens > TOKENS_MAX) return this.notTokens(1, 1, cells)
    if (outputTokens === undefined || outputTokens > TOKENS_MAX) return this.notTokens(2, 0, cells)
    const label = this.labelPlace === undefined ? undefined : cells[this.labelPlace]!.trim()
    if (label !== undefined) {
      if (label.length > LABEL_MAX)
        return { message: `${OPTIONAL_COLUMN} must be a name of at most ${LABEL_MAX} characters` }
      if (!this.labels.has(label)) this.labels.set(label, this.labels.size)
      this.labelOf[this.count] = this.labels.get(label)!
    }
    this.arrivals[this.count] = at
    this.promptTokens[this.count] = promptTokens
    // An answer of nothing still takes the step that ends it.
    this.outputTokens[this.count] = Math.max(1, outputTokens)
    this.count += 1
    return undefined
  }

  wrong(): RowProblem | undefined {
    if (this.count < 2) return { line: 1, message: 'must hold at least two requests' }
    const times = this.arrivals.subarray(0, this.count)
    const first = times.reduce((least, at) => Math.min(least, at), Infinity)
    const last = times.reduce((most, at) => Math.max(most, at), 0)
    if (first === last) return { line: 2, message: 'must span more than one instant' }
    if (last - first > SPAN_MAX_S * 1_000_000) {
      return { line: this.count + 1, message: 'must be at most 8784h, a year, after the first' }
    }
    return undefined
  }

  /** By time; equal times keep the order of the file. */
  trace(path: string): TraceFile {
    const { count } = this
    const times = this.arrivals.subarray(0, count)
    const order = times.every((at, i) => i === 0 || at >= times[i - 1]!) ? undefined : orderOf(times)
    const arrivals = new Float64Array(count)
    const promptTokens = new Int32Array(count)
    const outputTokens = new Int32Array(count)
    const labelOf = new Int32Array(this.labelPlace === undefined ? 0 : count)
    for (let i = 0; i < count; i++) {
      const row = order === undefined ? i : order[i]!
      arrivals[i] = times[row]!
      promptTokens[i] = this.promptTokens[row]!
      outputTokens[i] = this.outputTokens[row]!
      if (this.labelPlace !== undefined) labelOf[i] = this.labelOf[row]!
    }
    // A replay rotates the trace, so where its clock starts does not matter; from 0 is easiest to reason about.
    const firstAt = arrivals[0]!
    for (let i = 0; i < count; i++) arrivals[i] = arrivals[i]! - firstAt
    const labels = this.labelPlace === undefined ? undefined : [...this.labels.keys()]
    return { path, arrivals, promptTokens, outputTokens, firstAt, labels, labelOf }
  }

  private notTokens(which: 1 | 2, least: number, cells: readonly string[]): RowProblem {
    const text = cells[this.places[which]!]!.trim().slice(0, 40)
    return {
      column: this.columnOf(which, cells),
      message: `${COLUMNS[which]} must be a whole number from ${least} to ${TOKENS_MAX}, not \`${text}\``,
    }
  }

  /** Where a cell begins, as long as nothing before it is quoted. */
  private columnOf(which: number, cells: readonly string[]): number {
    return cells.slice(0, this.places[which]).reduce((column, cell) => column + cell.length + 1, 1)
  }
}

/** Places of the times in ascending order. */
export function orderOf(times: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: times.length }, (_, i) => i)
  return order.sort((a, b) => times[a]! - times[b]! || a - b)
}
