/**
 * `inference_route_candidates`, the table the ledger's authors planned: one row per machine that a decision considered, with
 * its cost term by term or the first reason against it. It answers whether the runner-up was faster, and which 429 could have
 * been served. Written from the same verdicts as an explanation.
 *
 * Rows are machines x decisions: an hour of 60 Macs and 17,000 requests makes 2.4 million, 585 MB. Whoever writes them
 * does so while the run goes.
 */
import type { Explanation } from '../../lab/runs/ports.ts'
import { csvLine, type CsvValue } from '../form/csv.ts'
import { chipPart } from './ledger-columns.ts'
import { timestamp } from '../form/timestamp.ts'

type Note = Explanation[number]
type DecisionNote = Extract<Note, { kind: 'decision' }>
type Verdict = DecisionNote['verdicts'][number]

/** What is known of the machine from its registration. */
export interface Hardware {
  readonly chip: string
  readonly memory_gb: number
}

interface Considered {
  readonly note: DecisionNote
  /** Number of the dispatch the decision was for: 0, 1, 2 … */
  readonly attempt: number
  readonly verdict: Verdict
  /** By cost among the candidates of its build, from 1, the cache's bonus taken off; undefined: not eligible. */
  readonly rank: number | undefined
  readonly hardware: Hardware | undefined
}

type Candidate = Extract<Verdict, { kind: 'candidate' }>
const of =
  (value: (candidate: Candidate) => CsvValue) =>
  ({ verdict }: Considered): CsvValue =>
    verdict.kind === 'candidate' ? value(verdict) : undefined

const COLUMNS: readonly (readonly [name: string, value: (row: Considered) => CsvValue])[] = [
  ['request_id', ({ note }) => note.request],
  ['attempt', ({ attempt }) => attempt],
  ['phase', ({ note }) => note.phase],
  ['provider_id', ({ verdict }) => verdict.serial],
  ['model', ({ verdict }) => verdict.build],
  ['rank', ({ rank }) => rank],
  // A winner that fails the second look was not selected after all.
  ['selected', ({ note, verdict }) => note.provider === verdict.provider],
  ['eligible', ({ verdict }) => verdict.kind === 'candidate'],
  ['rejection_reason', ({ verdict }) => (verdict.kind === 'dropped' ? verdict.drop : '')],
  ['fate', of(({ fate }) => fate)],
  ['tie', of(({ tie }) => tie)],
  ['cost_ms', of(({ breakdown }) => breakdown.cost_ms)],
  ['state_ms', of(({ breakdown }) => breakdown.state_ms)],
  ['queue_ms', of(({ breakdown }) => breakdown.queue_ms)],
  ['pending_ms', of(({ breakdown }) => breakdown.pending_ms)],
  ['backlog_ms', of(({ breakdown }) => breakdown.backlog_ms)],
  ['this_req_ms', of(({ breakdown }) => breakdown.thisRequest_ms)],
  ['health_ms', of(({ breakdown }) => breakdown.health_ms)],
  ['ttft_ms', of(({ breakdown }) => breakdown.ttft_ms)],
  ['effective_queue', of(({ breakdown }) => breakdown.effectiveQueue)],
  ['effective_tps', of(({ breakdown }) => breakdown.effectiveTps)],
  ['static_tps', of(({ breakdown }) => breakdown.staticTps)],
  ['backend_running', ({ verdict }) => verdict.running],
  ['projected_tps', of(({ projectedTps }) => projectedTps)],
  ['cache_affinity_ms', of(({ affinity_ms }) => affinity_ms)],
  ['hardware_chip', ({ hardware }) => hardware?.chip],
  ['hardware_chip_family', ({ hardware }) => chipPart(hardware?.chip, 1)],
  ['hardware_tier', ({ hardware }) => chipPart(hardware?.chip, 2)],
  ['memory_gb', ({ hardware }) => hardware?.memory_gb],
  ['gpu_cores', ({ hardware }) => chipPart(hardware?.chip, 3)],
  ['created_at', ({ note }) => timestamp(note.at)],
]

export const candidatesHead = (): string => csvLine(COLUMNS.map(([name]) => name))

/** Counts the dispatches of requests in flight, so that each decision knows which attempt it is for. */
export class CandidateLines {
  private readonly dispatches = new Map<number, number>()

  constructor(private readonly hardwareOf: (provider: number) => Hardware | undefined) {}

  /** Lines of the table; '' for what is no decision. */
  lines(note: Note): string {
    const attempt = this.dispatches.get(note.request) ?? 0
    if (note.kind === 'dispatched') this.dispatches.set(note.request, attempt + 1)
    if (note.kind === 'cancelled' || (note.kind === 'answer' && note.answer.kind !== 'first_token')) {
      this.dispatches.delete(note.request)
    }
    return note.kind === 'decision' ? this.table(note, attempt) : ''
  }

  private table(note: DecisionNote, attempt: number): string {
    const ranks = ranksOf(note.verdicts)
    const lines = note.verdicts.map((verdict) => {
      const hardware = this.hardwareOf(verdict.provider)
      const row: Considered = { note, attempt, verdict, rank: ranks.get(verdict), hardware }
      return csvLine(COLUMNS.map(([, value]) => value(row)))
    })
    return lines.join('')
  }
}

const ranked_ms = ({ breakdown, affinity_ms }: Candidate): number => breakdown.cost_ms - affinity_ms

/** Equal costs share a rank. A quick check may have looked at two builds of an alias. */
function ranksOf(verdicts: readonly Verdict[]): ReadonlyMap<Verdict, number> {
  const ranks = new Map<Verdict, number>()
  const candidates = verdicts.filter((verdict) => verdict.kind === 'candidate')
  for (const build of new Set(candidates.map((each) => each.build))) {
    const own = candidates.filter((each) => each.build === build).toSorted((a, b) => ranked_ms(a) - ranked_ms(b))
    let rank = 0
    let last_ms = -Infinity
    for (const [place, candidate] of own.entries()) {
      if (ranked_ms(candidate) > last_ms) rank = place + 1
      last_ms = ranked_ms(candidate)
      ranks.set(candidate, rank)
    }
  }
  return ranks
}
