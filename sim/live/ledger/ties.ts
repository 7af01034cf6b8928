/**
 * Which request of ours a row of the coordinator's ledger is about. An answer does not say by which name the ledger knows
 * it, so there are three ways to know, the surest first: a Mac of ours was handed that name with our request in it; the
 * answer that our client read bears that name; or one request of ours alone fits the row, and the row alone fits it, by what
 * was asked for and when. What none of them tells is tied to nothing, and counted.
 */
import type { RequestId } from '../../base/ids.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import type { ExportedRow } from './exported-table.ts'

/** A request of ours, as our clients saw it. Times in microseconds of the run. */
export interface AskedRequest {
  readonly request: RequestId
  readonly model: string
  readonly promptTokens: number
  /** 0: it gave none. */
  readonly maxTokens: number
  readonly arrivedAt: number
  /** Infinity: it was under way when the run ended. */
  readonly endedAt: number
  /** 0: it was under way. */
  readonly status: number
}

/** All that the ledger says under one name. */
export interface LedgerEntry {
  readonly name: string
  /** In the order of their attempts. */
  readonly routes: readonly ExportedRow[]
  readonly rejection: ExportedRow | undefined
}

export type TiedBy = 'macs' | 'answers' | 'fit'

export interface LedgerTie {
  readonly request: RequestId
  readonly entry: LedgerEntry
  readonly by: TiedBy
}

export interface Ties {
  readonly tied: readonly LedgerTie[]
  /** Nobody of ours: of other clients, as far as anybody can tell. */
  readonly strange: readonly LedgerEntry[]
  /** Several of ours fit. */
  readonly ambiguous: readonly LedgerEntry[]
}

export interface TieEvidence {
  readonly asked: readonly AskedRequest[]
  /** The ledger's names at Macs of ours. */
  readonly byMacs: ReadonlyMap<string, RequestId>
  /** The names that answers bear. */
  readonly byAnswers: ReadonlyMap<string, RequestId>
  /** When the run's clock showed 0, in microseconds since 1970. */
  readonly began_us: number
}

/** Answers bear it behind the word of their interface. */
const ANSWER_PREFIX = 'chatcmpl-'
/** A ledger may keep whole seconds, and may write a row some time after what it is about. */
const TIME_SLACK = MICROS_PER_SECOND

export function entriesOf(routes: readonly ExportedRow[], rejections: readonly ExportedRow[]): readonly LedgerEntry[] {
  const byName = new Map<string, { routes: ExportedRow[]; rejection: ExportedRow | undefined }>()
  const of = (row: ExportedRow): { routes: ExportedRow[]; rejection: ExportedRow | undefined } | undefined => {
    const name = row.text('request_id')
    if (name === undefined) return undefined
    const known = byName.get(name)
    if (known !== undefined) return known
    const made = { routes: [], rejection: undefined }
    byName.set(name, made)
    return made
  }
  for (const row of routes) of(row)?.routes.push(row)
  for (const row of rejections) {
    const entry = of(row)
    if (entry !== undefined) entry.rejection ??= row
  }
  return [...byName].map(([name, entry]) => ({
    name,
    routes: entry.routes.toSorted((a, b) => (a.number('attempt') ?? 0) - (b.number('attempt') ?? 0)),
    rejection: entry.rejection,
  }))
}

export function tie(entries: readonly LedgerEntry[], evidence: TieEvidence): Ties {
  const { asked, byMacs, byAnswers } = evidence
  const answered = new Map([...byAnswers].map(([name, request]) => [bare(name), request]))
  const tied: LedgerTie[] = []
  const left: LedgerEntry[] = []
  for (const entry of entries) {
    const macs = byMacs.get(entry.name)
    const answer = answered.get(bare(entry.name))
    if (macs !== undefined) tied.push({ request: macs, entry, by: 'macs' })
    else if (answer !== undefined) tied.push({ request: answer, entry, by: 'answers' })
    else left.push(entry)
  }
  const known = new Set(tied.map(({ request }) => request))
  const free = new FreeRequests(
    asked.filter(({ request }) => !known.has(request)),
    evidence.began_us,
  )
  const fitting = left.map((entry) => ({ entry, fits: free.fitting(entry) }))
  const claims = new Map<RequestId, number>()
  for (const { fits } of fitting) for (const request of fits) claims.set(request, (claims.get(request) ?? 0) + 1)
  const strange: LedgerEntry[] = []
  const ambiguous: LedgerEntry[] = []
  for (const { entry, fits } of fitting) {
    const [request] = fits
    if (request === undefined) strange.push(entry)
    else if (fits.length === 1 && claims.get(request) === 1) tied.push({ request, entry, by: 'fit' })
    else ambiguous.push(entry)
  }
  return { tied, strange, ambiguous }
}

const bare = (name: string): string => (name.startsWith(ANSWER_PREFIX) ? name.slice(ANSWER_PREFIX.length) : name)

/** Those that nothing surer has tied, by what they asked for. */
class FreeRequests {
  readonly #byAsk = new Map<string, AskedRequest[]>()

  constructor(
    asked: readonly AskedRequest[],
    private readonly began_us: number,
  ) {
    for (const each of asked) {
      const key = keyOf(each.model, each.promptTokens)
      const alike = this.#byAsk.get(key)
      if (alike === undefined) this.#byAsk.set(key, [each])
      else alike.push(each)
    }
  }

  fitting({ routes, rejection }: LedgerEntry): readonly RequestId[] {
    const row = rejection ?? routes[0]
    const model = rejection?.text('requested_model') ?? routes[0]?.text('public_model')
    const promptTokens = row?.count('estimated_prompt_tokens')
    const created = row?.time_us('created_at')
    if (row === undefined || model === undefined || promptTokens === undefined || created === undefined) return []
    const at = created - this.began_us
    const maxTokens = row.count('requested_max_tokens')
    const status = rejection?.count('http_status')
    const fits = (each: AskedRequest): boolean =>
      at >= each.arrivedAt - TIME_SLACK &&
      at <= each.endedAt + TIME_SLACK &&
      (each.maxTokens === 0 || maxTokens === undefined || maxTokens === each.maxTokens) &&
      (status === undefined || status === each.status)
    return (this.#byAsk.get(keyOf(model, promptTokens)) ?? []).filter(fits).map(({ request }) => request)
  }
}

const keyOf = (model: string, promptTokens: number): string => `${promptTokens} ${model}`
