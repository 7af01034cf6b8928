/**
 * Rollout: a fleet in transition. What the operator changed, what Macs offer and hold, how pools and labels follow, who
 * loads and drains, and how TTFT and 429 answer: all on one axis of time, for one policy or two side by side.
 */
import { type ReactNode, useState } from 'react'
import type { ChangeGroup } from '../../data/fleet-changes.ts'
import { Choice } from '../../parts/choice.tsx'
import { MissingTrace } from '../../parts/needs-trace.tsx'
import { Empty, Panel } from '../../parts/panel.tsx'
import { Pair, PairChoice, useRunPair, WindowWords } from '../../parts/run-pair.tsx'
import type { LoadedRun, TimeWindow } from '../../state/dashboard.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { ChangeList } from './change-list.tsx'
import { operatorChanges } from '../../data/trace/change-words.ts'
import { FleetCharts } from './fleet-charts.tsx'
import { LabelMoves } from './label-moves.tsx'
import { type MacOrder, MachineLanes } from './machine-lanes.tsx'
import { AnswerCharts } from './answer-charts.tsx'
import type { RolloutSide } from './rollout-side.ts'
import { TimelineStrip } from './timeline-strip.tsx'
import './rollout.css'

/** Points of a chart: more than it has pixels, side by side. */
const POINTS = 1_200

const ORDERS = [
  { value: 'machine', name: 'by number' },
  { value: 'most_changed', name: 'most changed first' },
] as const

function useSide(run: LoadedRun | undefined): RolloutSide | undefined {
  const duration_s = run?.series?.duration_s ?? 0
  const interval_s = duration_s / POINTS
  const count_interval_s = run?.series?.interval_s ?? 60
  const { answer } = useTraceQuery(
    run,
    duration_s === 0
      ? undefined
      : {
          kind: 'rollout',
          interval_us: interval_s * 1e6,
          points: POINTS,
          count_interval_us: count_interval_s * 1e6,
        },
  )
  if (run === undefined) return undefined
  return { run, rollout: run.trace === 'ready' ? answer : undefined, interval_s, count_interval_s }
}

export default function RolloutView(): ReactNode {
  const [first, second] = useRunPair()
  const running = useDashboard((state) => state.running)
  const sides = [useSide(first), useSide(second)].filter((side) => side !== undefined)
  if (first === undefined && running !== undefined) return <Empty>The runs are being made; progress is above.</Empty>
  if (first === undefined) return <Empty>No run is open. Run a scenario, or open a result.json or trace.fleet.</Empty>
  return <Sides sides={sides} />
}

function Sides({ sides }: { readonly sides: readonly RolloutSide[] }): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  const [group, setGroup] = useState<ChangeGroup | undefined>()
  const [order, setOrder] = useState<MacOrder>('machine')
  const duration_s = Math.max(1, ...sides.map(({ run }) => run.series?.duration_s ?? 0))
  const shown: TimeWindow = window ?? { from_s: 0, to_s: duration_s }
  const timeline = sides.find(({ rollout }) => rollout !== undefined)?.rollout?.timeline
  const changes = timeline === undefined ? undefined : operatorChanges(timeline)
  const marks = changes ?? []
  const ready = sides.filter(({ rollout }) => rollout !== undefined)
  const missing = sides.filter(({ run }) => run.trace !== 'ready')
  return (
    <div className="stack">
      <div className="row">
        <PairChoice />
        <WindowWords otherwise="Drag over a chart to zoom all of them; arrow keys read values." />
      </div>
      <TimelineStrip changes={changes} duration_s={duration_s} />
      <AnswerCharts sides={sides} duration_s={duration_s} shown={shown} marks={marks} />
      {missing.length > 0 && (
        <Pair sides={missing.length}>
          {missing.map(({ run }) => (
            <Panel key={run.id} title={`Builds, pools, labels, loads · ${run.policy}`}>
              <MissingTrace run={run} />
            </Panel>
          ))}
        </Pair>
      )}
      {ready.length > 0 && (
        <>
          <FleetCharts sides={ready} duration_s={duration_s} shown={shown} marks={marks} />
          <div className="row">
            <span className="muted">Macs</span>
            <Choice<MacOrder> label="Order of Macs" options={ORDERS} chosen={order} onChoose={setOrder} />
          </div>
          <Pair sides={ready.length}>
            {ready.map(({ run }) => (
              <MachineLanes key={run.id} run={run} shown={shown} marks={marks} order={order} />
            ))}
            {ready.map(({ run, rollout }) => (
              <LabelMoves key={run.id} policy={run.policy} moves={rollout?.moves ?? []} />
            ))}
            {ready.map(({ run }) => (
              <ChangeList key={run.id} run={run} shown={shown} group={group} onGroup={setGroup} />
            ))}
          </Pair>
        </>
      )}
    </div>
  )
}
