/** What the figures on screen rest on and nobody published. Closed at first; nothing when a scenario marks nothing. */
import { type ReactNode, useMemo } from 'react'
import { type GatheredAssumed, gatheredAssumed } from '../../sim/lab/assumed.ts'
import { shortValue } from '../../sim/report/assumed-text.ts'
import type { Dataset } from '../state/dashboard.ts'

/** Files of older formats have no list. */
function assumedOf({ compare, runs }: Dataset): readonly GatheredAssumed[] {
  if (compare !== undefined) return (compare as Partial<typeof compare>).assumed ?? []
  return gatheredAssumed(
    runs.flatMap(({ policy, result }) => (result === undefined ? [] : [{ place: policy, result }])),
  )
}

export function AssumedList({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const assumed = useMemo(() => assumedOf(dataset), [dataset])
  if (assumed.length === 0) return null
  return (
    <details className="panel assumed">
      <summary>
        {assumed.length === 1 ? '1 input is assumed' : `${assumed.length} inputs are assumed`}: nobody published them
      </summary>
      <ul>
        {assumed.map(({ path, value, why, arms }) => (
          <li key={`${path} ${arms?.join() ?? ''}`}>
            <code>{path}</code> <span className="muted">{shortValue(value)}</span>
            {arms === undefined ? '' : ` (${arms.join(', ')})`}: {why}
          </li>
        ))}
      </ul>
    </details>
  )
}
