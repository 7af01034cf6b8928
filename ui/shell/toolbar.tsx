/** One line of 40 pixels: the pages, what is shown, what runs, and the few things one can do from everywhere. */
import { type ReactNode, useRef } from 'react'
import { policiesOf, seedsOf, type Theme } from '../state/dashboard.ts'
import { openFiles } from '../state/open-actions.ts'
import { cancelRun, runDraft } from '../state/run-actions.ts'
import { go, setTheme } from '../state/selection-actions.ts'
import { useDashboard } from '../state/store.ts'
import { HistoryPanel } from './history-panel.tsx'
import { Keys } from './keys.tsx'
import { SaveMenu } from './save-menu.tsx'
import { useNarrow } from './use-narrow.ts'

const KINDS = { summary: 'finished run', simulated: 'run here', files: 'opened' } as const

function Facts(): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  if (dataset === undefined) return <div className="facts muted">Loading</div>
  const arms = dataset.runs.length > 0 ? policiesOf(dataset) : Object.keys(dataset.compare?.policies ?? {})
  const seeds = dataset.runs.length > 0 ? seedsOf(dataset) : (dataset.compare?.seeds ?? [])
  const seedWords = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`
  return (
    <div className="facts" title={`${dataset.scenario}: ${arms.join(', ')}; ${seedWords}`}>
      <strong>{dataset.scenario}</strong>
      <span className="muted">{KINDS[dataset.kind]}</span>
    </div>
  )
}

export function Progress(): ReactNode {
  const running = useDashboard((state) => state.running)
  if (running === undefined) return null
  const percent = Math.round(running.share * 100)
  return (
    <div className="progress">
      <div
        className="track"
        role="progressbar"
        aria-label="Simulation"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div className="bar" style={{ width: `${percent}%` }} />
      </div>
      <span className="label">
        {percent} % · {running.label}
      </span>
      {running.cancellable && (
        <button type="button" onClick={cancelRun}>
          Cancel
        </button>
      )}
    </div>
  )
}

function ThemeChoice(): ReactNode {
  const theme = useDashboard((state) => state.theme)
  return (
    <select aria-label="Theme" value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
      <option value="auto">Auto</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  )
}

function RunButton(): ReactNode {
  const running = useDashboard((state) => state.running !== undefined)
  const ready = useDashboard((state) => state.draft?.facts !== undefined)
  const narrow = useNarrow()
  if (running) return null
  return (
    <button type="button" className="primary" onClick={() => (ready ? void runDraft() : go('run'))}>
      {ready || narrow ? 'Run' : 'Run a scenario'}
    </button>
  )
}

function OpenButton(): ReactNode {
  const chooser = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label="Files to open"
        accept=".json,.fleetlink,.fleet,.yaml,.yml,.ts,.js,.mts,.mjs,.csv,.tsv,.jsonl,.ndjson,.log,.gz"
        onChange={(event) => {
          void openFiles([...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
      <button type="button" onClick={() => chooser.current?.click()}>
        Open
      </button>
    </>
  )
}

/** `children`: the tabs. */
export function Toolbar({ children }: { readonly children: ReactNode }): ReactNode {
  const narrow = useNarrow()
  const tools = (
    <>
      <OpenButton />
      <HistoryPanel />
      <SaveMenu />
      <ThemeChoice />
      <Keys />
    </>
  )
  return (
    <header className="toolbar">
      <h1 className="brand">fleetlab</h1>
      {children}
      <Facts />
      <div className="actions">
        <Progress />
        <RunButton />
        {narrow ? (
          <>
            <button type="button" popoverTarget="menu" aria-label="Menu">
              ⋯
            </button>
            <div id="menu" popover="auto" className="pop menu">
              {tools}
            </div>
          </>
        ) : (
          tools
        )}
      </div>
    </header>
  )
}
