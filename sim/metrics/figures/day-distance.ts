/**
 * How far two days are apart, from 0 (nothing tells them apart) to 1 (nothing is alike). What became of the requests: the
 * share of them that would have to end otherwise (total variation over hour and outcome). Times and rates: the largest gap
 * between the two distribution functions (Kolmogorov and Smirnov) in each hour and tier, weighted by requests. The score is
 * the mean of the three.
 *
 * Beside each stands what chance alone would make of as many independent requests. Requests of a queue are not
 * independent, so even the same settings under another seed come out somewhat above it.
 */
import { type Bins, type Day, DAY_MEASURES, type DayMeasure, type DayOutcome } from './day.ts'
import { Histogram } from './histogram.ts'

export interface Distance {
  readonly value: number
  /** What as many independent requests would show if the days were one. */
  readonly chance: number
}

export interface OutcomeRow {
  readonly outcome: DayOutcome
  readonly recorded: number
  readonly simulated: number
}

export interface CellRow {
  readonly hour: number
  readonly tier: string
  readonly measure: DayMeasure
  readonly recorded: CellFigures
  readonly simulated: CellFigures
  readonly distance: number
}

export interface CellFigures {
  readonly requests: number
  readonly p50: number | null
  readonly p95: number | null
}

/** `fleetlab.distance/1`, as results carry it. */
export interface DayDistance {
  readonly score: number
  /** Of the score, likewise. */
  readonly chance: number
  readonly outcomes: Distance
  readonly ttft_ms: Distance
  readonly decode_tps: Distance
  readonly by_outcome: readonly OutcomeRow[]
  readonly by_hour: readonly { readonly hour: number; readonly outcomes: readonly OutcomeRow[] }[]
  readonly cells: readonly CellRow[]
}

export function dayDistance(recorded: Day, simulated: Day): DayDistance {
  const outcomes = outcomeDistance(recorded, simulated)
  const cells = cellsOf(recorded, simulated)
  const measures = Object.fromEntries(DAY_MEASURES.map((measure) => [measure, measureDistance(cells, measure)])) as {
    readonly [measure in DayMeasure]: Distance
  }
  const parts = [outcomes, measures.ttft_ms, measures.decode_tps]
  return {
    score: meanOf(parts.map(({ value }) => value)),
    chance: meanOf(parts.map(({ chance }) => chance)),
    outcomes,
    ...measures,
    by_outcome: outcomeRows(recorded, simulated),
    by_hour: hoursOf(recorded, simulated).map((hour) => ({
      hour,
      outcomes: outcomeRows(atHour(recorded, hour), atHour(simulated, hour)),
    })),
    cells,
  }
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const atHour = (day: Day, hour: number): Day => ({
  ...day,
  outcomes: day.outcomes.filter((each) => each.hour === hour),
})

const hoursOf = (...days: readonly Day[]): readonly number[] =>
  [...new Set(days.flatMap((day) => day.outcomes.map(({ hour }) => hour)))].toSorted((a, b) => a - b)

function outcomeRows(recorded: Day, simulated: Day): readonly OutcomeRow[] {
  const names = [...new Set([...recorded.outcomes, ...simulated.outcomes].map(({ outcome }) => outcome))]
  return names
    .map((outcome) => ({ outcome, recorded: countIn(recorded, outcome), simulated: countIn(simulated, outcome) }))
    .toSorted((a, b) => b.recorded - a.recorded || b.simulated - a.simulated)
}

const countIn = (day: Day, name: string): number =>
  day.outcomes.reduce((sum, { outcome, requests }) => sum + (outcome === name ? requests : 0), 0)

const totalOf = (day: Day): number => day.outcomes.reduce((sum, { requests }) => sum + requests, 0)

function outcomeDistance(recorded: Day, simulated: Day): Distance {
  const [n, m] = [totalOf(recorded), totalOf(simulated)]
  if (n === 0 || m === 0) return { value: n === m ? 0 : 1, chance: 0 }
  let value = 0
  let chance = 0
  for (const hour of hoursOf(recorded, simulated)) {
    for (const row of outcomeRows(atHour(recorded, hour), atHour(simulated, hour))) {
      value += Math.abs(row.recorded / n - row.simulated / m) / 2
      const share = (row.recorded + row.simulated) / (n + m)
      // Mean of the absolute value of a normal: sqrt(2 / pi) standard deviations.
      chance += (HALF_NORMAL_MEAN * Math.sqrt(share * (1 - share) * (1 / n + 1 / m))) / 2
    }
  }
  return { value, chance }
}

const HALF_NORMAL_MEAN = Math.sqrt(2 / Math.PI)
/** Mean of Kolmogorov's distribution: sqrt(pi / 2) · ln 2. */
const KOLMOGOROV_MEAN = Math.sqrt(Math.PI / 2) * Math.LN2

interface Cell extends CellRow {
  readonly chance: number
}

function cellsOf(recorded: Day, simulated: Day): readonly Cell[] {
  const cells = new Map<string, { hour: number; tier: string; measure: DayMeasure; recorded: Bins; simulated: Bins }>()
  for (const [whose, day] of [['recorded', recorded] as const, ['simulated', simulated] as const]) {
    for (const { hour, tier, measure, bins } of day.measures) {
      const key = `${hour} ${measure} ${tier}`
      const cell = cells.get(key) ?? { hour, tier, measure, recorded: [], simulated: [] }
      cells.set(key, { ...cell, [whose]: bins })
    }
  }
  return [...cells.values()].map((cell) => {
    const { distance, chance } = gapOf(cell.recorded, cell.simulated)
    const { hour, tier, measure } = cell
    const [own, other] = [figuresOf(cell.recorded), figuresOf(cell.simulated)]
    return { hour, tier, measure, recorded: own, simulated: other, distance, chance }
  })
}

const countOf = (bins: Bins): number => bins.reduce((sum, [, count]) => sum + count, 0)

function figuresOf(bins: Bins): CellFigures {
  const requests = countOf(bins)
  if (requests === 0) return { requests, p50: null, p95: null }
  const histogram = Histogram.of(bins)
  const at = (share: number): number => histogram.at(Math.ceil(share * requests) - 1)
  return { requests, p50: at(0.5), p95: at(0.95) }
}

/** The largest gap between the two distribution functions; 1 where only one day has anything. */
function gapOf(a: Bins, b: Bins): { readonly distance: number; readonly chance: number } {
  const [n, m] = [countOf(a), countOf(b)]
  if (n === 0 || m === 0) return { distance: 1, chance: 1 }
  let [i, j, seenA, seenB, distance] = [0, 0, 0, 0, 0]
  while (i < a.length || j < b.length) {
    const bin = Math.min(a[i]?.[0] ?? Infinity, b[j]?.[0] ?? Infinity)
    if (a[i]?.[0] === bin) seenA += a[i++]![1]
    if (b[j]?.[0] === bin) seenB += b[j++]![1]
    distance = Math.max(distance, Math.abs(seenA / n - seenB / m))
  }
  return { distance, chance: Math.min(1, KOLMOGOROV_MEAN * Math.sqrt(1 / n + 1 / m)) }
}

function measureDistance(cells: readonly Cell[], measure: DayMeasure): Distance {
  const own = cells.filter((cell) => cell.measure === measure)
  const weightOf = ({ recorded, simulated }: Cell): number => recorded.requests + simulated.requests
  const weight = own.reduce((sum, cell) => sum + weightOf(cell), 0)
  if (weight === 0) return { value: 0, chance: 0 }
  const mean = (of: (cell: Cell) => number): number =>
    own.reduce((sum, cell) => sum + weightOf(cell) * of(cell), 0) / weight
  return { value: mean((cell) => cell.distance), chance: mean((cell) => cell.chance) }
}
