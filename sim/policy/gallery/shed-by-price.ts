/**
 * When the fleet fills up, the cheapest requests are refused first: from `start` of the Macs full on, the price below which nobody
 * is let in rises with every further one.
 */
import { definePolicy, real, text } from '../../plug/index.ts'

export const shedByPrice = definePolicy({
  name: 'shed-by-price',
  about: 'as the fleet fills up, refuses the accounts that pay least first',
  parameters: {
    prices: text('free=0, batch=1', 'what accounts pay, as name=price; every other pays `standard`'),
    standard: real(3, 'price of every other account', { min: 0 }),
    start: real(0.5, 'share of Macs full from which on some are refused', { min: 0, max: 0.99 }),
  },
  state: ({ prices }) => ({
    priceOf: new Map(
      prices.split(',').map((entry): [string, number] => [entry.split('=')[0]!.trim(), Number(entry.split('=')[1])]),
    ),
  }),
  counters: ['shed'],
  gauges: ['least_price'],
  admit(request, view) {
    const { candidates, full } = request.verdict
    const { standard, start } = view.parameters
    const filled = full + candidates === 0 ? 0 : full / (full + candidates)
    const least = filled <= start ? 0 : (standard * (filled - start)) / (1 - start)
    view.gauge('least_price', least)
    const price = view.state.priceOf.get(request.account) ?? standard
    if (price >= least) return 'admit'
    view.count('shed')
    return {
      status: 429,
      reason: 'model_shed',
      retryAfter_s: 10,
      why: `it pays ${price}, the least is ${least.toFixed(1)}`,
    }
  },
})
