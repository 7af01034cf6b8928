/** Runs beside their measured baseline, in words and as a table: what moved, by how much, and what it rests on. */
import { type BaselineDrift, type CheckedBaseline, toleranceText } from '../../../lab/check/baseline.ts'
import { cell, type Paint, type TextCell, type Tone } from '../../form/paint.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { formatNumber, formatValue, NO_DATA, suffixOf, type Unit, unitOf } from '../../form/unit.ts'

const MARKS: { readonly [verdict in CheckedBaseline['verdict']]: readonly [mark: string, tone: Tone] } = {
  same: ['✓', 'good'],
  moved: ['≈', 'warn'],
  drifted: ['✗', 'bad'],
  unexplained: ['✗', 'bad'],
  edited: ['✗', 'bad'],
  absent: ['✗', 'bad'],
  not_compared: ['?', 'warn'],
  written: ['+', 'good'],
  updated: ['+', 'warn'],
}

const plural = (count: number, noun: string): string => `${formatNumber(count, 0)} ${noun}${count === 1 ? '' : 's'}`

const isBeyond = ({ outcome }: BaselineDrift): boolean => outcome !== 'equal' && outcome !== 'within'
const hasMoved = ({ outcome }: BaselineDrift): boolean => outcome !== 'equal'

/** What moved, or what is beyond its tolerance where something is. */
export const toShow = ({ figures, verdict }: CheckedBaseline): readonly BaselineDrift[] =>
  verdict === 'written' ? [] : figures.filter(verdict === 'drifted' ? isBeyond : hasMoved)

const because = (changes: readonly string[]): string => (changes.length === 0 ? '' : `: ${changes.join('; ')}`)

function digestsText({ digests: { equal, runs }, changes }: CheckedBaseline): string {
  if (equal === runs) return `${runs === 1 ? 'the digest is' : `all ${formatNumber(runs, 0)} digests are`} the same`
  const off = runs - equal
  return `${formatNumber(off, 0)} of ${formatNumber(runs, 0)} digests ${off === 1 ? 'differs' : 'differ'}${because(changes)}`
}

const MOVE = 'check --update moves it'

/** One line; what is beyond its tolerance stands in the table. */
export function baselineSentence(baseline: CheckedBaseline): string {
  const { verdict, figures, changes } = baseline
  const count = formatNumber(figures.length, 0)
  const [beyond, moved] = [figures.filter(isBeyond).length, figures.filter(hasMoved).length]
  switch (verdict) {
    case 'same':
      return `${digestsText(baseline)}, ${plural(figures.length, 'figure')} equal`
    case 'moved':
      return moved === 0
        ? `${digestsText(baseline)}; all ${count} figures are equal; ${MOVE}`
        : `${moved} of ${count} figures moved, none beyond its tolerance; ${digestsText(baseline)}; ${MOVE}`
    case 'drifted':
      return `${beyond} of ${count} figures beyond tolerance, new or gone; ${digestsText(baseline)}; if that is meant, ${MOVE}`
    case 'unexplained':
      return `${digestsText(baseline)}, although the files, the seeds and fleetlab are those of the baseline: a policy that is not deterministic, or a digest edited by hand`
    case 'edited':
      return `${digestsText(baseline)}, and ${plural(moved, 'figure')} not: edited by hand? ${MOVE}`
    case 'absent':
      return 'there is none, and --require-baseline asks for one; check --update writes it'
    case 'not_compared':
      return 'not compared: with --set these are other runs'
    case 'written':
      return `written, ${plural(figures.length, 'figure')}`
    case 'updated':
      return moved === 0
        ? `moved, all ${count} figures as they were${because(changes)}`
        : `moved, ${moved} of ${plural(figures.length, 'figure')} (${beyond} beyond tolerance, new or gone)${because(changes)}`
  }
}

const unitFor = ({ figure, isShare }: BaselineDrift): Unit =>
  isShare ? 'share' : figure.startsWith('rows ') ? 'plain' : unitOf(figure)

const inFull = (value: number, unit: Unit): string =>
  `${unit === 'share' ? Number((value * 100).toPrecision(9)) : value}${suffixOf(unit)}`

/** With digits enough to tell them apart. */
function bothTexts({ was, now }: BaselineDrift, unit: Unit): readonly [string, string] {
  const usual = [was, now].map((value) => formatValue(value, unit))
  const apart =
    typeof was === 'number' && typeof now === 'number' && was !== now && usual[0] === usual[1]
      ? [inFull(was, unit), inFull(now, unit)]
      : usual
  return [was === undefined ? '' : apart[0]!, now === undefined ? '' : apart[1]!]
}

function changeText({ was, now, outcome }: BaselineDrift, unit: Unit): string {
  if (outcome === 'new' || outcome === 'gone') return outcome
  if (outcome === 'equal') return '='
  if (typeof was !== 'number' || typeof now !== 'number') return NO_DATA
  const off = now - was
  const sign = off > 0 ? '+' : '-'
  if (unit === 'share') return `${sign}${formatNumber(Math.abs(off) * 100, Math.abs(off) < 1e-4 ? 6 : 2)} pp`
  if (was === 0) return `${sign}${formatValue(Math.abs(off), unit)}`
  const percent = Math.abs(off / was) * 100
  return `${sign}${formatNumber(percent, percent < 0.01 ? 6 : 2)} %`
}

export interface DriftRow {
  readonly arm: string
  readonly figure: string
  readonly was: string
  readonly now: string
  readonly change: string
  readonly tolerance: string
  readonly isBeyond: boolean
}

export function driftRow(drift: BaselineDrift): DriftRow {
  const unit = unitFor(drift)
  const [was, now] = bothTexts(drift, unit)
  const tolerance = drift.tolerance === undefined ? '' : toleranceText(drift.tolerance)
  return {
    arm: drift.arm,
    figure: drift.figure,
    was,
    now,
    change: changeText(drift, unit),
    tolerance,
    isBeyond: isBeyond(drift),
  }
}

/** `models["m"].goodput under open: 93.00 % is now 88.00 % (-5.00 pp, tolerance 2 points)`. */
export function driftText(drift: BaselineDrift): string {
  const { arm, figure, was, now, change, tolerance } = driftRow(drift)
  const what = `${figure} under ${arm}`
  if (drift.outcome === 'new') return `${what}: ${now}, and the baseline has no such figure`
  if (drift.outcome === 'gone') return `${what}: was ${was}, and these runs give no such figure`
  return `${what}: ${was} is now ${now} (${change}, tolerance ${tolerance})`
}

const driftTable = (figures: readonly BaselineDrift[]): Table => ({
  columns: [
    { head: 'arm', align: 'left' },
    { head: 'figure', align: 'left' },
    { head: 'baseline', align: 'right' },
    { head: 'now', align: 'right' },
    { head: 'change', align: 'right' },
    { head: 'tolerance', align: 'right' },
    { head: '', align: 'left' },
  ],
  rows: figures.map((drift): readonly TextCell[] => {
    const { arm, figure, was, now, change, tolerance } = driftRow(drift)
    return [arm, figure, was, now, change, tolerance, cell(drift.outcome, isBeyond(drift) ? 'bad' : 'plain')]
  }),
})

/** Lines below a file's expectations. */
export function baselineLines(baseline: CheckedBaseline, paint: Paint): readonly string[] {
  const [mark, tone] = MARKS[baseline.verdict]
  const sentence = `  ${paint(tone, mark)} baseline ${baseline.file}: ${baselineSentence(baseline)}`
  const shown = toShow(baseline)
  if (shown.length === 0) return [sentence]
  const table = formatTable(driftTable(shown), paint)
  return [sentence, ...table.split('\n').map((line) => `    ${line}`)]
}
