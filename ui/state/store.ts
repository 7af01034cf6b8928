/** The dashboard's one store. It starts empty; `actions.ts` fills it, `history.ts` keeps the address in step. */
import { create } from 'zustand'
import { LabClient } from '../worker/lab-client.ts'
import { type DashboardState, NOTHING_SELECTED } from './dashboard.ts'

export const useDashboard = create<DashboardState>()(() => ({
  view: 'answer',
  theme: 'auto',
  scenarios: [],
  catalog: undefined,
  draft: undefined,
  offered: undefined,
  savedDraft: undefined,
  dataset: undefined,
  running: undefined,
  selection: NOTHING_SELECTED,
  playback: { at_s: 0, playing: false, speed: 60 },
  notice: undefined,
}))

/** The page's one lab. */
export const lab = new LabClient()
