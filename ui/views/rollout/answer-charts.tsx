/** How clients felt it: TTFT and refusals of each model, on the axis of the other charts. These need no rows. */
import type { ReactNode } from 'react'
import { formatCompact } from './formats.ts'
import type { ModelSeries } from '../../data/run-series.ts'
import { Pair } from '../../parts/run-pair.tsx'
import { RolloutChart } from './rollout-chart.tsx'
import { commonTop, refusalLines, ttftLines } from './rollout-lines.ts'
import type { ChartsProps } from './rollout-side.ts'

const formatMs = (value: number): string =>
  value >= 1000 ? `${formatCompact(value / 1000)} s` : `${formatCompact(value)} ms`

const formatPercent = (share: number): string => `${formatCompact(share * 100)} %`

export function AnswerCharts(props: ChartsProps): ReactNode {
  const models = [...new Set(props.sides.flatMap(({ run }) => Object.keys(run.series?.models ?? {})))]
  const arrived = (model: string): boolean =>
    props.sides.some(({ run }) => run.series?.models[model]?.arrived.some((count) => (count ?? 0) > 0))
  return (
    <>
      {models.filter(arrived).map((model) => (
        <ModelAnswers key={model} model={model} {...props} />
      ))}
    </>
  )
}

interface ModelAnswersProps extends ChartsProps {
  readonly model: string
}

function ModelAnswers({ sides, model, duration_s, shown, marks }: ModelAnswersProps): ReactNode {
  const linesOf = (make: (series: ModelSeries, interval_s: number) => ReturnType<typeof ttftLines>) =>
    sides.map(({ run }) => {
      const series = run.series?.models[model]
      return series === undefined ? [] : make(series, run.series!.interval_s)
    })
  const ttft = linesOf(ttftLines)
  const refusals = linesOf(refusalLines)
  const tops = {
    ttft: commonTop(ttft, shown.from_s, shown.to_s),
    refusals: Math.min(1, commonTop(refusals, shown.from_s, shown.to_s, true)),
  }
  return (
    <Pair sides={sides.length}>
      {sides.map(({ run }, i) => (
        <RolloutChart
          key={`${run.id} ttft`}
          title={`TTFT · ${model}`}
          about="p50, shaded to p95"
          policy={run.policy}
          lines={ttft[i] ?? []}
          {...{ duration_s, marks }}
          top={tops.ttft}
          format={formatMs}
          warmup_s={run.result?.warmup_s}
          empty="Nothing was served."
        />
      ))}
      {sides.map(({ run }, i) => (
        <RolloutChart
          key={`${run.id} 429`}
          title={`429 · ${model}`}
          about="share of what arrived, by reason"
          policy={run.policy}
          lines={refusals[i] ?? []}
          {...{ duration_s, marks }}
          top={tops.refusals}
          format={formatPercent}
          stack
          warmup_s={run.result?.warmup_s}
          empty="No request of this model is answered 429."
        />
      ))}
    </Pair>
  )
}
