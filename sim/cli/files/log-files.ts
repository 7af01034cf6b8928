/** Logs from the disk: decompressed where they are compressed, decoded where Windows wrote them, their bytes counted. */
import { closeSync, createReadStream, mkdtempSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { createGunzip } from 'node:zlib'
import type { LogSource } from '../../import/reading/log-text.ts'
import type { Runs } from '../../import/reading/request-store.ts'
import { keep, removePaths, removeUnlessKept } from './atomic.ts'
import { attempt } from './attempt.ts'
import { refuse } from '../exit.ts'
import { readFailure } from './files.ts'

/** The ledger's tables that an import reads, as `run --out` and the coordinator's export call them. */
const LEDGER_FILE =
  /^(?:inference_routes|request_rejections|provider_capacity_samples|inference_route_candidates)\.(?:csv|ndjson|jsonl)(?:\.gz)?$/

/** A folder stands for the tables of the ledger in it. */
export function logPaths(named: readonly string[]): readonly string[] {
  return named.flatMap((path) => {
    const about = statSync(path, { throwIfNoEntry: false })
    if (about === undefined) return refuse([{ file: path, message: 'does not exist' }])
    if (!about.isDirectory()) return [path]
    const tables = readdirSync(path).filter((name) => LEDGER_FILE.test(name))
    if (tables.length === 0)
      refuse([
        { file: path, message: 'is a folder without tables of a ledger such as inference_routes.csv; name the files' },
      ])
    return tables.toSorted().map((name) => join(path, name))
  })
}

export const sizeOf = (path: string): number => {
  const about = statSync(path)
  return about.isFile() ? about.size : 0
}

class LogFile implements LogSource {
  isCut = false

  constructor(
    readonly name: string,
    private readonly onBytes: (count: number) => void,
    private readonly signal: AbortSignal,
  ) {}

  async *text(): AsyncGenerator<string> {
    const raw = createReadStream(this.name, { signal: this.signal })
    raw.on('data', (piece) => this.onBytes(piece.length))
    let decoder: TextDecoder | undefined
    try {
      for await (const bytes of this.plain(raw)) {
        decoder ??= new TextDecoder(encodingOf(bytes))
        yield decoder.decode(bytes, { stream: true })
      }
    } catch (error) {
      this.signal.throwIfAborted()
      // What came before the cut is as good as ever.
      if ((error as { readonly code?: string }).code === 'Z_BUF_ERROR') this.isCut = true
      else if (String((error as { readonly code?: string }).code).startsWith('Z_'))
        refuse([{ file: this.name, message: 'is damaged: its compressed data cannot be read' }])
      else readFailure(this.name, error)
    }
    const rest = decoder?.decode() ?? ''
    if (rest !== '') yield rest
  }

  private async *plain(raw: Readable): AsyncGenerator<Uint8Array> {
    const pieces = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    const first = await pieces.next()
    if (first.done === true) return
    if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
      yield first.value
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value
      return
    }
    const gunzip = createGunzip()
    const feed = async (): Promise<void> => {
      for (let next: IteratorResult<Buffer> = first; next.done !== true; next = await pieces.next()) {
        if (!gunzip.write(next.value)) await new Promise<void>((resolve) => gunzip.once('drain', resolve))
      }
      gunzip.end()
    }
    const fed = feed().catch((error: unknown) => gunzip.destroy(error as Error))
    yield* gunzip as AsyncIterable<Buffer>
    await fed
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return 'utf-8'
}

export const logFile = (path: string, onBytes: (count: number) => void, signal: AbortSignal): LogSource =>
  new LogFile(path, onBytes, signal)

/** Sorted rows of a log that is too large to be held, in a folder that goes with the command. */
export class RunsOnDisk implements Runs {
  private folder: string | undefined
  private readonly files: number[] = []

  put(bytes: Uint8Array): void {
    attempt('import', this.place, () => {
      const file = openSync(join(this.place, String(this.files.length)), 'wx+')
      this.files.push(file)
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
    })
  }

  get(run: number, offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let read = 0; read < length; ) read += readSync(this.files[run]!, bytes, read, length - read, offset + read)
    return bytes
  }

  remove(): void {
    for (const file of this.files) closeSync(file)
    if (this.folder === undefined) return
    removePaths([this.folder])
    keep(this.folder)
  }

  private get place(): string {
    if (this.folder === undefined) {
      this.folder = mkdtempSync(join(tmpdir(), 'fleetlab-import-'))
      removeUnlessKept(this.folder)
    }
    return this.folder
  }
}
