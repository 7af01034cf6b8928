/** What a rate is multiplied by as time goes on: straight pieces, one after the other. */
export interface RateFactor {
  /** When the current piece ends, microseconds of the run; Infinity: never, and then it is flat. */
  readonly end: number
  /** How long the current piece is. */
  readonly span: number
  /** Whether the factor is the same all along the piece. */
  readonly flat: boolean
  /** The factor at a time of the current piece, its ends included. */
  at(time: number): number
  /** Goes on to the piece that begins at `end`. */
  advance(): void
}
