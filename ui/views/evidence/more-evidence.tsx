/** Beyond the one figure: every metric in a table, distributions, the trade-off. Folded, and drawn when it is opened. */
import { type ReactNode, useState } from 'react'
import { armsOf, type Dataset, type LoadedRun, policiesOf } from '../../state/dashboard.ts'
import { bringTrace } from '../../state/run-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { BothServedTable } from './both-served.tsx'
import { CompareTable } from './compare-table.tsx'
import { TradeOff } from './trade-off.tsx'
import { TtftDistribution } from './ttft-chart.tsx'
import type { Base } from './ttft-lines.ts'
import { useTracedCurves } from './use-traced-curves.ts'

export function MoreEvidence({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const [open, setOpen] = useState(false)
  const { compare } = dataset
  return (
    <details className="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Every figure: all metrics, distributions, trade-off</summary>
      {open && (
        <div className="stack">
          {compare !== undefined && <CompareTable compare={compare} />}
          <Charts dataset={dataset} />
          {compare !== undefined && <BothServedTable compare={compare} />}
        </div>
      )}
    </details>
  )
}

function Charts({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const [base, setBase] = useState<Base>('served')
  const traced = useTracedCurves(dataset)
  const { compare } = dataset
  const policies = compare === undefined ? policiesOf(dataset) : Object.keys(compare.policies)
  const models = compare?.models ?? [
    ...new Set([
      ...dataset.runs.flatMap((run) => Object.keys(run.result?.models ?? {})),
      ...traced.map(({ model }) => model),
    ]),
  ]
  return (
    <>
      <div className="row">
        <label className="muted">
          TTFT as share of{' '}
          <select aria-label="Share of" value={base} onChange={(event) => setBase(event.target.value as Base)}>
            <option value="served">the served</option>
            <option value="arrived">all that arrived</option>
          </select>
        </label>
        <BringRows dataset={dataset} />
      </div>
      <div className="grid">
        {compare !== undefined && <TradeOff compare={compare} arms={armsOf(dataset)} />}
        {models.map((model) => (
          <TtftDistribution
            key={model}
            dataset={dataset}
            policies={policies}
            model={model}
            base={base}
            traced={traced}
          />
        ))}
      </div>
    </>
  )
}

/** The first run of every arm that has no rows yet: with them its curve is drawn from every request. */
function BringRows({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const running = useDashboard((state) => state.running !== undefined)
  const wanted = policiesOf(dataset).flatMap((policy): LoadedRun[] => {
    const runs = dataset.runs.filter((run) => run.policy === policy)
    const first = runs.find((run) => run.trace === 'on_demand')
    return first === undefined || runs.some((run) => run.trace === 'ready') ? [] : [first]
  })
  if (wanted.length === 0 || dataset.path === undefined) return null
  const bring = async (): Promise<void> => {
    // One at a time: the lab has one worker.
    for (const run of wanted) await bringTrace(run)
  }
  return (
    <button type="button" disabled={running} onClick={() => void bring()}>
      Exact curves: run seed {wanted[0]!.seed} of{' '}
      {wanted.length === 1 ? wanted[0]!.policy : `${wanted.length} policies`} again
    </button>
  )
}
