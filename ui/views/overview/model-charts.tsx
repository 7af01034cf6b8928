/** Charts of one model over time, all arms on the same axes: each arm's seeds become a mean with a band. */
import { type ReactNode, useMemo, useState } from 'react'
import type { ChartLine } from '../../charts/chart-line.ts'
import { Legend } from '../../charts/legend.tsx'
import { TimeChart } from '../../charts/time-chart.tsx'
import type { ModelSeries } from '../../data/run-series.ts'
import { Panel } from '../../parts/panel.tsx'
import type { Dataset } from '../../state/dashboard.ts'
import { toggleArm } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { armLines, armsOf, ofModel, type PickValues, refusals, seedsWithSeries, sharedTop } from './arm-lines.ts'
import { formatMs, formatPercent, useChartFrame } from './chart-frame.ts'

export interface ModelChartProps {
  readonly dataset: Dataset
  readonly model: string
}

export const useHidden = (): readonly string[] => useDashboard((state) => state.selection.hidden)

export function ArmLegend({ dataset }: { readonly dataset: Dataset }): ReactNode {
  return <Legend entries={armsOf(dataset)} hidden={useHidden()} onToggle={toggleArm} />
}

/** How several seeds are drawn, for a panel's line of explanation. */
export const bandNote = (dataset: Dataset): string => {
  const seeds = seedsWithSeries(dataset)
  return seeds > 1 ? `; mean and range of ${seeds} seeds` : ''
}

/** Stands in a chart's place when no arm has a value. */
export function NoValues({ children }: { readonly children: ReactNode }): ReactNode {
  return <p className="muted no-values">{children}</p>
}

const QUANTILES = [
  { name: 'p50', colour: 'var(--muted)', dashed: false },
  { name: 'p95', colour: 'var(--muted)', dashed: true },
]

export function TtftChart({ dataset, model }: ModelChartProps): ReactNode {
  const frame = useChartFrame(dataset)
  const hidden = useHidden()
  const [without, setWithout] = useState<readonly string[]>([])
  const lines = useMemo(() => {
    const p50 = armLines(
      dataset,
      hidden,
      ofModel(model, (series) => series.ttft_p50_ms),
      { suffix: ' p50' },
    )
    const p95 = armLines(
      dataset,
      hidden,
      ofModel(model, (series) => series.ttft_p95_ms),
      { suffix: ' p95', dashed: true },
    )
    return [...(without.includes('p95') ? [] : p95), ...(without.includes('p50') ? [] : p50)]
  }, [dataset, model, hidden, without])
  const toggle = (name: string): void =>
    setWithout(without.includes(name) ? without.filter((each) => each !== name) : [...without, name])
  return (
    <Panel title={`TTFT · ${model}`} about={`p50 solid, p95 dashed, of the served${bandNote(dataset)}`}>
      <TimeChart {...frame} label={`TTFT of ${model} over time`} lines={lines} format={formatMs} height={190} />
      <div className="row legends">
        <ArmLegend dataset={dataset} />
        <Legend entries={QUANTILES} hidden={without} onToggle={toggle} />
      </div>
    </Panel>
  )
}

interface LinesProps extends ModelChartProps {
  readonly title: string
  readonly about: string
  readonly pick: PickValues<ModelSeries>
  readonly format: (value: number) => string
  readonly top?: number
}

export function ModelLines({ dataset, model, title, about, pick, format, top }: LinesProps): ReactNode {
  const frame = useChartFrame(dataset)
  const hidden = useHidden()
  const lines = useMemo(() => armLines(dataset, hidden, ofModel(model, pick)), [dataset, hidden, model, pick])
  return (
    <Panel title={`${title} · ${model}`} about={`${about}${bandNote(dataset)}`}>
      <TimeChart
        {...frame}
        label={`${title} of ${model} over time`}
        lines={lines}
        format={format}
        height={190}
        {...(top === undefined ? {} : { top })}
      />
      <ArmLegend dataset={dataset} />
    </Panel>
  )
}

/** Refusals by reason: a small chart per arm that refuses, on one axis, so that heights compare. */
export function Rate429Chart({ dataset, model }: ModelChartProps): ReactNode {
  const frame = useChartFrame(dataset)
  const hidden = useHidden()
  const [without, setWithout] = useState<readonly string[]>([])
  const all = useMemo(() => refusals(dataset, model, hidden), [dataset, model, hidden])
  const reasons = new Map(all.flatMap((arm) => arm.lines.map((line) => [line.name, line] as const)))
  const shown = useMemo(
    () => all.map((arm) => ({ ...arm, lines: arm.lines.filter((line) => !without.includes(line.name)) })),
    [all, without],
  )
  const refusing = shown.filter((_, i) => all[i]!.lines.length > 0)
  const silent = all.filter((arm) => arm.lines.length === 0).map((arm) => arm.policy)
  const { from_s, to_s } = frame.window ?? { from_s: 0, to_s: frame.duration_s }
  const top = niceShare(sharedTop(refusing, from_s, to_s))
  const toggle = (name: string): void =>
    setWithout(without.includes(name) ? without.filter((each) => each !== name) : [...without, name])
  return (
    <Panel title={`429 by reason · ${model}`} about="share of arrivals in each interval, stacked, all seeds together">
      {refusing.map(({ policy, lines }) => (
        <div key={policy} className="multiple">
          <span className="muted">{policy}</span>
          <TimeChart
            {...frame}
            label={`429 of ${model} under ${policy} by reason`}
            lines={lines}
            format={formatPercent}
            stack
            top={top}
            height={refusing.length === 1 ? 160 : 96}
          />
        </div>
      ))}
      {silent.length > 0 && <NoValues>No 429 under {silent.join(', ')}.</NoValues>}
      {reasons.size > 0 && <Legend entries={sorted(reasons)} hidden={without} onToggle={toggle} />}
    </Panel>
  )
}

const sorted = (reasons: ReadonlyMap<string, ChartLine>): readonly ChartLine[] =>
  [...reasons.values()].sort((a, b) => (a.name < b.name ? -1 : 1))

/** The next of 1, 2, 5 × a power of ten, at most everything. */
function niceShare(share: number): number {
  if (share <= 0) return 0.01
  const power = 10 ** Math.floor(Math.log10(share))
  return Math.min(1, ([1, 2, 5].find((step) => step * power >= share * 0.999) ?? 10) * power)
}
