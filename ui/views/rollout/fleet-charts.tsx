/** What the fleet did, over time: builds offered and held, pools, the plan, labels and assignments that changed. */
import type { ReactNode } from 'react'
import type { ChartLine } from '../../charts/chart-line.ts'
import { Pair } from '../../parts/run-pair.tsx'
import { formatWhole } from './formats.ts'
import { RolloutChart } from './rollout-chart.tsx'
import { commonTop, type RolloutLines, rolloutLines } from './rollout-lines.ts'
import type { ChartsProps, RolloutSide } from './rollout-side.ts'

interface ChartKind {
  readonly part: keyof RolloutLines
  readonly title: string
  readonly about: string
  readonly empty: string
  readonly stack?: boolean
  /** Left out when no side has it: only some policies have such a thing. */
  readonly optional?: boolean
}

const KINDS: readonly ChartKind[] = [
  {
    part: 'builds',
    title: 'Builds',
    about: 'Macs that hold a build (solid), and that offer it to the public in its pool (dashed)',
    empty: 'No Mac holds a build.',
  },
  {
    part: 'pools',
    title: 'Pools',
    about: 'Macs assigned to a pool (solid), and of these warm: holding a build of it (dashed)',
    empty: 'This policy puts no label on Macs, so there are no pools.',
  },
  {
    part: 'serving',
    title: 'Serving',
    about: 'Macs of a pool with a request of it under way, as the coordinator sees it',
    empty: 'No pools: nothing to count by.',
    optional: true,
  },
  {
    part: 'plan',
    title: 'Plan',
    about: 'Macs that the planner counts (solid) and wants (dashed)',
    empty: 'This policy does not plan.',
    optional: true,
  },
  {
    part: 'labels',
    title: 'Label changes',
    about: 'per interval, by the surface that changed the label',
    empty: 'No label changed.',
    stack: true,
  },
  {
    part: 'assignments',
    title: 'Assignments',
    about: 'changes of state per interval',
    empty: 'This policy assigns nothing explicitly.',
    stack: true,
    optional: true,
  },
]

/** A build or pool keeps its colour in all charts: builds by their place, a pool like the first build of its model. */
function placesOf({ run }: RolloutSide): ReadonlyMap<string, number> {
  const builds = run.names?.builds ?? []
  const places = new Map(builds.map((build, i) => [build, i]))
  for (const [i, build] of builds.entries()) {
    const model = run.names?.modelOfBuild[build]
    if (model !== undefined && !places.has(model)) places.set(model, i)
  }
  for (const model of run.names?.models ?? []) if (!places.has(model)) places.set(model, places.size)
  return places
}

export function FleetCharts({ sides, duration_s, shown, marks }: ChartsProps): ReactNode {
  const lines = sides.map((side): RolloutLines | undefined =>
    side.rollout === undefined
      ? undefined
      : rolloutLines(side.rollout, side.interval_s, side.count_interval_s, placesOf(side)),
  )
  const kinds = KINDS.filter(
    ({ part, optional }) => optional !== true || lines.some((each) => (each?.[part].length ?? 0) > 0),
  )
  return (
    <>
      {kinds.map(({ part, title, about, empty, stack = false }) => {
        const own = lines.map((each): readonly ChartLine[] => each?.[part] ?? [])
        const top = commonTop(own, shown.from_s, shown.to_s, stack)
        return (
          <Pair key={part} sides={sides.length}>
            {sides.map(({ run }, i) => (
              <RolloutChart
                key={run.id}
                {...{ title, about, empty, stack, duration_s, marks, top }}
                policy={run.policy}
                lines={own[i] ?? []}
                format={formatWhole}
              />
            ))}
          </Pair>
        )
      })}
    </>
  )
}
