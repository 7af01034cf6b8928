/** An input of a run that nobody published, or a part of the model that nobody measured: results list what they rest on. */
export interface AssumedInput {
  /** Into the scenario, as messages name it. */
  readonly path: string
  /** As a scenario would write it. */
  readonly value: unknown
  readonly why: string
}
