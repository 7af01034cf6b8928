/** What the trace shows and how: the runs, how they stand to each other, one model or all, moments to go to, playback, zoom. */
import type { ReactNode } from 'react'
import { formatTime } from '../../charts/time/time-format.ts'
import type { Moments } from '../../data/trace/moments.ts'
import { armColour } from '../../parts/colours.ts'
import { Choice } from '../../parts/choice.tsx'
import { armsOf, type Dataset, type Pairing, policiesOf, rowsOf, seedsOf } from '../../state/dashboard.ts'
import { fail, notify, select, setPlayback, zoom } from '../../state/selection-actions.ts'
import { lab, useDashboard } from '../../state/store.ts'
import { draw } from '../../state/trace-state.ts'
import type { Camera } from './camera.ts'
import { PlaybackBar } from './playback-bar.tsx'
import type { TraceInput } from './trace-input.ts'
import type { TraceRuns } from './use-trace-runs.ts'

const PAIRING_OPTIONS: readonly { readonly value: Pairing; readonly name: string; readonly about: string }[] = [
  { value: 'pair', name: 'one above the other', about: 'the baseline above, on the same axis and scale' },
  { value: 'difference', name: 'difference', about: 'how much more the chosen arm has than the baseline' },
  { value: 'one', name: 'alone', about: 'the chosen arm only' },
]

function ArmChoice({
  dataset,
  label,
  value,
  onChoose,
}: {
  readonly dataset: Dataset
  readonly label: string
  readonly value: string
  onChoose(policy: string): void
}): ReactNode {
  return (
    <span className="arm-choice">
      <span className="key" style={{ background: armColour(value, armsOf(dataset)) }} />
      <select aria-label={label} value={value} onChange={(event) => onChoose(event.target.value)}>
        {policiesOf(dataset).map((policy) => (
          <option key={policy}>{policy}</option>
        ))}
      </select>
    </span>
  )
}

function Runs({ runs: { chosen, base } }: { readonly runs: TraceRuns }): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const pairing = useDashboard((state) => state.selection.pairing)
  if (dataset === undefined) return null
  const arms = policiesOf(dataset)
  const seeds = seedsOf(dataset)
  return (
    <>
      <ArmChoice
        dataset={dataset}
        label="Policy"
        value={chosen.policy}
        onChoose={(policy) => select({ policy, seed: chosen.seed })}
      />
      {seeds.length > 1 && (
        <select
          aria-label="Seed"
          value={chosen.seed}
          onChange={(event) => select({ policy: chosen.policy, seed: Number(event.target.value) })}
        >
          {seeds.map((seed) => (
            <option key={seed} value={seed}>
              seed {seed}
            </option>
          ))}
        </select>
      )}
      {arms.length > 1 && (
        <>
          <span className="muted">against</span>
          <ArmChoice
            dataset={dataset}
            label="Beside"
            value={base?.policy ?? chosen.policy}
            onChoose={(beside) => select({ beside })}
          />
          {base !== undefined && (
            <Choice<Pairing>
              label="Two runs"
              options={PAIRING_OPTIONS}
              chosen={pairing}
              onChoose={(next) => select({ pairing: next })}
            />
          )}
        </>
      )}
    </>
  )
}

const NEVER_PART = 'The two runs never part: every decision is the same.'
const NEVER_PART_BESIDE_REAL = 'The two runs never part: every request went to the same Macs, or was refused alike.'

/** Where both runs part, as `fleetlab diff` finds it. */
async function goToParting(runs: TraceRuns, camera: Camera): Promise<void> {
  const [a, b] = [rowsOf(runs.base), rowsOf(runs.chosen)]
  if (a === undefined || b === undefined) return
  const besideReal = [runs.base, runs.chosen].some((run) => run?.policy === 'real')
  try {
    const parting = await lab.call<'parting'>({ op: 'parting', a, b, besideReal })
    if (parting === undefined) {
      notify({ tone: 'info', text: besideReal ? NEVER_PART_BESIDE_REAL : NEVER_PART })
      return
    }
    const at_s = parting.at_us / 1e6
    setPlayback({ at_s, playing: false })
    const span = Math.min(camera.span_s, Math.max(60, camera.duration_s / 20))
    camera.move(at_s - span / 2, span)
    const acts = [parting.a, parting.b].map((act) =>
      act === undefined ? 'nothing more' : 'outcome' in act ? `${act.kind} ${act.outcome}` : act.kind,
    )
    notify({
      tone: 'info',
      text: `The runs part at ${formatTime(at_s, 0.001)}, after ${parting.alike} decisions alike${besideReal ? ', in the order of requests' : ''}: ${acts[0]} under ${runs.base?.policy}, ${acts[1]} under ${runs.chosen.policy}.`,
    })
    if (parting.request !== undefined) draw({ kind: 'request', run: runs.chosen.id, request: parting.request })
  } catch (error) {
    fail(error)
  }
}

/** The next thing that happened from outside after the playhead, or the one before it. */
function goToMoment(moments: Moments | undefined, camera: Camera, forward: boolean): void {
  if (moments === undefined) return
  const times = [...moments.operator.map(({ at_s }) => at_s), ...Array.from(moments.faultAt_us, (at) => at / 1e6)]
  times.sort((a, b) => a - b)
  const { at_s } = camera
  const next = forward ? times.find((time) => time > at_s + 1e-6) : times.findLast((time) => time < at_s - 1e-6)
  if (next === undefined) return
  setPlayback({ at_s: next, playing: false })
  const { from_s, to_s } = camera.window
  if (next < from_s || next > to_s) camera.move(next - camera.span_s / 3)
}

export interface TraceBarProps {
  readonly runs: TraceRuns
  readonly camera: Camera
  readonly moments: Moments | undefined
  readonly input: TraceInput | undefined
}

export function TraceBar({ runs, camera, moments, input }: TraceBarProps): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  const requests = useDashboard((state) => state.selection.requests)
  const models = runs.chosen.names?.models ?? []
  const events = (moments?.operator.length ?? 0) + (moments?.faultAt_us.length ?? 0)
  const both = rowsOf(runs.base) !== undefined && rowsOf(runs.chosen) !== undefined && runs.chosen.live === undefined
  const growing = [runs.chosen, runs.base].find((run) => run?.live !== undefined)
  const step_s = window !== undefined && window.to_s - window.from_s < 10 ? 0.1 : 1
  return (
    <div className="trace-bar">
      <div className="row">
        <Runs runs={runs} />
        {models.length > 1 && (
          <select
            aria-label="Model"
            value={requests.model ?? ''}
            onChange={(event) => select({ requests: { ...requests, model: event.target.value || undefined } })}
          >
            <option value="">all models</option>
            {models.map((model) => (
              <option key={model}>{model}</option>
            ))}
          </select>
        )}
        <button type="button" disabled={!both} onClick={() => void goToParting(runs, camera)}>
          Where they part
        </button>
        <button type="button" onClick={() => draw({ kind: 'changes', run: runs.chosen.id })}>
          Changes
        </button>
        {growing?.live !== undefined && (
          <strong>
            {growing.policy} is growing: the first {formatTime(growing.live.share * camera.duration_s, 1)} so far
          </strong>
        )}
        {growing === undefined && moments !== undefined && events === 0 && (
          <span className="muted">no timeline and no fault: whatever moves, demand and the policy moved it</span>
        )}
      </div>
      <div className="row">
        <PlaybackBar camera={camera} />
        <span className="row">
          <button
            type="button"
            aria-label="Moment before"
            disabled={events === 0}
            onClick={() => goToMoment(moments, camera, false)}
          >
            ⇤
          </button>
          <button
            type="button"
            aria-label="Next moment"
            disabled={events === 0}
            onClick={() => goToMoment(moments, camera, true)}
          >
            ⇥
          </button>
        </span>
        <span className="row">
          <button type="button" aria-label="Zoom out" onClick={() => input?.zoom(1 / 0.5)}>
            −
          </button>
          <button type="button" aria-label="Zoom in" onClick={() => input?.zoom(0.5)}>
            +
          </button>
          {window !== undefined && (
            <>
              <strong className="clock">
                {formatTime(window.from_s, step_s)} – {formatTime(window.to_s, step_s)}
              </strong>
              <button type="button" onClick={() => zoom(undefined)}>
                Show all
              </button>
            </>
          )}
        </span>
      </div>
    </div>
  )
}
