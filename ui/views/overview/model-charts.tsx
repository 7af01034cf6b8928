/** Charts of one model over time, all arms on the same axes: each arm's seeds become a mean with a band. */
import { format as number } from 'd3'
import type { ReactNode } from 'react'
import { bandOf, type ChartLine, sumOf, type Values } from '../../charts/chart-line.ts'
import { Legend } from '../../charts/legend.tsx'
import { TimeChart, type TimeChartProps } from '../../charts/time-chart.tsx'
import type { ModelSeries, RunSeries } from '../../data/run-series.ts'
import { colour, colourOfReason } from '../../parts/colours.ts'
import { Panel } from '../../parts/panel.tsx'
import { useThemeName } from '../../shell/theme.ts'
import { type Dataset, policiesOf } from '../../state/dashboard.ts'
import { zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'

export interface ModelChartProps {
  readonly dataset: Dataset
  readonly model: string
}

type PickValues = (series: RunSeries) => Values

export const seriesOf = (dataset: Dataset, policy: string): readonly RunSeries[] =>
  dataset.runs.flatMap((run) => (run.policy === policy && run.series !== undefined ? [run.series] : []))

/** One line per arm: the mean over its seeds, with their spread. */
export function armLines(dataset: Dataset, pick: PickValues): readonly ChartLine[] {
  return policiesOf(dataset).map((policy, i) => {
    const runs = seriesOf(dataset, policy)
    const { mean, low, high } = bandOf(runs.map(pick))
    const spread = runs.length > 1 ? { low, high } : {}
    return { name: policy, colour: colour(i), interval_s: runs[0]?.interval_s ?? 60, values: mean, ...spread }
  })
}

export const formatMs = (ms: number): string => (ms >= 1000 ? `${number('.3~g')(ms / 1000)} s` : `${Math.round(ms)} ms`)
export const formatPercent = (share: number): string => `${number('.3~g')(share * 100)} %`
export const formatCount = (count: number): string => (count >= 10_000 ? number('.3~s')(count) : number('.4~g')(count))

type Shared = Pick<TimeChartProps, 'duration_s' | 'window' | 'onZoom' | 'theme'> & { readonly warmup_s?: number }
type Pick<T, K extends keyof T> = { readonly [P in K]: T[P] }

/** What all charts of a dataset share. */
export function useChartFrame(dataset: Dataset): Shared {
  const window = useDashboard((state) => state.selection.window)
  const theme = useThemeName()
  const series = dataset.runs.find((run) => run.series !== undefined)?.series
  const warmup_s = dataset.runs.find((run) => run.result !== undefined)?.result?.warmup_s
  return {
    duration_s: series?.duration_s ?? 1,
    window,
    onZoom: zoom,
    theme,
    ...(warmup_s === undefined ? {} : { warmup_s }),
  }
}

const seeds = (dataset: Dataset, policy: string): number => seriesOf(dataset, policy).length

/** p50 as the line and up to p95 as the band, averaged over seeds: the spread that users of one run feel. */
export function TtftChart({ dataset, model }: ModelChartProps): ReactNode {
  const frame = useChartFrame(dataset)
  const of = (policy: string, pick: (series: ModelSeries) => Values): Values =>
    bandOf(seriesOf(dataset, policy).map((series) => pick(series.models[model] ?? NOTHING))).mean
  const lines = policiesOf(dataset).map((policy, i): ChartLine => {
    const p50 = of(policy, (series) => series.ttft_p50_ms)
    const high = of(policy, (series) => series.ttft_p95_ms)
    return {
      name: policy,
      colour: colour(i),
      interval_s: seriesOf(dataset, policy)[0]?.interval_s ?? 60,
      values: p50,
      low: p50,
      high,
    }
  })
  const first = policiesOf(dataset)[0]
  const count = first === undefined ? 0 : seeds(dataset, first)
  return (
    <Panel title={`TTFT · ${model}`} about={`p50, shaded to p95${count > 1 ? `; means of ${count} seeds` : ''}`}>
      <TimeChart {...frame} label={`TTFT of ${model} over time`} lines={lines} format={formatMs} />
      <Legend entries={lines} />
    </Panel>
  )
}

const NOTHING: ModelSeries = {
  arrived: [],
  served: [],
  answered_429: {},
  goodput: [],
  ttft_p50_ms: [],
  ttft_p95_ms: [],
  decode_p50_tps: [],
  decode_p95_tps: [],
  prompt_tokens: [],
  completion_tokens: [],
}

interface LinesProps extends ModelChartProps {
  readonly title: string
  readonly about: string
  readonly pick: (series: ModelSeries) => Values
  readonly format: (value: number) => string
  readonly top?: number
}

export function ModelLines({ dataset, model, title, about, pick, format, top }: LinesProps): ReactNode {
  const frame = useChartFrame(dataset)
  const lines = armLines(dataset, (series) => pick(series.models[model] ?? NOTHING))
  return (
    <Panel title={`${title} · ${model}`} about={about}>
      <TimeChart
        {...frame}
        label={`${title} of ${model} over time`}
        lines={lines}
        format={format}
        {...(top === undefined ? {} : { top })}
      />
      <Legend entries={lines} />
    </Panel>
  )
}

/** Refusals of one arm, as shares of what arrived in the interval, stacked by reason. */
export function Rate429Chart({ dataset, model }: ModelChartProps): ReactNode {
  const frame = useChartFrame(dataset)
  const arms = policiesOf(dataset).map((policy) => {
    const runs = seriesOf(dataset, policy).map((series) => series.models[model] ?? NOTHING)
    const arrived = sumOf(runs.map((run) => run.arrived))
    const reasons = [...new Set(runs.flatMap((run) => Object.keys(run.answered_429)))].sort()
    const interval_s = seriesOf(dataset, policy)[0]?.interval_s ?? 60
    const lines = reasons.map((reason): ChartLine => {
      const counts = sumOf(runs.map((run) => run.answered_429[reason] ?? []))
      const values = arrived.map((all, i) => (all === null ? null : all === 0 ? 0 : (counts[i] ?? 0) / all))
      return { name: reason, colour: colourOfReason(reason), interval_s, values }
    })
    return { policy, lines }
  })
  const refusing = arms.filter((arm) => arm.lines.length > 0)
  const reasons = new Map(refusing.flatMap((arm) => arm.lines.map((line) => [line.name, line] as const)))
  return (
    <Panel title={`429 by reason · ${model}`} about="share of what arrived, all seeds">
      {refusing.length === 0 && <p className="muted">No arm answers 429.</p>}
      {refusing.map(({ policy, lines }) => (
        <div key={policy}>
          <span className="muted">{policy}</span>
          <TimeChart
            {...frame}
            label={`429 of ${model} under ${policy} by reason`}
            lines={lines}
            format={formatPercent}
            stack
            height={96}
          />
        </div>
      ))}
      <Legend entries={[...reasons.values()]} />
    </Panel>
  )
}

interface FleetLinesProps {
  readonly dataset: Dataset
  readonly title: string
  readonly about: string
  readonly pick: (series: RunSeries) => Values
}

export function FleetLines({ dataset, title, about, pick }: FleetLinesProps): ReactNode {
  const frame = useChartFrame(dataset)
  const lines = armLines(dataset, pick)
  return (
    <Panel title={title} about={about}>
      <TimeChart {...frame} label={`${title} over time`} lines={lines} format={formatCount} />
      <Legend entries={lines} />
    </Panel>
  )
}
