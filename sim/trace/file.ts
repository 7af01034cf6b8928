/**
 * `trace.fleet`: a stored trace as bytes. Twelve bytes of preamble (magic, length of the header), a JSON header (who
 * wrote it, the columns, the dictionary of texts), then one gzip stream of all columns, one after another, because
 * like next to like compresses best: about 8 bytes per row. Times and ids mostly count up, so they are written as
 * differences to the row before, which saves a third. Compression is the web's CompressionStream, which Node has too.
 *
 * A file of another version is refused: its rows are other rows. Any program may have written a file, so what it unpacks to
 * is known from its index and bounded before a byte is unpacked: a small file costs little memory, whatever it says.
 */
import { fail, ok, type Result } from '../base/result.ts'
import type { ColumnType } from './column.ts'
import { LAYOUTS } from './schema.ts'
import { type ColumnArray, KindTable, newArray, TextTable, TraceStore } from './store.ts'

/** "FLEETTR", then the version of the layout as a digit. */
const MAGIC = [0x46, 0x4c, 0x45, 0x45, 0x54, 0x54, 0x52]
/** 2: rows say what changed. */
const VERSION = 2
const VERSION_AT = MAGIC.length
const LENGTH_AT = VERSION_AT + 1
const PREAMBLE_BYTES = LENGTH_AT + 4
const DIGIT_0 = 0x30

const FORMAT = `fleetlab.trace/${VERSION}` as const

/** What the writer says of the run; the reader gets it back as it was. */
export interface TraceFileHeader {
  readonly scenario: string
  readonly policy: string
  readonly seed: number
  readonly digest: string
  /** When arrivals stop. */
  readonly duration_us: number
  /** What goodput means in this run. */
  readonly slo: { readonly ttftBase: number; readonly ttftPerToken: number; readonly decodeTps: number }
  /** Build → public model under which its figures are found. */
  readonly modelOfBuild: { readonly [build: string]: string }
  /** Names that screens need beside the rows: machines, builds in the order of the idleCapable bits … */
  readonly [extra: string]: unknown
}

interface FileIndex {
  readonly format: typeof FORMAT
  readonly header: TraceFileHeader
  readonly rows: number
  readonly texts: readonly string[]
  readonly kinds: readonly {
    readonly kind: string
    readonly rows: number
    readonly columns: readonly (readonly [name: string, type: ColumnType])[]
  }[]
}

export interface RunTraceFile {
  readonly header: TraceFileHeader
  /** Iterable of rows, and columns for screens. */
  readonly store: TraceStore
}

export async function encodeTraceFile(store: TraceStore, header: TraceFileHeader): Promise<Uint8Array> {
  const tables = LAYOUTS.map((layout) => store.table(layout.kind))
  const index: FileIndex = {
    format: FORMAT,
    header,
    rows: store.rows,
    texts: store.texts.list,
    kinds: tables.map((table) => ({
      kind: table.layout.kind,
      rows: table.length,
      columns: table.layout.names.map((name, i) => [name, table.layout.types[i]!] as const),
    })),
  }
  const parts: Uint8Array[] = [store.kinds]
  for (const table of tables) {
    for (let i = 0; i < table.layout.types.length; i += 1) {
      const values = table.values(i)
      parts.push(bytesOf(countsUp(table.layout.types[i]!) ? differences(values) : values))
    }
  }
  const json = new TextEncoder().encode(JSON.stringify(index))
  const preamble = new Uint8Array(PREAMBLE_BYTES)
  preamble.set(MAGIC)
  preamble[VERSION_AT] = DIGIT_0 + VERSION
  new DataView(preamble.buffer).setUint32(LENGTH_AT, json.length, true)
  return concat([preamble, json, await pump(parts, new CompressionStream('gzip'))])
}

/** The store iterates over the rows as they were written. Fails when the bytes are no trace, or one whose columns this program does not know. */
export async function decodeTraceFile(bytes: Uint8Array): Promise<Result<RunTraceFile, string>> {
  if (bytes.length < PREAMBLE_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte)) return fail('not a trace.fleet file')
  const version = bytes[VERSION_AT]! - DIGIT_0
  if (version !== VERSION) return fail(otherVersion(version))
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(LENGTH_AT, true)
  const bodyAt = PREAMBLE_BYTES + length
  if (bytes.length < bodyAt) return fail('the trace.fleet file is cut off')
  let index: FileIndex
  try {
    index = JSON.parse(new TextDecoder().decode(bytes.subarray(PREAMBLE_BYTES, bodyAt))) as FileIndex
  } catch {
    return fail('the trace.fleet file is damaged')
  }
  if (!isIndex(index)) return fail('the trace.fleet file is damaged')
  if (!isHeader(index.header)) return fail('the trace.fleet file does not say of which run it is')
  const misfit = foreignColumns(index)
  if (misfit !== undefined) return fail(misfit)
  const packed = bytes.subarray(bodyAt)
  const expected = bodyBytes(index)
  if (expected > packed.length * RATIO_MAX + SMALL_BYTES)
    return fail('the trace.fleet file says of itself that it is far larger than any trace of its size')
  try {
    return tablesOf(index, await pump([packed], new DecompressionStream('gzip'), expected))
  } catch (error) {
    return fail(
      error instanceof TooMuchError
        ? 'the trace.fleet file holds more than it says'
        : 'the trace.fleet file is damaged',
    )
  }
}

/** Real traces unpack to some 8 times their size, those of an idle fleet to 40 times; gzip itself could do 1,000. */
const RATIO_MAX = 300
const SMALL_BYTES = 1_000_000
/** A year: no scenario lasts so long, and screens divide it into steps. */
const DURATION_MAX_US = 366 * 86_400 * 1_000_000

class TooMuchError extends Error {}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function isIndex(index: unknown): index is FileIndex {
  if (typeof index !== 'object' || index === null) return false
  const { rows, texts, kinds } = index as Partial<FileIndex>
  return (
    isCount(rows) &&
    Array.isArray(texts) &&
    texts.every((text) => typeof text === 'string') &&
    Array.isArray(kinds) &&
    kinds.every(
      (kind) => typeof kind === 'object' && kind !== null && isCount(kind.rows) && Array.isArray(kind.columns),
    ) &&
    kinds.reduce((sum, kind) => sum + kind.rows, 0) === rows
  )
}

/** What all columns come to, unpacked. */
const bodyBytes = ({ rows, kinds }: FileIndex): number =>
  LAYOUTS.reduce(
    (sum, { index, types }) =>
      sum + kinds[index]!.rows * types.reduce((width, type) => width + newArray(type, 1).byteLength, 0),
    rows * newArray('bool', 1).byteLength,
  )

function foreignColumns({ kinds }: FileIndex): string | undefined {
  for (const layout of LAYOUTS) {
    const stored = kinds[layout.index]
    const columns = layout.names.map((name, i) => `${name}:${layout.types[i]}`).join()
    if (stored?.kind !== layout.kind || stored.columns.map((column) => column.join(':')).join() !== columns)
      return `the trace.fleet file was written by another fleetlab: its ${layout.kind} rows have other columns; ${ANEW}`
  }
  return undefined
}

/** Any program may have written the file. What else a header holds is looked up where it is shown. */
function isHeader(header: unknown): header is TraceFileHeader {
  if (typeof header !== 'object' || header === null) return false
  const { scenario, policy, seed, digest, duration_us, slo, modelOfBuild } = header as Partial<TraceFileHeader>
  const texts: unknown[] = [scenario, policy, digest]
  const numbers: unknown[] = [seed, duration_us, slo?.ttftBase, slo?.ttftPerToken, slo?.decodeTps]
  return (
    texts.every((text) => typeof text === 'string') &&
    numbers.every((number) => typeof number === 'number' && number >= 0) &&
    duration_us! <= DURATION_MAX_US &&
    typeof modelOfBuild === 'object' &&
    modelOfBuild !== null
  )
}

function tablesOf(index: FileIndex, body: Uint8Array): Result<RunTraceFile, string> {
  const reader = new ColumnReader(body)
  const kinds = reader.take('bool', index.rows)
  const tables: KindTable[] = []
  for (const layout of LAYOUTS) {
    const stored = index.kinds[layout.index]!
    const contents: ColumnArray[] = []
    for (const type of layout.types) {
      const values = reader.take(type, stored.rows)
      if (values === undefined) return fail('the trace.fleet file is cut off')
      contents.push(countsUp(type) ? runningSums(values) : values)
    }
    tables.push(new KindTable(layout, { rows: stored.rows, columns: contents }))
  }
  if (kinds === undefined) return fail('the trace.fleet file is cut off')
  const store = new TraceStore(new TextTable(index.texts), { tables, order: kinds as Uint8Array })
  return ok({ header: index.header, store })
}

/** Copies columns out of the body one after another; a copy, because a view would have to be aligned. */
class ColumnReader {
  private position = 0
  constructor(private readonly body: Uint8Array) {}

  take(type: ColumnType, rows: number): ColumnArray | undefined {
    const values = newArray(type, rows)
    const end = this.position + values.byteLength
    if (end > this.body.length) return undefined
    bytesOf(values).set(this.body.subarray(this.position, end))
    this.position = end
    return values
  }
}

const ANEW = 'write it anew with `fleetlab run SCENARIO --out DIR`'

const otherVersion = (version: number): string =>
  `the trace.fleet file is of version ${version}, ${version < VERSION ? 'older' : 'newer'} than this fleetlab, which reads version ${VERSION}; ` +
  (version < VERSION ? ANEW : 'open it with a newer one')

const countsUp = (type: ColumnType): boolean => type === 'micros' || type === 'u32'

/** Exact: times are whole numbers below 2^53, and 32 bits wrap around in differences as in sums. */
function differences(values: ColumnArray): ColumnArray {
  const result = values.slice()
  for (let i = 0; i < values.length; i += 1) result[i] = values[i]! - (i === 0 ? 0 : values[i - 1]!)
  return result
}

function runningSums(values: ColumnArray): ColumnArray {
  for (let i = 1; i < values.length; i += 1) values[i] = values[i]! + values[i - 1]!
  return values
}

/** Typed arrays are little-endian on every machine that runs Node or a browser today. */
const bytesOf = (values: ColumnArray): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

async function pump(
  parts: readonly Uint8Array[],
  through: CompressionStream | DecompressionStream,
  most = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  const writer = through.writable.getWriter()
  const written = (async () => {
    for (const part of parts) {
      // A browser's types ask for it, Node's do not.
      // eslint-disable-next-line typescript/no-unnecessary-type-assertion
      if (part.length > 0) await writer.write(part as Uint8Array<ArrayBuffer>)
    }
    await writer.close()
  })()
  const chunks: Uint8Array[] = []
  let isTooMuch = false
  const collected = (async () => {
    const reader = through.readable.getReader()
    for (let size = 0; ; ) {
      const next = await reader.read()
      if (next.done) return
      size += next.value.length
      if (size > most) {
        // The writer fails by it too; whichever is heard of first, this is why.
        isTooMuch = true
        return void (await Promise.all([reader.cancel(), writer.abort()]))
      }
      chunks.push(next.value)
    }
  })()
  await Promise.all([written, collected]).catch((error: unknown) => {
    if (!isTooMuch) throw error
  })
  if (isTooMuch) throw new TooMuchError()
  return concat(chunks)
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let position = 0
  for (const part of parts) {
    result.set(part, position)
    position += part.length
  }
  return result
}
