/** One Mac's lane: a row per build, and what the pointer is on. Drawn again only when its spans or the window change. */
import { memo, type PointerEvent, type ReactNode } from 'react'
import { setCursor } from '../../../charts/time/cursor.ts'
import type { MachineSpans, Span } from '../../../data/fleet/residency.ts'
import { modelColour } from '../../../parts/colours.ts'
import { modelBehind } from '../tracks/layer-look.ts'
import type { LoadedRun, TimeWindow } from '../../../state/dashboard.ts'
import { draw } from '../../../state/trace-state.ts'

export interface Pointed {
  readonly machine: number
  /** undefined: the Mac holds nothing at that moment. */
  readonly span: Span | undefined
  /** In the room of all lanes. */
  readonly left: number
  readonly top: number
}

export interface MachineLaneProps {
  readonly run: LoadedRun
  readonly lane: MachineSpans
  readonly shown: TimeWindow
  onPoint(pointed: Pointed): void
}

const hueOf = ({ names }: LoadedRun, build: number): string =>
  modelColour(modelBehind(names, names?.builds[build] ?? '').model, names?.models ?? [])

const ROW_PX = 6
const LANE_MIN_PX = 18

export const MachineLane = memo(function MachineLane({ run, lane, shown, onPoint }: MachineLaneProps): ReactNode {
  const builds = run.names?.builds.length ?? 1
  const { machine, spans } = lane
  const serial = run.names?.machines[machine]?.serial ?? String(machine)
  const length_s = shown.to_s - shown.from_s
  const percent = (time_s: number): string => `${((time_s - shown.from_s) / length_s) * 100}%`
  const point = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect()
    const time_s = shown.from_s + ((event.clientX - box.left) / box.width) * length_s
    setCursor(time_s)
    const row = Math.floor(((event.clientY - box.top) / box.height) * builds)
    const here = spans.filter(({ from_us, to_us }) => from_us <= time_s * 1e6 && to_us >= time_s * 1e6)
    const outer = event.currentTarget.closest('.residency')?.getBoundingClientRect()
    onPoint({
      machine,
      span: here.findLast(({ build }) => build === row) ?? here.at(-1),
      left: event.clientX - (outer?.left ?? 0),
      top: event.clientY - (outer?.top ?? 0),
    })
  }
  return (
    <div className="lane" style={{ height: Math.max(LANE_MIN_PX, builds * ROW_PX) }}>
      <button type="button" title={`Open ${serial}`} onClick={() => draw({ kind: 'machine', run: run.id, machine })}>
        {serial}
      </button>
      <div className="track" onPointerMove={point}>
        {spans.map((span) => (
          <span
            key={`${span.kind} ${span.build} ${span.from_us}`}
            className={`span ${span.kind}`}
            style={{
              left: percent(Math.max(shown.from_s, span.from_us / 1e6)),
              right: `calc(100% - ${percent(Math.min(shown.to_s, span.to_us / 1e6))})`,
              top: `${(Math.max(0, span.build) / builds) * 100}%`,
              height: `${100 / builds}%`,
              ['--build' as string]: hueOf(run, span.build),
            }}
          />
        ))}
      </div>
    </div>
  )
})
