/**
 * Which build this is: the version, and the hash of the built files, which names the folder they are in. Two builds of
 * one name give the same results for the same run; of two others nobody knows.
 */
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageVersion } from './package-root.ts'

const HASH = /^[0-9a-f]{12}$/

export function buildId(): string {
  const folder = basename(dirname(fileURLToPath(import.meta.url)))
  return `${packageVersion()}+${HASH.test(folder) ? folder : 'source'}`
}
