/** The first act in which two runs part, and what each side thought of it. */
import type { ExplainedRequest } from '../../lab/story/find-request.ts'
import type { Act, Parting } from '../../lab/story/parting.ts'
import { formatExplanation } from './explain.ts'
import { type Paint, plainPaint } from '../form/paint.ts'
import { formatNumber } from '../form/unit.ts'

export interface DiffSide {
  readonly name: string
  readonly explained: ExplainedRequest | undefined
  readonly serialOf: (provider: number) => string
}

export interface DiffReport {
  readonly parting: Parting | undefined
  readonly acts: number
  readonly sides: readonly [DiffSide, DiffSide]
  /** One of them is not the lab's: acts are those that both can tell, request by request, whenever they happened. */
  readonly besideReal?: true
}

const seconds = (micros: number): string => `${formatNumber(micros / 1e6, 6)} s`

function actText(act: Act | undefined, serialOf: (provider: number) => string): string {
  if (act === undefined) return 'does nothing more'
  const when = `at ${seconds(act.at)}`
  switch (act.kind) {
    case 'preflight':
      return `${when} request ${act.request} is ${act.outcome === 'admitted' ? 'let in' : 'refused'} at the door for ${act.build} (${act.candidates} machines could take it, ${act.capacityRejections} without room${act.poolRejections < 0 ? '' : `, ${act.poolRejections} of other pools`})`
    case 'decision': {
      const whom = act.provider < 0 ? '' : `, ${serialOf(act.provider)}`
      return `${when} request ${act.request}, attempt ${act.attempt}, ${act.phase.replace('_', ' ')} for ${act.build}: ${act.outcome}${whom} (${act.candidates} machines could take it${nearTiesOf(act)})`
    }
    case 'load_command':
      return `${when} ${serialOf(act.provider)} is told to load ${act.build}, by ${act.by.replace('_', ' ')}`
    case 'assignment':
      return `${when} ${serialOf(act.provider)} is ${act.state} for ${act.build}`
    case 'ended':
      return `${when} request ${act.request} is answered ${act.status} ${act.reason}`
  }
}

const BESIDE_REAL =
  'dispatches and refusals, in the order of requests, times aside (one is of a real coordinator, where near ties are drawn anew)'

/** Of a machine that was chosen there is at least one; 0: nobody told, as in a real ledger. */
const nearTiesOf = ({ outcome, nearTies }: Extract<Act, { kind: 'decision' }>): string =>
  outcome === 'selected' && nearTies === 0 ? '' : `, ${nearTies} nearly alike`

export function formatDiff({ parting, acts, sides, besideReal }: DiffReport, paint: Paint = plainPaint): string {
  const [a, b] = sides
  const what = besideReal === true ? BESIDE_REAL : 'acts of the coordinator'
  if (parting === undefined) {
    return `${a.name} and ${b.name} decide alike throughout: ${formatNumber(acts, 0)} ${what}`
  }
  const side = ({ name, explained, serialOf }: DiffSide, act: Act | undefined): readonly string[] => [
    '',
    paint('strong', name),
    actText(act, serialOf),
    ...(explained === undefined ? [] : ['', formatExplanation(explained, paint)]),
  ]
  return [
    `alike for ${formatNumber(parting.alike, 0)} ${what}; then they part:`,
    ...side(a, parting.a),
    ...side(b, parting.b),
  ].join('\n')
}
