/** The first act in which two runs part, and what each side thought of it. */
import type { ExplainedRequest } from '../../lab/story/find-request.ts'
import type { Act, Parting } from '../../lab/story/parting.ts'
import { formatExplanation } from './explain.ts'
import { type Paint, plainPaint } from '../form/paint.ts'
import { formatNumber } from '../form/unit.ts'

export interface DiffSide {
  readonly name: string
  readonly explained: ExplainedRequest | undefined
}

export interface DiffReport {
  readonly parting: Parting | undefined
  readonly acts: number
  readonly sides: readonly [DiffSide, DiffSide]
  readonly serialOf: (provider: number) => string
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
      return `${when} request ${act.request}, attempt ${act.attempt}, ${act.phase.replace('_', ' ')} for ${act.build}: ${act.outcome}${whom} (${act.candidates} machines could take it, ${act.nearTies} nearly alike)`
    }
    case 'load_command':
      return `${when} ${serialOf(act.provider)} is told to load ${act.build}, by ${act.by.replace('_', ' ')}`
    case 'assignment':
      return `${when} ${serialOf(act.provider)} is ${act.state} for ${act.build}`
    case 'ended':
      return `${when} request ${act.request} is answered ${act.status} ${act.reason}`
  }
}

export function formatDiff({ parting, acts, sides, serialOf }: DiffReport, paint: Paint = plainPaint): string {
  const [a, b] = sides
  if (parting === undefined) {
    return `${a.name} and ${b.name} decide alike throughout: ${formatNumber(acts, 0)} acts of the coordinator`
  }
  const side = ({ name, explained }: DiffSide, act: Act | undefined): readonly string[] => [
    '',
    paint('strong', name),
    actText(act, serialOf),
    ...(explained === undefined ? [] : ['', formatExplanation(explained, paint)]),
  ]
  return [
    `alike for ${formatNumber(parting.alike, 0)} acts of the coordinator; then they part:`,
    ...side(a, parting.a),
    ...side(b, parting.b),
  ].join('\n')
}
