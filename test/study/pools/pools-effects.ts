/**
 * Effects of the fractional design. An hour of demand is one row of it with one seed, played under every policy and floor, so a
 * policy's difference is paired by hour. What a factor changes is the difference of two means of hours, and its interval is a
 * studentized bootstrap over hours of what a linear fit of all factors leaves: joint effects that the fit does not hold count as
 * scatter, which makes intervals rather too wide than too narrow.
 */
import { assert, must } from '../../../sim/base/assert.ts'
import { hashDraw } from '../../../sim/base/hash.ts'
import { clipped, type Interval } from '../../../sim/lab/statistics/interval.ts'
import { medianOf } from '../../../sim/lab/statistics/order.ts'
import { meanOf, Resampling } from '../../../sim/lab/statistics/resample.ts'
import {
  FACTORS,
  type Factor,
  factorKey,
  type Floor,
  FLOORS,
  FRACTION,
  type Gate,
  MIXES,
  POLICIES,
  type StudyPolicy,
} from './pools-design.ts'
import { signsInterval } from './pools-figures.ts'
import type { RunRecord } from './pools-record.ts'

/** The factors of the fraction, and the mix that it is crossed with. */
export type Column = Factor | 'mix'
export const COLUMNS: readonly Column[] = [...FACTORS, 'mix']

export interface Hour {
  readonly levels: { readonly [column in Column]: -1 | 1 }
  readonly seed: number
  readonly run: (policy: StudyPolicy, floor: Floor) => RunRecord
}

/** Hours of which every policy and floor was played: a study that is not done has fewer. */
export function hoursOf(study: ReadonlyMap<string, readonly RunRecord[]>): readonly Hour[] {
  return MIXES.flatMap((mix) =>
    FRACTION.rows.flatMap((levels, row) => {
      const runsOf = (policy: StudyPolicy, floor: Floor): readonly RunRecord[] =>
        study.get(factorKey(mix, row, floor, policy)) ?? []
      const find = (policy: StudyPolicy, floor: Floor, seed: number): RunRecord | undefined =>
        runsOf(policy, floor).find((run) => run.seed === seed)
      const seeds = runsOf('open', 'on').map((run) => run.seed)
      return seeds
        .filter((seed) => POLICIES.every((policy) => FLOORS.every((floor) => find(policy, floor, seed) !== undefined)))
        .map((seed): Hour => {
          const run = (policy: StudyPolicy, floor: Floor): RunRecord =>
            must(find(policy, floor, seed), 'an hour without a run')
          return { levels: { ...levels, mix: mix === 'served' ? -1 : 1 }, seed, run }
        })
    }),
  )
}

export interface Effect {
  readonly effect: number
  /** null: too few hours, or too few that differ. */
  readonly ci: Interval | null
}

const ROUNDING = 1e-12
const RESAMPLES = 9_999
const plans = new Map<number, Resampling>()
function planOf(n: number): Resampling {
  const known = plans.get(n) ?? new Resampling(n, RESAMPLES)
  plans.set(n, known)
  return known
}

/** Fewer have too few samples to draw from for intervals that are corrected for many comparisons. */
const HOURS_MIN = 10
/** Any fixed number. */
const SHUFFLING = 432

export function meanEffect(values: readonly number[], level: number): Effect {
  assert(values.length > 0, 'effects: no hours')
  return {
    effect: meanOf(values),
    ci: values.length < HOURS_MIN ? null : clipped(planOf(values.length).meanInterval(values, level), [-1, 1]),
  }
}

/** Mean of what is -1, 0 or 1 in an hour, such as a service that is down under one policy and not under another. */
export function countEffect(hours: readonly Hour[], value: (hour: Hour) => number, level: number): Effect {
  assert(hours.length > 0, 'effects: no hours')
  const values = hours.map(value)
  return { effect: meanOf(values), ci: values.length < HOURS_MIN ? null : signsInterval(values, level) }
}

const differ = (each: number, other: number): boolean => Math.abs(each - other) > ROUNDING

/** From the low to the high level of each column that has both. The design is orthogonal, so each is a difference of two means. */
export function columnEffects(
  hours: readonly Hour[],
  value: (hour: Hour) => number,
  level: number,
): ReadonlyMap<Column, Effect> {
  const values = hours.map(value)
  const columns = COLUMNS.filter((column) => new Set(hours.map(({ levels }) => levels[column])).size === 2)
  const mean = meanOf(values)
  const halves = new Map(
    columns.map((column) => [column, meanOf(values.map((each, i) => each * hours[i]!.levels[column]))]),
  )
  const residuals = values.map((each, i) =>
    columns.reduce((left, column) => left - halves.get(column)! * hours[i]!.levels[column], each - mean),
  )
  const free = hours.length - 1 - columns.length
  // Where nearly all hours are alike, the few others are all there is to draw from.
  const isKnown =
    free > 0 &&
    values.filter((each) => differ(each, medianOf(values))).length >= HOURS_MIN &&
    residuals.some((residual) => differ(residual, 0))
  const inflation = free > 0 ? Math.sqrt(hours.length / free) : Number.NaN
  return new Map(
    columns.map((column) => {
      const effect = 2 * halves.get(column)!
      const pseudo = residuals.map((residual, i) => effect + 2 * hours[i]!.levels[column] * residual * inflation)
      return [
        column,
        { effect, ci: isKnown ? clipped(planOf(hours.length).meanInterval(pseudo, level), [-1, 1]) : null },
      ]
    }),
  )
}

/** What the operator can set. */
export interface Choice {
  readonly policy: StudyPolicy
  readonly floor: Floor
  readonly gate: Gate
}

export interface Information {
  readonly column: Column
  /** What knowing it before deciding would gain in the mean, in the unit of the utility. */
  readonly value: number
  /** What a column of no effect would seem to gain in 19 of 20 shufflings of the hours. */
  readonly byChance: number
  readonly low: Choice
  readonly high: Choice
}

/** What nobody knows before deciding; the other columns are settings. */
const UNKNOWN: readonly Column[] = ['start', 'load', 'disks', 'max_tokens', 'cancels', 'error', 'mix']
const SHUFFLES = 499

/**
 * The expected value of knowing one input: the mean over its levels of the best choice's mean there, less the best choice's mean over
 * all. The best of several means looks better than it is, so the same is worked out for shuffled hours beside it.
 */
export function informationOf(
  hours: readonly Hour[],
  choices: readonly Choice[],
  utility: (run: RunRecord) => number,
): readonly Information[] {
  const gateOf = ({ levels }: Hour): Gate => (levels.gate < 0 ? 'soft' : 'hard')
  const table = choices.map(({ policy, floor, gate }) =>
    hours.map((hour) => (gateOf(hour) === gate ? utility(hour.run(policy, floor)) : undefined)),
  )
  const bestOf = (isIn: (hour: number) => boolean): { readonly mean: number; readonly choice: number } => {
    const means = table.map((values) =>
      meanOf(values.filter((each, hour) => each !== undefined && isIn(hour)) as number[]),
    )
    const mean = Math.max(...means)
    return { mean, choice: means.indexOf(mean) }
  }
  const all = bestOf(() => true).mean
  const columns = UNKNOWN.filter((column) => new Set(hours.map(({ levels }) => levels[column])).size === 2)
  return columns
    .map((column, place) => {
      const signs = hours.map(({ levels }) => levels[column])
      const gain = (given: readonly number[]): number => {
        const low = bestOf((hour) => given[hour]! < 0)
        const high = bestOf((hour) => given[hour]! > 0)
        return (low.mean + high.mean) / 2 - all
      }
      const chance = Array.from({ length: SHUFFLES }, (_, shuffle) => gain(shuffled(hours, signs, place, shuffle)))
      return {
        column,
        value: gain(signs),
        byChance: chance.toSorted((a, b) => a - b)[Math.floor(0.95 * SHUFFLES)]!,
        low: choices[bestOf((hour) => signs[hour]! < 0).choice]!,
        high: choices[bestOf((hour) => signs[hour]! > 0).choice]!,
      }
    })
    .toSorted((a, b) => b.value - a.value)
}

/** Among hours of one gate, so that each keeps both levels. */
function shuffled(
  hours: readonly Hour[],
  signs: readonly number[],
  column: number,
  shuffle: number,
): readonly number[] {
  const out = [...signs]
  for (const gate of [-1, 1]) {
    const places = hours.flatMap(({ levels }, hour) => (levels.gate === gate ? [hour] : []))
    const drawn = places
      .map((place) => ({ place, draw: hashDraw(SHUFFLING, column, shuffle, place) }))
      .toSorted((a, b) => a.draw - b.draw)
    for (const [i, { place }] of drawn.entries()) out[places[i]!] = signs[place]!
  }
  return out
}
