/** Written states from files or from standard input, gzipped or not. */
import { readFile } from 'node:fs/promises'
import { constants, gunzipSync } from 'node:zlib'
import { BadInputError, type Problem } from '../../base/result.ts'
import { readFailure } from './files.ts'

/** What standard input is called in messages. */
const STDIN = '<stdin>'
const GZIP_MAGIC = [0x1f, 0x8b] as const

export interface StateFile {
  /** As the user named it, for messages. */
  readonly name: string
  readonly text: string
}

export async function readStateFile(path: string, standardInput: () => AsyncIterable<Uint8Array>): Promise<StateFile> {
  const name = path === '-' ? STDIN : path
  const bytes =
    path === '-'
      ? await allOf(standardInput())
      : await readFile(path).catch((error: unknown) => readFailure(path, error))
  const plain = GZIP_MAGIC.every((byte, index) => bytes[index] === byte) ? unzipped(name, bytes) : bytes
  try {
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(plain) }
  } catch {
    return refuse({ file: name, line: 1, message: 'is not UTF-8 text' })
  }
}

async function allOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function unzipped(name: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes)
  } catch (error) {
    // What can be read says how far the file is whole.
    const rest = readable(bytes)
    const line = rest === undefined ? 1 : rest.toString('latin1').split('\n').length
    const isCut = (error as { readonly code?: string }).code === 'Z_BUF_ERROR'
    return refuse({
      file: name,
      line,
      message: isCut ? 'is a gzip file that was cut off here' : 'is a damaged gzip file',
    })
  }
}

function readable(bytes: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return undefined
  }
}

function refuse(problem: Problem): never {
  throw new BadInputError([problem])
}
