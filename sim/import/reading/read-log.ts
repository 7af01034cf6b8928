/**
 * One log, read to its end: rows become requests, or are counted under the reason why not. The clock is decided on the first
 * rows, which wait for it; after that a row is gone as soon as it is read.
 */
import { DelimitedLines, type Header, type Separator, withoutMark } from '../../base/delimited.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { type Clock, clockOf, type ClockKind, type TimeFlags } from './clock.ts'
import { logFormats } from '../formats/index.ts'
import { type ColumnMap, mapped } from '../formats/mapped.ts'
import { LedgerBook } from '../ledger/book.ts'
import type { LedgerTableName } from '../ledger/tables.ts'
import type { LeftOutCount, LeftOutReason } from './left-out.ts'
import type { LogFormat, LogReader, Notes, Sample } from './log-format.ts'
import { LogText, type LogSource } from './log-text.ts'
import type { Draft, ImportedRequest } from './request.ts'
import { BAD_COUNT, DocumentRow, type LogRow, TableRow } from './row.ts'
import { parsedObject, rowsOf, sampleOfLines, sampleOfValues, shapeOf } from './sample.ts'
import { tellFormat } from './tell-format.ts'

export interface ReadOptions {
  readonly as?: string
  readonly map?: ColumnMap
  readonly time: TimeFlags
}

export interface LogSink {
  request(request: ImportedRequest): void
  readonly book: LedgerBook
  readonly leftOut: LeftOutCount
  readonly notes: Notes
}

export interface ReadLog {
  readonly name: string
  readonly format: string
  readonly title: string
  readonly table: LedgerTableName | undefined
  readonly rows: number
  readonly clock: ClockKind
}

/** So many times decide whose clock they are on. */
const DECIDING = 1_000

export async function readLog(source: LogSource, options: ReadOptions, sink: LogSink): Promise<Result<ReadLog>> {
  const text = await LogText.open(source)
  const complain = (message: string): Result<ReadLog> => fail([{ file: source.name, message }])
  const { head } = text
  if (withoutMark(head).trim() === '') return complain('is empty')
  const shape = shapeOf(head, text.isWhole)
  if (shape === 'document') return readDocument(await text.whole(), source, options, sink)
  const forced = options.map === undefined ? undefined : mapped(options.map)
  const { sample, table } = sampleOfLines(head, shape)
  const told =
    forced === undefined ? tellFormat(sample, head, options.as) : ok({ kind: 'log' as const, format: forced })
  if (!told.ok) return complain(told.error)
  const wrong = options.map === undefined ? undefined : unmapped(options.map, sample)
  if (wrong !== undefined) return complain(wrong)
  const reading = readingOf(told.value, sample, source.name, options, sink)
  if (table !== undefined) await readTable(text, table, reading)
  else await readLines(text, told.value.kind === 'log' ? told.value.format : undefined, reading)
  if (source.isCut === true) reading.leave('unreadable', reading.lastLine + 1)
  return reading.end()
}

function readDocument(text: string, source: LogSource, options: ReadOptions, sink: LogSink): Result<ReadLog> {
  const complain = (message: string): Result<ReadLog> => fail([{ file: source.name, message }])
  let document: unknown
  try {
    document = JSON.parse(withoutMark(text))
  } catch {
    // The parser's own words quote the text, and with it somebody's prompt.
    return complain('is no whole JSON document: cut off, or broken')
  }
  const forced = options.map === undefined ? undefined : mapped(options.map)
  const values = rowsOf(document, logFormats)
  const sample = sampleOfValues(values.length === 1 && values[0] === document ? listIn(document) : values, 'document')
  const told = forced === undefined ? tellFormat(sample, '', options.as) : ok({ kind: 'log' as const, format: forced })
  if (!told.ok) return complain(told.error)
  const wrong = options.map === undefined ? undefined : unmapped(options.map, sample)
  if (wrong !== undefined) return complain(wrong)
  const reading = readingOf(told.value, sample, source.name, options, sink)
  const rows = values.length === 1 && values[0] === document ? listIn(document) : values
  for (const [place, value] of rows.entries()) reading.value(value, place + 1)
  return reading.end()
}

/** Exports that wrap their rows: the one list of documents in it, whatever it is called. */
function listIn(document: unknown): readonly unknown[] {
  if (typeof document !== 'object' || document === null) return []
  const lists = Object.values(document).filter(
    (value): value is readonly unknown[] =>
      Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'object' && each !== null),
  )
  return lists.length === 1 ? lists[0]! : [document]
}

/** A column that the map names and the log has not. */
function unmapped(map: ColumnMap, sample: Sample): string | undefined {
  for (const [ours, theirs] of map) {
    const isThere = sample.fields.has(theirs.toLowerCase()) || sample.rows.some((row) => row.cell(theirs) !== undefined)
    if (!isThere)
      return `--map ${theirs}=${ours}: there is no such column; there are ${[...sample.fields].slice(0, 20).join(', ')}`
  }
  return undefined
}

function readingOf(
  told:
    | { readonly kind: 'log'; readonly format: LogFormat }
    | { readonly kind: 'ledger'; readonly table: LedgerTableName },
  sample: Sample,
  file: string,
  options: ReadOptions,
  sink: LogSink,
): Reading {
  return told.kind === 'ledger'
    ? new LedgerReading(told.table, file, options, sink)
    : new LogReading(told.format, told.format.open(sample, sink.notes), file, options, sink)
}

async function readTable(
  text: LogText,
  { separator, header }: { readonly separator: Separator; readonly header: Header },
  reading: Reading,
): Promise<void> {
  const records = new DelimitedLines(separator)
  let seenHeader = false
  const take = (record: ReturnType<DelimitedLines['next']>): void => {
    if (record === undefined) return
    const { line, lines, cells } = record
    if (!seenHeader) {
      seenHeader = true
      return
    }
    if (cells === undefined || !header.fits(cells)) reading.leave('unreadable', line, lines)
    // Files that were put together each bring their header.
    else if (cells.length === header.names.length && cells.every((cell, i) => cell.trim() === header.names[i]))
      reading.leave('not_a_request', line)
    else reading.row(new TableRow(line, header, cells))
  }
  await text.eachLine((line) => take(records.next(line)))
  take(records.end())
}

async function readLines(text: LogText, format: LogFormat | undefined, reading: Reading): Promise<void> {
  let number = 0
  await text.eachLine((line) => {
    number += 1
    if (line.trim() === '') return
    const value = parsedObject(number === 1 ? withoutMark(line) : line)
    if (value === undefined) return reading.leave('unreadable', number)
    const rows = format?.rowsOf?.(value)
    if (rows === undefined) return reading.value(value, number)
    for (const row of rows) reading.value(row, number)
  })
}

abstract class Reading {
  lastLine = 0
  protected rows = 0
  protected clock: Clock | undefined
  protected wrong: string | undefined

  constructor(
    protected readonly file: string,
    protected readonly options: ReadOptions,
    protected readonly sink: LogSink,
  ) {}

  leave(reason: LeftOutReason, line: number, rows = 1): void {
    this.rows += rows
    this.lastLine = line
    this.sink.leftOut.add(reason, this.file, line, rows)
  }

  value(value: unknown, line: number): void {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) this.row(new DocumentRow(line, value))
    else this.leave('unreadable', line)
  }

  row(row: LogRow): void {
    this.lastLine = row.line
    this.take(row)
  }

  abstract end(): Result<ReadLog>
  protected abstract take(row: LogRow): void

  protected complain(message: string): Result<ReadLog> {
    const problem: Problem = { file: this.file, message }
    return fail([problem])
  }
}

class LogReading extends Reading {
  private waiting: { readonly draft: Draft; readonly line: number }[] = []

  constructor(
    private readonly format: LogFormat,
    private readonly reader: LogReader,
    file: string,
    options: ReadOptions,
    sink: LogSink,
  ) {
    super(file, options, sink)
  }

  end(): Result<ReadLog> {
    if (this.clock === undefined && this.wrong === undefined) this.decide()
    if (this.wrong !== undefined) return this.complain(this.wrong)
    this.reader.end?.()
    const { name, title } = this.format
    return ok({ name: this.file, format: name, title, table: undefined, rows: this.rows, clock: this.clock!.kind })
  }

  protected take(row: LogRow): void {
    if (this.wrong !== undefined) return
    const draft = this.reader.read(row)
    if (typeof draft === 'string') return this.leave(draft, row.line)
    if (hasBadCount(draft)) return this.leave('bad_count', row.line)
    this.rows += 1
    if (this.clock !== undefined) return this.emit(draft, row.line, this.clock)
    this.waiting.push({ draft, line: row.line })
    if (this.waiting.length === DECIDING) this.decide()
  }

  private decide(): void {
    if (this.waiting.length === 0) {
      this.wrong = 'holds no row that could be read as a request'
      return
    }
    const clock = clockOf(
      this.waiting.map(({ draft }) => draft.time),
      this.reader.time,
      this.options.time,
      this.sink.notes,
    )
    if (!clock.ok) {
      this.wrong =
        this.format.withoutTimes !== undefined && this.waiting.every(({ draft }) => draft.time === undefined)
          ? this.format.withoutTimes
          : clock.error
      return
    }
    this.clock = clock.value
    for (const { draft, line } of this.waiting) this.emit(draft, line, clock.value)
    this.waiting = []
  }

  private emit({ time, ...request }: Draft, line: number, clock: Clock): void {
    const at = clock.at(time)
    if (typeof at === 'string') this.sink.leftOut.add(at, this.file, line)
    else this.sink.request({ ...request, at })
  }
}

/** An answer of fewer tokens than the prompt has is one thing; a count that is none makes the row worthless. */
const hasBadCount = ({ promptTokens, outputTokens, estimatedPromptTokens, maxTokens, cachedTokens }: Draft): boolean =>
  [promptTokens, outputTokens, estimatedPromptTokens, maxTokens, cachedTokens].some((count) =>
    Object.is(count, BAD_COUNT),
  ) ||
  tooMany(promptTokens) ||
  tooMany(outputTokens)

/** The longest context that any model is known to take. */
const TOKENS_MAX = 10_000_000
const tooMany = (tokens: number | null | undefined): boolean => typeof tokens === 'number' && tokens > TOKENS_MAX

class LedgerReading extends Reading {
  private waiting: LogRow[] = []

  constructor(
    private readonly table: LedgerTableName,
    file: string,
    options: ReadOptions,
    sink: LogSink,
  ) {
    super(file, options, sink)
  }

  end(): Result<ReadLog> {
    if (this.clock === undefined && this.wrong === undefined && this.waiting.length > 0) this.decide()
    if (this.wrong !== undefined) return this.complain(this.wrong)
    const { table } = this
    const clock = this.clock?.kind ?? 'epoch'
    return ok({ name: this.file, format: 'ledger', title: `the coordinator's ${table}`, table, rows: this.rows, clock })
  }

  protected take(row: LogRow): void {
    if (this.wrong !== undefined) return
    this.rows += 1
    // What a Mac could serve has no time that matters here.
    if (this.table === 'inference_route_candidates') return this.sink.book.macs.candidate(row)
    if (this.clock !== undefined) return this.enter(row, this.clock)
    this.waiting.push(row)
    if (this.waiting.length === DECIDING) this.decide()
  }

  private decide(): void {
    const clock = clockOf(
      this.waiting.map((row) => row.cell('created_at')),
      { unit: 'tell', clock: 'epoch' },
      this.options.time,
      this.sink.notes,
    )
    if (!clock.ok) {
      this.wrong = clock.error
      return
    }
    this.clock = clock.value
    for (const row of this.waiting) this.enter(row, clock.value)
    this.waiting = []
  }

  private enter(row: LogRow, clock: Clock): void {
    const { book, leftOut } = this.sink
    const reason = this.entered(row, clock, book)
    if (reason !== undefined) leftOut.add(reason, this.file, row.line)
  }

  private entered(row: LogRow, clock: Clock, book: LedgerBook): LeftOutReason | undefined {
    switch (this.table) {
      case 'inference_routes':
        return book.route(row, clock)
      case 'request_rejections':
        return book.rejection(row, clock)
      case 'provider_capacity_samples':
        return book.sample(row, clock)
      default:
        // Nothing in it is needed that the others do not say.
        return undefined
    }
  }
}
