/** Scenario files from the disk. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { BadInputError } from '../../base/result.ts'
import type { MakeSha256 } from '../../base/sha256.ts'
import { refuse } from '../exit.ts'
import type { Files } from '../../lab/runs/ports.ts'

/** Codes that mean there is no such file; anything else (no permission, a folder) deserves its own words. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR'])
const WORDS: { readonly [code: string]: string } = {
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read by this user',
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const NEWLINE = 0x0a

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    UTF8.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Bytes that are no UTF-8 would otherwise become question marks in somebody's names. */
function textOf(path: string, bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    let line = 1
    for (let from = 0; from < bytes.length; line++) {
      const end = bytes.indexOf(NEWLINE, from)
      const own = bytes.subarray(from, end < 0 ? bytes.length : end)
      if (!isUtf8(own)) {
        let length = 0
        while (length < own.length && isUtf8(own.subarray(0, length + 1))) length++
        const column = UTF8.decode(own.subarray(0, length)).length + 1
        return refuse([{ file: path, line, column, message: 'is not UTF-8 from here on; save the file as UTF-8' }])
      }
      from += own.length + 1
    }
    throw new Error(`${path}: neither UTF-8 nor not`)
  }
}

/** Why a file could not be read, for the user. */
export function readFailure(path: string, error: unknown): never {
  const { code, message } = error as { readonly code?: string; readonly message: string }
  const why = ABSENT.has(code) ? 'does not exist' : (WORDS[code ?? ''] ?? `cannot be read: ${message}`)
  return refuse([{ file: path, message: why }])
}

export const nodeFiles: Files & { readonly sha256: MakeSha256 } = {
  async read(path) {
    try {
      return textOf(path, await readFile(path))
    } catch (error) {
      if (error instanceof BadInputError) throw error
      if (ABSENT.has((error as { readonly code?: string }).code)) return undefined
      return readFailure(path, error)
    }
  },
  resolve: (from, relative) => (isAbsolute(relative) ? relative : join(dirname(from), relative)),
  sha256: () => createHash('sha256'),
}
