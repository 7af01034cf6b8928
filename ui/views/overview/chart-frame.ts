/** What all charts over time of a dataset share: length, window, warm-up, theme; and how their figures are written. */
import { format as number } from 'd3'
import type { TimeChartProps } from '../../charts/time-chart.tsx'
import { useThemeName } from '../../shell/theme.ts'
import type { Dataset } from '../../state/dashboard.ts'
import { zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'

type Frame = Pick<TimeChartProps, 'duration_s' | 'window' | 'onZoom' | 'theme' | 'warmup_s'>

export function useChartFrame(dataset: Dataset): Frame {
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

export const formatMs = (ms: number): string => (ms >= 1000 ? `${number('.3~g')(ms / 1000)} s` : `${Math.round(ms)} ms`)
export const formatPercent = (share: number): string => `${number('.3~g')(share * 100)} %`
export const formatCount = (count: number): string => (count >= 1_000 ? number('.3~s')(count) : number('.4~g')(count))
export const formatTps = (rate: number): string => `${formatCount(rate)} tok/s`
