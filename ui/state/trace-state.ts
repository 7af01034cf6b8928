/**
 * What the drawer shows, and the way back. The rest of the trace's state (runs, window, playhead, chosen request and Mac) is
 * the dashboard's, because an address carries it.
 */
import { create } from 'zustand'
import type { TrackName } from '../data/trace/tracks/track-scenes.ts'
import type { Attribute } from '../data/trace/populations/attributes.ts'
import type { Region } from '../data/trace/populations/region.ts'
import { select } from './selection-actions.ts'
import { useDashboard } from './store.ts'

/** What the drawer shows. Runs by their id. */
export type DrawerSubject =
  | { readonly kind: 'request'; readonly run: string; readonly request: number }
  | { readonly kind: 'machine'; readonly run: string; readonly machine: number }
  | { readonly kind: 'region'; readonly run: string; readonly region: Region }
  | {
      readonly kind: 'members'
      readonly run: string
      readonly region: Region
      readonly attribute?: Attribute
      readonly value?: string
    }
  | { readonly kind: 'table'; readonly track: TrackName }
  | { readonly kind: 'lanes'; readonly run: string }
  | { readonly kind: 'changes'; readonly run: string }

export interface DrawerState {
  readonly drawn: DrawerSubject | undefined
  /** What was shown before, the latest last. */
  readonly before: readonly DrawerSubject[]
}

export const useTrace = create<DrawerState>()(() => ({ drawn: undefined, before: [] }))

const { getState, setState } = useTrace

const BACK_MAX = 30

const OF_A_RUN: ReadonlySet<DrawerSubject['kind']> = new Set<DrawerSubject['kind']>(['request', 'machine', 'region'])

/** Chosen things are selected too, so that an address opens the same drawer and lanes mark their Mac. */
function selectDrawn(drawn: DrawerSubject | undefined): void {
  const request = drawn?.kind === 'request' ? drawn.request : undefined
  const { selection } = useDashboard.getState()
  const machine = drawn?.kind === 'machine' ? drawn.machine : drawn?.kind === 'request' ? selection.machine : undefined
  const region = drawn?.kind === 'region' ? drawn.region : undefined
  const of = drawn !== undefined && OF_A_RUN.has(drawn.kind) && 'run' in drawn ? drawn.run : undefined
  const next = { request, machine, region, of }
  if (Object.entries(next).some(([name, value]) => selection[name as keyof typeof next] !== value)) select(next)
}

export function draw(drawn: DrawerSubject): void {
  const { drawn: shown, before } = getState()
  const kept = shown === undefined || JSON.stringify(shown) === JSON.stringify(drawn) ? before : [...before, shown]
  setState({ drawn, before: kept.slice(-BACK_MAX) })
  selectDrawn(drawn)
}

export function drawBefore(): void {
  const { before } = getState()
  const last = before.at(-1)
  setState({ drawn: last, before: before.slice(0, -1) })
  selectDrawn(last)
}

/** Other runs are looked at: what was shown belongs to those before. What is selected in them stays. */
export const forgetDrawn = (): void => setState({ drawn: undefined, before: [] })

export function closeDrawer(): void {
  setState({ drawn: undefined, before: [] })
  selectDrawn(undefined)
}
