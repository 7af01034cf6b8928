/** Choosing what to look at: view, window of time, run, machine, request, cell, theme, and the playback's clock. */
import {
  type Notice,
  type Playback,
  type ViewSelection,
  type Theme,
  type TimeWindow,
  type ViewName,
} from './dashboard.ts'
import { useDashboard } from './store.ts'

const { setState } = useDashboard

export const go = (view: ViewName): void => setState({ view })

export const select = (change: Partial<ViewSelection>): void =>
  setState(({ selection }) => ({ selection: { ...selection, ...change } }))

/** Another view about something: one step back undoes both. */
export const goTo = (view: ViewName, change: Partial<ViewSelection>): void =>
  setState(({ selection }) => ({ view, selection: { ...selection, ...change } }))

export const zoom = (window: TimeWindow | undefined): void => select({ window })

/** Leaves an arm out of the charts, or brings it back. */
export const toggleArm = (policy: string): void =>
  setState(({ selection }) => {
    const { hidden } = selection
    const left = hidden.filter((name) => name !== policy)
    return { selection: { ...selection, hidden: left.length < hidden.length ? left : [...hidden, policy] } }
  })

export const setTheme = (theme: Theme): void => setState({ theme })

export const setPlayback = (change: Partial<Playback>): void =>
  setState(({ playback }) => ({ playback: { ...playback, ...change } }))

export const notify = (notice: Notice | undefined): void => setState({ notice })

export const fail = (error: unknown): void =>
  notify({ tone: 'error', text: error instanceof Error ? error.message : String(error) })
