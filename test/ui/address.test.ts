/** What an address carries, there and back. */
import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from '../../ui/state/address.ts'
import { NOTHING_SELECTED } from '../../ui/state/dashboard.ts'

describe('an address', () => {
  it('brings back view, window, run, request, cell and theme', () => {
    const selection = {
      window: { from_s: 600, to_s: 1200.5 },
      policy: 'pools-afe8135',
      seed: 3,
      beside: 'open',
      machine: 0,
      request: 12,
      cell: { victim: 'gemma-4-26b', culprit: 'ghosts' },
      cause: 'thermal' as const,
    }
    const hash = formatAddress({ view: 'fleet', theme: 'dark', selection, dataset: undefined, draft: undefined })
    expect(parseAddress(hash)).toEqual({ view: 'fleet', theme: 'dark', source: undefined, selection })
  })

  it('leaves what it does not understand at its default', () => {
    expect(parseAddress('#/nowhere?from=x&to=3&theme=pink')).toEqual({
      view: 'overview',
      theme: 'auto',
      source: undefined,
      selection: NOTHING_SELECTED,
    })
  })
})
