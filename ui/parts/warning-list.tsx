/** What to look at before any figure: Macs left out, models refused, runs too short. Nothing when there is nothing. */
import { type ReactNode, useId, useMemo } from 'react'
import { gatheredWarnings } from '../../sim/lab/warnings.ts'
import type { Dataset } from '../state/dashboard.ts'

/** Those of the comparison, which knows of seeds too; before there is one, those of the runs that ended. */
function warningsOf({ compare, runs }: Dataset): readonly string[] {
  if (compare !== undefined) return compare.warnings
  const done = runs.flatMap(({ policy, seed, result }) =>
    result === undefined ? [] : [{ place: policy, seed, result }],
  )
  return gatheredWarnings(done, 'arm')
}

export function WarningList({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const heading = useId()
  const warnings = useMemo(() => warningsOf(dataset), [dataset])
  if (warnings.length === 0) return null
  return (
    <section className="panel warnings" aria-labelledby={heading}>
      <h2 id={heading}>
        <span aria-hidden="true">⚠ </span>
        {warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`}
      </h2>
      <ul>
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </section>
  )
}
