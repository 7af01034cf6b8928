/**
 * From logs to a folder: a trace, a scenario where the log knows the Macs, the demand of one where it does not, the twin, and
 * what there is to say. Two passes: rows are read once and put in order, and once all of them are known the trace is written.
 * Files, clocks of zones and disks are ports.
 */
import { writeTimestamp } from '../base/calendar.ts'
import { fail, ok, type Problem, type Result } from '../base/result.ts'
import { MICROS_PER_SECOND } from '../base/time.ts'
import { findModel } from '../catalog/index.ts'
import { RandomStreams } from '../kernel/random.ts'
import { ArrivalTally } from './making/arrival-figures.ts'
import type { ClockKind, TimeFlags } from './reading/clock.ts'
import type { ColumnMap } from './formats/mapped.ts'
import { LedgerBook } from './ledger/book.ts'
import { isComplete, LengthPool } from './making/length-pool.ts'
import { LEFT_OUT, LeftOutCount } from './reading/left-out.ts'
import type { LogSource } from './reading/log-text.ts'
import { type LogSink, type ReadLog, readLog } from './reading/read-log.ts'
import type { ImportReport, ModelReport, NumberReport } from './report.ts'
import { ENDINGS, type Ending, type ImportedRequest } from './reading/request.ts'
import { RequestStore, type Runs } from './reading/request-store.ts'
import { requestsText, scenariosOf } from './making/scenarios.ts'
import { type TraceColumns, TraceRows } from './making/trace-rows.ts'
import { closenessOf, fitTwin, tickOf } from './making/twin.ts'
import { twinDraws } from './making/twin-draws.ts'

export interface ImportOptions {
  readonly as?: string
  readonly map?: ColumnMap
  readonly time: TimeFlags
  /** What the log calls a model or a build → what it is called from here on. */
  readonly renames: ReadonlyMap<string, string>
  /** Nothing may be left out. */
  readonly strict: boolean
  /** Of the scenarios. */
  readonly name: string
}

export interface ImportPorts {
  readonly runs: Runs
  /** Adds to a file of the folder. */
  append(name: string, text: string): void
  /** Lets others have the thread. */
  pause?(): Promise<void>
}

export const IMPORT_FILES = [
  'trace.csv',
  'scenario.yaml',
  'demand.yaml',
  'twin.yaml',
  'day.json',
  'import.json',
] as const

/** Of every draw of an import: the same log gives the same files. */
const SEED = 1
const PIECE = 2 ** 20
/** Rows between two looks at whether somebody wants to stop. */
const SLICE = 2 ** 16
const SAMPLE = 2 ** 13

export async function importLogs(
  sources: readonly LogSource[],
  options: ImportOptions,
  ports: ImportPorts,
): Promise<Result<ImportReport>> {
  const day = new ImportedDay(options, ports.runs)
  const logs: ReadLog[] = []
  const problems: Problem[] = []
  for (const source of sources) {
    const read = await readLog(source, options, day)
    if (read.ok) logs.push(read.value)
    else problems.push(...read.error)
  }
  if (problems.length > 0) return fail(problems)
  const mixed = mixedUp(logs, options)
  if (mixed !== undefined) return fail([{ message: mixed }])
  day.closeBook(logs)
  const wrong = day.wrong(logs)
  if (wrong.length > 0) return fail(wrong)
  return ok(await day.write(logs, ports))
}

/** Logs that cannot be put on one line of time, or have nothing to do with each other. */
function mixedUp(logs: readonly ReadLog[], { time }: ImportOptions): string | undefined {
  const requests = logs.filter(({ table, rows }) => table === undefined || rows > 0)
  const kinds = new Set(requests.map(({ clock }) => clock))
  if (kinds.size > 1)
    return 'some of the files have times since 1970 and others times of a clock of their own; import them apart, or say what they are with --clock'
  if (kinds.has('relative') && requests.length > 1 && time.clock === undefined)
    return 'the files count time each from a start of its own, which nothing puts on one line; if it is one start, say --clock relative, else import them apart'
  const ledger = logs.filter(({ table }) => table !== undefined).length
  if (ledger > 0 && ledger < logs.length)
    return "some of the files are the coordinator's ledger and others are not; import them apart"
  const twice = logs.find(({ table }, i) => table !== undefined && logs.findIndex((log) => log.table === table) !== i)
  return twice === undefined || twice.table !== 'inference_routes' || ledger === logs.length ? undefined : twice.name
}

class NumberTally {
  known = 0
  private max = 0
  private readonly kept: number[] = []

  constructor(private readonly below: (n: number) => number) {}

  add(value: number | null | undefined): void {
    if (value === null || value === undefined) return
    this.known += 1
    this.max = Math.max(this.max, value)
    if (this.kept.length < SAMPLE) this.kept.push(value)
    else {
      const place = this.below(this.known)
      if (place < SAMPLE) this.kept[place] = value
    }
  }

  report(scale = 1): NumberReport {
    if (this.known === 0) return { known: 0, p50: null, p95: null, max: null }
    const sorted = this.kept.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]! / scale
    return { known: this.known, p50: at(0.5), p95: at(0.95), max: this.max / scale }
  }
}

class ImportedDay implements LogSink {
  readonly book = new LedgerBook()
  readonly leftOut = new LeftOutCount()
  private readonly found = new Set<string>()
  private readonly assumed = new Set<string>()
  readonly notes = {
    find: (sentence: string): void => void this.found.add(sentence),
    assume: (sentence: string): void => void this.assumed.add(sentence),
  }
  private readonly random = new RandomStreams(SEED)
  private readonly store: RequestStore
  private readonly pool = new LengthPool(this.random.stream('import/lengths'))
  private readonly counts = new Map<string, number>()
  private readonly used = new Set<string>()
  private readonly endings = Object.fromEntries(ENDINGS.map((ending) => [ending, 0])) as { [ending in Ending]: number }
  private readonly sampler = this.random.stream('import/samples')
  private readonly below = (n: number): number => this.sampler.below(n)
  private readonly prompts = new NumberTally(this.below)
  private readonly outputs = new NumberTally(this.below)
  private readonly ttfts = new NumberTally(this.below)
  private readonly has = { estimated: false, maxTokens: false, traits: false, session: false }
  private streamsKnown = 0
  private streaming = 0
  private prefixKnown = 0
  private prefixHits = 0
  private prefixShare = 0

  constructor(
    private readonly options: ImportOptions,
    runs: Runs,
  ) {
    this.store = new RequestStore(runs)
  }

  request(request: ImportedRequest): void {
    const model = this.renamed(request.model ?? '')
    const { promptTokens, cachedTokens } = request
    if (isComplete(request)) {
      this.pool.add(model, {
        promptTokens: promptTokens!,
        outputTokens: Math.max(1, request.outputTokens!),
        estimatedPromptTokens: request.estimatedPromptTokens ?? -1,
      })
    }
    this.counts.set(model, (this.counts.get(model) ?? 0) + 1)
    this.endings[request.ending] += 1
    this.prompts.add(promptTokens)
    this.outputs.add(request.outputTokens)
    this.ttfts.add(request.ttft_us)
    if (typeof request.estimatedPromptTokens === 'number') this.has.estimated = true
    if (typeof request.maxTokens === 'number') this.has.maxTokens = true
    if ([request.tools, request.vision, request.stream].some((trait) => typeof trait === 'boolean'))
      this.has.traits = true
    if (typeof request.session === 'string') this.has.session = true
    if (typeof request.stream === 'boolean') {
      this.streamsKnown += 1
      if (request.stream) this.streaming += 1
    }
    if (typeof cachedTokens === 'number' && typeof promptTokens === 'number' && promptTokens > 0) {
      this.prefixKnown += 1
      if (cachedTokens > 0) {
        this.prefixHits += 1
        this.prefixShare += Math.min(1, cachedTokens / promptTokens)
      }
    }
    this.store.add({ ...request, model })
  }

  closeBook(logs: readonly ReadLog[]): void {
    const file = logs.find(({ table }) => table === 'request_rejections')?.name ?? 'request_rejections'
    const isModel = (name: string): boolean => findModel(this.renamed(name)) !== undefined
    for (const line of this.book.dropUnresolved(isModel)) this.leftOut.add('unknown_model', file, line)
    for (const request of this.book.requests()) this.request(request)
  }

  wrong(logs: readonly ReadLog[]): readonly Problem[] {
    const { strict, renames } = this.options
    const left = this.leftOut.list()
    if (strict && left.length > 0) {
      return left.map(({ reason, rows, first }) => ({
        file: first.file,
        line: first.line,
        message: `${rows} ${rows === 1 ? 'row' : 'rows'} ${LEFT_OUT[reason]}; --strict leaves nothing out`,
      }))
    }
    const file = logs.length === 1 ? { file: logs[0]!.name } : {}
    if (this.store.count === 0) {
      const why = left.map(({ reason, rows }) => `${rows} ${LEFT_OUT[reason]}`).join(', ')
      return [{ ...file, message: `holds no request that could be read${why === '' ? '' : `; left out: ${why}`}` }]
    }
    if (this.pool.isEmpty) {
      return [
        { ...file, message: 'no request in it has both its prompt and its output tokens: there is nothing to replay' },
      ]
    }
    const unused = [...renames.keys()].filter((name) => !this.used.has(name))
    const names = [...new Set([...this.counts.keys(), ...this.book.builds.keys()])].filter((name) => name !== '')
    return unused.map((name) => ({
      message: `--model ${name}=${renames.get(name)!}: the log names no such model; it names ${names.slice(0, 20).join(', ') || 'none'}`,
    }))
  }

  async write(logs: readonly ReadLog[], ports: ImportPorts): Promise<ImportReport> {
    const kind = logs.find(({ rows }) => rows > 0)?.clock ?? 'epoch'
    const isLedger = logs[0]?.table !== undefined
    const trace = await this.writeTrace(kind, ports)
    const figures = trace.arrivals.figures()
    const fit = this.store.firstAt === this.store.lastAt ? undefined : fitTwin(figures, this.pool)
    const tick = tickOf(figures)
    if (tick > 0 && !(this.store.firstAt === this.store.lastAt))
      this.notes.assume(
        `${figures.ties} requests come at the very instant of another, every ${Number(tick.toPrecision(3))} s: a clock's ticks, below which nobody knows how they came`,
      )
    if (fit === undefined) this.notes.assume('all requests come at one instant: there is no rate, and no twin')
    this.sayDrawn(trace.rows)
    const scenarios = scenariosOf({
      name: this.options.name,
      logs,
      isLedger,
      kind,
      firstAt: this.store.firstAt,
      lastAt: this.store.lastAt,
      count: this.store.count,
      figures,
      fit,
      models: this.modelReports(),
      prefix: this.prefix,
      saysMore: Object.values(this.has).some(Boolean),
      book: this.book,
      notes: this.notes,
      rename: this.rename,
    })
    for (const [name, text] of scenarios.files) ports.append(name, text)
    const report: ImportReport = {
      format: 'fleetlab.import/1',
      files: logs.map(({ name, format, title, rows }) => ({ name, format, title, rows })),
      clock: kind,
      starts: kind === 'epoch' ? writeTimestamp(this.store.firstAt) : `${this.store.firstAt / MICROS_PER_SECOND} s`,
      arrivals: figures,
      endings: this.endings,
      models: this.modelReports(),
      prompt_tokens: this.prompts.report(),
      output_tokens: this.outputs.report(),
      ttft_ms: this.ttfts.report(1_000),
      found: [...this.found],
      assumed: [...this.assumed],
      left_out: this.leftOut.list(),
      drawn: trace.rows.drawn,
      prefix: this.prefix,
      macs: scenarios.macs,
      twin:
        fit === undefined
          ? undefined
          : {
              ...fit,
              closeness: closenessOf(
                figures,
                fit,
                this.pool,
                twinDraws(fit.arrivals, this.store.lastAt - this.store.firstAt + 1, this.random),
              ),
            },
      written: ['trace.csv', ...scenarios.files.map(([name]) => name), 'import.json'],
      missing: scenarios.missing,
    }
    ports.append('import.json', `${JSON.stringify(report, null, 2)}\n`)
    return report
  }

  private renamed(name: string): string {
    const other = this.options.renames.get(name)
    if (other === undefined) return name
    this.used.add(name)
    return other
  }

  private readonly rename = (name: string): string => this.renamed(name)

  private get prefix(): ImportReport['prefix'] {
    if (this.prefixKnown === 0) return undefined
    return {
      hit_rate: this.prefixHits / this.prefixKnown,
      shared: this.prefixHits === 0 ? 0 : this.prefixShare / this.prefixHits,
    }
  }

  private modelReports(): readonly ModelReport[] {
    return [...this.counts]
      .map(([name, requests]) => ({ name, requests, inCatalog: findModel(name) !== undefined }))
      .toSorted((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1))
  }

  private async writeTrace(kind: ClockKind, ports: ImportPorts) {
    const { store, has } = this
    const columns: TraceColumns = { model: this.counts.size > 1 || !this.counts.has(''), ...has }
    const share = this.streamsKnown === 0 ? 1 : this.streaming / this.streamsKnown
    const rows = new TraceRows(columns, this.pool, share, this.random.stream('import/stream'), store.models)
    const arrivals = new ArrivalTally()
    const zero = kind === 'epoch' ? 0 : store.firstAt
    let piece = rows.header
    let written = 0
    for (const request of store.inOrder()) {
      arrivals.add(request.at)
      piece += rows.line(request, zero)
      if (piece.length > PIECE) {
        ports.append('trace.csv', piece)
        piece = ''
      }
      written += 1
      if (written % SLICE === 0) await ports.pause?.()
    }
    ports.append('trace.csv', piece)
    return { rows, arrivals }
  }

  private sayDrawn({ drawn }: TraceRows): void {
    const { assume } = this.notes
    if (drawn.outputs > 0)
      assume(
        `${requestsText(drawn.outputs)} no answer, or one that broke off: how long it would have been is drawn from the twin${drawn.longer > 0 ? ` (${drawn.longer} of them at least as long as what came)` : ''}`,
      )
    if (drawn.prompts > 0)
      assume(
        `${requestsText(drawn.prompts)} no count of the prompt: it is ${this.has.estimated ? "the coordinator's estimate, off by as much as with another request of the model" : 'drawn from the twin'}`,
      )
    if (drawn.zeros > 0)
      assume(`${requestsText(drawn.zeros)} an answer of 0 tokens, replayed with 1: the step that ends an answer`)
    if (drawn.streams > 0)
      assume(
        `${requestsText(drawn.streams)} nothing to say whether the answer streamed: drawn with the share of those that do, ${Math.round((this.streaming / this.streamsKnown) * 100)} %`,
      )
  }
}
