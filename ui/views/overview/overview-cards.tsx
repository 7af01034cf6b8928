/** The verdict in cards: what decides per model, and what the fleet did for it. */
import type { ReactNode } from 'react'
import type { CompareResult } from '../../../sim/lab/compare.ts'
import { outcomeMetrics, servedMetrics } from '../../../sim/report/headline.ts'
import { FigureCard } from '../../parts/figure-card.tsx'

interface Card {
  readonly title: string
  readonly path: string
}

function cardsOf(compare: CompareResult): readonly Card[] {
  const { models } = compare
  const decode = models.map((model) => ({ title: `decode p50 · ${model}`, path: servedMetrics(model)[3]!.path }))
  const tokens = models.map((model) => ({
    title: `completion tokens · ${model}`,
    path: `models[${JSON.stringify(model)}].served_tokens.completion`,
  }))
  return [
    ...models.flatMap((model) => {
      const [goodput, , rate429] = outcomeMetrics(model)
      const [, ttftP95] = servedMetrics(model)
      return [goodput!, rate429!, ttftP95!].map(({ label, path }) => ({ title: `${label} · ${model}`, path }))
    }),
    ...decode,
    { title: 'model loads', path: 'loads.count' },
    ...tokens,
    { title: 'pool moves', path: 'pool_moves' },
  ]
}

export function OverviewCards({ compare }: { readonly compare: CompareResult }): ReactNode {
  const { seeds, baseline } = compare
  const about =
    seeds.length === 1
      ? `One seed, so no intervals; then the difference from ${baseline}.`
      : `Mean of ${seeds.length} seeds (median of quantiles) with its 95 % interval; then the difference from ${baseline}, seed by seed, coloured where it is more than chance and more than δ.`
  return (
    <>
      <p className="muted cards-note">{about} Whole run after warm-up.</p>
      <div className="cards">
        {cardsOf(compare).map(({ title, path }) => (
          <FigureCard key={path} compare={compare} title={title} path={path} />
        ))}
      </div>
    </>
  )
}
