/** The FIFO in front of an engine's admission. Rows come in the order of submission and are taken from the front only. */
import type { Row } from './row.ts'

export class RowQueue {
  readonly #rows: Row[] = []
  #restorable = 0

  get length(): number {
    return this.#rows.length
  }

  get front(): Row | undefined {
    return this.#rows[0]
  }

  /** How many have a prefix to restore. */
  get restorable(): number {
    return this.#restorable
  }

  push(row: Row): void {
    this.#rows.push(row)
    if (row.restoredTokens > 0) this.#restorable++
  }

  drop(row: Row): void {
    this.#rows.splice(this.#rows.indexOf(row), 1)
    if (row.restoredTokens > 0) this.#restorable--
  }

  /**
   * Whom the admission that closes step `step` takes: up to `places` rows whose submission counts by then.
   * `restoredOnly`: nobody past the first cold row, which has to wait for a group.
   */
  admissible(places: number, step: number, restoredOnly = false): readonly Row[] {
    let count = 0
    for (const row of this.#rows) {
      if (count >= places || row.admissibleFrom > step || (restoredOnly && row.restoredTokens === 0)) break
      count++
    }
    return this.#rows.slice(0, count)
  }

  /** Rows nobody owns any more leave. */
  purge(): void {
    for (const row of this.#rows.filter((each) => !each.owned)) this.drop(row)
  }

  take(count: number): void {
    for (const row of this.#rows.splice(0, count)) if (row.restoredTokens > 0) this.#restorable--
  }
}
