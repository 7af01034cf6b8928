/** The runs of this browser: opened again, held against what is shown, named, noted, pinned, exported, deleted. */
import { type ReactNode, useEffect, useState } from 'react'
import { download, fileName, textFile } from '../charts/files/chart-file.ts'
import { compareWithKept, whenText } from '../state/baseline-actions.ts'
import { openSummaryOf } from '../state/open-actions.ts'
import { changeKept, forgetRuns, type KeptHead, keptRuns, loadHistory, useRunHistory } from '../state/run-history.ts'
import { fail } from '../state/selection-actions.ts'
import { useDashboard } from '../state/store.ts'

const PANEL = 'runs-panel'

const close = (): void => document.querySelector<HTMLElement>(`#${PANEL}`)?.hidePopover()

export function HistoryPanel(): ReactNode {
  const heads = useRunHistory((state) => state.heads)
  const [open, setOpen] = useState(false)
  useEffect(() => void loadHistory(), [])
  return (
    <>
      <button type="button" popoverTarget={PANEL} title="Runs of this browser">
        Runs
      </button>
      <div
        id={PANEL}
        popover="auto"
        className="pop runs-panel"
        role="region"
        aria-label="Runs of this browser"
        onBeforeToggle={(event) => {
          setOpen(event.newState === 'open')
          // Other tabs keep runs too.
          if (event.newState === 'open') void loadHistory()
        }}
      >
        <h2>Runs of this browser</h2>
        {heads.length === 0 ? (
          <p className="muted">None yet. What you run is kept here, in this browser alone.</p>
        ) : (
          <ul>{open && heads.map((head) => <KeptEntry key={head.id} head={head} />)}</ul>
        )}
      </div>
    </>
  )
}

async function openKept({ id, name }: KeptHead): Promise<void> {
  const summary = await keptRuns(id)
  if (summary === undefined) {
    await loadHistory()
    throw new Error(`${name} is not kept any more.`)
  }
  openSummaryOf(summary)
  close()
}

async function exportKept({ id, name }: KeptHead): Promise<void> {
  const summary = await keptRuns(id)
  if (summary !== undefined)
    download(fileName(`${name}.json`), textFile(`${JSON.stringify(summary)}\n`, 'application/json'))
}

function KeptEntry({ head }: { readonly head: KeptHead }): ReactNode {
  const { id, at, name, note, pinned, arms, seeds, edited, scenario } = head
  const shown = useDashboard((state) => state.dataset !== undefined)
  const busy = useDashboard((state) => state.running !== undefined)
  const what = `${arms.length === 1 ? arms[0] : `${arms.length} arms`}, ${seeds === 1 ? '1 seed' : `${seeds} seeds`}`
  return (
    <li>
      <div className="row">
        <input
          aria-label={`Name of the run of ${whenText(at)}`}
          className="name"
          defaultValue={name}
          onBlur={(event) => void changeKept(id, { name: event.target.value.trim() || scenario })}
        />
        <span className="muted">
          {whenText(at)} · {what}
          {edited ? ' · edited' : ''}
        </span>
      </div>
      <input
        aria-label={`Note on ${name}`}
        className="note"
        placeholder="Note"
        defaultValue={note}
        onBlur={(event) => void changeKept(id, { note: event.target.value })}
      />
      <div className="row">
        <button type="button" disabled={busy} onClick={() => void openKept(head).catch(fail)}>
          Open
        </button>
        <button
          type="button"
          disabled={!shown || busy}
          title="The chosen arm of these runs becomes the baseline of what is shown"
          onClick={() => void compareWithKept(head).then(close)}
        >
          Baseline
        </button>
        <button type="button" aria-pressed={pinned} onClick={() => void changeKept(id, { pinned: !pinned })}>
          {pinned ? 'Pinned' : 'Pin'}
        </button>
        <button type="button" onClick={() => void exportKept(head).catch(fail)}>
          Export
        </button>
        <button type="button" onClick={() => void forgetRuns(id)}>
          Delete
        </button>
      </div>
    </li>
  )
}
