/**
 * Where two runs on the same seed part: the first thing the coordinator does in one and not in the other. What a policy thinks (labels,
 * counts of a check) parts long before anything comes of it, so only acts count: a request let in or refused, a machine chosen or
 * none, a build told to load.
 */
import type { TraceRow } from '../../trace/row.ts'

export type Act = Extract<TraceRow, { kind: 'preflight' | 'decision' | 'load_command' | 'assignment' | 'ended' }>

export interface Parting {
  /** Acts that both did alike before. */
  readonly alike: number
  /** undefined: this run did nothing more. */
  readonly a: Act | undefined
  readonly b: Act | undefined
}

/** Everything of an act that somebody outside can tell from another. */
function signOf(act: Act): string {
  switch (act.kind) {
    case 'preflight':
      return [act.kind, act.at, act.request, act.outcome, act.build].join(' ')
    case 'decision':
      return [act.kind, act.at, act.request, act.attempt, act.phase, act.outcome, act.provider, act.build].join(' ')
    case 'load_command':
      return [act.kind, act.at, act.provider, act.build, act.by].join(' ')
    case 'assignment':
      return [act.kind, act.at, act.provider, act.build, act.state].join(' ')
    case 'ended':
      return [act.kind, act.at, act.request, act.outcome, act.status, act.reason].join(' ')
  }
}

/** Both ends of a comparison as they come: run A first, then B until it parts. */
export class PartingFinder {
  private readonly first: Act[] = []
  private next = 0
  private found: Parting | undefined

  /** A subscriber of the first run's trace. */
  readonly rowOfA = (row: TraceRow): void => {
    const act = actOf(row)
    if (act !== undefined) this.first.push(act)
  }

  /** A subscriber of the second's. */
  readonly rowOfB = (row: TraceRow): void => {
    const b = this.found === undefined ? actOf(row) : undefined
    if (b === undefined) return
    const a = this.first[this.next]
    if (a !== undefined && signOf(a) === signOf(b)) this.next += 1
    else this.found = { alike: this.next, a, b }
  }

  /** After both runs; undefined: they are the same. */
  parting(): Parting | undefined {
    if (this.found !== undefined || this.next === this.first.length) return this.found
    return { alike: this.next, a: this.first[this.next], b: undefined }
  }

  get acts(): number {
    return this.first.length
  }
}

function actOf(row: TraceRow): Act | undefined {
  switch (row.kind) {
    case 'preflight':
    case 'decision':
    case 'load_command':
    case 'assignment':
      return { ...row }
    case 'ended':
      // What was served, and when, follows from what was decided and from the Macs; a refusal is a decision.
      return row.outcome === 'rejected' ? { ...row } : undefined
    default:
      return undefined
  }
}

/** The request an act is about. */
export const requestOf = (act: Act | undefined): number | undefined =>
  act !== undefined && 'request' in act ? act.request : undefined
