/** When the requests of a stream arrive: endless, never going back, asked for one arrival at a time so that memory does not grow with the run. */
export interface ArrivalProcess {
  /** Whole microseconds since the start of the run; each call gives the next arrival, at or after the one before. Infinity: none comes any more. */
  next(): number
  /** Of the arrival that `next` gave last: its row of the recording, or which tenant it is of; 0 where there are neither. */
  readonly mark: number
}
