/** Overview: the verdict in cards, then every model over time, all arms on the same axes, zoomed together. */
import type { ReactNode } from 'react'
import type { CompareResult } from '../../../sim/lab/compare.ts'
import { outcomeMetrics, servedMetrics } from '../../../sim/report/headline.ts'
import { formatTime } from '../../charts/time-format.ts'
import { FigureCard } from '../../parts/figure-card.tsx'
import { Empty } from '../../parts/panel.tsx'
import { go, zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { FleetLines, formatCount, formatPercent, ModelLines, Rate429Chart, TtftChart } from './model-charts.tsx'

function Cards({ compare }: { readonly compare: CompareResult }): ReactNode {
  const wanted = compare.models.flatMap((model) => {
    const [goodput, , rate429] = outcomeMetrics(model)
    const [, ttftP95] = servedMetrics(model)
    return [goodput!, rate429!, ttftP95!].map(({ label, path }) => ({ title: `${label} · ${model}`, path }))
  })
  const fleet = [
    { title: 'model loads', path: 'loads.count' },
    { title: 'pool moves', path: 'pool_moves' },
  ]
  return (
    <div className="cards">
      {[...wanted, ...fleet].map(({ title, path }) => (
        <FigureCard key={path} compare={compare} title={title} path={path} />
      ))}
    </div>
  )
}

/** What is zoomed into, and the way back. */
function WindowBar(): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  return (
    <div className="row muted">
      {window === undefined ? (
        'Drag over a chart to zoom all of them; arrow keys read values.'
      ) : (
        <>
          {formatTime(window.from_s)} – {formatTime(window.to_s)}
          <button type="button" onClick={() => zoom(undefined)}>
            Show all
          </button>
        </>
      )}
    </div>
  )
}

export default function OverviewView(): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  if (dataset === undefined) return <Empty>The headline scenario’s finished run is on its way.</Empty>
  const models = [...new Set(dataset.runs.flatMap((run) => Object.keys(run.series?.models ?? {})))]
  const choose = (
    <button type="button" onClick={() => go('run')}>
      Choose a scenario
    </button>
  )
  if (models.length === 0 && dataset.compare === undefined)
    return <Empty action={choose}>No run has anything to show yet.</Empty>
  return (
    <div className="stack">
      {dataset.compare !== undefined && <Cards compare={dataset.compare} />}
      {models.length === 0 ? (
        <Empty action={choose}>
          A comparison alone has no course over time. Open result.json or trace.fleet of its runs beside it.
        </Empty>
      ) : (
        <WindowBar />
      )}
      {models.map((model) => (
        <div key={model} className="grid">
          <TtftChart dataset={dataset} model={model} />
          <ModelLines
            dataset={dataset}
            model={model}
            title="Goodput"
            about="share of arrivals served within the SLO"
            pick={(series) => series.goodput}
            format={formatPercent}
            top={1}
          />
          <Rate429Chart dataset={dataset} model={model} />
          <ModelLines
            dataset={dataset}
            model={model}
            title="Decode rate"
            about="tok/s, median of the served"
            pick={(series) => series.decode_p50_tps}
            format={formatCount}
          />
          <ModelLines
            dataset={dataset}
            model={model}
            title="Served tokens"
            about="completion tokens per interval"
            pick={(series) => series.completion_tokens}
            format={formatCount}
          />
        </div>
      ))}
      {models.length > 0 && (
        <div className="grid">
          <FleetLines dataset={dataset} title="Queue" about="requests waiting" pick={(series) => series.queue_depth} />
          <FleetLines
            dataset={dataset}
            title="Loads"
            about="model loads begun per interval"
            pick={(series) => series.loads}
          />
          <FleetLines
            dataset={dataset}
            title="Pool moves"
            about="labels changed per interval"
            pick={(series) => series.pool_moves}
          />
        </div>
      )}
    </div>
  )
}
