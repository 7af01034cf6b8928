/** A written state's answers for people: what the coordinator would do with each request, and why not otherwise. */
import type { DecidedState } from '../../lab/decide/decide.ts'
import { decisionLines } from './explain.ts'
import type { DecisionNote } from './explain-table.ts'
import { cell, type TextCell, type Paint, plainPaint } from '../form/paint.ts'
import { formatTable } from '../form/table.ts'
import { formatNumber } from '../form/unit.ts'
import { wrap } from '../form/wrap.ts'

/** Columns of a terminal. */
const WIDTH = 118
/** Where the text after a label begins, as in an explanation. */
const TEXT_AT = 13

type Request = DecidedState['document']['requests'][number]
type Decision = DecidedState['decided']['requests'][number]
type Tick = NonNullable<DecidedState['decided']['ticks']>[number]

/** Ends without a newline. */
export function formatDecided(state: DecidedState, paint: Paint = plainPaint): string {
  const { document, decided, policy } = state
  const machines = counted(document.machines.length, 'machine')
  const requests = counted(document.requests.length, 'request')
  const head = `${paint('strong', document.id)}: ${machines}, ${requests}, policy ${policy}`
  const blocks = decided.requests.map((decision, index) => requestLines(state, index, decision, paint).join('\n'))
  const ticks = (decided.ticks ?? []).map((tick) => tickText(state, tick, paint))
  return [head, ...blocks, ...ticks].join('\n\n')
}

const counted = (count: number, what: string): string => `${formatNumber(count, 0)} ${what}${count === 1 ? '' : 's'}`

function requestLines(state: DecidedState, index: number, decision: Decision, paint: Paint): readonly string[] {
  const request = state.document.requests[index]!
  const place = `request ${index + 1} of ${state.document.requests.length}`
  const notes = decision.notes.filter((note): note is DecisionNote => note.kind === 'decision')
  return [
    `${paint('strong', place)}: ${request.build}, ${traitsOf(state, request).join(', ')}. Costs and TTFT in seconds.`,
    ...factsOf(state, decision).flatMap(([label, text]) => labelled(label, text, paint)),
    ...notes.flatMap((note) => decisionLines(note, paint).map((line, row) => (row === 0 ? `  ${line}` : line))),
    ...labelled('outcome', outcomeOf(state, request, decision), paint),
  ]
}

const labelled = (label: string, text: string, paint: Paint): readonly string[] =>
  wrap(text, WIDTH - TEXT_AT).map((line, row) =>
    row === 0 ? `  ${paint('dim', label.padEnd(TEXT_AT - 2))}${line}` : ' '.repeat(TEXT_AT) + line,
  )

/** What the request asks for besides its build. */
function traitsOf({ document }: DecidedState, request: Request): readonly string[] {
  const whose = request.account === null ? '' : ` of ${request.account}`
  const ceiling_ms = request.max_ttft_ms ?? 0
  const names = request.excluded.map((machine) => document.machines[machine]!.serial)
  return [
    `prompt ${formatNumber(request.prompt_tokens, 0)}`,
    request.max_tokens > 0 ? `max_tokens ${formatNumber(request.max_tokens, 0)}` : 'no max_tokens',
    `${request.route.replace('_', ' ')}${whose}`,
    ...(request.tools ? ['tools'] : []),
    ...(request.vision ? ['vision'] : []),
    ...(request.serials === null
      ? []
      : [`only on ${request.serials.length === 0 ? 'no machine' : request.serials.join(', ')}`]),
    ...(names.length === 0 ? [] : [`not on ${names.join(', ')}`]),
    ...(request.avoid_version === null ? [] : [`rather not on version ${request.avoid_version}`]),
    ...(ceiling_ms > 0 ? [`TTFT at most ${formatNumber(ceiling_ms, 0)} ms`] : []),
    ...(request.affinity === null ? [] : [`cached on ${document.machines[request.affinity]!.serial}`]),
  ]
}

function factsOf({ document }: DecidedState, { answer }: Decision): readonly (readonly [string, string])[] {
  const names = (machines: readonly number[]): string =>
    machines.length === 0 ? 'nobody' : machines.map((machine) => document.machines[machine]!.serial).join(', ')
  const { probes, servability } = answer
  const aliases = Object.entries(answer.resolve).map(([name, build]) => `${name} → ${build ?? 'none'}`)
  const gate = servability === undefined ? 'context unknown' : (servability ?? 'passes')
  return [
    ...(aliases.length === 0 ? [] : [['aliases', aliases.join(', ')] as const]),
    [
      'probes',
      `vision ${probes.vision ? 'yes' : 'no'}, tools ${probes.tools ? 'yes' : 'no'}; servability gate: ${gate}`,
    ],
    ['warm', names(answer.warm)],
    ['cold spill', counted(answer.cold_spill_machines, 'machine')],
    ['swap order', names(answer.swap_candidates)],
  ]
}

/** Who gets it, and how much of that is the draw. */
function outcomeOf({ document }: DecidedState, request: Request, { answer, reserved }: Decision): string {
  const { winners } = answer.selection
  const nameOf = (machine: number): string => document.machines[machine]!.serial
  const choice =
    winners.length === 0
      ? 'nobody'
      : winners.length === 1
        ? nameOf(winners[0]!)
        : `one of ${winners.map(nameOf).join(', ')}, by the draw`
  const holder = reserved === null ? 'nobody holds it' : `${nameOf(reserved)} holds it`
  return `${choice}; ${holder} from here on${request.reserved === undefined ? '' : ', as recorded'}`
}

function tickText({ document }: DecidedState, { at_s, plans }: Tick, paint: Paint): string {
  const heads = ['target', 'warm', 'cold', 'running', 'waiting', 'quality cap', 'demand'] as const
  const columns = [
    { head: 'build', align: 'left' as const },
    ...heads.map((head) => ({ head, align: 'right' as const })),
    { head: 'loads', align: 'left' as const },
  ]
  const rows = plans.map((plan): readonly TextCell[] => [
    plan.build,
    ...[plan.target, plan.warm, plan.cold, plan.running, plan.waiting, plan.quality_concurrency].map((figure) =>
      formatNumber(figure, 0),
    ),
    formatNumber(plan.demand, 3),
    cell(plan.loads.map((machine) => document.machines[machine]!.serial).join(', '), 'strong'),
  ])
  const head = `${paint('strong', `warm pool at ${formatNumber(at_s, 1)} s`)}:`
  return [head, formatTable({ columns, rows }, paint)].join('\n')
}
