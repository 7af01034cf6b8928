/**
 * All requests of a log in order of time, in memory that does not grow with their number: rows of numbers collect in a
 * block, a full block is sorted and put aside, and at the end the blocks are merged. Where they are put aside is a port: the
 * command line has a disk, a page keeps them.
 */
import { assert } from '../../base/assert.ts'
import { ENDINGS, type ImportedRequest } from './request.ts'

/** Sorted rows, put aside as bytes. */
export interface Runs {
  /** Adds a run; they are numbered from 0. */
  put(bytes: Uint8Array): void
  /** Part of a run. */
  get(run: number, offset: number, length: number): Uint8Array
}

/** A request in numbers. -1: nothing is known. */
export interface StoredRequest {
  at: number
  /** Place in `names`. */
  model: number
  promptTokens: number
  outputTokens: number
  estimatedPromptTokens: number
  maxTokens: number
  /** 0 or 1. */
  tools: number
  vision: number
  stream: number
  session: number
  /** Place in ENDINGS. */
  ending: number
}

const FIELDS = [
  'at',
  'model',
  'promptTokens',
  'outputTokens',
  'estimatedPromptTokens',
  'maxTokens',
  'tools',
  'vision',
  'stream',
  'session',
  'ending',
] as const satisfies readonly (keyof StoredRequest)[]
const WIDTH = FIELDS.length
/** 23 MB a block. */
const BLOCK_ROWS = 2 ** 18
/** Remembered at once. */
const SESSIONS_MAX = 2 ** 20
/** Rows of a run that are read at once. */
const READ_ROWS = 2 ** 12

const known = (value: number | null | undefined): number => value ?? -1
const truth = (value: boolean | null | undefined): number =>
  value === undefined || value === null ? -1 : Number(value)

export class RequestStore {
  private block = new Float64Array(1_024 * WIDTH)
  private rows = 0
  private sortedRuns = 0
  private readonly lengths: number[] = []
  private readonly places = new Map<string, number>()
  private readonly sessions = new Map<string, number>()
  private nextSession = 0
  count = 0
  firstAt = Infinity
  lastAt = -Infinity

  constructor(
    private readonly runs: Runs,
    private readonly blockRows = BLOCK_ROWS,
  ) {}

  /** Models in order of appearance; '' for requests whose log names none. */
  get models(): readonly string[] {
    return [...this.places.keys()]
  }

  modelPlace(name: string): number {
    const place = this.places.get(name)
    if (place !== undefined) return place
    this.places.set(name, this.places.size)
    return this.places.size - 1
  }

  add(request: ImportedRequest): void {
    if (this.rows === this.blockRows) this.flush()
    if ((this.rows + 1) * WIDTH > this.block.length) this.grow()
    const { block } = this
    let cell = this.rows * WIDTH
    block[cell++] = request.at
    block[cell++] = this.modelPlace(request.model ?? '')
    block[cell++] = known(request.promptTokens)
    block[cell++] = known(request.outputTokens)
    block[cell++] = known(request.estimatedPromptTokens)
    block[cell++] = known(request.maxTokens)
    block[cell++] = truth(request.tools)
    block[cell++] = truth(request.vision)
    block[cell++] = truth(request.stream)
    block[cell++] = this.sessionNumber(request.session)
    block[cell] = ENDINGS.indexOf(request.ending)
    this.rows += 1
    this.count += 1
    this.firstAt = Math.min(this.firstAt, request.at)
    this.lastAt = Math.max(this.lastAt, request.at)
  }

  /** In order of time, equal times in the order of the log. The row is valid until the next one. */
  *inOrder(): Generator<StoredRequest> {
    const order = this.orderOfBlock()
    if (this.sortedRuns === 0) {
      for (const row of order) yield requestAt(this.block, row)
      return
    }
    if (this.rows > 0) this.putAside(order)
    const readers = this.lengths.map((length, run) => new RunReader(this.runs, run, length))
    for (;;) {
      let earliest: RunReader | undefined
      // Runs are in the order of the log, so of equal times the first run's is the first.
      for (const reader of readers)
        if (!reader.done && (earliest === undefined || reader.at < earliest.at)) earliest = reader
      if (earliest === undefined) return
      yield requestAt(earliest.rows, earliest.row)
      earliest.advance()
    }
  }

  /** Sessions by number, which says nothing of whose they are. */
  private sessionNumber(name: string | null | undefined): number {
    if (name === null || name === undefined) return -1
    const number = this.sessions.get(name)
    if (number !== undefined) return number
    const next = this.nextSession++
    this.sessions.set(name, next)
    // The oldest goes: a session that comes back after so many others starts anew.
    if (this.sessions.size > SESSIONS_MAX) this.sessions.delete(this.sessions.keys().next().value!)
    return next
  }
  private grow(): void {
    const larger = new Float64Array(Math.min(this.blockRows * WIDTH, this.block.length * 2))
    larger.set(this.block)
    this.block = larger
  }

  private orderOfBlock(): Uint32Array {
    const { block } = this
    const order = Uint32Array.from({ length: this.rows }, (_, i) => i)
    const isSorted = order.every((row) => row === 0 || block[row * WIDTH]! >= block[(row - 1) * WIDTH]!)
    return isSorted ? order : order.sort((a, b) => block[a * WIDTH]! - block[b * WIDTH]! || a - b)
  }

  private flush(): void {
    this.putAside(this.orderOfBlock())
  }

  private putAside(order: Uint32Array): void {
    assert(order.length === this.rows, 'import: a run holds the rows of its block')
    const sorted = new Float64Array(order.length * WIDTH)
    for (const [to, from] of order.entries()) {
      sorted.set(this.block.subarray(from * WIDTH, (from + 1) * WIDTH), to * WIDTH)
    }
    this.runs.put(new Uint8Array(sorted.buffer))
    this.lengths.push(order.length)
    this.sortedRuns += 1
    this.rows = 0
  }
}

class RunReader {
  rows = new Float64Array(0)
  row = 0
  private read = 0

  constructor(
    private readonly runs: Runs,
    private readonly run: number,
    private readonly length: number,
  ) {
    this.fill()
  }

  get done(): boolean {
    return this.rows.length === 0
  }

  get at(): number {
    return this.rows[this.row * WIDTH]!
  }

  advance(): void {
    this.row += 1
    if (this.row * WIDTH === this.rows.length) this.fill()
  }

  private fill(): void {
    const rows = Math.min(READ_ROWS, this.length - this.read)
    const width = WIDTH * Float64Array.BYTES_PER_ELEMENT
    const bytes = rows === 0 ? new Uint8Array(0) : this.runs.get(this.run, this.read * width, rows * width)
    // A copy: what comes from a buffer of a file need not begin at a multiple of eight.
    this.rows = new Float64Array(bytes.slice().buffer)
    this.row = 0
    this.read += rows
  }
}

const STORED = Object.fromEntries(FIELDS.map((name) => [name, -1])) as unknown as StoredRequest

function requestAt(rows: Float64Array, row: number): StoredRequest {
  for (let i = 0; i < WIDTH; i++) STORED[FIELDS[i]!] = rows[row * WIDTH + i]!
  return STORED
}
