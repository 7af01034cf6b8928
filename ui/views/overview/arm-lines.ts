/** From the runs of a dataset to the lines of its charts: one line per arm, a mean over seeds with their spread. */
import { bandOf, type ChartLine, stacked, sumOf, type Values } from '../../charts/chart-line.ts'
import type { ModelSeries, RunSeries } from '../../data/run-series.ts'
import { colour, colourOfReason } from '../../parts/colours.ts'
import { type Dataset, policiesOf } from '../../state/dashboard.ts'

export type PickValues<S> = (series: S) => Values

export const seriesOf = (dataset: Dataset, policy: string): readonly RunSeries[] =>
  dataset.runs.flatMap((run) => (run.policy === policy && run.series !== undefined ? [run.series] : []))

/** Every arm with its colour, whether or not it is shown. */
export const armsOf = (dataset: Dataset): readonly { readonly name: string; readonly colour: string }[] =>
  policiesOf(dataset).map((name, i) => ({ name, colour: colour(i) }))

/** Seeds behind a line: arms of a comparison share them. */
export const seedsWithSeries = (dataset: Dataset): number =>
  policiesOf(dataset).reduce((most, policy) => Math.max(most, seriesOf(dataset, policy).length), 0)

export interface LineStyle {
  /** After the arm's name. */
  readonly suffix?: string
  readonly dashed?: boolean
}

export function armLines(
  dataset: Dataset,
  hidden: readonly string[],
  pick: PickValues<RunSeries>,
  { suffix = '', dashed }: LineStyle = {},
): readonly ChartLine[] {
  return armsOf(dataset)
    .filter((arm) => !hidden.includes(arm.name))
    .flatMap((arm) => {
      const runs = seriesOf(dataset, arm.name)
      const { mean, low, high } = bandOf(runs.map(pick))
      if (mean.every((value) => value === null)) return []
      return [
        {
          name: `${arm.name}${suffix}`,
          colour: arm.colour,
          interval_s: runs[0]?.interval_s ?? 60,
          values: mean,
          ...(runs.length > 1 ? { low, high } : {}),
          ...(dashed === undefined ? {} : { dashed }),
        },
      ]
    })
}

export const ofModel =
  (model: string, pick: PickValues<ModelSeries>): PickValues<RunSeries> =>
  (series) => {
    const own = series.models[model]
    return own === undefined ? [] : pick(own)
  }

export const perSecond = (values: Values, interval_s: number): Values =>
  values.map((value) => (value === null ? null : value / interval_s))

export interface Refusals {
  readonly policy: string
  /** One per reason, in an order that all arms share; shares of what arrived in the interval, all seeds together. */
  readonly lines: readonly ChartLine[]
}

export function refusals(dataset: Dataset, model: string, hidden: readonly string[]): readonly Refusals[] {
  return policiesOf(dataset)
    .filter((policy) => !hidden.includes(policy))
    .map((policy) => {
      const all = seriesOf(dataset, policy)
      const runs = all.flatMap((series) => series.models[model] ?? [])
      const arrived = sumOf(runs.map((run) => run.arrived))
      const reasons = [...new Set(runs.flatMap((run) => Object.keys(run.answered_429)))].sort()
      const lines = reasons.map((reason): ChartLine => {
        const counts = sumOf(runs.map((run) => run.answered_429[reason] ?? []))
        // A queued request may be refused in an interval in which nothing arrived: there is no share of nothing.
        const values = arrived.map((arrivals, i) =>
          arrivals === null ? null : arrivals === 0 ? 0 : Math.min(1, (counts[i] ?? 0) / arrivals),
        )
        return { name: reason, colour: colourOfReason(reason), interval_s: all[0]?.interval_s ?? 60, values }
      })
      return { policy, lines }
    })
}

/** Top of an axis that all arms share. */
export function sharedTop(arms: readonly Refusals[], from_s: number, to_s: number): number {
  let top = 0
  for (const { lines } of arms) {
    for (const { high = [], interval_s } of stacked(lines)) {
      const first = Math.max(0, Math.floor(from_s / interval_s))
      for (let i = first; i < high.length && i * interval_s < to_s; i += 1) top = Math.max(top, high[i] ?? 0)
    }
  }
  return top
}

export interface WindowFigures {
  readonly policy: string
  readonly model: string
  /** Per seed. */
  readonly arrived: number
  readonly served: number
  readonly rate_429: number | null
  readonly goodput: number | null
  /** Completion tokens of the served. */
  readonly tokens_tps: number
}

/** Figures over whole intervals of a window, the mean seed's: what counts allow, no quantiles. */
export function windowFigures(dataset: Dataset, model: string, from_s: number, to_s: number): readonly WindowFigures[] {
  return policiesOf(dataset).map((policy) => {
    const all = seriesOf(dataset, policy)
    const interval_s = all[0]?.interval_s ?? 60
    const [first, last] = [Math.floor(from_s / interval_s), Math.ceil(to_s / interval_s)]
    const total = (values: Values): number =>
      values.slice(first, last).reduce<number>((sum, value) => sum + (value ?? 0), 0)
    const runs = all.flatMap((series) => series.models[model] ?? [])
    const sum = (of: (run: ModelSeries) => number): number => runs.reduce((before, run) => before + of(run), 0)
    const arrived = sum((run) => total(run.arrived))
    const refused = sum((run) => Object.values(run.answered_429).reduce((before, values) => before + total(values), 0))
    const good = sum((run) => total(run.arrived.map((count, i) => (count ?? 0) * (run.goodput[i] ?? 0))))
    const knowsGoodput = runs.some((run) => run.goodput.length > 0)
    const seeds = Math.max(1, runs.length)
    return {
      policy,
      model,
      arrived: arrived / seeds,
      served: sum((run) => total(run.served)) / seeds,
      rate_429: arrived === 0 ? null : refused / arrived,
      goodput: arrived === 0 || !knowsGoodput ? null : good / arrived,
      tokens_tps: sum((run) => total(run.completion_tokens)) / seeds / (Math.max(1, last - first) * interval_s),
    }
  })
}
