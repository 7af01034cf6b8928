/**
 * One decision as a table: each machine in the order in which it was looked at, with the first gate that dropped it, or its
 * cost term by term. `=` marks those among which the draw decided, `~` those whose cost counted as equal.
 */
import type { Explanation } from '../../lab/runs/ports.ts'
import { type TextCell, cell, type Paint, type Tone } from '../form/paint.ts'
import { type TableColumn, formatTable, type Table } from '../form/table.ts'
import { formatNumber } from '../form/unit.ts'
import { wrap } from '../form/wrap.ts'

export type DecisionNote = Extract<Explanation[number], { kind: 'decision' }>
export type NotedVerdict = DecisionNote['verdicts'][number]
type Candidate = Extract<NotedVerdict, { kind: 'candidate' }>

const seconds = (millis: number): string => formatNumber(millis / 1_000, 2)

interface Figure {
  readonly head: string
  /** Undefined: a figure that stands in every table. */
  readonly term?: (candidate: Candidate) => number
  readonly text: (candidate: Candidate) => string
}

const term = (head: string, of: (candidate: Candidate) => number): Figure => ({
  head,
  term: of,
  text: (candidate) => seconds(of(candidate)),
})

/** The six terms in the order in which they are added, their sum, and what it rests on. */
const FIGURES: readonly Figure[] = [
  term('state', ({ breakdown }) => breakdown.state_ms),
  term('queue', ({ breakdown }) => breakdown.queue_ms),
  term('pending', ({ breakdown }) => breakdown.pending_ms),
  term('backlog', ({ breakdown }) => breakdown.backlog_ms),
  term('request', ({ breakdown }) => breakdown.thisRequest_ms),
  term('health', ({ breakdown }) => breakdown.health_ms),
  { head: '= cost', text: ({ breakdown }) => seconds(breakdown.cost_ms) },
  { head: 'TTFT', text: ({ breakdown }) => seconds(breakdown.ttft_ms) },
  { head: 'eff_queue', text: ({ breakdown }) => formatNumber(breakdown.effectiveQueue, 0) },
  { head: 'eff_tps', text: ({ breakdown }) => formatNumber(breakdown.effectiveTps, 1) },
]

const MARKS: { readonly [tie in Candidate['tie']]: string } = { none: '', near: '~ ', equal: '= ' }

/** What the figures of the row do not show. */
function remark({ fate, tie, breakdown, projectedTps, affinity_ms }: Candidate, best_ms: number): string {
  switch (fate) {
    case 'dearer':
      return `+${seconds(breakdown.cost_ms - affinity_ms - best_ms)}`
    case 'lost_tie':
      return tie === 'equal' ? 'lost draw' : 'more load'
    case 'decode_floor':
      return `${formatNumber(projectedTps, 1)} tps`
    case 'winner':
    case 'admitted':
    case 'not_owned':
    case 'avoided_version':
    case 'not_picked':
      return ''
  }
}

/** The verdict in a word. The machine that was chosen and then failed the second look has not won. */
function wordOf(verdict: NotedVerdict, isLost: boolean): string {
  if (verdict.kind === 'dropped') return verdict.drop
  return MARKS[verdict.tie] + (isLost && verdict.fate === 'winner' ? 'lost' : verdict.fate)
}

function toneOf(verdict: NotedVerdict, isLost: boolean): Tone {
  if (verdict.kind === 'dropped') return 'warn'
  if (verdict.fate === 'winner') return isLost ? 'bad' : 'good'
  return verdict.fate === 'admitted' ? 'plain' : 'dim'
}

function tableOf(verdicts: readonly NotedVerdict[], isLost: boolean): Table {
  const candidates = verdicts.filter((verdict) => verdict.kind === 'candidate')
  // A term that is nothing for everybody only takes room.
  const figures = FIGURES.filter(({ term: of }) => candidates.some((each) => of === undefined || of(each) !== 0))
  const near = candidates.filter(({ tie }) => tie !== 'none')
  const best_ms = Math.min(...near.map(({ breakdown, affinity_ms }) => breakdown.cost_ms - affinity_ms))
  const columns: TableColumn[] = [
    { head: 'provider', align: 'left' },
    { head: 'verdict', align: 'left' },
    ...figures.map(({ head }) => ({ head, align: 'right' as const })),
  ]
  if (candidates.some((each) => remark(each, best_ms) !== '')) columns.push({ head: '', align: 'left' })
  const rows = verdicts.map((verdict): readonly TextCell[] => {
    const start = [verdict.serial, cell(wordOf(verdict, isLost), toneOf(verdict, isLost))]
    if (verdict.kind === 'dropped') return start
    return [...start, ...figures.map(({ text }) => text(verdict)), remark(verdict, best_ms)]
  })
  return { columns, rows }
}

const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length))

/** Lines without a final newline. Reasons run over the columns of the figures. */
export function verdictLines(
  verdicts: readonly NotedVerdict[],
  secondLook: DecisionNote['secondLook'],
  width: number,
  paint: Paint,
): readonly string[] {
  const isLost = secondLook !== undefined && secondLook !== 'passed'
  const words = verdicts.map((verdict) => wordOf(verdict, isLost))
  const wordWidth = widest(['verdict', ...words])
  const reasonAt = widest(['provider', ...verdicts.map(({ serial }) => serial)]) + wordWidth + 4
  const lines: string[] = []
  for (const [index, line] of formatTable(tableOf(verdicts, isLost), paint).split('\n').entries()) {
    const verdict = verdicts[index - 2]
    const why = verdict?.kind === 'dropped' ? wrap(verdict.why, width - reasonAt) : ['']
    const gap = why[0] === '' ? '' : ' '.repeat(wordWidth - words[index - 2]!.length + 2)
    lines.push(line + gap + why[0], ...why.slice(1).map((each) => ' '.repeat(reasonAt) + each))
  }
  return lines
}

/** How many met which fate, with their names, for machines whose figures or reasons stand in another table. */
export function countLines(verdicts: readonly NotedVerdict[], width: number, namesMax = Infinity): readonly string[] {
  const byWord = new Map<string, string[]>()
  for (const verdict of verdicts) {
    const word = verdict.kind === 'dropped' ? verdict.drop : verdict.fate
    const names = byWord.get(word)
    if (names === undefined) byWord.set(word, [verdict.serial])
    else names.push(verdict.serial)
  }
  return [...byWord].flatMap(([word, names]) => {
    const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : ''
    return wrap(`${word} ${names.length}: ${names.slice(0, namesMax).join(', ')}${more}`, width)
  })
}

/** The tie window, the draw, the cache, the second look, what was reserved. */
export function drawLines({ verdicts, draw, secondLook, reserved }: DecisionNote): readonly string[] {
  const candidates = verdicts.filter((verdict) => verdict.kind === 'candidate')
  const near = candidates.filter(({ tie }) => tie !== 'none')
  const equals = candidates.filter(({ tie }) => tie === 'equal')
  const affine = candidates.find(({ affinity_ms }) => affinity_ms > 0)
  const winner = candidates.find(({ fate }) => fate === 'winner')
  const lines: string[] = []
  if (affine !== undefined) {
    const chosen = affine === winner ? 'it is near, so it is taken (S8)' : 'it is not near enough'
    lines.push(
      `cache: ${affine.serial} served this conversation, ${seconds(affine.affinity_ms)} s off its cost; ${chosen}`,
    )
  }
  if (winner !== undefined && draw !== undefined && near.length > 1) {
    lines.push(
      `near ties (~ =, within 3 s of the cheapest): ${near.length}; least loaded of them (=): ${equals.length}`,
    )
    if (equals.length > 1 && affine !== winner) {
      const place = Math.floor(draw * equals.length) + 1
      lines.push(`draw: ${draw.toFixed(4)}, number ${place} of the ${equals.length} equals: ${winner.serial}`)
    }
  }
  if (secondLook !== undefined && secondLook !== 'passed') lines.push(`second look: lost at ${secondLook}`)
  if (reserved !== undefined && winner !== undefined) {
    const { promptTokens, maxTokens } = reserved
    const sum = `${formatNumber(promptTokens, 0)} prompt + ${formatNumber(maxTokens, 0)} max`
    lines.push(`second look: passed; reserved ${sum} tokens on ${winner.serial}`)
  }
  return lines
}
