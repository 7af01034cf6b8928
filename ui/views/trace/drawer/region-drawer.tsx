/** A brushed region: in what its requests differ from all others, ranked by how sure that is, and the way to them. */
import { type ReactNode, useState } from 'react'
import { formatNumber } from '../../../../sim/report/form/unit.ts'
import type { Population, PopulationFinding } from '../../../data/trace/populations/population.ts'
import type { Region } from '../../../data/trace/populations/region.ts'
import { Empty, Panel } from '../../../parts/panel.tsx'
import { type LoadedRun, rowsOf } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { draw } from '../../../state/trace-state.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import { regionText } from '../region-text.ts'
import { useTraceRuns } from '../use-trace-runs.ts'

interface RegionProps {
  readonly run: LoadedRun
  readonly region: Region
}

const SHOWN = 14

const percent = (count: number, total: number): string =>
  total === 0 ? '–' : `${formatNumber((count / total) * 100, 1)} %`

const wide = (count: number, total: number): string => `${total === 0 ? 0 : (count / total) * 100}%`
const points = (share: number): string => `${share > 0 ? '+' : ''}${formatNumber(share * 100, 1)}`
const all = (population: Population): number => population.inside + population.outside

/** Shares of both groups as bars on one scale, the interval of the difference in words. */
function Finding({
  finding,
  population,
  onOpen,
}: {
  readonly finding: PopulationFinding
  readonly population: Population
  onOpen(): void
}): ReactNode {
  const { attribute, value, inside, outside, low, high } = finding
  return (
    <tr tabIndex={0} onClick={onOpen} onKeyDown={(event) => event.key === 'Enter' && onOpen()}>
      <th scope="row">
        <span className="muted">{attribute}</span>
        <br />
        {value}
      </th>
      <td className="bars">
        <span className="bar in" style={{ width: wide(inside, population.inside) }} />
        <span className="bar out" style={{ width: wide(outside, population.outside) }} />
        <span className="points">
          {points(low)} … {points(high)} points
        </span>
      </td>
      <td className="number">
        {percent(inside, population.inside)} <span className="muted">{formatNumber(inside, 0)}</span>
        <br />
        <span className="muted">
          {percent(outside, population.outside)} {formatNumber(outside, 0)}
        </span>
      </td>
    </tr>
  )
}

/** How many of each arm's requests are in the same region: the attribute that one run alone does not have. */
function Arms({ run, region, here }: RegionProps & { readonly here: Population }): ReactNode {
  const runs = useTraceRuns()
  const model = useDashboard((state) => state.selection.requests.model)
  const other = [runs?.base, runs?.chosen].find((each) => each !== undefined && each.id !== run.id)
  const query = { kind: 'population', region, ...(model === undefined ? {} : { model }) } as const
  const { answer } = useTraceQuery(other, rowsOf(other) === undefined ? undefined : query)
  if (other === undefined || answer === undefined) return null
  return (
    <p className="arms">
      <span className="muted">policy</span> In this region lie{' '}
      <strong>
        {formatNumber(here.inside, 0)} of {formatNumber(all(here), 0)}
      </strong>{' '}
      ({percent(here.inside, all(here))}) under {run.policy} and{' '}
      <strong>
        {formatNumber(answer.inside, 0)} of {formatNumber(all(answer), 0)}
      </strong>{' '}
      ({percent(answer.inside, all(answer))}) under {other.policy}.
    </p>
  )
}

export function RegionDrawer({ run, region }: RegionProps): ReactNode {
  const model = useDashboard((state) => state.selection.requests.model)
  const [more, setMore] = useState(false)
  const { answer, error } = useTraceQuery(run, {
    kind: 'population',
    region,
    ...(model === undefined ? {} : { model }),
  })
  if (error !== undefined) return <Empty>{error}</Empty>
  if (answer === undefined) return <p className="muted">Counting</p>
  const words = regionText(region)
  const open = (finding?: PopulationFinding): void =>
    draw({
      kind: 'members',
      run: run.id,
      region,
      ...(finding === undefined ? {} : { attribute: finding.attribute, value: finding.value }),
    })
  const sure = answer.findings.filter(({ sure: known }) => known !== 0)
  const shown = more ? sure : sure.slice(0, SHOWN)
  return (
    <div className="stack">
      <Panel
        title={`${formatNumber(answer.inside, 0)} requests`}
        about={`${words}${model === undefined ? '' : `, of ${model}`}, under ${run.policy}`}
        aside={
          <button type="button" className="primary" disabled={answer.inside === 0} onClick={() => open()}>
            List them
          </button>
        }
      >
        <p className="muted">
          Against the other {formatNumber(answer.outside, 0)} of the run (its warm-up left out).{' '}
          {answer.inside > 0 && 'Choose a line for its requests.'}
        </p>
        <Arms run={run} region={region} here={answer} />
      </Panel>
      {answer.inside === 0 ? (
        <Empty>No request lies in this region.</Empty>
      ) : (
        <Panel
          title="In what they differ"
          about={`difference of shares, in points; the interval holds for all ${answer.comparisons} comparisons together at 95 %`}
        >
          {sure.length === 0 && (
            <p>Nothing that chance alone could not make: they are like the rest, or too few to tell.</p>
          )}
          {sure.length > 0 && (
            <div className="scroll" tabIndex={0} role="region" aria-label="In what they differ">
              <table className="data findings">
                <thead>
                  <tr>
                    <th scope="col">attribute</th>
                    <th scope="col">
                      <span className="bar in key" /> these <span className="bar out key" /> the rest
                    </th>
                    <th scope="col" className="number">
                      share, count
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((finding) => (
                    <Finding
                      key={`${finding.attribute} ${finding.value}`}
                      finding={finding}
                      population={answer}
                      onOpen={() => open(finding)}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {sure.length > shown.length && (
            <button type="button" onClick={() => setMore(true)}>
              {sure.length - shown.length} more
            </button>
          )}
          <p className="muted">
            {answer.findings.length - sure.length} of {answer.comparisons} values are as frequent here as among the
            rest, as far as these counts can tell.
          </p>
        </Panel>
      )}
    </div>
  )
}
