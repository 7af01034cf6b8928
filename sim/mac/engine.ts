/**
 * What the provider program sees of the engine of one resident model: rows go in, first tokens and finishes come
 * out, and everything between happens in steps nobody outside needs to know of. `gpu.ts` implements it.
 */
import type { Micros } from '../base/time.ts'

/** Rows of one engine unless the provider says otherwise: constant of the June 2026 provider (provider-runtime 5.3). */
export const ENGINE_ROWS_MAX = 24

export interface RowRequest {
  /** Unique per Mac, over all its engines and its whole life. */
  readonly key: number
  /** At least 1. */
  readonly promptTokens: number
  /** Tokens it will generate, min(true output, max_tokens); at least 1. */
  readonly outputTokens: number
}

/** What the GPU has done for a row so far. Padding and the forward of a ghost are nobody's tokens and not in here. */
export interface RowWork {
  readonly prefilledTokens: number
  /** Equals the tokens delivered. */
  readonly decodedTokens: number
}

/**
 * Calls arrive in events of `Priority.work`, after the next step has started; they may call back into the engine.
 * A row cancelled meanwhile gets no further call of its own. Order within one step: first tokens, then finishes, then
 * admissions, each in batch order.
 */
export interface EngineListener {
  /** Left the FIFO and became part of the cold group; `at` is the scheduler's now. */
  admitted(key: number, at: Micros): void
  firstToken(key: number): void
  /** All tokens generated; the row is gone from the engine. */
  finished(key: number, work: RowWork): void
  /** A row nobody owned any more has generated all its tokens: `ghostRows` is one less. */
  ghostEnded(): void
}

export interface Engine {
  /** Joins the FIFO once the running step of this engine has ended, as the real addRequest waits for it. */
  submit(row: RowRequest): void
  /**
   * The owner is released at once and hears no more. A waiting row is gone at once, a decoding one with the start of
   * the next step. A row of the pending cold group becomes a ghost: it is prefilled and decoded to its end, in
   * nobody's slot. Ask `workOf` first, afterwards the key is unknown.
   */
  cancel(key: number): 'removed' | 'ghost' | 'unknown'
  /** At least 1; counts from the next admission on. Rows already admitted stay. */
  setMaxRows(rows: number): void
  /** Waiting, prefilling and decoding rows somebody still owns. */
  readonly liveRows: number
  readonly ghostRows: number
  /** Tokens whose KV is in memory by now, ghosts' included, and the rows that hold it. */
  kvTokens(): number
  kvRows(): number
  /** Tokens of a live row delivered by now. */
  generatedTokens(key: number): number
  /** Of a live row, by now. */
  workOf(key: number): RowWork
  /** Sum of prompt and generated tokens over live rows. */
  activeTokens(): number
  /** No row waits, no ghost lives, no step runs. */
  readonly idle: boolean
}
