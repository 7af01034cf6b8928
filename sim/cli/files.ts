/** Scenario files from the disk. */
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { refuse } from './exit.ts'
import type { Files } from '../lab/ports.ts'

/** Codes that mean there is no such file; anything else (no permission, a folder) deserves its own words. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR'])
const WORDS: { readonly [code: string]: string } = {
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read by this user',
}

/** Why a file could not be read, for the user. */
export function readFailure(path: string, error: unknown): never {
  const { code, message } = error as { readonly code?: string; readonly message: string }
  const why = ABSENT.has(code) ? 'does not exist' : (WORDS[code ?? ''] ?? `cannot be read: ${message}`)
  return refuse([{ file: path, message: why }])
}

export const nodeFiles: Files = {
  async read(path) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (ABSENT.has((error as { readonly code?: string }).code)) return undefined
      return readFailure(path, error)
    }
  },
  resolve: (from, relative) => (isAbsolute(relative) ? relative : join(dirname(from), relative)),
}
