/** Charts of the whole fleet over time: the queue, loads, moves between pools, and every pool's providers. */
import { type ReactNode, useMemo, useState } from 'react'
import { Legend } from '../../charts/legend.tsx'
import { TimeChart } from '../../charts/time-chart.tsx'
import type { RunSeries } from '../../data/run-series.ts'
import { Panel } from '../../parts/panel.tsx'
import type { Dataset } from '../../state/dashboard.ts'
import { armLines, type PickValues } from './arm-lines.ts'
import { formatCount, useChartFrame } from './chart-frame.ts'
import { ArmLegend, bandNote, useHidden } from './model-charts.tsx'

interface FleetLinesProps {
  readonly dataset: Dataset
  readonly title: string
  readonly about: string
  readonly pick: PickValues<RunSeries>
}

interface LoadCauseProps {
  readonly dataset: Dataset
  readonly cause: string
  readonly every: string
}

const CAUSES: { readonly [cause: string]: string } = {
  request: 'for a request whose build was taken for resident',
  cold_spill: 'for a request sent to a Mac known to be cold',
  swap: 'told by the swap planner',
  warm_pool: 'told by the warm pool',
  plan: 'told by a planning policy',
}

export function FleetLines({ dataset, title, about, pick }: FleetLinesProps): ReactNode {
  const frame = useChartFrame(dataset)
  const hidden = useHidden()
  const lines = useMemo(() => armLines(dataset, hidden, pick), [dataset, hidden, pick])
  return (
    <Panel title={title} about={`${about}${bandNote(dataset)}`}>
      <TimeChart {...frame} label={`${title} over time`} lines={lines} format={formatCount} height={150} />
      <ArmLegend dataset={dataset} />
    </Panel>
  )
}

/** Causes of loads that occur under any arm. */
export const loadCausesOf = (dataset: Dataset): readonly string[] =>
  [...new Set(dataset.runs.flatMap((run) => Object.keys(run.series?.loads_by ?? {})))].sort()

const NO_LOADS: readonly number[] = []

/** A chart per cause, so that arms keep their colours. */
export function LoadCauseChart({ dataset, cause, every }: LoadCauseProps): ReactNode {
  const pick = useMemo(() => (series: RunSeries) => series.loads_by?.[cause] ?? NO_LOADS, [cause])
  const name = cause.replace('_', ' ')
  return (
    <FleetLines dataset={dataset} title={`Loads · ${name}`} about={`${CAUSES[cause] ?? name}, ${every}`} pick={pick} />
  )
}

export const poolsOf = (dataset: Dataset): readonly string[] =>
  [...new Set(dataset.runs.flatMap((run) => Object.keys(run.series?.pools ?? {})))].sort()

const metricsOf = (dataset: Dataset): readonly string[] =>
  [...new Set(dataset.runs.flatMap((run) => Object.keys(run.series?.policy ?? {})))].sort()

/** What policies count and measure themselves; nothing when none does. */
export function PolicyCharts({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const metrics = useMemo(() => metricsOf(dataset), [dataset])
  return metrics.map((metric) => <PolicyChart key={metric} dataset={dataset} metric={metric} />)
}

function PolicyChart({ dataset, metric }: { readonly dataset: Dataset; readonly metric: string }): ReactNode {
  const pick = useMemo(() => (series: RunSeries) => series.policy?.[metric] ?? [], [metric])
  return (
    <FleetLines
      dataset={dataset}
      title={`Policy · ${metric}`}
      about="the policy's own: a counter's sum, a gauge's mean, per point"
      pick={pick}
    />
  )
}

const GAUGES = [
  { name: 'assigned', colour: 'var(--muted)', dashed: false },
  { name: 'warm', colour: 'var(--muted)', dashed: true },
]

/** Arms without pools have no gauges and no line here. */
export function PoolChart({ dataset, pool }: { readonly dataset: Dataset; readonly pool: string }): ReactNode {
  const frame = useChartFrame(dataset)
  const hidden = useHidden()
  const [without, setWithout] = useState<readonly string[]>([])
  const lines = useMemo(
    () =>
      (['assigned', 'warm'] as const)
        .filter((gauge) => !without.includes(gauge))
        .flatMap((gauge) =>
          armLines(dataset, hidden, (series) => series.pools?.[pool]?.[gauge] ?? [], {
            suffix: ` ${gauge}`,
            dashed: gauge === 'warm',
          }),
        ),
    [dataset, pool, hidden, without],
  )
  const toggle = (name: string): void =>
    setWithout(without.includes(name) ? without.filter((each) => each !== name) : [...without, name])
  return (
    <Panel title={`Pool · ${pool}`} about={`providers, assigned solid, warm dashed${bandNote(dataset)}`}>
      <TimeChart {...frame} label={`Providers of pool ${pool} over time`} lines={lines} format={formatCount} />
      <div className="row legends">
        <ArmLegend dataset={dataset} />
        <Legend entries={GAUGES} hidden={without} onToggle={toggle} />
      </div>
    </Panel>
  )
}
