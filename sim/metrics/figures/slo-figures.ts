/** What goodput means, as results carry it beside the figure. */
import type { MetricsSettings } from '../settings.ts'

/** A first token in time, and a decode rate after it. */
export interface SloFigures {
  readonly ttft_base_ms: number
  readonly ttft_per_token_ms: number
  readonly decode_tps: number
}

export const sloFigures = ({ ttftBase, ttftPerToken, decodeTps }: MetricsSettings['slo']): SloFigures => ({
  ttft_base_ms: ttftBase / 1_000,
  ttft_per_token_ms: ttftPerToken / 1_000,
  decode_tps: decodeTps,
})
