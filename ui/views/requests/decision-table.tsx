/** The decisions on one request as the trace has them: one column each, so that retries stand beside one another. */
import type { ReactNode } from 'react'
import { formatNumber } from '../../../sim/report/unit.ts'
import type { DecisionRow } from '../../../sim/trace/row.ts'
import type { RequestLife } from '../../data/request-life.ts'
import { Panel } from '../../parts/panel.tsx'

/** -1 stands for unknown. */
const ms = (value: number): string => (value < 0 ? '–' : `${formatNumber(value, 0)} ms`)
const count = (value: number): string => (value < 0 ? '–' : formatNumber(value, 0))

type Figures = readonly (readonly [head: string, value: (row: DecisionRow) => string])[]

const FIGURES: Figures = [
  ['build', (row) => row.build || '–'],
  ['candidates', (row) => count(row.candidates)],
  ['without room', (row) => count(row.capacityRejections)],
  ['too small', (row) => count(row.tooLargeRejections)],
  ['without vision', (row) => count(row.visionRejections)],
  ['too slow', (row) => count(row.ttftRejections)],
  ['of other pools', (row) => count(row.poolRejections)],
  ['cost', (row) => ms(row.cost_ms)],
  ['· slot state', (row) => ms(row.state_ms)],
  ['· queue', (row) => ms(row.queue_ms)],
  ['· pending', (row) => ms(row.pending_ms)],
  ['· backlog', (row) => ms(row.backlog_ms)],
  ['· this request', (row) => ms(row.thisRequest_ms)],
  ['· health', (row) => ms(row.health_ms)],
  ['TTFT expected', (row) => ms(row.ttft_ms)],
  ['best TTFT of all', (row) => ms(row.bestTtft_ms)],
  ['requests before it', (row) => count(row.effectiveQueue)],
  ['decode rate', (row) => (row.effectiveTps < 0 ? '–' : `${formatNumber(row.effectiveTps, 1)} tok/s`)],
  ['near ties', (row) => count(row.nearTies)],
  ['second look failed', (row) => row.recheck || '–'],
]

export function DecisionTable({ life }: { readonly life: RequestLife }): ReactNode {
  const decisions = life.rows.filter((row): row is DecisionRow => row.kind === 'decision')
  if (decisions.length === 0) return null
  const chosen = (row: DecisionRow): string =>
    row.provider < 0 ? '–' : (life.serials[row.provider] ?? String(row.provider))
  return (
    <Panel title="Decision rows" about="what the trace keeps of each decision; costs are the coordinator’s estimates">
      <div className="scroll" tabIndex={0} role="region" aria-label="Decision rows">
        <table className="data decisions">
          <thead>
            <tr>
              <td />
              {decisions.map((row, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the decisions on a finished request do not move
                <th key={i} scope="col" className="number">
                  {row.phase.replace('_', ' ')}: {row.outcome}
                  <br />
                  <span className="muted">+{formatNumber((row.at - life.summary.arrived_us) / 1e6, 3)} s</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[['chosen', chosen] as const, ...FIGURES].map(([head, value]) => (
              <tr key={head}>
                <th scope="row">{head}</th>
                {decisions.map((row, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  <td key={i} className="number">
                    {value(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
