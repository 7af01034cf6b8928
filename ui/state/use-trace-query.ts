/** A trace query as a hook: the latest answer, whether a newer one is on its way, and what went wrong. */
import { useEffect, useState } from 'react'
import type { TraceAnswer, TraceQuery } from '../data/trace/trace-query.ts'
import { type LoadedRun, rowsOf } from './dashboard.ts'
import { lab } from './store.ts'

export interface TraceQueryState<A> {
  /** Of the latest query that was answered, which may be the one before. */
  readonly answer: A | undefined
  readonly pending: boolean
  readonly error: string | undefined
}

/** Nothing is asked while the run has no rows, or when `query` is undefined. A run under way is asked again as it grows. */
export function useTraceQuery<Q extends TraceQuery>(
  run: LoadedRun | undefined,
  query: Q | undefined,
): TraceQueryState<TraceAnswer<Q>> {
  const [state, setState] = useState<TraceQueryState<TraceAnswer<Q>>>({
    answer: undefined,
    pending: false,
    error: undefined,
  })
  const rows = rowsOf(run)
  const key = query === undefined ? undefined : JSON.stringify(query)
  const grown = run?.live === undefined ? undefined : Math.floor(run.live.share * GROWN_STEPS)
  useEffect(() => {
    if (rows === undefined || key === undefined) return undefined
    let wanted = true
    setState((before) => ({ ...before, pending: true }))
    lab.query(rows, JSON.parse(key) as Q).then(
      (answer) => wanted && setState({ answer, pending: false, error: undefined }),
      (error: Error) => wanted && setState({ answer: undefined, pending: false, error: error.message }),
    )
    return () => {
      wanted = false
    }
  }, [rows, key, grown])
  return state
}

/** A run under way is asked so often until it ends. */
const GROWN_STEPS = 20
