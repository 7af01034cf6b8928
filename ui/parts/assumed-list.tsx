/** What the figures on screen rest on and nobody published. */
import type { ReactNode } from 'react'
import { type GatheredAssumed, gatheredAssumed } from '../../sim/lab/compare/assumed.ts'
import { shortValue } from '../../sim/report/text/assumed-text.ts'
import type { Dataset } from '../state/dashboard.ts'

/** Files of older formats have no list. */
export function assumedOf({ compare, runs }: Dataset): readonly GatheredAssumed[] {
  if (compare !== undefined) return (compare as Partial<typeof compare>).assumed ?? []
  return gatheredAssumed(
    runs.flatMap(({ policy, result }) => (result === undefined ? [] : [{ place: policy, result }])),
  )
}

export function AssumedItems({ assumed }: { readonly assumed: readonly GatheredAssumed[] }): ReactNode {
  return (
    <ul className="unfolded" aria-label="Assumed inputs">
      {assumed.map(({ path, value, why, arms }) => (
        <li key={`${path} ${arms?.join() ?? ''}`}>
          <code>{path}</code> <span className="muted">{shortValue(value)}</span>
          {arms === undefined ? '' : ` (${arms.join(', ')})`}: {why}
        </li>
      ))}
    </ul>
  )
}
