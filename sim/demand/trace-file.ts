/**
 * A recorded trace: arrival times and lengths in typed columns. The parser is ours because the format is three
 * numeric columns and because times must stay exact: decimal text becomes whole microseconds without passing through
 * a floating-point number. Text in, Result out; who reads the file is somebody else.
 */
import { fail, ok, type Problem, type Result } from '../base/result.ts'
import { TOKENS_MAX } from './config.ts'

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
const TIME_PATTERN = /^(\d{1,10})(?:\.(\d{1,6}))?$/
const SECONDS_MAX = 9_000_000_000
/** The longest recording known of has 121 days. */
const SPAN_MAX_S = 366 * 86_400
const COUNT_PATTERN = /^\d{1,9}$/
const inTokens = (cell: string): boolean => COUNT_PATTERN.test(cell) && Number(cell) >= 1 && Number(cell) <= TOKENS_MAX
/** A file in a wrong format has a problem on every line; ten are enough to see which. */
const PROBLEMS_MAX = 10

export function parseTraceFile(path: string, text: string): Result<TraceFile> {
  const lines = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  const header = (lines[0] ?? '').replace(/^\uFEFF/, '').replace(/\r$/, '')
  const columns = header.split(',')
  const known = COLUMNS.every((name, i) => columns[i] === name)
  if (!known || columns.length > 4 || (columns.length === 4 && columns[3] !== OPTIONAL_COLUMN)) {
    const message = `must start with the header \`${COLUMNS.join(',')}\`, not \`${header.slice(0, 80)}\``
    return fail([{ file: path, line: 1, column: 1, message }])
  }
  if (lines.length < 3) return fail([{ file: path, line: 1, column: 1, message: 'must hold at least two requests' }])

  const count = lines.length - 1
  const trace = {
    path,
    arrivals: new Float64Array(count),
    promptTokens: new Int32Array(count),
    outputTokens: new Int32Array(count),
    labelOf: new Int32Array(columns.length > COLUMNS.length ? count : 0),
    labels: new Map<string, number>(),
  }
  const problems: Problem[] = []
  for (let row = 0; row < count && problems.length < PROBLEMS_MAX; row++) {
    const problem = readRow(lines[row + 1]!.replace(/\r$/, ''), columns.length, row, trace)
    if (problem !== undefined) problems.push({ file: path, line: row + 2, column: 1, ...problem })
  }
  if (problems.length > 0) return fail(problems)
  if (trace.arrivals[count - 1] === trace.arrivals[0]) {
    return fail([{ file: path, line: 2, column: 1, message: 'must span more than one instant' }])
  }
  if (trace.arrivals[count - 1]! - trace.arrivals[0]! > SPAN_MAX_S * 1_000_000) {
    return fail([{ file: path, line: count + 1, column: 1, message: 'must be at most 8784h, a year, after the first' }])
  }
  // A replay rotates the trace, so where its clock starts does not matter; from 0 is easiest to reason about.
  const firstAt = trace.arrivals[0]!
  for (let row = 0; row < count; row++) trace.arrivals[row] = trace.arrivals[row]! - firstAt
  const labels = columns.length > COLUMNS.length ? [...trace.labels.keys()] : undefined
  return ok({ ...trace, labels, firstAt })
}

type Columns = Pick<TraceFile, 'arrivals' | 'promptTokens' | 'outputTokens' | 'labelOf'> & {
  readonly labels: Map<string, number>
}

/** Fills one row, or says what is wrong with it. */
function readRow(
  line: string,
  columns: number,
  row: number,
  trace: Columns,
): Pick<Problem, 'message' | 'column'> | undefined {
  const cells = line.split(',')
  if (cells.length !== columns) return { message: `must have ${columns} columns, and has ${cells.length}` }
  const at = microsOf(cells[0]!)
  if (at === undefined) {
    return {
      column: 1,
      message: `arrival_s must be seconds, at most ${SECONDS_MAX} and with up to 6 decimals, not \`${cells[0]}\``,
    }
  }
  if (row > 0 && at < trace.arrivals[row - 1]!) {
    return { column: 1, message: `arrival_s must not go back, and ${cells[0]} comes before the row above` }
  }
  trace.arrivals[row] = at
  let column = cells[0]!.length + 2
  for (const [index, into] of [trace.promptTokens, trace.outputTokens].entries()) {
    const cell = cells[index + 1]!
    if (!inTokens(cell)) {
      return {
        column,
        message: `${COLUMNS[index + 1]} must be a whole number from 1 to ${TOKENS_MAX}, not \`${cell}\``,
      }
    }
    into[row] = Number(cell)
    column += cell.length + 1
  }
  const label = cells[COLUMNS.length]
  if (label === undefined) return undefined
  if (label.length > LABEL_MAX)
    return { column, message: `${OPTIONAL_COLUMN} must be a name of at most ${LABEL_MAX} characters` }
  if (!trace.labels.has(label)) trace.labels.set(label, trace.labels.size)
  trace.labelOf[row] = trace.labels.get(label)!
  return undefined
}

/** `12.5` = 12,500,000; undefined when it is not seconds. */
function microsOf(text: string): number | undefined {
  const match = TIME_PATTERN.exec(text)
  if (match === null || Number(match[1]) > SECONDS_MAX) return undefined
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0'))
}
