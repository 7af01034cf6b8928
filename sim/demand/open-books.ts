/**
 * How many requests of each model are under way, and for how long in sum. It is the room's own count, kept beside the rows
 * it writes, so that Little's law (INV-18) compares two accounts and not one with itself.
 */
import { assert } from '../base/assert.ts'
import type { ModelName } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'

interface Book {
  open: number
  /** Up to when `openMicros` is added up. */
  until: Micros
  /** Integral of `open` over time; exact below 2^53. */
  openMicros: number
}

export class OpenBooks {
  private readonly books = new Map<ModelName, Book>()

  began(model: ModelName, now: Micros): void {
    this.bookOf(model, now).open += 1
  }

  ended(model: ModelName, now: Micros): void {
    const book = this.bookOf(model, now)
    assert(book.open > 0, 'INV-18 only what is open ends')
    book.open -= 1
  }

  /** In the order in which the models were first asked for. */
  closed(now: Micros): readonly { readonly model: ModelName; readonly open: number; readonly openMicros: Micros }[] {
    return [...this.books.keys()].map((model) => {
      const { open, openMicros } = this.bookOf(model, now)
      return { model, open, openMicros: openMicros as Micros }
    })
  }

  private bookOf(model: ModelName, now: Micros): Book {
    let book = this.books.get(model)
    if (book === undefined) {
      book = { open: 0, until: now, openMicros: 0 }
      this.books.set(model, book)
    }
    book.openMicros += book.open * (now - book.until)
    book.until = now
    return book
  }
}
