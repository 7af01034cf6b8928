/** What an address carries, there and back. */
import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from '../../../ui/state/address.ts'
import { ALL_REQUESTS, NOTHING_SELECTED, nextDatasetId } from '../../../ui/state/dashboard.ts'

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
      hidden: ['open', './mine, too.ts'],
      pairing: 'difference' as const,
      lanes: { order: 'busy', track: 'heat', size: 'names' } as const,
      requests: { ...ALL_REQUESTS, reason: 'pool_exhausted', user: 7, order: 'arrived', descending: false } as const,
      cause: 'thermal' as const,
    }
    const hash = formatAddress({
      view: 'requests',
      theme: 'dark',
      selection,
      dataset: undefined,
      draft: undefined,
      playback: { at_s: 61.5, playing: false, speed: 60 },
    })
    expect(parseAddress(hash)).toMatchObject({
      view: 'requests',
      theme: 'dark',
      source: undefined,
      selection,
      at_s: 61.5,
    })
  })

  it('names the shipped scenario, arms and seeds of runs made here, unless its text was changed', () => {
    const recipe = { policies: ['open', 'pools'], seeds: '1-3', edited: false }
    const path = 'scenarios/pools/pinned-elsewhere.yaml'
    const own = { id: nextDatasetId(), kind: 'simulated', scenario: 'x', path, runs: [], compare: undefined } as const
    const playback = { at_s: 30, playing: true, speed: 60 }
    const state = { view: 'requests', theme: 'auto', selection: NOTHING_SELECTED, draft: undefined, playback } as const
    const hash = formatAddress({ ...state, dataset: { ...own, recipe } })
    expect(hash).toBe(`#/requests?source=${path}&arms=open,pools&seeds=1-3`)
    expect(parseAddress(hash)).toMatchObject({ source: path, policies: ['open', 'pools'], seeds: '1-3' })
    const changed = { ...recipe, edited: true }
    expect(formatAddress({ ...state, dataset: { ...own, recipe: changed } })).toBe('#/requests')
    const told = formatAddress({ ...state, dataset: { ...own, recipe: { ...changed, edit: '3.1.x & y' } } })
    expect(parseAddress(told)).toMatchObject({ source: path, edit: '3.1.x & y' })
  })

  it.each(['overview', 'compare', 'fleet', 'rollout'])('of the former page %s still opens', (page) => {
    expect(parseAddress(`#/${page}?source=scenarios/x.yaml&policy=open`)).toMatchObject({
      view: 'answer',
      source: 'scenarios/x.yaml',
      selection: { policy: 'open' },
    })
  })

  it('leaves what it does not understand at its default', () => {
    expect(parseAddress('#/nowhere?from=x&to=3&theme=pink')).toEqual({
      view: 'answer',
      theme: 'auto',
      source: undefined,
      policies: undefined,
      seeds: '',
      edit: undefined,
      at_s: 0,
      selection: NOTHING_SELECTED,
    })
  })
})
