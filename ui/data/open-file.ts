/** A dropped or chosen file as what it is: a run's result, a comparison, a trace or a scenario; or why it is none of them. */
import { ok, type Result } from '../../sim/base/result.ts'
import type { CompareResult } from '../../sim/lab/compare.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import { resultFile } from '../../sim/report/result-file.ts'
import type { Summary } from './summary.ts'

export type OpenedFile =
  | { readonly kind: 'result'; readonly result: RunResult }
  | { readonly kind: 'compare'; readonly compare: CompareResult }
  | { readonly kind: 'summary'; readonly summary: Summary }
  | { readonly kind: 'trace'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'scenario'; readonly text: string }

export function openFile(name: string, bytes: Uint8Array<ArrayBuffer>): Result<OpenedFile, string> {
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
