/**
 * Runs against the measured baseline beside their scenario. Digests say whether anything moved at all, figures whether
 * it moved further than it may. A digest that differs must have a reason the baseline can name: another version or law,
 * another scenario, trace, policy or list of seeds. One without a reason is a broken promise, and fails whatever the figures.
 */
import { must } from '../../base/assert.ts'
import type { Problem } from '../../base/result.ts'
import { unitOf } from '../../metrics/index.ts'
import type { Baseline, BaselineArm, BaselineFigure, LoadedBaseline, Tolerance } from '../../scenario/index.ts'
import type { Expectation } from './expectation.ts'
import type { JobDone } from '../runs/ports.ts'
import { widthOf } from './published.ts'
import type { RowQuestion } from '../runs/row-count.ts'
import { figuresOf, type MeasuredArm, type MeasuredFigure, type MeasuredFigures } from './baseline-figures.ts'

export { toleranceText } from '../../scenario/index.ts'

/** What a baseline rests on beside the runs, from whoever has files and a version. */
export interface BaselinePorts {
  readonly fleetlab: string
  /** Of the code that results rest on. */
  readonly law: string
  /** A file as seen from the folder of the scenario. */
  nameBeside(scenario: string, file: string): string
}

export interface BaselineDrift {
  readonly arm: string
  readonly figure: string
  /** Absent: the baseline has no such figure. null: no data. */
  readonly was?: number | null
  /** Absent: the runs give no such figure. */
  readonly now?: number | null
  readonly tolerance?: Tolerance
  /** A ratio that the metric's name does not tell. */
  readonly isShare: boolean
  readonly outcome: 'equal' | 'within' | 'beyond' | 'new' | 'gone'
  /** In the baseline's file. */
  readonly line?: number
}

/**
 * same: nothing moved. moved: digests did, for a reason, and no figure further than it may. drifted: a figure did, or one is
 * missing on either side. unexplained: digests differ and nothing they rest on does. edited: digests are the same and figures
 * are not. absent: none is there and one must be. not_compared: the runs are of other settings. written, updated: by this
 * very check.
 */
export type BaselineVerdict =
  | 'same'
  | 'moved'
  | 'drifted'
  | 'unexplained'
  | 'edited'
  | 'absent'
  | 'not_compared'
  | 'written'
  | 'updated'

export interface CheckedBaseline {
  readonly file: string
  readonly verdict: BaselineVerdict
  readonly passed: boolean
  /** Of so many runs the digest is the baseline's. */
  readonly digests: { readonly equal: number; readonly runs: number }
  /** What the runs rest on that is not as it was. */
  readonly changes: readonly string[]
  readonly figures: readonly BaselineDrift[]
}

const FAILING: ReadonlySet<BaselineVerdict> = new Set(['drifted', 'unexplained', 'edited', 'absent'])

export const isUnmoved = ({ digests, figures }: CheckedBaseline): boolean =>
  digests.equal === digests.runs && figures.every(({ outcome }) => outcome === 'equal')

/** A check of which nothing was held against a baseline. */
export const withoutFigures = (file: string, verdict: 'absent' | 'not_compared'): CheckedBaseline => ({
  file,
  verdict,
  passed: !FAILING.has(verdict),
  digests: { equal: 0, runs: 0 },
  changes: [],
  figures: [],
})

export interface BaselineQuestion {
  readonly scenario: string
  readonly name: string
  readonly file: string
  readonly arms: readonly MeasuredArm[]
  readonly seeds: readonly number[]
  readonly expectations: readonly Expectation[]
  readonly questions: readonly RowQuestion[]
  /** File, as the lab knows it → SHA-256. */
  readonly inputs: ReadonlyMap<string, string>
  readonly before: LoadedBaseline | undefined
}

/** Keys in an order that does not depend on how they were come by. */
const sorted = (pairs: Iterable<readonly [string, string]>): { [key: string]: string } =>
  Object.fromEntries([...pairs].toSorted(([a], [b]) => (a < b ? -1 : 1)))

const digestsOf = (runs: readonly JobDone[], seeds: readonly number[]): { [seed: string]: string } =>
  Object.fromEntries(runs.map(({ result }, i) => [String(seeds[i]), result.digest]))

function inputsOf({ scenario, inputs }: BaselineQuestion, { nameBeside }: BaselinePorts): { [file: string]: string } {
  return sorted([...inputs].map(([file, sha]) => [nameBeside(scenario, file), sha] as const))
}

/** Figures that somebody added to the baseline by hand are measured like the others. */
const keptFigures = (before: LoadedBaseline | undefined, arm: string): readonly string[] =>
  Object.keys(before?.baseline.arms[arm]?.figures ?? {})

/** The same as of figures that are known to be missed. */
const toleranceFor = (isShare: boolean): Tolerance => (isShare ? { points: 2 } : { percent: 10 })

/** What the runs give now. Tolerances stay as somebody has set them. */
export function measuredBaseline(question: BaselineQuestion, ports: BaselinePorts): Baseline {
  const { name, arms, seeds, expectations, questions, before } = question
  const measured = arms.map((each): [string, BaselineArm] => {
    const figures = figuresOf(each, expectations, questions, keptFigures(before, each.arm))
    const earlier = before?.baseline.arms[each.arm]?.figures
    return [
      each.arm,
      {
        digests: digestsOf(each.runs, seeds),
        figures: Object.fromEntries(
          [...figures].map(([figure, { value, isShare }]): [string, BaselineFigure] => [
            figure,
            { value, tolerance: earlier?.[figure]?.tolerance ?? toleranceFor(isShare) },
          ]),
        ),
      },
    ]
  })
  return {
    scenario: name,
    written_by: { fleetlab: ports.fleetlab, law: ports.law },
    inputs: inputsOf(question, ports),
    arms: Object.fromEntries(measured),
  }
}

/** Whether it is that of another scenario; then it is nothing to compare with, but may be written anew. */
export function foreignBaseline(
  { baseline, problemAt }: LoadedBaseline,
  scenario: { readonly file: string; readonly name: string },
  { nameBeside }: BaselinePorts,
): Problem | undefined {
  const own = nameBeside(scenario.file, scenario.file)
  const others = 'if it is to be this one, move it with check --update'
  if (baseline.scenario !== scenario.name)
    return problemAt(
      ['scenario'],
      `this is the baseline of ${baseline.scenario}, and ${own} is ${scenario.name}; ${others}`,
    )
  if (Object.hasOwn(baseline.inputs, own)) return undefined
  return problemAt(
    ['inputs'],
    `this is the baseline of another file: ${own} is not among what its runs read; ${others}`,
  )
}

/** Points are of shares. A ratio says so in its name. */
export function toleranceProblems({ baseline, problemAt }: LoadedBaseline): readonly Problem[] {
  return Object.entries(baseline.arms).flatMap(([arm, { figures }]) =>
    Object.entries(figures).flatMap(([figure, { tolerance }]) =>
      'points' in tolerance && unitOf(figure) !== 'share' && !figure.includes(' of ')
        ? [
            problemAt(
              ['arms', arm, 'figures', figure, 'tolerance'],
              'is in points, which only shares have; write a share of the value, such as 10%',
            ),
          ]
        : [],
    ),
  )
}

function changesOf(was: Baseline, now: Baseline): readonly string[] {
  const changes: string[] = []
  if (was.written_by.fleetlab !== now.written_by.fleetlab)
    changes.push(`fleetlab ${was.written_by.fleetlab} is now ${now.written_by.fleetlab}`)
  else if (was.written_by.law !== now.written_by.law)
    changes.push(`the simulator's code is another (law ${was.written_by.law} is now ${now.written_by.law})`)
  for (const file of new Set([...Object.keys(was.inputs), ...Object.keys(now.inputs)])) {
    if (was.inputs[file] === now.inputs[file]) continue
    const how =
      was.inputs[file] === undefined ? 'is new' : now.inputs[file] === undefined ? 'is no longer read' : 'changed'
    changes.push(`${file} ${how}`)
  }
  const [seedsBefore, seedsNow] = [was, now].map((each) => seedsIn(each))
  if (seedsBefore !== seedsNow) changes.push(`seeds ${seedsBefore} are now ${seedsNow}`)
  return changes
}

const seedsIn = ({ arms }: Baseline): string =>
  [...new Set(Object.values(arms).flatMap(({ digests }) => Object.keys(digests)))].join(', ') || 'none'

function driftOf(
  arm: string,
  figure: string,
  was: BaselineFigure | undefined,
  now: MeasuredFigure | undefined,
  line: number | undefined,
): BaselineDrift {
  const isShare = now?.isShare ?? unitOf(figure) === 'share'
  const shared = { arm, figure, isShare, ...(line === undefined ? {} : { line }) }
  if (was === undefined) return { ...shared, now: must(now, 'a figure of neither side').value, outcome: 'new' }
  const { value, tolerance } = was
  if (now === undefined) return { ...shared, was: value, tolerance, outcome: 'gone' }
  const both = { ...shared, was: value, now: now.value, tolerance }
  if (value === null || now.value === null) return { ...both, outcome: value === now.value ? 'equal' : 'beyond' }
  const off = Math.abs(now.value - value)
  if (off === 0) return { ...both, outcome: 'equal' }
  // The edge itself is within, whatever arithmetic leaves in the last bits.
  const isWithin = off <= widthOf(tolerance, value) * (1 + 1e-9)
  return { ...both, outcome: isWithin ? 'within' : 'beyond' }
}

function driftsOf(question: BaselineQuestion, was: Baseline): readonly BaselineDrift[] {
  const { arms, expectations, questions, before } = question
  const lineOf = (arm: string, figure: string): number | undefined =>
    before?.problemAt(['arms', arm, 'figures', figure], '').line
  const names = new Set([...arms.map(({ arm }) => arm), ...Object.keys(was.arms)])
  return [...names].flatMap((name) => {
    const measured = arms.find(({ arm }) => arm === name)
    const found: MeasuredFigures =
      measured === undefined ? new Map() : figuresOf(measured, expectations, questions, keptFigures(before, name))
    const figures = was.arms[name]?.figures ?? {}
    return [...new Set([...Object.keys(figures), ...found.keys()])]
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map((figure) =>
        driftOf(
          name,
          figure,
          Object.hasOwn(figures, figure) ? figures[figure] : undefined,
          found.get(figure),
          lineOf(name, figure),
        ),
      )
  })
}

function verdictOf(
  digests: CheckedBaseline['digests'],
  changes: readonly string[],
  figures: readonly BaselineDrift[],
): BaselineVerdict {
  const isSame = digests.equal === digests.runs
  if (isSame && changes.length === 0 && figures.some(({ outcome }) => outcome !== 'equal')) return 'edited'
  if (figures.some(({ outcome }) => outcome !== 'equal' && outcome !== 'within')) return 'drifted'
  if (!isSame && changes.length === 0) return 'unexplained'
  return isSame && figures.every(({ outcome }) => outcome === 'equal') ? 'same' : 'moved'
}

const EMPTY: Baseline = { scenario: '', written_by: { fleetlab: '', law: '' }, inputs: {}, arms: {} }

/** Runs beside what the baseline holds; without one, everything is new. */
export function againstBaseline(question: BaselineQuestion, ports: BaselinePorts): CheckedBaseline {
  const { file, before, arms, seeds } = question
  const was = before?.baseline ?? EMPTY
  const now = measuredBaseline(question, ports)
  const pairs = arms.flatMap(({ arm }) =>
    seeds.map((seed) => [was.arms[arm]?.digests[seed], now.arms[arm]?.digests[seed]] as const),
  )
  const kept = Object.entries(was.arms).flatMap(([arm, { digests }]) =>
    Object.keys(digests).filter((seed) => now.arms[arm]?.digests[seed] === undefined),
  )
  // A run of the baseline that is no longer made is one that differs.
  const digests = { equal: pairs.filter(([a, b]) => a === b).length, runs: pairs.length + kept.length }
  const changes = before === undefined ? [] : changesOf(was, now)
  const figures = driftsOf(question, was)
  const verdict = before === undefined ? 'written' : verdictOf(digests, changes, figures)
  return { file, verdict, passed: !FAILING.has(verdict), digests, changes, figures }
}
