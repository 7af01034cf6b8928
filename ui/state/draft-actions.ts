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

/** Everything that only this page has. */
const textsOf = ({ beside, own, path, text }: EditorDraft): Texts => ({ ...beside, ...own, [path]: text })

export async function checkDraft(): Promise<void> {
  const { draft } = getState()
  if (draft === undefined) return
  changeDraft({ checking: true })
  try {
    const checked = await lab.call<'check'>({
      op: 'check',
      path: draft.path,
      texts: textsOf(draft),
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
  if (draft === undefined) return false
  const isKept = (text: string): boolean => savedDraft === text
  const policies = Object.entries(draft.own).filter(([file, text]) => dataset?.source?.beside[file] !== text)
  if (policies.some(([, text]) => !isKept(text))) return true
  return draft.text !== draft.original && dataset?.source?.text !== draft.text && !isKept(draft.text)
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
  // Policies stay beside whatever scenario they are tried in.
  const { own = {}, ownProblems = {} } = getState().draft ?? {}
  setState({ draft: { path, text, edited, original: text, beside, own, ownProblems, ...fresh } })
  return checkDraft()
}

export function editDraft(text: string): void {
  changeDraft({ text, edited: true, checking: true })
  clearTimeout(timer)
  timer = setTimeout(() => void checkDraft(), CHECK_AFTER_MS)
}

async function checkPolicy(file: string): Promise<void> {
  const { draft } = getState()
  const text = draft?.own[file]
  if (draft === undefined || text === undefined) return
  try {
    const problems = await lab.call<'check_policy'>({ op: 'check_policy', file: `./${file}`, texts: draft.own })
    const now = getState().draft
    if (now?.own[file] === text) changeDraft({ ownProblems: { ...now.ownProblems, [file]: problems } })
  } catch (error) {
    fail(error)
  }
}

let policyTimer: ReturnType<typeof setTimeout> | undefined

export function editPolicy(file: string, text: string): void {
  const { draft } = getState()
  if (draft === undefined) return
  changeDraft({ own: { ...draft.own, [file]: text } })
  clearTimeout(policyTimer)
  policyTimer = setTimeout(() => void checkPolicy(file), CHECK_AFTER_MS)
}

/** Beside the scenario, and among the arms. */
export async function addPolicy(file: string, text: string): Promise<void> {
  const { draft } = getState()
  if (draft === undefined) return
  const arms = draft.policies ?? draft.facts?.arms ?? []
  const name = `./${file}`
  // A scenario that names it has its arm already.
  const policies = arms.includes(name) || draft.text.includes(name) ? draft.policies : [...arms, name]
  changeDraft({ own: { ...draft.own, [file]: text }, policies })
  await checkPolicy(file)
}

/** Of a link that somebody read; which arms there are the link says itself. */
export async function acceptPolicies(texts: Texts): Promise<void> {
  const { draft } = getState()
  if (draft === undefined) return
  changeDraft({ own: { ...draft.own, ...texts } })
  for (const file of Object.keys(texts)) await checkPolicy(file)
  await checkDraft()
}

export function removePolicy(file: string): void {
  const { draft } = getState()
  if (draft === undefined) return
  const own = Object.fromEntries(Object.entries(draft.own).filter(([name]) => name !== file))
  const left = draft.policies?.filter((name) => name !== `./${file}`)
  changeDraft({ own, policies: left?.length === 0 ? undefined : left })
}

/** A scenario that is dropped or chosen as a file. */
export async function openOwnDraft(path: string, text: string, beside: Texts = {}): Promise<void> {
  if (mayLeaveDraft()) await setDraft(path, text, true, beside)
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
