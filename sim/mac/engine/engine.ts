/**
 * What the provider program sees of the engine of one resident model: rows go in, first tokens and finishes come
 * out, and everything between happens in steps nobody outside needs to know of. `gpu.ts` implements it.
 */
import type { Micros } from '../../base/time.ts'

/** Rows of one engine unless the provider says otherwise: constant of the June 2026 provider (provider-runtime 5.3). */
export const ENGINE_ROWS_MAX = 24

export interface RowRequest {
  /** Unique per Mac, over all its engines and its whole life. */
  readonly key: number
  /** At least 1. */
  readonly promptTokens: number
  /** Tokens it will generate, min(true output, max_tokens); at least 1. */
  readonly outputTokens: number
  /** Prompt tokens whose KV a prefix checkpoint restores; less than `promptTokens`. Absent: none, a cold row. */
  readonly restoredTokens?: number
}

/**
 * Where the time of a served row went, whole nanoseconds from its submission to the end of the step that finished it:
 * that span = soloNanos + the sum over all shares, exactly.
 */
export interface RowDelays {
  /** On the same Mac, idle, cool, unsqueezed, with the model resident and nothing cached. */
  readonly soloNanos: number
  readonly shares: readonly DelayShare[]
}

/** Who a delay is blamed on: a build, or one of these. */
export type Culprit = string
/** Rows nobody waits for any more. */
export const GHOSTS: Culprit = 'ghosts'
/** Another process of the same Mac. */
export const PROCESS: Culprit = 'process'
/** Nobody: the engine's poll, a fault. */
export const NONE: Culprit = 'none'
/** A credit: what a restored prefix saved. */
export const PREFIX_HIT: Culprit = 'prefix_hit'

export const DELAY_CAUSES = ['gpu', 'memory', 'thermal', 'load', 'queue'] as const
export type DelayCause = (typeof DELAY_CAUSES)[number]

/** Nanoseconds by cause; at least one is not 0. Only a credit is negative. */
export type DelayShare = { readonly culprit: Culprit } & { readonly [cause in DelayCause]: number }

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
  finished(key: number, work: RowWork, delays: RowDelays): void
  /** A row nobody owned any more has generated all its tokens: `ghostRows` is one less. */
  ghostEnded(): void
}

export interface Engine {
  /** Joins the FIFO once the running step of this engine has ended, as the real addRequest waits for it. */
  submit(row: RowRequest): void
  /**
   * The owner is released at once and hears no more. A waiting row is gone at once, a decoding one with the start of
   * the next step. A row of the pending cold group becomes a ghost, as often as the settings say: it is prefilled and
   * decoded to its end, in nobody's slot. Ask `workOf` first, afterwards the key is unknown.
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
