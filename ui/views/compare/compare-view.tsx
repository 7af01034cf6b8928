/** Compare: every figure of every arm, with intervals. */
import type { ReactNode } from 'react'
import { formatMean, unitOf } from '../../../sim/report/unit.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty, Panel } from '../../parts/panel.tsx'
import { useDashboard } from '../../state/store.ts'

export default function CompareView(): ReactNode {
  const compare = useDashboard((state) => state.dataset?.compare)
  if (compare === undefined)
    return <Empty>A comparison needs at least two policies. Run a scenario under several, or open compare.json.</Empty>
  const arms = Object.keys(compare.policies)
  const paths = Object.keys(compare.policies[compare.baseline] ?? {})
  return (
    <Panel title="Figures" about={`means of ${compare.seeds.length} seeds, ± half of a 95 % interval`}>
      <DataTable
        label="Figures"
        filterable
        rows={paths}
        keyOf={(path) => path}
        columns={[
          { head: 'metric', value: (path: string) => path },
          ...arms.map((arm) => ({
            head: arm,
            numeric: true,
            value: (path: string) => compare.policies[arm]?.[path]?.mean ?? null,
            cell: (path: string) =>
              formatMean(compare.policies[arm]?.[path] ?? { mean: null, ci95: null }, unitOf(path)),
          })),
        ]}
      />
    </Panel>
  )
}
