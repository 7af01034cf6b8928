/** Stays in sight: arms that are shown, the whole run with the window that all charts share, and the way back. */
import { type ReactNode, useMemo } from 'react'
import { bandOf, sumOf } from '../../charts/chart-line.ts'
import { TimeBrush } from '../../charts/time-brush.tsx'
import { formatTime } from '../../charts/time-format.ts'
import type { Dataset } from '../../state/dashboard.ts'
import { zoom } from '../../state/selection-actions.ts'
import { useChartFrame } from './chart-frame.ts'
import { ArmLegend } from './model-charts.tsx'

export function OverviewBar({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const { window, duration_s } = useChartFrame(dataset)
  const all = useMemo(() => dataset.runs.flatMap((run) => run.series ?? []), [dataset])
  const arrived = useMemo(
    () => bandOf(all.map((series) => sumOf(Object.values(series.models).map((model) => model.arrived)))).mean,
    [all],
  )
  return (
    <div className="overview-bar">
      <div className="row">
        <ArmLegend dataset={dataset} />
        {window === undefined ? (
          <span className="muted">
            Arrivals over the whole run. Drag here or over any chart to zoom all; click a policy to leave it out.
          </span>
        ) : (
          <span>
            {formatTime(window.from_s)} – {formatTime(window.to_s)} of {formatTime(duration_s)}{' '}
            <button type="button" className="reset" onClick={() => zoom(undefined)}>
              Show all
            </button>
          </span>
        )}
      </div>
      <TimeBrush
        label="Window of time"
        values={arrived}
        interval_s={all[0]?.interval_s ?? 60}
        duration_s={duration_s}
        window={window}
        onZoom={zoom}
      />
    </div>
  )
}
