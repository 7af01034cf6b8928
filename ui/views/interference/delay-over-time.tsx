/** The delay per served request over the whole run, by cause: where to look, and the handle that chooses the window. */
import type { ReactNode } from 'react'
import { ChartDownloads } from '../../charts/files/chart-downloads.tsx'
import type { ChartLine } from '../../charts/time/chart-line.ts'
import { Marked } from '../../charts/time/marked.tsx'
import { TimeChart } from '../../charts/time/time-chart.tsx'
import { timeChartCsv } from '../../charts/time/time-chart-csv.ts'
import type { Cause } from '../../data/interference/delay-shares.ts'
import type { InterferenceSeries } from '../../data/interference/interference-window.ts'
import { useThemeName } from '../../shell/theme.ts'
import type { LoadedRun } from '../../state/dashboard.ts'
import { fail, zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { formatDelay } from './delay-matrix.ts'
import { CAUSE_WORDS } from './words.ts'

const HEIGHT_PX = 110

export interface DelayOverTimeProps {
  readonly run: LoadedRun
  readonly series: InterferenceSeries
  readonly cause: Cause | undefined
  /** Of the axis, the same for runs side by side. */
  readonly top: number
}

/** What a stack can show: credits are left to the matrix. */
export function delayLines(series: InterferenceSeries, cause: Cause | undefined, interval_s: number): ChartLine[] {
  return CAUSE_WORDS.filter((words) => cause === undefined || words.cause === cause).map((words) => ({
    name: words.name,
    colour: words.colour,
    interval_s,
    values: series[words.cause].map((seconds) => (seconds === null ? null : Math.max(0, seconds))),
  }))
}

/** Highest stack of the lines. */
export function topOf(lines: readonly ChartLine[]): number {
  const points = Math.max(0, ...lines.map(({ values }) => values.length))
  let top = 0
  for (let i = 0; i < points; i += 1)
    top = Math.max(
      top,
      lines.reduce((sum, { values }) => sum + (values[i] ?? 0), 0),
    )
  return top
}

/** The same as files. */
export function SaveDelays({
  run,
  series,
  cause,
  top,
  scenario,
}: DelayOverTimeProps & { readonly scenario: string }): ReactNode {
  const lines = delayLines(series, cause, run.series?.interval_s ?? 60)
  const title = `Delay over time · ${run.policy}, seed ${run.seed}`
  return (
    <ChartDownloads
      name={`${scenario} delay ${run.policy} seed ${run.seed}`}
      title={title}
      svg={async () => {
        const { timeChartSvg } = await import('../../charts/time/time-chart-file.ts')
        const { duration_s = 1 } = run.series ?? {}
        const warmup_s = run.result?.warmup_s ?? 0
        return timeChartSvg(
          { lines, duration_s, stack: true, top: top || 1, warmup_s, format: formatDelay },
          {
            title,
            about: `${scenario}; delay per served request${cause === undefined ? ', by cause' : `, ${cause} alone`}`,
            entries: lines.map(({ name, colour }) => ({ name, colour })),
          },
        )
      }}
      csv={() => timeChartCsv(lines)}
      onError={fail}
    />
  )
}

export function DelayOverTime({ run, series, cause, top }: DelayOverTimeProps): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  const theme = useThemeName()
  const duration_s = run.series?.duration_s ?? 1
  const warmup_s = run.result?.warmup_s
  return (
    <Marked duration_s={duration_s} chosen={window} height={HEIGHT_PX}>
      <TimeChart
        label={`Delay per served request under ${run.policy} over time. Drag to choose a window`}
        lines={delayLines(series, cause, run.series?.interval_s ?? 60)}
        duration_s={duration_s}
        window={undefined}
        onZoom={zoom}
        format={formatDelay}
        stack
        height={HEIGHT_PX}
        top={top || 1}
        theme={theme}
        {...(warmup_s === undefined ? {} : { warmup_s })}
      />
    </Marked>
  )
}
