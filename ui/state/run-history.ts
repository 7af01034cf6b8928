/**
 * The runs of this browser, kept over reloads in IndexedDB: heads to list, bodies to open. The oldest that nobody pinned give
 * way, so that a browser does not fill up. A browser that forbids storage has no history and works all the same.
 */
import { createStore, del, entries, get, promisifyRequest, set, type UseStore } from 'idb-keyval'
import { create } from 'zustand'
import { summaryOf } from '../data/answer/saved-runs.ts'
import type { Summary } from '../data/answer/summary.ts'
import { armsOf, type Dataset } from './dashboard.ts'

export interface KeptHead {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly name: string
  readonly note: string
  readonly pinned: boolean
  readonly scenario: string
  readonly arms: readonly string[]
  readonly seeds: number
  /** Its text was edited before it ran. */
  readonly edited: boolean
}

/** Beyond it the oldest that is not pinned goes. */
const KEPT_MAX = 40

export const useRunHistory = create<{ readonly heads: readonly KeptHead[] }>()(() => ({ heads: [] }))

// Two databases, because a list must not load what it lists.
let stores: { readonly heads: UseStore; readonly bodies: UseStore } | undefined
const storesOf = (): NonNullable<typeof stores> =>
  (stores ??= { heads: createStore('fleetlab-heads', 'runs'), bodies: createStore('fleetlab-bodies', 'runs') })

const show = (heads: readonly KeptHead[]): void =>
  useRunHistory.setState({ heads: heads.toSorted((a, b) => Number(b.pinned) - Number(a.pinned) || b.at - a.at) })

export async function loadHistory(): Promise<void> {
  try {
    const found = await entries<string, KeptHead>(storesOf().heads)
    show(found.map(([, head]) => head))
  } catch {
    // Private windows and blocked storage.
  }
}

export async function keepRuns(dataset: Dataset): Promise<void> {
  const summary = summaryOf(dataset)
  if (summary === undefined) return
  const at = Date.now()
  const head: KeptHead = {
    // Another tab may keep a run in the same millisecond.
    id: `${at}-${dataset.id}-${Math.random().toString(36).slice(2, 8)}`,
    at,
    name: dataset.scenario,
    note: '',
    pinned: false,
    scenario: dataset.scenario,
    arms: armsOf(dataset),
    seeds: summary.compare.seeds.length,
    edited: dataset.recipe?.edited === true,
  }
  try {
    await set(head.id, summary, storesOf().bodies)
    await set(head.id, head, storesOf().heads)
    // Anew: other tabs keep and delete runs too.
    await loadHistory()
    const old = useRunHistory.getState().heads.filter(({ pinned }) => !pinned)
    for (const each of old.slice(KEPT_MAX)) await forgetRuns(each.id)
  } catch {
    // Full or forbidden: what is on screen is still there.
  }
}

export const keptRuns = (id: string): Promise<Summary | undefined> => get<Summary>(id, storesOf().bodies)

export async function changeKept(
  id: string,
  change: Partial<Pick<KeptHead, 'name' | 'note' | 'pinned'>>,
): Promise<void> {
  const { heads } = useRunHistory.getState()
  const head = heads.find((each) => each.id === id)
  if (head === undefined) return
  show(heads.map((each) => (each.id === id ? { ...head, ...change } : each)))
  await storesOf().heads('readwrite', (store) => changeIn(store, id, change))
  // What was being read meanwhile may be what stood before; and in another tab it may have been deleted.
  await loadHistory()
}

/** Read and written in one transaction, or two changes in a row would each keep half. What is gone stays gone. */
function changeIn(store: IDBObjectStore, id: string, change: Partial<KeptHead>): Promise<void> {
  const found = store.get(id) as IDBRequest<KeptHead | undefined>
  found.addEventListener('success', () => {
    if (found.result !== undefined) store.put({ ...found.result, ...change }, id)
  })
  return promisifyRequest(store.transaction)
}

export async function forgetRuns(id: string): Promise<void> {
  show(useRunHistory.getState().heads.filter((each) => each.id !== id))
  await del(id, storesOf().heads)
  await del(id, storesOf().bodies)
}
