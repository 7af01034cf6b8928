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

export const nodeFiles: Files = {
  async read(path) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      const { code } = error as { readonly code?: string }
      if (ABSENT.has(code)) return undefined
      return refuse([{ file: path, message: WORDS[code ?? ''] ?? `cannot be read: ${(error as Error).message}` }])
    }
  },
  resolve: (from, relative) => (isAbsolute(relative) ? relative : join(dirname(from), relative)),
}
