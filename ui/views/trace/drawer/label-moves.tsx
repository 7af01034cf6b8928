/** Labels changed over the whole run: from which pool to which, by which surface, how often. */
import type { ReactNode } from 'react'
import { DataTable } from '../../../parts/data-table.tsx'
import { Panel } from '../../../parts/panel.tsx'
import type { LoadedRun } from '../../../state/dashboard.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'

const orNone = (label: string): string => (label === '' ? 'no pool' : label)

export function LabelMoves({ run }: { readonly run: LoadedRun }): ReactNode {
  const { answer: moves } = useTraceQuery(run, { kind: 'label_moves' })
  if (moves === undefined) return null
  return (
    <Panel title={`Labels by surface · ${run.policy}`} about="whole run">
      {moves.length === 0 ? (
        <p className="muted">No label changed: this policy keeps none, or nothing called for it.</p>
      ) : (
        <DataTable
          label={`Labels by surface under ${run.policy}`}
          rows={moves}
          keyOf={({ from, to, surface }) => JSON.stringify([from, to, surface])}
          columns={[
            { head: 'from', value: ({ from }) => orNone(from) },
            { head: 'to', value: ({ to }) => orNone(to) },
            { head: 'surface', value: ({ surface }) => surface },
            { head: 'times', value: ({ count }) => count, numeric: true },
          ]}
        />
      )}
    </Panel>
  )
}
