/** A dropped or chosen file as what it is: a run's result, a comparison, a trace, a scenario, a policy or a log; or why it is none of them. */
import { ok, type Result } from '../../../sim/base/result.ts'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import { resultFile } from '../../../sim/report/files/result-file.ts'
import type { Summary } from './summary.ts'

export type OpenedFile =
  | { readonly kind: 'result'; readonly result: RunResult }
  | { readonly kind: 'compare'; readonly compare: CompareResult }
  | { readonly kind: 'summary'; readonly summary: Summary }
  | { readonly kind: 'trace'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'scenario'; readonly text: string }
  | { readonly kind: 'policy'; readonly text: string }
  /** An address that was too long for one. */
  | { readonly kind: 'link'; readonly address: string }
  /** Of requests, of another program or a coordinator's ledger. */
  | { readonly kind: 'log' }

/** Tables and lists of documents; a document of another program is one too, where its own says no `format`. */
const LOG_NAME = /\.(?:csv|tsv|jsonl|ndjson|log|json\.gz)(?:\.gz)?$/i

/** What our own documents begin with: they need not be read twice. */
const OWN_START = /^\s*\{\s*"format"\s*:/
const START_BYTES = 100

function isLog(name: string, bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false
  if (LOG_NAME.test(name)) return true
  if (!/\.json$/i.test(name)) return false
  if (OWN_START.test(new TextDecoder().decode(bytes.subarray(0, START_BYTES)))) return false
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof document === 'object' && document !== null && !('format' in document)
  } catch {
    return false
  }
}

export const LINK_ENDING = '.fleetlink'
const POLICY_NAME = /\.[cm]?[jt]s$/i

export function openFile(name: string, bytes: Uint8Array<ArrayBuffer>): Result<OpenedFile, string> {
  if (name.endsWith(LINK_ENDING)) return ok({ kind: 'link', address: new TextDecoder().decode(bytes).trim() })
  if (POLICY_NAME.test(name)) return ok({ kind: 'policy', text: new TextDecoder().decode(bytes) })
  if (isLog(name, bytes)) return ok({ kind: 'log' })
  const file = resultFile(name, bytes)
  if (!file.ok) return file
  const { value } = file
  switch (value.kind) {
    case 'trace':
      return ok({ kind: 'trace', bytes })
    case 'scenario':
      return ok({ kind: 'scenario', text: value.text })
    case 'result':
      return ok({ kind: 'result', result: value.document as RunResult })
    case 'compare':
      return ok({ kind: 'compare', compare: value.document as CompareResult })
    default:
      return ok({ kind: 'summary', summary: value.document as Summary })
  }
}
