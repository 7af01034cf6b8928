/** What a dropped or chosen file is: a run's result, a comparison, a trace or a scenario; or why it is none of them. */
import { fail, ok, type Result } from '../../sim/base/result.ts'
import type { CompareResult } from '../../sim/lab/compare.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import type { Summary } from './summary.ts'

export type OpenedFile =
  | { readonly kind: 'result'; readonly result: RunResult }
  | { readonly kind: 'compare'; readonly compare: CompareResult }
  | { readonly kind: 'summary'; readonly summary: Summary }
  | { readonly kind: 'trace'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'scenario'; readonly text: string }

const KNOWN = 'result.json of `run --out`, compare.json of `compare --out`, trace.fleet, or a scenario as YAML'
const TRACE_MAGIC = 'FLEETTR'

export function openFile(name: string, bytes: Uint8Array<ArrayBuffer>): Result<OpenedFile, string> {
  if (bytes.length === 0) return fail(`${name} is empty; the dashboard opens ${KNOWN}`)
  if (new TextDecoder().decode(bytes.subarray(0, TRACE_MAGIC.length)) === TRACE_MAGIC)
    return ok({ kind: 'trace', bytes })
  if (/\.ya?ml$/i.test(name)) return ok({ kind: 'scenario', text: new TextDecoder().decode(bytes) })
  if (!/\.json$/i.test(name)) return fail(`${name} is not something the dashboard knows; it opens ${KNOWN}`)
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    return fail(`${name} is not valid JSON: ${(error as Error).message}`)
  }
  const format =
    typeof document === 'object' && document !== null ? (document as { format?: unknown }).format : undefined
  switch (format) {
    case 'fleetlab.run/1':
      return ok({ kind: 'result', result: document as RunResult })
    case 'fleetlab.compare/1':
      return ok({ kind: 'compare', compare: document as CompareResult })
    case 'fleetlab.summary/1':
      return ok({ kind: 'summary', summary: document as Summary })
    default:
      return fail(
        format === undefined
          ? `${name} has no \`format\`, so it is no result of fleetlab; the dashboard opens ${KNOWN}`
          : `${name} is of format ${JSON.stringify(format)}; the dashboard opens ${KNOWN}`,
      )
  }
}
