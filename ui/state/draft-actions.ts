/** The scenario in the editor: fetched, edited, checked by the loader itself after each pause in typing. */
import type { Texts } from '../worker/protocol.ts'
import type { DashboardState, EditorDraft } from './dashboard.ts'
import { fail } from './selection-actions.ts'
import { lab, useDashboard } from './store.ts'

const { getState, setState } = useDashboard

/** After the last key. */
const CHECK_AFTER_MS = 250
let timer: ReturnType<typeof setTimeout> | undefined
/** The scenario asked for last: an answer that comes late must not replace it. */
let wanted = ''

export function changeDraft(change: Partial<EditorDraft>): void {
  setState(({ draft }) => (draft === undefined ? {} : { draft: { ...draft, ...change } }))
}

export async function checkDraft(): Promise<void> {
  const { draft } = getState()
  if (draft === undefined) return
  changeDraft({ checking: true })
  try {
    const checked = await lab.call<'check'>({
      op: 'check',
      path: draft.path,
      texts: { ...draft.beside, [draft.path]: draft.text },
    })
    // Typed on meanwhile: the next check will tell.
    if (getState().draft?.text !== draft.text) return
    if (checked.ok) changeDraft({ checking: false, problems: [], facts: checked.facts })
    else changeDraft({ checking: false, problems: checked.problems, facts: undefined })
  } catch (error) {
    changeDraft({ checking: false })
    fail(error)
  }
}

/** Edited, and neither run nor saved since: gone with the next scenario. */
export function isDraftUnsaved({ draft, dataset, savedDraft }: DashboardState): boolean {
  if (draft === undefined || draft.text === draft.original) return false
  return dataset?.source?.text !== draft.text && savedDraft !== draft.text
}

/** Asks before edits are lost. */
const mayLeaveDraft = (): boolean =>
  !isDraftUnsaved(getState()) ||
  // A dialog of the browser's own: it keeps everything else from happening until it is answered.
  // eslint-disable-next-line no-alert
  confirm(`${getState().draft?.path ?? ''} was edited and neither run nor saved. Leave it?`)

/** `beside`: files that only this page has. */
export async function setDraft(path: string, text: string, edited: boolean, beside: Texts = {}): Promise<void> {
  const fresh = { facts: undefined, problems: [], checking: true, policies: undefined, seeds: '' }
  setState({ draft: { path, text, edited, original: text, beside, ...fresh } })
  return checkDraft()
}

export function editDraft(text: string): void {
  changeDraft({ text, edited: true, checking: true })
  clearTimeout(timer)
  timer = setTimeout(() => void checkDraft(), CHECK_AFTER_MS)
}

/** A scenario that is dropped or chosen as a file. */
export async function openOwnDraft(path: string, text: string): Promise<void> {
  if (mayLeaveDraft()) await setDraft(path, text, true)
}

/** A scenario that is shipped beside the page. */
export async function openDraft(path: string): Promise<void> {
  if (!mayLeaveDraft()) return
  wanted = path
  try {
    const response = await fetch(new URL(path, document.baseURI))
    if (!response.ok) throw new Error(`${path} is not there (${response.status})`)
    const text = await response.text()
    // Another was chosen meanwhile.
    if (wanted === path) await setDraft(path, text, false)
  } catch (error) {
    fail(error)
  }
}

/** What completion and the choice of policies need; asked once. */
export async function loadCatalog(): Promise<void> {
  if (getState().catalog !== undefined) return
  try {
    setState({ catalog: await lab.call<'catalog'>({ op: 'catalog' }) })
  } catch (error) {
    fail(error)
  }
}
