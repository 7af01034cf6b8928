/** What became of the check of a policy, for people. */
import type { PolicyCheckResult } from '../../../evidence/policy/policy-check.ts'
import { type Paint, plainPaint } from '../../form/paint.ts'
import { formatTable } from '../../form/table.ts'
import { formatNumber } from '../../form/unit.ts'

const count = (figure: number): string => formatNumber(figure, 0)
const plural = (figure: number, noun: string): string => `${count(figure)} ${noun}${figure === 1 ? '' : 's'}`

/** Ends without a newline. */
export function formatPolicyCheck(result: PolicyCheckResult, paint: Paint = plainPaint): string {
  const { policy, states, worlds, asked, unlike } = result
  const columns = [
    { head: 'surface', align: 'left' as const },
    { head: 'asked in the worlds', align: 'right' as const },
  ]
  const rows = Object.entries(asked).map(([surface, times]) => [
    surface,
    times === 0 ? { text: 'never', tone: 'warn' as const } : count(times),
  ])
  const lines = [
    `${paint('strong', policy)}: types agree with the plug`,
    `${plural(states.count, 'recorded state')}: ${plural(states.decisions, 'decision')}, ${count(states.assigned)} with a Mac, none that a gate refuses`,
    `${plural(worlds.count, 'random world')}, judges on: ${plural(worlds.events, 'event')}; ${plural(worlds.arrived, 'request')}, ${count(worlds.served)} served`,
    `the second time: ${
      unlike.length === 0
        ? paint('good', 'the same digests')
        : paint('bad', `${plural(unlike.length, 'digest')} differ${unlike.length === 1 ? 's' : ''}`)
    }`,
    ...unlike
      .slice(0, UNLIKE_SHOWN)
      .flatMap(({ kind, name, first, second }) => [
        `  ${kind} ${name}`,
        `    first   ${first}`,
        `    second  ${second}`,
      ]),
    ...(unlike.length > UNLIKE_SHOWN ? [`  and ${count(unlike.length - UNLIKE_SHOWN)} more`] : []),
    ...(unlike.length > 0
      ? ['What a policy keeps between runs must live in its state(), which each run makes anew.']
      : []),
  ]
  const table =
    rows.length === 0
      ? 'It has no surface of its own: it is `open` under another name.'
      : formatTable({ columns, rows }, paint)
  return `${lines.join('\n')}\n\n${table}`
}

/** The first shows what the others show. */
const UNLIKE_SHOWN = 3
