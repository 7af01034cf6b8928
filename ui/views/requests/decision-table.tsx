/** The decisions on one request as the trace has them: one column each, so that retries stand beside one another. */
import type { ReactNode } from 'react'
import { formatNumber } from '../../../sim/report/form/unit.ts'
import type { DecisionRow, PreflightRow, PricedRow } from '../../../sim/trace/row.ts'
import type { RequestLife } from '../../data/requests/request-life.ts'
import { Panel } from '../../parts/panel.tsx'

type Figure = Exclude<
  keyof PreflightRow | keyof DecisionRow | keyof PricedRow,
  'kind' | 'at' | 'phase' | 'build' | 'outcome' | 'provider' | 'recheck'
>

/** A decision with the price of the machine it chose; what only some decisions know is missing from the others. */
type Entry = { readonly [figure in Figure]?: number } & {
  readonly at: number
  readonly phase: string
  readonly build: string
  readonly outcome: string
  readonly provider: number
  readonly recheck?: string
}

function entriesOf(life: RequestLife): readonly Entry[] {
  const entries: Entry[] = []
  for (const row of life.rows) {
    if (row.kind === 'preflight') entries.push({ ...row, phase: 'preflight', provider: -1 })
    else if (row.kind === 'decision') entries.push(row)
    else if (row.kind === 'priced') {
      const { provider: _, ...price } = row
      const last = entries.pop()
      if (last !== undefined) entries.push({ ...last, ...price })
    }
  }
  return entries
}

/** Not known, or -1 for it: of a preflight no price, of a request nobody took no TTFT. */
const shown = (value: number | undefined, words: (value: number) => string): string =>
  value === undefined || value < 0 ? '–' : words(value)
const ms = (value: number | undefined): string => shown(value, (known) => `${formatNumber(known, 0)} ms`)
const count = (value: number | undefined): string => shown(value, (known) => formatNumber(known, 0))
const rate = (value: number | undefined): string => shown(value, (known) => `${formatNumber(known, 1)} tok/s`)

type Figures = readonly (readonly [head: string, value: (row: Entry) => string])[]

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
  ['decode rate', (row) => rate(row.effectiveTps)],
  // Of a machine that was chosen there is at least one; 0: a real coordinator's ledger does not tell.
  ['near ties', (row) => count(row.outcome === 'selected' && row.nearTies === 0 ? undefined : row.nearTies)],
  ['second look failed', (row) => row.recheck || '–'],
]

export function DecisionTable({ life }: { readonly life: RequestLife }): ReactNode {
  const decisions = entriesOf(life)
  if (decisions.length === 0) return null
  const chosen = (row: Entry): string => (row.provider < 0 ? '–' : (life.serials[row.provider] ?? String(row.provider)))
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
