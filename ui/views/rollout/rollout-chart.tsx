/** One chart of a run's column: the shared axis of time, the operator's marks, and a legend beneath. */
import type { ReactNode } from 'react'
import type { ChartLine } from '../../charts/chart-line.ts'
import { Legend } from '../../charts/legend.tsx'
import { Marked, type TimeMark } from '../../charts/marked.tsx'
import { TimeChart } from '../../charts/time-chart.tsx'
import { Panel } from '../../parts/panel.tsx'
import { useThemeName } from '../../shell/theme.ts'
import { zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'

export interface RolloutChartProps {
  readonly title: string
  readonly about: string
  readonly policy: string
  readonly lines: readonly ChartLine[]
  readonly duration_s: number
  readonly marks: readonly TimeMark[]
  readonly top: number
  format(value: number): string
  readonly stack?: boolean
  /** In place of the chart when it has no lines. */
  readonly empty: string
  readonly warmup_s?: number | undefined
}

export function RolloutChart(props: RolloutChartProps): ReactNode {
  const { title, about, policy, lines, duration_s, marks, top, format, stack = false, empty, warmup_s } = props
  const window = useDashboard((state) => state.selection.window)
  const theme = useThemeName()
  if (lines.length === 0)
    return (
      <Panel title={`${title} · ${policy}`}>
        <p className="muted">{empty}</p>
      </Panel>
    )
  return (
    <Panel title={`${title} · ${policy}`} about={about}>
      <Marked duration_s={duration_s} window={window} marks={marks}>
        <TimeChart
          label={`${title} under ${policy} over time`}
          lines={lines}
          duration_s={duration_s}
          window={window}
          onZoom={zoom}
          format={format}
          stack={stack}
          height={120}
          top={top}
          theme={theme}
          {...(warmup_s === undefined ? {} : { warmup_s })}
        />
      </Marked>
      <Legend entries={lines} />
    </Panel>
  )
}
