/**
 * Parts of the Mac model that nobody has measured, each with a setting from never to always, and which of them a run has
 * come to rest on: the place where such a part decides says so. A run that never gets there does not depend on it.
 *
 *   cancelled_prefill   a request was cancelled while its prompt was in a pending group
 *   page_cache          a model was loaded whose file had been read before, and more or less of it might still be cached
 *   owner_memory        the memory of a Mac's OS and of its owner's programs was drawn
 */
export type Unmeasured = 'cancelled_prefill' | 'page_cache' | 'owner_memory'

export class Relied {
  readonly #on = new Set<Unmeasured>()

  note(what: Unmeasured): void {
    this.#on.add(what)
  }

  on(what: Unmeasured): boolean {
    return this.#on.has(what)
  }
}
