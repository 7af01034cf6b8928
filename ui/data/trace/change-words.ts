/** A change of the fleet as a sentence, for lists; and the operator's changes of one moment as one mark. */
import type { ChangeGroup, ChangeRow } from '../fleet/fleet-changes.ts'
import { assertNever } from '../../../sim/base/assert.ts'

export const GROUP_NAMES: { readonly [G in ChangeGroup]: string } = {
  operator: 'operator',
  offers: 'fetched and offered',
  loads: 'loads',
  unloads: 'unloads',
  labels: 'labels',
  assignments: 'assignments',
}

const orNone = (label: string): string => (label === '' ? 'no pool' : label)

const CHANGES = {
  added: 'offered from now on',
  dropped: 'offered no longer: superseded',
  rejected: 'refused: outside the catalog, or of other weights',
} as const

const DOWNLOADS = {
  started: 'fetch begun',
  verified: 'fetched and verified',
  failed: 'fetch failed',
  unwanted: 'verified, but desired no longer',
} as const

const UNLOADS = {
  evicted: 'evicted for another build',
  idle_timeout: 'unloaded after idling',
  post_load_check: 'unloaded: too little memory left after its load',
  restart: 'gone with a restart',
  assigned: 'unloaded: the Mac was assigned to another build',
  commanded: 'unloaded: it was told to, which no real program can be',
} as const

const CAUSES = { demand: 'for a request', command: 'on command', assign: 'by assignment' } as const
const COMMANDERS = { swap_planner: 'swap planner', warm_pool: 'warm pool', policy: 'policy' } as const

interface ChangeWords {
  /** Build, pool or alias that it is about. */
  readonly subject: string
  readonly words: string
}

export function wordsOfChange(row: ChangeRow): ChangeWords {
  switch (row.kind) {
    case 'timeline':
      return { subject: '', words: row.what }
    case 'desired_models':
      return { subject: row.desired, words: `desired for ${row.alias}: pushed to the Mac` }
    case 'download':
      return { subject: row.build, words: DOWNLOADS[row.what] }
    case 'models_changed':
      return { subject: row.build, words: CHANGES[row.change] }
    case 'load_command':
      return { subject: row.build, words: `load commanded by the ${COMMANDERS[row.by]}` }
    case 'load_started':
      return { subject: row.build, words: `load begun ${CAUSES[row.cause]}` }
    case 'load_ended': {
      const took = `${(row.took / 1e6).toFixed(1)} s`
      return { subject: row.build, words: row.ok ? `loaded in ${took}` : `load failed after ${took}: ${row.text}` }
    }
    case 'unloaded':
      return { subject: row.build, words: UNLOADS[row.why] }
    case 'relabel':
      return { subject: row.to, words: `label ${orNone(row.from)} → ${orNone(row.to)} by ${surfaceOf(row)}` }
    case 'provider_pools':
      return {
        subject: row.assigned,
        words: `${row.assigned === '' ? 'in no pool' : `in pool ${row.assigned}`}, holds ${row.active === '' ? 'nothing' : row.active}`,
      }
    case 'assignment':
      return { subject: row.build, words: `assignment ${row.epoch}: ${row.state}` }
    case 'placement_move':
      return {
        subject: row.build,
        words: `plan: from ${orNone(row.from)}${row.sent ? '' : ', not sent'}`,
      }
    default:
      return assertNever(row)
  }
}

const surfaceOf = (row: Extract<ChangeRow, { kind: 'relabel' }>): string =>
  row.request < 0 ? row.surface : `${row.surface}, request ${row.request}`

/** What the operator did at one moment. */
export interface OperatorChange {
  readonly at_s: number
  /** On charts. */
  readonly label: string
  readonly words: string
}

const NAMES_MAX = 6

/** Entries of one moment become one mark; the same thing done to many Macs becomes one line. */
export function operatorChanges(
  timeline: readonly { readonly at_us: number; readonly what: string }[],
): OperatorChange[] {
  const byTime = new Map<number, Map<string, string[]>>()
  for (const { at_us, what } of timeline) {
    const verbs = byTime.get(at_us) ?? new Map<string, string[]>()
    byTime.set(at_us, verbs)
    const space = what.indexOf(' ')
    const [verb, rest] = space < 0 ? [what, ''] : [what.slice(0, space), what.slice(space + 1)]
    verbs.set(verb, [...(verbs.get(verb) ?? []), rest])
  }
  return [...byTime]
    .sort(([a], [b]) => a - b)
    .map(([at_us, verbs], i) => ({
      at_s: at_us / 1e6,
      label: String(i + 1),
      words: [...verbs].map(([verb, subjects]) => `${verb} ${listed(subjects)}`).join('; '),
    }))
}

function listed(subjects: readonly string[]): string {
  if (subjects.length <= NAMES_MAX) return subjects.join(', ')
  return `${subjects.slice(0, NAMES_MAX).join(', ')} and ${subjects.length - NAMES_MAX} more`
}
