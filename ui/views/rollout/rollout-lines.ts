/** Lines of the rollout's charts, and one axis for runs side by side. */
import { type ChartLine, peakOf, stacked } from '../../charts/chart-line.ts'
import type { ModelSeries } from '../../data/run-series.ts'
import type { Rollout } from '../../data/rollout.ts'
import { colour, colourOfReason } from '../../parts/colours.ts'

export interface RolloutLines {
  readonly builds: readonly ChartLine[]
  readonly pools: readonly ChartLine[]
  readonly serving: readonly ChartLine[]
  readonly plan: readonly ChartLine[]
  readonly labels: readonly ChartLine[]
  readonly assignments: readonly ChartLine[]
}

const STATE_COLOURS: { readonly [state: string]: string } = {
  draining: colour(1),
  loading: 'var(--state-loading)',
  assigned: colour(2),
  failed: 'var(--bad)',
}

/** `places`: where a build or pool stands in the run's own order, so that it keeps its colour in every chart. */
export function rolloutLines(
  rollout: Rollout,
  interval_s: number,
  count_interval_s: number,
  places: ReadonlyMap<string, number>,
): RolloutLines {
  const tint = (name: string): string => colour(places.get(name) ?? 7)
  return {
    builds: rollout.builds.flatMap(({ build, held, offered }): ChartLine[] => [
      { name: `${build} held`, colour: tint(build), interval_s, values: held, dashed: false },
      { name: `${build} offered`, colour: tint(build), interval_s, values: offered, dashed: true },
    ]),
    pools: rollout.pools.flatMap(({ pool, assigned, warm }): ChartLine[] => [
      { name: `${pool} assigned`, colour: tint(pool), interval_s, values: assigned, dashed: false },
      { name: `${pool} warm`, colour: tint(pool), interval_s, values: warm, dashed: true },
    ]),
    serving: rollout.pools.map(({ pool, serving }) => ({
      name: pool,
      colour: tint(pool),
      interval_s,
      values: serving,
    })),
    plan: rollout.plan.flatMap(({ build, current, desired }): ChartLine[] => [
      { name: `${build} has`, colour: tint(build), interval_s, values: current, dashed: false },
      { name: `${build} wanted`, colour: tint(build), interval_s, values: desired, dashed: true },
    ]),
    labels: rollout.relabels.map(({ surface, counts }, i) => ({
      name: surface,
      colour: colour(i),
      interval_s: count_interval_s,
      values: counts,
    })),
    assignments: rollout.assignments.map(({ state, counts }) => ({
      name: state,
      colour: STATE_COLOURS[state] ?? colour(7),
      interval_s: count_interval_s,
      values: counts,
    })),
  }
}

export function ttftLines(series: ModelSeries, interval_s: number): readonly ChartLine[] {
  const { ttft_p50_ms: values, ttft_p95_ms: high } = series
  return [{ name: 'p50, shaded to p95', colour: colour(0), interval_s, values, low: values, high }]
}

/** Shares of what arrived in the interval, by reason. */
export function refusalLines(series: ModelSeries, interval_s: number): readonly ChartLine[] {
  return Object.entries(series.answered_429).map(([reason, counts]) => ({
    name: reason,
    colour: colourOfReason(reason),
    interval_s,
    values: series.arrived.map((all, i) => (all === null ? null : all === 0 ? 0 : (counts[i] ?? 0) / all)),
  }))
}

/** Highest of all sides within what is shown, so that equal heights mean equal figures. */
export function commonTop(
  sides: readonly (readonly ChartLine[])[],
  from_s: number,
  to_s: number,
  stack = false,
): number {
  const peaks = sides.map((lines) => peakOf(stack ? stacked(lines) : lines, from_s, to_s))
  return Math.max(0, ...peaks) * 1.05 || 1
}
