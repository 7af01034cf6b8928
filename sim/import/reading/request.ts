/**
 * A request as a log tells it. Three things are kept apart that logs like to mix: what the log has no field for
 * (undefined), what it has a field for and nothing in it (null), and zero.
 */

/** How it went: `unknown` where the log does not say, as in traces of arrivals and lengths. */
export type Ending = 'served' | 'refused' | 'failed' | 'cancelled' | 'unknown'
export const ENDINGS: readonly Ending[] = ['served', 'refused', 'failed', 'cancelled', 'unknown']

type Told<T> = T | null | undefined

/** What a reader makes of a row; its time is still as it was written. */
export interface Draft {
  readonly time: LogCell
  readonly model?: Told<string>
  readonly promptTokens?: Told<number>
  readonly outputTokens?: Told<number>
  /** The coordinator's, made before the model saw the prompt. */
  readonly estimatedPromptTokens?: Told<number>
  readonly maxTokens?: Told<number>
  readonly tools?: Told<boolean>
  readonly vision?: Told<boolean>
  readonly stream?: Told<boolean>
  /** Whose prefix it shares. */
  readonly session?: Told<string>
  /** Prompt tokens that the server did not have to compute. */
  readonly cachedTokens?: Told<number>
  readonly ttft_us?: Told<number>
  readonly duration_us?: Told<number>
  readonly ending: Ending
}

export interface ImportedRequest extends Omit<Draft, 'time'> {
  /** Microseconds on the log's clock: since 1970, or since whatever it counts from. */
  readonly at: number
}

/** As a table or a document holds it. null: there and empty. undefined: no such field. */
export type LogCell = string | number | boolean | null | undefined | object
