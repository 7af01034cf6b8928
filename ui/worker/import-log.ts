/** Logs that were dropped, through the importer of the command line: what it found as text, and the files it makes. */
import { formatProblem } from '../../sim/base/result.ts'
import { importLogs } from '../../sim/import/import-logs.ts'
import type { LogSource } from '../../sim/import/reading/log-text.ts'
import { runsInMemory } from '../../sim/import/reading/runs-in-memory.ts'
import { formatImport } from '../../sim/report/text/inputs/import-text.ts'
import type { ImportedLog, NamedBytes } from './protocol.ts'

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** As the command line reads a file: decompressed where it is compressed, decoded where Windows wrote it. */
async function* textOf(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<string> {
  const raw = new Blob([bytes]).stream()
  const plain = isGzip(bytes) ? raw.pipeThrough(new DecompressionStream('gzip')) : raw
  const reader = plain.getReader()
  let decoder: TextDecoder | undefined
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const [first, second] = piece.value
    decoder ??= new TextDecoder(first === 0xff && second === 0xfe ? 'utf-16le' : 'utf-8')
    yield decoder.decode(piece.value, { stream: true })
  }
  yield decoder?.decode() ?? ''
}

export async function importedLog(logs: readonly NamedBytes[], pause: () => Promise<void>): Promise<ImportedLog> {
  const sources = logs.map(({ name, bytes }): LogSource => ({ name, text: () => textOf(bytes) }))
  const files: { [name: string]: string } = {}
  const name = logs[0]!.name.replace(/(?:\.(?:csv|tsv|json|jsonl|ndjson|log|gz))+$/i, '') || 'imported'
  const result = await importLogs(
    sources,
    { time: {}, renames: new Map(), strict: false, name },
    { runs: runsInMemory(), append: (file, text) => void (files[file] = (files[file] ?? '') + text), pause },
  )
  if (!result.ok) return { kind: 'refused', text: result.error.map(formatProblem).join('\n') }
  return { kind: 'imported', name, text: formatImport(result.value, 'imported'), files }
}
