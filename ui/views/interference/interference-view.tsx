/**
 * Interference: who delayed whom, by what, in the chosen window, for one policy or two side by side. A result alone is
 * enough for the matrix of its whole run; windows, courses and what is behind a cell need the run's rows.
 */
import { type ReactNode, useState } from 'react'
import type { InterferenceAnswer, InterferenceSeries } from '../../data/interference/interference-window.ts'
import { areDelaysUnseen } from '../../data/interference/unseen-delays.ts'
import { Empty, Panel } from '../../parts/panel.tsx'
import { Pair, PairChoice, useRunPair, WindowWords } from '../../parts/run-pair.tsx'
import type { MatrixCell, LoadedRun, ViewSelection } from '../../state/dashboard.ts'
import { bringTrace } from '../../state/run-actions.ts'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { CellBehind } from './cell-behind.tsx'
import { CauseChoice, MeasureChoice } from './choices.tsx'
import { DelayOverTime, SaveDelays, delayLines, topOf } from './delay-over-time.tsx'
import { answerOfResult, culpritsOf, figuresOf, type DelayMeasure, scaleOf, victimsOf } from './delay-matrix.ts'
import { Glossary } from './glossary.tsx'
import { MatrixTable } from './matrix-table.tsx'
import './interference.css'

interface Side {
  readonly run: LoadedRun
  readonly from_us: number
  readonly to_us: number
  readonly answer: InterferenceAnswer | undefined
  readonly series: InterferenceSeries | undefined
}

/** Without a window: what the result counts, warm-up left out. */
function spanOf(run: LoadedRun | undefined, window: ViewSelection['window']): { from_us: number; to_us: number } {
  const end_s = Math.max(run?.series?.duration_s ?? 0, run?.result?.simulated_s ?? 0) + 1
  return {
    from_us: Math.round((window?.from_s ?? run?.result?.warmup_s ?? 0) * 1e6),
    to_us: Math.round((window?.to_s ?? end_s) * 1e6),
  }
}

function useSide(run: LoadedRun | undefined): Side | undefined {
  const { window, cell } = useDashboard((state) => state.selection)
  const { from_us, to_us } = spanOf(run, window)
  const matrix = useTraceQuery(run, { kind: 'interference', from_us, to_us })
  const interval_s = run?.series?.interval_s ?? 60
  const points = Math.ceil((run?.series?.duration_s ?? 0) / interval_s)
  const series = useTraceQuery(run, { kind: 'interference_series', interval_us: interval_s * 1e6, points, ...cell })
  if (run === undefined) return undefined
  const ready = run.trace === 'ready'
  const ofResult = run.result === undefined ? undefined : answerOfResult(run.result)
  return {
    run,
    from_us,
    to_us,
    answer: ready ? matrix.answer : ofResult,
    series: ready ? series.answer : undefined,
  }
}

export default function InterferenceView(): ReactNode {
  const [first, second] = useRunPair()
  const running = useDashboard((state) => state.running)
  const sides = [useSide(first), useSide(second)].filter((side) => side !== undefined)
  if (first === undefined && running !== undefined) return <Empty>The runs are being made; progress is above.</Empty>
  if (first === undefined) return <Empty>No run is open. Run a scenario, or open a result.json or trace.fleet.</Empty>
  return (
    <div className="stack">
      <Sides sides={sides} />
      <Glossary />
    </div>
  )
}

function Sides({ sides }: { readonly sides: readonly Side[] }): ReactNode {
  const { cause, cell } = useDashboard((state) => state.selection)
  const scenario = useDashboard((state) => state.dataset?.scenario ?? '')
  const [measure, setMeasure] = useState<DelayMeasure>('per_request')
  const answers = sides.flatMap(({ answer }) => (answer === undefined ? [] : [answer]))
  const [victims, culprits] = [victimsOf(answers), culpritsOf(answers)]
  const scale = scaleOf(
    answers.flatMap((answer) =>
      victims.flatMap((victim) => culprits.map((culprit) => figuresOf(answer, victim, culprit, cause, measure))),
    ),
  )
  const tops = sides.map(({ series }) => (series === undefined ? 0 : topOf(delayLines(series, cause, 1))))
  const choose = (chosen: MatrixCell): void =>
    select({ cell: chosen.victim === cell?.victim && chosen.culprit === cell.culprit ? undefined : chosen })
  return (
    <>
      <div className="row">
        <PairChoice />
        <CauseChoice />
        <MeasureChoice measure={measure} onChange={setMeasure} />
        <WindowWords
          otherwise={sides[0]?.run.result === undefined ? 'whole run, warm-up included' : 'whole run after warm-up'}
        />
      </div>
      <Pair sides={sides.length}>
        {sides.map((side) => (
          <Panel
            key={side.run.id}
            title={`Delay under ${side.run.policy}`}
            about={measure === 'per_request' ? 'seconds per served request of the victim' : 'total seconds'}
          >
            {isUnseen(side) ? <p className="muted">{UNSEEN}</p> : <WhichRequests side={side} />}
            {side.answer !== undefined && !isUnseen(side) && (
              <MatrixTable
                label={`Delay by victim and culprit under ${side.run.policy}`}
                answer={side.answer}
                {...{ victims, culprits, cause, measure, scale }}
                chosen={cell}
                onChoose={choose}
              />
            )}
          </Panel>
        ))}
        {sides.map((side) => (
          <Panel
            key={`${side.run.id} time`}
            title={`Over time · ${side.run.policy}`}
            about={aboutOf(cell)}
            aside={
              side.series !== undefined && (
                <SaveDelays
                  run={side.run}
                  series={side.series}
                  cause={cause}
                  top={Math.max(...tops)}
                  scenario={scenario}
                />
              )
            }
          >
            {isUnseen(side) ? (
              <p className="muted">Not known.</p>
            ) : side.series === undefined ? (
              <p className="muted">The course over time needs the run’s rows.</p>
            ) : (
              <DelayOverTime run={side.run} series={side.series} cause={cause} top={Math.max(...tops)} />
            )}
          </Panel>
        ))}
        {cell !== undefined &&
          sides.map((side) => (
            <section key={`${side.run.id} cell`} aria-label={`Behind the cell, ${side.run.policy}`}>
              {side.run.trace === 'ready' ? (
                <CellBehind run={side.run} cell={cell} cause={cause} from_us={side.from_us} to_us={side.to_us} />
              ) : (
                <p className="muted">The Macs and requests behind a cell need the run’s rows.</p>
              )}
            </section>
          ))}
      </Pair>
      {cell === undefined && <p className="muted">Choose a cell for the Macs and the requests behind it.</p>}
    </>
  )
}

const UNSEEN =
  'Not known: this run was made before a real coordinator and seen by its clients alone. What delayed requests is seen by simulated Macs, with `fleetlab serve --play`.'

const isUnseen = ({ run, answer }: Side): boolean => areDelaysUnseen(run, answer?.matrix)

const aboutOf = (cell: MatrixCell | undefined): string =>
  `per served request${cell === undefined ? '' : ', the chosen cell'}; drag to choose a window`

/** Over which requests the figures are, and how to have more than a result says. */
function WhichRequests({ side: { run, answer } }: { readonly side: Side }): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  const running = useDashboard((state) => state.running)
  if (run.trace === 'ready') return answer === undefined ? <p className="muted">Adding up.</p> : null
  const wholeRun = (
    <>From the result alone: the whole run after warm-up{window === undefined ? '' : ', not the chosen window'}.</>
  )
  if (run.trace === 'on_demand')
    return (
      <p className="row muted">
        {wholeRun}
        <button type="button" disabled={running !== undefined} onClick={() => void bringTrace(run)}>
          Run it again for its rows
        </button>
      </p>
    )
  if (run.trace === 'loading') return <p className="muted">The run’s rows are being made; progress is above.</p>
  return <p className="muted">{wholeRun} Open the trace.fleet beside it for windows and what is behind a cell.</p>
}
