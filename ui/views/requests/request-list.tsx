/**
 * The list, of which only the rows in sight exist: half a million are scrolled like fifty, and the worker is asked for
 * some hundreds around what is seen. Arrow keys move, Enter opens.
 */
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { formatNumber } from '../../../sim/report/form/unit.ts'
import type { RequestRow } from '../../data/requests/requests.ts'
import type { LoadedRun } from '../../state/dashboard.ts'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { Cells, COLUMNS, Heads } from './request-columns.tsx'
import { windowOf } from './window.ts'

const ROW_PX = 25
const HEIGHT_MIN_PX = 360
/** Of the window: toolbar, filters and the line below. */
const AROUND_PX = 330
/** Fetched at once; its middle third holds what is in sight, so scrolling finds rows on both sides. */
const BLOCK = 100

/** Where a key leads among `total` rows, of which `page` go by at once; undefined: it is none of the list's. */
function placeAfter(key: string, active: number | undefined, total: number, page: number): number | undefined {
  const steps: { readonly [key: string]: number } = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -total,
    End: total,
  }
  const step = steps[key]
  if (step === undefined) return undefined
  const next = active === undefined ? (step < 0 ? 0 : Math.min(step - 1, total - 1)) : active + step
  return Math.min(total - 1, Math.max(0, next))
}

export function RequestList({ run }: { readonly run: LoadedRun }): ReactNode {
  const { window, machine, request, requests: filter } = useDashboard((state) => state.selection)
  const box = useRef<HTMLDivElement>(null)
  const [first, setFirst] = useState(0)
  const [active, setActive] = useState<number | undefined>()
  const { order, descending, ...wanted } = filter
  const conditions = { ...windowOf(window), ...wanted, ...(machine === undefined ? {} : { machine }) }
  const offset = Math.max(0, Math.floor(first / BLOCK) - 1) * BLOCK
  const { answer, error } = useTraceQuery(run, {
    kind: 'requests',
    ...(JSON.parse(JSON.stringify(conditions)) as object),
    order,
    descending,
    offset,
    limit: BLOCK * 3,
    ...(request === undefined ? {} : { locate: request }),
  })
  const total = answer?.total ?? 0
  // The list takes what the window has.
  const height_px = Math.max(HEIGHT_MIN_PX, innerHeight - AROUND_PX)
  const inSight = Math.ceil(height_px / ROW_PX) + 1

  const show = (place: number): void => {
    const element = box.current
    if (element === null) return
    const top = place * ROW_PX
    // The sticky heads cover one row.
    const room = element.clientHeight - 2 * ROW_PX
    if (top < element.scrollTop) element.scrollTop = top
    else if (top > element.scrollTop + room) element.scrollTop = top - room
  }
  const listed = JSON.stringify([run.digest, conditions, order, descending])
  const shown = useRef('')
  useEffect(() => {
    if (answer === undefined || shown.current === listed) return
    // Another list: from its start, unless the chosen request is in it.
    shown.current = listed
    const place = Math.max(0, answer.located)
    setActive(answer.located < 0 ? undefined : place)
    box.current?.scrollTo({ top: place * ROW_PX - height_px / 2 })
  }, [listed, answer])

  const rowAt = (place: number): RequestRow | undefined => answer?.rows[place - answer.offset]
  const handleKey = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || total === 0) return
    const place = placeAfter(event.key, active, total, inSight - 3)
    if (place !== undefined) {
      setActive(place)
      show(place)
    } else if ((event.key === 'Enter' || event.key === ' ') && active !== undefined) {
      const row = rowAt(active)
      if (row !== undefined) select({ request: row.request })
    } else return
    event.preventDefault()
  }
  if (error !== undefined) return <p className="bad">{error}</p>
  const begin = Math.max(0, first - 5)
  const end = Math.min(total, first + inSight + 5)
  const places = Array.from({ length: Math.max(0, end - begin) }, (_, i) => begin + i)
  return (
    <>
      <p className="muted found" role="status">
        {answer === undefined ? 'Looking …' : `${formatNumber(total, 0)} ${total === 1 ? 'request' : 'requests'}`}
      </p>
      <div
        ref={box}
        className="list"
        style={{ maxHeight: height_px }}
        onScroll={(event) => setFirst(Math.floor(event.currentTarget.scrollTop / ROW_PX))}
      >
        <table
          className="data"
          role="grid"
          aria-label="Requests"
          aria-rowcount={total + 1}
          aria-activedescendant={active === undefined ? undefined : `request-row-${active}`}
          tabIndex={0}
          onKeyDown={handleKey}
        >
          <colgroup>
            {COLUMNS.map(({ head, width }) => (
              <col key={head} style={{ width }} />
            ))}
          </colgroup>
          <thead>
            <Heads filter={filter} />
          </thead>
          <tbody>
            <tr aria-hidden="true" style={{ height: begin * ROW_PX }} />
            {places.map((place) => {
              const row = rowAt(place)
              const chosen = row !== undefined && row.request === request
              return (
                <tr
                  key={place}
                  id={`request-row-${place}`}
                  aria-rowindex={place + 2}
                  aria-selected={chosen}
                  className={`${chosen ? 'chosen' : ''} ${place === active ? 'active' : ''}`}
                  style={{ height: ROW_PX }}
                  onClick={() => {
                    setActive(place)
                    if (row !== undefined) select({ request: row.request })
                  }}
                >
                  {row === undefined ? (
                    <td colSpan={COLUMNS.length} className="muted">
                      …
                    </td>
                  ) : (
                    <Cells row={row} run={run} />
                  )}
                </tr>
              )
            })}
            <tr aria-hidden="true" style={{ height: (total - end) * ROW_PX }} />
          </tbody>
        </table>
      </div>
      {answer !== undefined && total === 0 && (
        <p className="empty">No request is like that. Show all, or widen a filter.</p>
      )}
    </>
  )
}
