/**
 * The coordinator's thoughts on every machine, which no trace keeps: the run is made again with its notes on this one
 * request, and told as the command line tells it.
 */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { REAL } from '../../data/interference/unseen-delays.ts'
import { Empty } from '../../parts/panel.tsx'
import type { LoadedRun } from '../../state/dashboard.ts'
import { lab, useDashboard } from '../../state/store.ts'
import { STOPPED } from '../../worker/protocol.ts'
import type { LongCall } from '../../worker/lab-client.ts'

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly share: number }
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'failed'; readonly message: string }

/** A run is what its digest says, so an explanation never changes. */
const known = new Map<string, string>()

interface ExplainedProps {
  readonly run: LoadedRun
  readonly request: number
}

export function Explained({ run, request }: ExplainedProps): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const key = `${run.digest}/${request}`
  const [state, setState] = useState<State>(() => {
    const text = known.get(key)
    return text === undefined ? { kind: 'idle' } : { kind: 'done', text }
  })
  const call = useRef<LongCall<{ readonly text: string }> | undefined>(undefined)
  // Nobody waits for it once the request is no longer shown.
  useEffect(() => () => call.current?.cancel(), [])

  const explain = (): void => {
    if (run.digest === undefined) return
    setState({ kind: 'running', share: 0 })
    const started = lab.long<'explain'>({ op: 'explain', run: run.digest, request }, (event) => {
      if (event.kind === 'share') setState({ kind: 'running', share: event.share })
    })
    call.current = started
    started.finished.then(
      ({ text }) => {
        known.set(key, text)
        setState({ kind: 'done', text })
      },
      ({ message }: Error) => setState(message === STOPPED ? { kind: 'idle' } : { kind: 'failed', message }),
    )
  }

  switch (state.kind) {
    case 'idle':
      if (dataset?.kind === 'files') return <WithoutScenario run={run} request={request} />
      return (
        <div className="row">
          <button type="button" className="primary" onClick={explain}>
            Explain request {request}
          </button>
          <span className="muted">makes the run again, with notes on what every machine was thought to cost</span>
        </div>
      )
    case 'running':
      return <Progress share={state.share} onCancel={() => call.current?.cancel()} />
    case 'failed':
      return <p className="bad">{state.message}</p>
    case 'done':
      return <Explanation text={state.text} />
  }
}

function WithoutScenario({ run, request }: ExplainedProps): ReactNode {
  if (run.policy === REAL)
    return (
      <Empty>
        This run was made before a real coordinator. What its ledger told of each decision is below; what it thought of
        the machines that it passed over it told nobody.
      </Empty>
    )
  return (
    <Empty>
      This run was opened from a file. A trace keeps what was decided, below, but not what the coordinator thought of
      each machine; that needs the scenario, to make the run again. Run the scenario here, or on the command line:{' '}
      <code>
        fleetlab run SCENARIO --policy {run.policy} --seed {run.seed} --explain {request}
      </code>
    </Empty>
  )
}

function Progress({ share, onCancel }: { readonly share: number; onCancel(): void }): ReactNode {
  const percent = Math.round(share * 100)
  return (
    <div className="progress">
      <div
        className="track"
        role="progressbar"
        aria-label="Explaining"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div className="bar" style={{ width: `${percent}%` }} />
      </div>
      <span>{percent} % of the run made again</span>
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  )
}

/** A line that begins with a time begins a step. */
const STEP = /^( *[+-][\d,.]+ s)(  .*)$/

/** The very text, times and winners set off. */
function Explanation({ text }: { readonly text: string }): ReactNode {
  const lines = text.split('\n')
  return (
    <pre className="explanation" tabIndex={0} role="region" aria-label="Explanation">
      {lines.map((line, i) => {
        const step = STEP.exec(line)
        const end = i < lines.length - 1 ? '\n' : ''
        const tone = i === 0 ? 'title' : / = winner /.test(line) ? 'winner' : ''
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a finished text
          <span key={i} className={tone}>
            {step === null ? (
              line
            ) : (
              <>
                <span className="time">{step[1]}</span>
                <strong>{step[2]}</strong>
              </>
            )}
            {end}
          </span>
        )
      })}
    </pre>
  )
}
