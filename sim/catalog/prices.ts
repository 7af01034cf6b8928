/**
 * What tokens earn. The fleet's operators set a price per model through an interface of their own and have not published
 * them; their public program falls back to one price for every model without one, and that is what the lab takes.
 */
import type { Sourced } from './model.ts'

export interface TokenPrice {
  /** USD per million tokens. */
  readonly prompt: number
  readonly completion: number
}

const TOKEN_PRICE: Sourced<TokenPrice> = {
  value: { prompt: 0.05, completion: 0.2 },
  evidence: 'assumed',
  source:
    'fallback price of the public program (coordinator/payments/pricing.go), assumed for every model; cache reads not discounted',
}

/** USD. */
export const priceOf = (promptTokens: number, completionTokens: number): number =>
  (promptTokens * TOKEN_PRICE.value.prompt + completionTokens * TOKEN_PRICE.value.completion) / 1_000_000
