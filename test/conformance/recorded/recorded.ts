/** Reads what was recorded of the real coordinator; see recorded/README.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type DecideDocument, decideDocumentSchema } from '../../../sim/coordinator/document/format.ts'

/** One JSON value a line, as it stands there. */
export const recordedLines = (
  name: 'states-rich' | 'states-plain' | 'states-wild' | 'stories' | 'breakers',
): unknown[] =>
  gunzipSync(readFileSync(join(import.meta.dirname, `${name}.jsonl.gz`)))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

export const recordedStates = (name: 'states-rich' | 'states-plain' | 'states-wild'): DecideDocument[] =>
  recordedLines(name).map((line) => decideDocumentSchema.parse(line))
