/** Which figures of a grid are shown where nobody asked for others: what decides, per model. */
import { fragmentationMetrics, type HeadlineMetric, outcomeMetrics } from '../form/headline.ts'
import { intervalWords } from '../form/interval-words.ts'

export function shownMetrics(model: string): readonly HeadlineMetric[] {
  const wanted = new Set(['goodput', '429'])
  return [
    ...outcomeMetrics(model).filter(({ label }) => wanted.has(label)),
    ...fragmentationMetrics(model).filter(({ label }) => label === 'rejected while idle'),
  ]
}

/** What the figures are and what stands beside them. */
export function legendOf(seeds: readonly number[]): string {
  return seeds.length === 1
    ? `one seed (${seeds[0]}), no intervals`
    : `means over ${seeds.length} seeds (medians of quantiles)${intervalWords(seeds.length, ' with 95 % intervals')}`
}
