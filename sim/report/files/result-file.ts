/** What a file that the dashboard is given is, by its first bytes, its name and its `format`; or why it is none of them. */
import { fail, ok, type Result } from '../../base/result.ts'

export type ResultFile =
  | { readonly kind: 'trace' }
  | { readonly kind: 'scenario'; readonly text: string }
  | { readonly kind: 'result' | 'compare' | 'summary'; readonly document: object }

const KNOWN = 'result.json of `run --out`, compare.json of `compare --out`, trace.fleet, or a scenario as YAML'
const TRACE_MAGIC = 'FLEETTR'

const FORMATS: { readonly [format: string]: 'result' | 'compare' | 'summary' } = {
  'fleetlab.run/1': 'result',
  'fleetlab.compare/1': 'compare',
  'fleetlab.summary/1': 'summary',
}

export function resultFile(name: string, bytes: Uint8Array): Result<ResultFile, string> {
  if (bytes.length === 0) return fail(`${name} is empty; the dashboard opens ${KNOWN}`)
  if (new TextDecoder().decode(bytes.subarray(0, TRACE_MAGIC.length)) === TRACE_MAGIC) return ok({ kind: 'trace' })
  if (/\.ya?ml$/i.test(name)) return ok({ kind: 'scenario', text: new TextDecoder().decode(bytes) })
  if (!/\.json$/i.test(name)) return fail(`${name} is not something the dashboard knows; it opens ${KNOWN}`)
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    return fail(`${name} is not valid JSON: ${(error as Error).message}`)
  }
  if (typeof document !== 'object' || document === null || !('format' in document))
    return fail(`${name} has no \`format\`, so it is no result of fleetlab; the dashboard opens ${KNOWN}`)
  const { format } = document
  const kind = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined
  if (kind === undefined) return fail(`${name} is of format ${JSON.stringify(format)}; the dashboard opens ${KNOWN}`)
  return ok({ kind, document })
}
