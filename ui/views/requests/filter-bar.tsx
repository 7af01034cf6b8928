/** What narrows the list: outcome, reason, model, machine, user, window, and the number of one request. */
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react'
import { formatNumber } from '../../../sim/report/form/unit.ts'
import { formatTime } from '../../charts/time/time-format.ts'
import { ALL_REQUESTS, type LoadedRun, type RequestFilter } from '../../state/dashboard.ts'
import { select, zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { windowOf } from './window.ts'

interface ChoiceProps {
  readonly label: string
  readonly value: string | undefined
  readonly counts: readonly (readonly [value: string, count: number])[]
  onChange(value: string | undefined): void
}

function Choice({ label, value, counts, onChange }: ChoiceProps): ReactNode {
  // What a link asks for stays visible, even if this window has none.
  const all = value === undefined || counts.some(([each]) => each === value) ? counts : [...counts, [value, 0] as const]
  return (
    <label className="filter">
      <span>{label}</span>
      <select value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">any</option>
        {all.map(([each, count]) => (
          <option key={each} value={each}>
            {each.replace('in_flight', 'in flight')} ({formatNumber(count, 0)})
          </option>
        ))}
      </select>
    </label>
  )
}

interface EntryProps {
  readonly label: string
  readonly value: string
  readonly list?: string
  readonly placeholder: string
  /** false: it was not understood. */
  onEnter(text: string): boolean
}

/** Takes effect on Enter or when it is left: each letter would be a step of the back button. */
function Entry({ label, value, list, placeholder, onEnter }: EntryProps): ReactNode {
  const [text, setText] = useState(value)
  const [wrong, setWrong] = useState(false)
  useEffect(() => {
    setText(value)
    setWrong(false)
  }, [value])
  const enter = (): void => {
    if (text.trim() !== value) setWrong(!onEnter(text.trim()))
  }
  const handle = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') enter()
    if (event.key === 'Escape') setText(value)
  }
  return (
    <label className="filter">
      <span>{label}</span>
      <input
        value={text}
        list={list}
        placeholder={placeholder}
        aria-invalid={wrong}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={handle}
        onBlur={enter}
      />
    </label>
  )
}

const isCount = (text: string): boolean => /^\d{1,9}$/.test(text)

export function FilterBar({ run }: { readonly run: LoadedRun }): ReactNode {
  const { window, machine, request, requests: filter } = useDashboard((state) => state.selection)
  const { answer } = useTraceQuery(run, { kind: 'request_facets', ...windowOf(window) })
  const machines = run.names?.machines ?? []
  const narrow = (change: Partial<RequestFilter>): void => select({ requests: { ...filter, ...change } })
  const whole = JSON.stringify(filter) === JSON.stringify(ALL_REQUESTS)
  const narrowed = window !== undefined || machine !== undefined || !whole
  return (
    <div className="filters" role="search" aria-label="Requests">
      <Entry
        label="Request"
        placeholder="number"
        value={request?.toString() ?? ''}
        onEnter={(text) => {
          if (text !== '' && !isCount(text)) return false
          select({ request: text === '' ? undefined : Number(text) })
          return true
        }}
      />
      <Choice
        label="Outcome"
        value={filter.outcome}
        counts={answer?.outcome ?? []}
        onChange={(outcome) => narrow({ outcome })}
      />
      <Choice
        label="Reason"
        value={filter.reason}
        counts={answer?.reason ?? []}
        onChange={(reason) => narrow({ reason })}
      />
      <Choice label="Model" value={filter.model} counts={answer?.model ?? []} onChange={(model) => narrow({ model })} />
      <Entry
        label="Mac"
        placeholder="serial"
        list="requests-machines"
        value={machine === undefined ? '' : (machines[machine]?.serial ?? String(machine))}
        onEnter={(text) => {
          const found = machines.findIndex(({ serial }) => serial === text)
          if (text !== '' && found < 0) return false
          select({ machine: text === '' ? undefined : found })
          return true
        }}
      />
      <datalist id="requests-machines">
        {machines.map(({ serial, chip }) => (
          <option key={serial} value={serial}>
            {chip}
          </option>
        ))}
      </datalist>
      <Entry
        label="User"
        placeholder="number"
        value={filter.user?.toString() ?? ''}
        onEnter={(text) => {
          if (text !== '' && !isCount(text)) return false
          narrow({ user: text === '' ? undefined : Number(text) })
          return true
        }}
      />
      {window !== undefined && (
        <button type="button" onClick={() => zoom(undefined)}>
          arrived {formatTime(window.from_s)} – {formatTime(window.to_s)} ✕
          <span className="visually-hidden"> show all times</span>
        </button>
      )}
      {narrowed && (
        <button
          type="button"
          className="plain"
          onClick={() => select({ window: undefined, machine: undefined, requests: ALL_REQUESTS })}
        >
          Show all
        </button>
      )}
    </div>
  )
}
