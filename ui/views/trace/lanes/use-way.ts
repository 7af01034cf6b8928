/** Where the chosen request was, Mac after Mac, for the lanes to mark. */
import { useMemo } from 'react'
import type { LoadedRun } from '../../../state/dashboard.ts'
import { useTrace } from '../../../state/trace-state.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import { staysOf } from '../../../data/trace/request-stops.ts'
import type { LaneStay } from './board-painter.ts'

const NOWHERE: readonly LaneStay[] = []

export function useWay(run: LoadedRun): readonly LaneStay[] {
  const request = useTrace(({ drawn }) =>
    drawn?.kind === 'request' && drawn.run === run.id ? drawn.request : undefined,
  )
  const { answer } = useTraceQuery(run, request === undefined ? undefined : { kind: 'request_life', request })
  return useMemo(
    () => (request === undefined || answer === undefined ? NOWHERE : staysOf(answer, run.names)),
    [answer, request, run.names],
  )
}
