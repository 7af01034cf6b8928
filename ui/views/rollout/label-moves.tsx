/** Labels changed over the whole run: from which pool to which, by which surface, how often. */
import type { ReactNode } from 'react'
import type { Rollout } from '../../data/rollout.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { Panel } from '../../parts/panel.tsx'

export interface LabelMovesProps {
  readonly policy: string
  readonly moves: Rollout['moves']
}

const orNone = (label: string): string => (label === '' ? 'no pool' : label)

export function LabelMoves({ policy, moves }: LabelMovesProps): ReactNode {
  return (
    <Panel title={`Labels by surface · ${policy}`} about="whole run">
      {moves.length === 0 ? (
        <p className="muted">No label changed: this policy keeps none, or nothing called for it.</p>
      ) : (
        <DataTable
          label={`Labels by surface under ${policy}`}
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
