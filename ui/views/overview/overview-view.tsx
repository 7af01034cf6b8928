/** Overview: the verdict in cards, then every model over time, all arms on the same axes, zoomed together. */
import { type ReactNode, useMemo } from 'react'
import { Empty } from '../../parts/panel.tsx'
import { AssumedList } from '../../parts/assumed-list.tsx'
import { WarningList } from '../../parts/warning-list.tsx'
import type { Dataset } from '../../state/dashboard.ts'
import { go } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import type { ModelSeries, RunSeries } from '../../data/run-series.ts'
import { perSecond } from './arm-lines.ts'
import { formatPercent, formatTps } from './chart-frame.ts'
import { FleetLines, LoadCauseChart, loadCausesOf, PolicyCharts, PoolChart, poolsOf } from './fleet-charts.tsx'
import { ModelLines, Rate429Chart, TtftChart } from './model-charts.tsx'
import { OverviewBar } from './overview-bar.tsx'
import { OverviewCards } from './overview-cards.tsx'
import { WindowTable } from './window-table.tsx'
import './overview.css'

const goodput = (series: ModelSeries) => series.goodput
const decode = (series: ModelSeries) => series.decode_p50_tps
const queue = (series: RunSeries) => series.queue_depth
const loads = (series: RunSeries) => series.loads
const moves = (series: RunSeries) => series.pool_moves

export default function OverviewView(): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const window = useDashboard((state) => state.selection.window)
  const models = useMemo(
    () => [...new Set((dataset?.runs ?? []).flatMap((run) => Object.keys(run.series?.models ?? {})))],
    [dataset],
  )
  if (dataset === undefined) return <Empty>The headline scenario’s finished run is on its way.</Empty>
  const choose = (
    <button type="button" onClick={() => go('run')}>
      Choose a scenario
    </button>
  )
  if (models.length === 0 && dataset.compare === undefined)
    return <Empty action={choose}>No run has anything to show yet.</Empty>
  return (
    <div className="stack">
      {models.length > 0 && <OverviewBar dataset={dataset} />}
      <WarningList dataset={dataset} />
      <AssumedList dataset={dataset} />
      {window !== undefined && models.length > 0 && <WindowTable dataset={dataset} models={models} window={window} />}
      {dataset.compare !== undefined && <OverviewCards compare={dataset.compare} />}
      {models.length === 0 ? (
        <Empty action={choose}>
          A comparison alone has no course over time. Open result.json or trace.fleet of its runs beside it.
        </Empty>
      ) : (
        <Course dataset={dataset} models={models} />
      )}
    </div>
  )
}

/** Everything that has a course over time. */
function Course({ dataset, models }: { readonly dataset: Dataset; readonly models: readonly string[] }): ReactNode {
  return (
    <>
      {models.map((model) => (
        <ModelSection key={model} dataset={dataset} model={model} />
      ))}
      <FleetSection dataset={dataset} />
    </>
  )
}

/** `30 s`, `5 min`. */
const intervalText = (interval_s: number): string =>
  interval_s % 60 === 0 ? `${interval_s / 60} min` : `${interval_s} s`

const intervalOf = (dataset: Dataset): number => dataset.runs.find((run) => run.series)?.series?.interval_s ?? 60

function ModelSection({ dataset, model }: { readonly dataset: Dataset; readonly model: string }): ReactNode {
  const interval_s = intervalOf(dataset)
  const refuses = dataset.runs.some((run) => Object.keys(run.series?.models[model]?.answered_429 ?? {}).length > 0)
  const tokens = useMemo(() => (series: ModelSeries) => perSecond(series.completion_tokens, interval_s), [interval_s])
  return (
    <section className="stack overview-section" aria-label={`${model} over time`}>
      <h2>
        {model}
        <span className="muted">a point each {intervalText(interval_s)}; shaded: warm-up</span>
      </h2>
      <div className="grid">
        <TtftChart dataset={dataset} model={model} />
        {refuses && <Rate429Chart dataset={dataset} model={model} />}
        <ModelLines
          dataset={dataset}
          model={model}
          title="Goodput"
          about="share of arrivals served within the SLO"
          pick={goodput}
          format={formatPercent}
          top={1}
        />
        <ModelLines
          dataset={dataset}
          model={model}
          title="Decode rate"
          about="median of the served"
          pick={decode}
          format={formatTps}
        />
        <ModelLines
          dataset={dataset}
          model={model}
          title="Served tokens"
          about="completion tokens per second"
          pick={tokens}
          format={formatTps}
        />
        {/* With nothing to show it takes the last place. */}
        {!refuses && <Rate429Chart dataset={dataset} model={model} />}
      </div>
    </section>
  )
}

function FleetSection({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const every = `per ${intervalText(intervalOf(dataset))}`
  return (
    <section className="stack overview-section" aria-label="Fleet over time">
      <h2>Fleet</h2>
      <div className="grid">
        {poolsOf(dataset).map((pool) => (
          <PoolChart key={pool} dataset={dataset} pool={pool} />
        ))}
        <FleetLines dataset={dataset} title="Loads" about={`model loads begun ${every}`} pick={loads} />
        {loadCausesOf(dataset).map((cause) => (
          <LoadCauseChart key={cause} dataset={dataset} cause={cause} every={every} />
        ))}
        <FleetLines dataset={dataset} title="Pool moves" about={`providers relabelled ${every}`} pick={moves} />
        <FleetLines dataset={dataset} title="Queue" about="requests waiting, mean" pick={queue} />
        <PolicyCharts dataset={dataset} />
      </div>
    </section>
  )
}
