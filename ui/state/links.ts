/** Links: made of what is on screen, with all that only this page has; and their texts, for the address of the runs made of them. */
import { editOf, formatAddress, type LinkTexts, spanOf } from './address.ts'
import type { DashboardState, EditorDraft } from './dashboard.ts'
import { type LinkPack, PACK_MAX, packed } from './link-pack.ts'

/** Of the editor's text and the policies beside it; both undefined: the source says it all. `whole`: the length does not matter. `run`: of what ran. */
export async function textsOfDraft(
  { path, text, original, beside, policies, own: written }: EditorDraft,
  { whole = false, run = false }: { readonly whole?: boolean; readonly run?: boolean } = {},
): Promise<LinkTexts & { readonly tooLong?: number }> {
  const isShipped = path.startsWith('scenarios/')
  const isEdited = text !== original
  // Of runs, policies that none of them was under say nothing.
  const isUsed = !run || [...(policies ?? []), text].some((each) => each.includes('./'))
  const own = isUsed ? written : {}
  const hasFiles = Object.keys(own).length > 0 || Object.keys(beside).length > 0
  const edit = isShipped && isEdited ? editOf(original, text) : undefined
  if (isShipped && !hasFiles && (!isEdited || edit !== undefined)) return { edit }
  const pack: LinkPack = {
    ...(isShipped ? (isEdited ? { edit: spanOf(original, text) } : {}) : { scenario: { path, text } }),
    beside,
    own,
  }
  const letters = await packed(pack)
  return letters.length > PACK_MAX && !whole ? { tooLong: letters.length } : { pack: letters }
}

export type PageLink = { readonly address: string } | { readonly tooLong: number } | { readonly nothing: string }

/** The address of all that is on screen, the editor's changes and policies too; or why there is none. */
export async function linkTo(state: DashboardState, { whole = false } = {}): Promise<PageLink> {
  const { view, draft, dataset } = state
  if (view === 'run' && draft !== undefined) {
    const { tooLong, ...texts } = await textsOfDraft(draft, { whole })
    return tooLong === undefined ? { address: formatAddress(state, texts) } : { tooLong }
  }
  if (dataset?.kind === 'files') return { nothing: 'What is on screen came from files: send those.' }
  if (dataset?.kind !== 'simulated' || dataset.source === undefined || dataset.path === undefined)
    return { address: formatAddress(state) }
  const { recipe } = dataset
  if (recipe?.tooLong === undefined) return { address: formatAddress(state) }
  if (!whole || recipe.draft === undefined) return { tooLong: recipe.tooLong }
  return { address: formatAddress(state, await textsOfDraft(recipe.draft, { whole, run: true })) }
}
